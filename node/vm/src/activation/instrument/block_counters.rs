//! Counts how often every basic block runs, where that is requested. It runs after the meters: nothing of it is
//! metered, priced or limited. The counters have a memory of their own, which the program cannot name.

use wasmparser::{MemArg, MemArgTarget, Operator};

use super::super::injected::{COUNTER_BYTES, Injected, number};

/// Puts a counter after every header that the ink meter wrote, so that a block counts once it is paid for. The
/// first of them is counter `first` of `memory`.
pub(super) fn block_counters<'a>(
    input: &mut Vec<Operator<'a>>,
    output: &mut Vec<Operator<'a>>,
    globals: Injected,
    (memory, first): (u32, u32),
) {
    let mut next = first;
    for op in input.drain(..) {
        // A constant is taken from the ink nowhere else, and the program itself cannot name this global.
        let global_index = globals.ink_left();
        let is_paid = op == Operator::GlobalSet { global_index }
            && matches!(
                output.as_slice(),
                [.., Operator::I64Const { .. }, Operator::I64Sub]
            );
        output.push(op);
        if is_paid {
            let memarg = MemArg {
                align: 3,
                max_align: 3,
                offset: u64::from(next) * u64::from(COUNTER_BYTES),
                target: MemArgTarget::Memory(memory),
                ordering: None,
            };
            next = next.saturating_add(1);
            output.extend([
                number(0),
                number(0),
                Operator::I64Load { memarg },
                Operator::I64Const { value: 1 },
                Operator::I64Add,
                Operator::I64Store { memarg },
            ]);
        }
    }
}
