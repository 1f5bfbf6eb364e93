//! Parts that a replay does not compare, in the words of every report.

use super::Replay;
use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::names::Names;
use crate::text::count;

/// The text where there is nothing to send again.
const NOTHING: &str = "nothing was compared: no transaction to an instance was found";

impl Replay {
    /// The finding where a replay was asked for and there was nothing to send again.
    pub fn nothing() -> Finding {
        let id = FindingKind::ReplayEmpty.id();
        let next = format!("plan without --replay, or give {}", FindingId::flag([&id]));
        Finding::new(Part::Simulation, Severity::Danger, id, NOTHING).with(
            "transactions that call an instance itself",
            "none: those that call it through other contracts only are not looked for",
            next,
        )
    }

    /// Lists the transactions that were left out, and those that were sent again and not compared. Where the upgrade does
    /// not go through, nothing was.
    pub fn omitted(&self, names: &Names) -> Vec<String> {
        let mut omitted = Vec::new();
        if self.left_out > 0 {
            omitted.push(format!("left out: {}", count(self.left_out, "transaction")));
        }
        if self.not_done.is_some() {
            return omitted;
        }
        if self.not_compared > 0 {
            let differ = match self.not_compared_differ.len() {
                0 => String::new(),
                count => format!("; {count} of them would do something else"),
            };
            omitted.push(format!(
                "{} calls are not compared, because they change the registry, call precompiles or deploy{differ}",
                self.not_compared
            ));
        }
        omitted.push(format!(
            "not compared: the framework's own slots, and storage and ether of the registry and of \
             contracts that call it: {}",
            names.list(&self.left_out_accounts)
        ));
        omitted
    }
}
