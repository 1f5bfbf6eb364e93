//! Everything about one action that an approver looks at before he approves it.

use super::{Area, Created};
use crate::assess::Finding;
use crate::governance::signed::Digests;
use crate::governance::{Explained, Node, Obstacle, ShownCall, progress_lines};
use crate::history::Entry;
use crate::ids::ActionId;
use crate::interface::CallersOfWay;
use crate::model::Readiness;
use crate::names::Names;
use crate::plan::Fuzzed;
use crate::report::CommandReport;
use crate::text::utc;
use alloy::primitives::{Address, B256, Bytes};
use serde::Serialize;

/// What `pending ACTION` reports.
#[derive(Debug, Serialize)]
pub struct Review {
    /// The registry.
    pub registry: Address,
    /// Its chain.
    pub chain_id: u64,
    /// The action.
    pub action: ActionId,
    /// The definition; empty for the registry itself.
    pub definition: String,
    /// Who proposed it.
    pub proposer: Address,
    /// The bytes that every approver sends.
    pub call: Bytes,
    /// They in a few words.
    pub what: String,
    /// What they do.
    #[serde(flatten)]
    pub shown: ShownCall,
    /// How far it is; `None` where it is not open.
    pub readiness: Option<Readiness>,
    /// Those who may approve and whose last word on it was `revoke`: they are not among who is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Address>,
    /// What keeps it from being executed, whatever its approvals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<Obstacle>,
    /// The policy that decides.
    pub policy: Explained,
    /// The same as a tree that says who approved.
    pub tree: Node,
    /// What was found out about it; `None` where it is not open.
    #[serde(flatten)]
    pub checked: Option<Checked>,
    /// What happened to it.
    pub entries: Vec<Entry>,
}

/// What was found out about an open action.
#[derive(Debug, Default, Serialize)]
pub struct Checked {
    /// Who may approve, has not, and has code: a Safe, a timelock.
    pub contracts: Vec<Address>,
    /// What would be created, where it is a creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Created>,
    /// The hash of what changes, where it is an upgrade that succeeds on a copy: that of `plan`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_difference: Option<B256>,
    /// The newest run of the fuzzer on this machine, of an upgrade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuzzed: Option<Fuzzed>,
    /// What changes for callers, where it upgrades.
    pub callers: Vec<CallersOfWay>,
    /// What was found, the heaviest first.
    pub findings: Vec<Finding>,
    /// The storage before and after.
    pub slots: Vec<Area>,
    /// What each approver that is missing compares with what his device shows when he signs it.
    pub digests: Vec<Digests>,
    /// Up to when a signature given now would hold, in Unix seconds.
    pub deadline: u64,
}

impl Review {
    /// What came of it, where it is not open.
    pub fn ended(&self) -> &'static str {
        let has = |event: &str| self.entries.iter().any(|entry| entry.event == event);
        match (has("Executed"), has("Cancelled")) {
            (true, _) => "executed",
            (false, true) => "cancelled",
            (false, false) => {
                "its time is over, its policy has changed, or another action came first"
            }
        }
    }
}

impl CommandReport for Review {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = vec![format!("action {}", self.action)];
        let shown = self.shown.lines().into_iter();
        lines.extend(shown.map(|line| format!("  {line}")));
        lines.push(format!("proposed by {}", names.long(self.proposer)));
        match &self.readiness {
            Some(open) => {
                let beside = (self.refused.as_slice(), self.obstacle.as_ref());
                lines.extend(progress_lines(open, beside, names));
            }
            None => lines.push(format!("not open: {}", self.ended())),
        }
        lines.extend(self.checked.iter().flat_map(|checked| checked.lines(names)));
        let Explained { role, named, .. } = &self.policy;
        lines.push(format!("{role} is decided by {named}"));
        for entry in &self.entries {
            let (time, who) = (utc(entry.time), names.short(entry.who));
            lines.push(format!("{time}  {who}  {}", entry.what));
        }
        lines
    }
}

impl Checked {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines: Vec<String> = self.created.iter().flat_map(Created::lines).collect();
        for finding in &self.findings {
            lines.extend(finding.short_lines());
            lines.extend(finding.details.iter().map(|line| format!("    {line}")));
        }
        lines.extend(self.fuzzed.iter().map(Fuzzed::words));
        lines.extend(self.callers.iter().flat_map(CallersOfWay::lines));
        lines.extend(self.slots.iter().flat_map(Area::lines));
        let difference = self.state_difference.iter();
        lines.extend(difference.map(|hash| format!("state difference {hash}")));
        for of_one in &self.digests {
            lines.push(format!("to sign by {}", names.long(of_one.approver)));
            lines.extend(of_one.lines().iter().map(|line| format!("  {line}")));
        }
        lines
    }
}
