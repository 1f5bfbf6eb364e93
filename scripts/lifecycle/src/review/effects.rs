//! Findings about what a simulation changed beside that which it is for, and about what its code can read.

use crate::assess::{Finding, FindingKind, Part, Severity};
use crate::plan::{Elsewhere, Reads, ether};
use alloy::primitives::{Address, U256};

/// Reports success. It is no good news where the code reads how much gas is left, which others choose, nor where not all of
/// it was tried.
pub fn tried(says: String, reads: &[Reads], is_whole: bool) -> Finding {
    let gas: Vec<String> = reads.iter().filter_map(Reads::of_gas).collect();
    let (severity, says) = if !gas.is_empty() {
        let says = format!("{says}. But {}", gas.join("; "));
        (Severity::Warning, says)
    } else if is_whole {
        (Severity::Good, says)
    } else {
        (Severity::Unknown, says)
    };
    Finding::named(Part::Simulation, severity, FindingKind::Trial, says)
}

/// Reports the effects of a simulation beside its purpose: ether of instances, and other accounts beside those that are
/// named. Also the inputs of the code beside the gas, and the accounts that it called.
pub fn effects(
    reads: &[Reads],
    moved: &[(Address, (U256, U256))],
    (beside, others): (&str, &[Elsewhere]),
) -> Vec<Finding> {
    let can_read: Vec<String> = reads.iter().filter_map(Reads::of_others).collect();
    let calls: Vec<String> = reads.iter().filter_map(Reads::of_calls).collect();
    let ether = moved
        .iter()
        .map(|(proxy, wei)| format!("of instance {proxy} {}", ether(*wei)));
    let ether: Vec<String> = ether.collect();
    let others: Vec<String> = others.iter().map(Elsewhere::words).collect();
    let before = format!("beside {beside} it changes ");
    let (accounts, instances) = (Part::Accounts, Part::Instances);
    let all = [
        (
            accounts,
            Severity::Note,
            FindingKind::BlockAndSender,
            "",
            can_read,
        ),
        (
            accounts,
            Severity::Warning,
            FindingKind::CallsOfOthers,
            "",
            calls,
        ),
        (
            instances,
            Severity::Warning,
            FindingKind::EtherOfInstances,
            "",
            ether,
        ),
        (
            accounts,
            Severity::Warning,
            FindingKind::OtherAccounts,
            before.as_str(),
            others,
        ),
    ];
    let found = all.into_iter().filter(|(.., what)| !what.is_empty());
    let findings = found.map(|(part, severity, id, before, what)| {
        Finding::named(part, severity, id, format!("{before}{}", what.join("; ")))
    });
    findings.collect()
}
