//! Charges every basic block up front.

use wasmparser::{BlockType, FuncType, Operator};

use super::Injected;
use super::prices::{BLOCK_HEADER, ends_block, price};

/// Puts 12 operators before every basic block: trap with status 1 when the ink does not cover
/// the block, else pay for it.
pub(super) fn ink_meter<'a>(
    input: &[Operator<'a>],
    output: &mut Vec<Operator<'a>>,
    globals: Injected,
    types: &[FuncType],
) {
    let mut start = 0;
    let mut cost = 0u64;
    for (index, op) in input.iter().enumerate() {
        cost = cost.saturating_add(price(op, types));
        if ends_block(op) {
            output.extend(header(globals, cost.saturating_add(BLOCK_HEADER)));
            output.extend_from_slice(input.get(start..=index).unwrap_or_default());
            start = index + 1;
            cost = 0;
        }
    }
    output.extend_from_slice(input.get(start..).unwrap_or_default());
}

fn header<'a>(globals: Injected, cost: u64) -> [Operator<'a>; 12] {
    let ink = globals.ink_left();
    let status = globals.ink_status();
    let value = cost.cast_signed();
    [
        // if ink < cost { status = 1; trap }
        Operator::GlobalGet { global_index: ink },
        Operator::I64Const { value },
        Operator::I64LtU,
        Operator::If {
            blockty: BlockType::Empty,
        },
        Operator::I32Const { value: 1 },
        Operator::GlobalSet {
            global_index: status,
        },
        Operator::Unreachable,
        Operator::End,
        // ink -= cost
        Operator::GlobalGet { global_index: ink },
        Operator::I64Const { value },
        Operator::I64Sub,
        Operator::GlobalSet { global_index: ink },
    ]
}
