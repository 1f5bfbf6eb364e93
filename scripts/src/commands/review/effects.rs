//! Cards about what a trial changed beside that which it is for, and about what its code can read.

use crate::plan::{Elsewhere, Reads, ether};
use crate::review::{Card, TRIED, Weight};
use alloy::primitives::{Address, U256};

/// That it succeeded. It is no good news where the code reads how much gas is left, which others choose, nor
/// where not all of it was tried.
pub(super) fn tried(says: String, reads: &[Reads], is_whole: bool) -> Card {
    let gas: Vec<String> = reads.iter().filter_map(Reads::of_gas).collect();
    match (gas.is_empty(), is_whole) {
        (true, true) => Card::new(TRIED, Weight::Good, says),
        (true, false) => Card::new(TRIED, Weight::Unknown, says),
        (false, _) => {
            let says = format!("{says}. But {}", gas.join("; "));
            Card::new(TRIED, Weight::Warning, says)
        }
    }
}

/// What the code can read beside the gas, and whom it called.
pub(super) fn environment(reads: &[Reads]) -> Vec<Card> {
    let can_read: Vec<String> = reads.iter().filter_map(Reads::of_others).collect();
    let calls: Vec<String> = reads.iter().filter_map(Reads::of_calls).collect();
    let card = |about, weight, all: Vec<String>| {
        (!all.is_empty()).then(|| Card::new(about, weight, all.join("; ")))
    };
    [
        card("block and sender", Weight::Note, can_read),
        card("calls of other accounts", Weight::Warning, calls),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Ether of instances.
pub(super) fn moved(instances: &[(Address, (U256, U256))]) -> Option<Card> {
    let all: Vec<String> = instances
        .iter()
        .map(|(proxy, wei)| format!("of instance {proxy} {}", ether(*wei)))
        .collect();
    (!all.is_empty()).then(|| Card::new("ether of instances", Weight::Warning, all.join("; ")))
}

/// Other accounts.
pub(super) fn others(beside: &str, others: &[Elsewhere]) -> Option<Card> {
    let all: Vec<String> = others.iter().map(Elsewhere::words).collect();
    let says = || format!("beside {beside} it changes {}", all.join("; "));
    (!all.is_empty()).then(|| Card::new("other accounts", Weight::Warning, says()))
}
