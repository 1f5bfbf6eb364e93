//! Charges every basic block up front.

use wasmparser::{FuncType, Operator};

use super::super::injected::{Injected, get, if_then, number, set};
use super::prices::{BLOCK_HEADER, ends_block, price};

/// Puts 12 operators before every basic block: trap with status 1 when the ink does not cover
/// the block, else pay for it.
pub(super) fn ink_meter<'a>(
    input: &mut Vec<Operator<'a>>,
    output: &mut Vec<Operator<'a>>,
    globals: Injected,
    types: &[FuncType],
) {
    let mut block = Vec::new();
    let mut cost = 0u64;
    for op in input.drain(..) {
        cost = cost.saturating_add(price(&op, types));
        let ends = ends_block(&op);
        block.push(op);
        if ends {
            output.extend(header(globals, cost.saturating_add(BLOCK_HEADER)));
            output.append(&mut block);
            cost = 0;
        }
    }
    output.append(&mut block);
}

fn header<'a>(globals: Injected, cost: u64) -> [Operator<'a>; 12] {
    let ink = globals.ink_left();
    let status = globals.ink_status();
    let value = cost.cast_signed();
    [
        // if ink < cost { status = 1; trap }
        get(ink),
        Operator::I64Const { value },
        Operator::I64LtU,
        if_then(),
        number(1),
        set(status),
        Operator::Unreachable,
        Operator::End,
        // ink -= cost
        get(ink),
        Operator::I64Const { value },
        Operator::I64Sub,
        set(ink),
    ]
}
