//! Findings about what a trial changed beside that which it is for, and about what its code can read.

use super::TRIED;
use crate::assess::{Finding, Part, Severity};
use crate::plan::{Elsewhere, Reads, ether};
use alloy::primitives::{Address, U256};

/// That it succeeded. It is no good news where the code reads how much gas is left, which others choose, nor
/// where not all of it was tried.
pub fn tried(says: String, reads: &[Reads], is_whole: bool) -> Finding {
    let gas: Vec<String> = reads.iter().filter_map(Reads::of_gas).collect();
    match (gas.is_empty(), is_whole) {
        (true, true) => Finding::named(Part::Trial, Severity::Good, TRIED, says),
        (true, false) => Finding::named(Part::Trial, Severity::Unknown, TRIED, says),
        (false, _) => {
            let says = format!("{says}. But {}", gas.join("; "));
            Finding::named(Part::Trial, Severity::Warning, TRIED, says)
        }
    }
}

/// What the code can read beside the gas, and whom it called.
pub fn environment(reads: &[Reads]) -> Vec<Finding> {
    let can_read: Vec<String> = reads.iter().filter_map(Reads::of_others).collect();
    let calls: Vec<String> = reads.iter().filter_map(Reads::of_calls).collect();
    let finding = |id, severity, all: Vec<String>| {
        (!all.is_empty()).then(|| Finding::named(Part::Accounts, severity, id, all.join("; ")))
    };
    [
        finding("block-and-sender", Severity::Note, can_read),
        finding("calls-of-others", Severity::Warning, calls),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Ether of instances.
pub fn moved(instances: &[(Address, (U256, U256))]) -> Option<Finding> {
    let all: Vec<String> = instances
        .iter()
        .map(|(proxy, wei)| format!("of instance {proxy} {}", ether(*wei)))
        .collect();
    (!all.is_empty()).then(|| {
        Finding::named(
            Part::Instances,
            Severity::Warning,
            "ether-of-instances",
            all.join("; "),
        )
    })
}

/// Other accounts.
pub fn others(beside: &str, others: &[Elsewhere]) -> Option<Finding> {
    let all: Vec<String> = others.iter().map(Elsewhere::words).collect();
    let says = || format!("beside {beside} it changes {}", all.join("; "));
    (!all.is_empty())
        .then(|| Finding::named(Part::Accounts, Severity::Warning, "other-accounts", says()))
}
