//! The last pass over a function, after everything is metered and counted: rewrites the operators
//! that wasmi 2.0.0 gets wrong into equal ones that it gets right.
//!
//! 1. `memory.grow`. Every growth keeps a native frame, so a loop of them overflows the native
//!    stack. Growth by nothing is answered with the size and growth beyond the memory's
//!    maximum with -1, and neither reaches the engine. What is left is paid by the page.
//! 2. `select`. When the translator has just staged `x == 0` or `x != 0` with `x` in a stack slot,
//!    it drops the comparison but then reads its condition from the accumulator register
//!    instead of from the slot. A condition that may end in such a comparison is replaced by an
//!    unsigned one, which is never dropped: `x < 1` for `x == 0` and `x > 0` for `x != 0`.

use wasmparser::{BlockType, Operator, ValType};

use super::injected::{Injected, get, number, set};
use super::module::Module;

/// Empties `input` into `output`.
pub(super) fn engine_form<'a>(
    input: &mut Vec<Operator<'a>>,
    output: &mut Vec<Operator<'a>>,
    globals: Injected,
    module: &Module<'_>,
) {
    let maximum = module.memories.first().map_or(0, Module::largest_memory);
    for op in input.drain(..) {
        match op {
            Operator::MemoryGrow { mem } => output.extend(grow(globals, mem, maximum)),
            Operator::Select | Operator::TypedSelect { .. } => {
                condition(output);
                output.push(op);
            }
            op => output.push(op),
        }
    }
}

/// `memory.grow`, where the engine sees only growth by at least one page that fits. The scratch
/// global is free between two operators.
fn grow<'a>(globals: Injected, mem: u32, maximum: u64) -> [Operator<'a>; 19] {
    let scratch = globals.scratch();
    let maximum = i32::try_from(maximum).unwrap_or(i32::MAX);
    [
        // if pages - 1 < maximum - size (unsigned) { grow }
        set(scratch),
        get(scratch),
        number(1),
        Operator::I32Sub,
        number(maximum),
        Operator::MemorySize { mem },
        Operator::I32Sub,
        Operator::I32LtU,
        Operator::If {
            blockty: BlockType::Type(ValType::I32),
        },
        get(scratch),
        Operator::MemoryGrow { mem },
        // else { if pages == 0 { size } else { -1 } }
        Operator::Else,
        Operator::MemorySize { mem },
        number(-1),
        get(scratch),
        number(1),
        Operator::I32LtU,
        Operator::Select,
        Operator::End,
    ]
}

/// Rewrites the end of `ops`, which has left a condition on the stack.
fn condition(ops: &mut Vec<Operator<'_>>) {
    use Operator as O;
    match ops.as_slice() {
        [.., O::I32Eqz] => replace(ops, 1, [O::I32Const { value: 1 }, O::I32LtU]),
        [.., O::I64Eqz] => replace(ops, 1, [O::I64Const { value: 1 }, O::I64LtU]),
        [.., O::I32Const { value: 0 }, O::I32Eq] => {
            replace(ops, 2, [O::I32Const { value: 1 }, O::I32LtU]);
        }
        [.., O::I32Const { value: 0 }, O::I32Ne] => {
            replace(ops, 2, [O::I32Const { value: 0 }, O::I32GtU]);
        }
        [.., O::I64Const { value: 0 }, O::I64Eq] => {
            replace(ops, 2, [O::I64Const { value: 1 }, O::I64LtU]);
        }
        [.., O::I64Const { value: 0 }, O::I64Ne] => {
            replace(ops, 2, [O::I64Const { value: 0 }, O::I64GtU]);
        }
        ops if never_staged(ops) => {}
        _ => ops.extend([O::I32Const { value: 0 }, O::I32GtU]),
    }
}

fn replace<'a, const N: usize>(ops: &mut Vec<Operator<'a>>, last: usize, by: [Operator<'a>; N]) {
    ops.truncate(ops.len().saturating_sub(last));
    ops.extend(by);
}

/// Returns true if the engine cannot have staged a comparison with zero as the condition's last operator:
/// the condition is a constant, a variable, the result of a call or of an operator that always
/// becomes an instruction of its own and is no test of equality.
///
/// Shifts and rotations are not among them: the translator leaves them out when they change
/// nothing, and the comparison before them stays staged.
fn never_staged(ops: &[Operator<'_>]) -> bool {
    use Operator as O;
    match ops {
        // Equality with a constant that is not zero, or of two variables.
        [
            ..,
            O::I32Const { .. } | O::I64Const { .. },
            O::I32Eq | O::I32Ne | O::I64Eq | O::I64Ne,
        ]
        | [
            ..,
            O::LocalGet { .. },
            O::LocalGet { .. },
            O::I32Eq | O::I32Ne | O::I64Eq | O::I64Ne,
        ] => true,
        [.., last] => stages_itself(last),
        [] => false,
    }
}

fn stages_itself(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::I32Const { .. }
            | O::LocalGet { .. }
            | O::GlobalGet { .. }
            | O::Call { .. }
            | O::CallIndirect { .. }
            | O::I32WrapI64
            | O::I32LtS
            | O::I32LtU
            | O::I32GtS
            | O::I32GtU
            | O::I32LeS
            | O::I32LeU
            | O::I32GeS
            | O::I32GeU
            | O::I64LtS
            | O::I64LtU
            | O::I64GtS
            | O::I64GtU
            | O::I64LeS
            | O::I64LeU
            | O::I64GeS
            | O::I64GeU
            | O::I32And
            | O::I32Or
            | O::I32Xor
            | O::I32Add
            | O::I32Sub
            | O::I32Mul
            | O::I32Load { .. }
            | O::I32Load8S { .. }
            | O::I32Load8U { .. }
            | O::I32Load16S { .. }
            | O::I32Load16U { .. }
    )
}
