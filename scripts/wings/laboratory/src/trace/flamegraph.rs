//! The frames as folded stacks, which <https://www.speedscope.app>, inferno and `flamegraph.pl` draw: a line for each
//! call, with its callers in front of it and the gas that it used alone after it.

use super::named_frame::NamedFrame;
use crate::output::visible;

/// Returns true if a file is one that [`render_flamegraph`] wrote.
pub fn is_flamegraph(text: &str) -> bool {
    let is_stack = |line: &str| {
        line.rsplit_once(' ')
            .is_some_and(|(_, gas)| gas.parse::<u64>().is_ok())
    };
    !text.is_empty() && text.lines().all(is_stack)
}

/// Renders the frames of a transaction.
pub fn render_flamegraph(frames: &[NamedFrame]) -> String {
    let mut stack: Vec<String> = Vec::new();
    let mut text = String::new();
    for named in frames {
        stack.truncate(named.frame.depth);
        // The separator of a stack is in none of its names.
        stack.push(visible(&named.line()).replace(';', ","));
        text += &format!("{} {}\n", stack.join(";"), named.frame.gas_alone);
    }
    text
}
