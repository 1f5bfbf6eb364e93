//! The frames as folded stacks, which <https://www.speedscope.app>, inferno and `flamegraph.pl` draw: a line for each
//! call, with its callers in front of it and the gas that it used alone after it.

use super::named::Named;
use crate::output::visible;

/// Returns true if a file is one that [`flamegraph`] wrote.
pub fn is_flamegraph(text: &str) -> bool {
    let is_stack = |line: &str| {
        line.rsplit_once(' ')
            .is_some_and(|(_, gas)| gas.parse::<u64>().is_ok())
    };
    !text.is_empty() && text.lines().all(is_stack)
}

/// The frames of a transaction.
pub fn flamegraph(frames: &[Named]) -> String {
    let mut stack: Vec<String> = Vec::new();
    let mut text = String::new();
    for one in frames {
        stack.truncate(one.frame.depth);
        // What parts the calls of a stack stands in none of their names.
        stack.push(visible(&one.line()).replace(';', ","));
        text += &format!("{} {}\n", stack.join(";"), one.frame.gas_alone);
    }
    text
}
