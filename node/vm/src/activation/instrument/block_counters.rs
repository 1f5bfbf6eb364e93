//! Counts how often every basic block runs, where somebody wants to know. It comes behind the meters: nothing of it is
//! metered, priced or limited.

use wasmparser::Operator;

use super::super::injected::{Injected, get, set};

/// Puts a counter behind every header that the ink meter wrote, so that a block counts once it is paid for. The
/// first of them is counter `first`.
pub(super) fn block_counters<'a>(
    input: &mut Vec<Operator<'a>>,
    output: &mut Vec<Operator<'a>>,
    globals: Injected,
    first: u32,
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
            let counter = globals.counter(next);
            next = next.saturating_add(1);
            output.extend([
                get(counter),
                Operator::I64Const { value: 1 },
                Operator::I64Add,
                set(counter),
            ]);
        }
    }
}
