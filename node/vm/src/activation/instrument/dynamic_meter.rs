//! Charges bulk memory operators by the byte.

use wasmparser::Operator;

use super::super::injected::{Injected, get, if_then, number, set};
use super::prices::BULK_BYTE;
use crate::error::{ActivationError, Result, Rule};

/// Puts 17 operators before `memory.fill` and `memory.copy`; rejects the other bulk operators.
pub(super) fn dynamic_meter<'a>(
    input: &mut Vec<Operator<'a>>,
    output: &mut Vec<Operator<'a>>,
    globals: Injected,
    function: usize,
) -> Result<()> {
    use Operator as O;
    for op in input.drain(..) {
        match &op {
            O::MemoryFill { .. } | O::MemoryCopy { .. } => output.extend(charge(globals)),
            O::MemoryInit { .. } | O::DataDrop { .. } | O::ElemDrop { .. } => {
                return Err(unsupported(&op, function));
            }
            O::TableInit { .. } | O::TableCopy { .. } | O::TableFill { .. } => {
                return Err(unsupported(&op, function));
            }
            O::TableGet { .. } | O::TableSet { .. } => return Err(unsupported(&op, function)),
            O::TableGrow { .. } | O::TableSize { .. } => return Err(unsupported(&op, function)),
            _ => {}
        }
        output.push(op);
    }
    Ok(())
}

fn unsupported(op: &Operator<'_>, function: usize) -> ActivationError {
    ActivationError::new(
        Rule::Opcode,
        format!("function {function}"),
        "memory.fill and memory.copy as the only bulk operators",
        format!("{op:?}"),
    )
}

fn charge<'a>(globals: Injected) -> [Operator<'a>; 17] {
    let ink = globals.ink_left();
    let status = globals.ink_status();
    let scratch = globals.scratch();
    [
        // scratch = size
        set(scratch),
        // ink -= size * 100
        get(ink),
        get(ink),
        get(scratch),
        Operator::I64ExtendI32U,
        Operator::I64Const { value: BULK_BYTE },
        Operator::I64Mul,
        Operator::I64Sub,
        set(ink),
        // if the old ink < the new ink { status = 1; trap }
        get(ink),
        Operator::I64LtU,
        if_then(),
        number(1),
        set(status),
        Operator::Unreachable,
        Operator::End,
        // size, as it was
        get(scratch),
    ]
}
