//! Everything about one action that an approver looks at before he approves it.

use super::open::next;
use super::{Area, Behind, Created};
use crate::assess::{Finding, FindingKind, Severity, told_once};
use crate::governance::signed::Digests;
use crate::governance::{
    Call, CancelRights, Explained, Needed, Node, Obstacle, ShownCall, progress, still_needed,
};
use crate::history::{EndedBy, Entry};
use crate::ids::ActionId;
use crate::interface::CallersOfWay;
use crate::model::Readiness;
use crate::names::Names;
use crate::plan::Fuzzed;
use crate::text::{count, utc};
use alloy::primitives::{Address, B256, Bytes};
use serde::Serialize;

/// The report of `pending ACTION`.
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
    /// The account that proposed it.
    pub proposer: Address,
    /// The bytes that every approver sends.
    pub call: Bytes,
    /// They in a few words.
    pub what: String,
    /// The effects of the bytes.
    #[serde(flatten)]
    pub shown: ShownCall,
    /// The progress of the action; `None` where it is not open.
    pub readiness: Option<Readiness>,
    /// The approvals that it still lacks, where it is open.
    #[serde(skip)]
    pub needed: Option<Needed>,
    /// The accounts that may approve and whose last word on it was `revoke`: they do not count as missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Address>,
    /// The accounts that can still end it, and until when, where it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_rights: Option<CancelRights>,
    /// The obstacle to its execution, whatever its approvals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<Obstacle>,
    /// The policy that decides.
    pub policy: Explained,
    /// The same as a tree that says who approved.
    pub tree: Node,
    /// The findings about it; `None` where it is not open.
    #[serde(flatten)]
    pub checked: Option<Checked>,
    /// The events of the action.
    pub entries: Vec<Entry>,
    /// The other action that ended it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<EndedBy>,
    /// Unix seconds at which it expired, where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired: Option<u64>,
    /// Instances that do not run the current version, where it activated one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<Behind>,
}

/// The findings about an open action.
#[derive(Debug, Default, Serialize)]
pub struct Checked {
    /// The accounts that may approve, have not, and have code: a Safe, a timelock.
    pub contracts: Vec<Address>,
    /// The instance that would be created, where it is a creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Created>,
    /// The hash of what changes, where it is an upgrade that succeeds on a copy: that of `plan`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_difference: Option<B256>,
    /// The newest run of the fuzzer on this machine, of an upgrade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuzzed: Option<Fuzzed>,
    /// The changes for callers, where it upgrades.
    pub callers: Vec<CallersOfWay>,
    /// The findings, the heaviest first.
    pub findings: Vec<Finding>,
    /// The storage before and after.
    pub slots: Vec<Area>,
    /// The digests that each missing approver compares with those on the signing device.
    pub digests: Vec<Digests>,
    /// Up to when a signature given now would hold, in Unix seconds.
    pub deadline: u64,
}

impl Review {
    /// Describes the end of the action, where it is not open.
    pub fn ended(&self) -> String {
        let has = |event: &str| self.entries.iter().any(|entry| entry.event == event);
        if has("Executed") {
            return "executed".into();
        }
        if has("Cancelled") {
            return "cancelled".into();
        }
        match (&self.ended_by, self.expired) {
            (Some(by), _) => format!("{}. If it is still wanted, propose it again", by.words()),
            (None, Some(end)) => format!(
                "it expired on {}. The command that proposed it proposes it again",
                utc(end)
            ),
            (None, None) => "it expired, or another action ended it".into(),
        }
    }
}

impl Review {
    /// Lines for people, in the order of the console's page: what was found and what to decide first, then why, what
    /// changes, who decides, what identifies it, and last how to decide. How code was built, fields that stay as they are,
    /// and what the author does about findings stand there if `is_full`.
    pub fn lines(&self, is_full: bool, names: &Names) -> Vec<String> {
        let checked = self.checked.as_ref();
        let mut lines: Vec<String> = checked.and_then(Checked::headline).into_iter().collect();
        lines.extend(self.state(names));
        lines.extend(self.shown.what_it_does());
        lines.extend(
            checked
                .into_iter()
                .flat_map(|checked| checked.found(is_full)),
        );
        lines.extend(
            checked
                .into_iter()
                .flat_map(|checked| checked.changes(is_full)),
        );
        lines.extend(self.who_decides(names));
        lines.push(format!("action {}", self.action));
        lines.extend(self.shown.identity(is_full));
        lines.extend(
            checked
                .into_iter()
                .flat_map(|checked| checked.hashes(names)),
        );
        lines.extend(self.next(names));
        lines
    }

    /// The call, where it is one that is known.
    fn governed(&self) -> Option<Call> {
        Call::decode(&self.call).ok()
    }

    /// Returns the next step, and who takes it.
    fn next(&self, names: &Names) -> Option<String> {
        let (open, action) = (self.readiness.as_ref()?, self.action);
        let call = self.governed();
        let source = match call.as_ref().and_then(Call::version) {
            Some(_) => " --source DIR",
            None => "",
        };
        let approve = format!("`stylus-upgrades approve {action}{source}`");
        let refuse = format!("`stylus-upgrades revoke {action}`");
        let decide = match self.dangers() {
            None => format!("{approve}, or {refuse}, which refuses it"),
            Some(dangers) => format!(
                "{dangers} found: {refuse} refuses it; only if all of that is meant: {approve}"
            ),
        };
        let contracts = self
            .checked
            .as_ref()
            .map(|checked| checked.contracts.as_slice());
        let decide = match contracts.unwrap_or_default() {
            [] => decide,
            all => {
                let who = names.list(all);
                format!("{decide}; a contract ({who}) the same with --as ADDRESS --export FILE")
            }
        };
        let still = still_needed(open, self.needed.as_ref(), &self.refused, names);
        let next = next(
            action,
            self.proposer,
            open,
            self.obstacle.as_ref(),
            &decide,
            &still,
            names,
        );
        Some(format!("next: {next}"))
    }

    /// Counts the dangers, in words; nothing where none was.
    fn dangers(&self) -> Option<String> {
        let findings = self.checked.iter().flat_map(|checked| &checked.findings);
        let counted = Severity::counted(findings).into_iter();
        let mut dangers = counted.filter(|(severity, _)| *severity == Severity::Danger);
        dangers.next().map(|(_, number)| number)
    }

    /// Describes the progress, the time until which it is open, and the obstacle to its execution.
    fn state(&self, names: &Names) -> Vec<String> {
        let by = names.long(self.proposer);
        let Some(open) = &self.readiness else {
            let mut lines = vec![
                format!("not open: {}", self.ended()),
                format!("proposed by {by}"),
            ];
            lines.extend(
                self.behind
                    .iter()
                    .map(|behind| format!("! {}", behind.words())),
            );
            return lines;
        };
        let mut lines = vec![
            progress(open, self.needed.as_ref(), &self.refused, names),
            format!("proposed by {by}, open until {}", utc(open.expires)),
        ];
        lines.extend(self.cancel_rights.iter().map(|rights| rights.words(names)));
        let obstacle = self.obstacle.iter();
        lines.extend(obstacle.map(|obstacle| format!("! {}: {}", obstacle.name, obstacle.says)));
        if !self.refused.is_empty() {
            let who = names.list(&self.refused);
            lines.push(format!(
                "refused by {who} (revoke); an approval still counts"
            ));
        }
        lines
    }

    fn who_decides(&self, names: &Names) -> Vec<String> {
        let Explained { role, named, .. } = &self.policy;
        let mut lines = vec![format!("{role} is decided by {named}")];
        lines.extend(self.entries.iter().map(|entry| {
            let (time, who) = (utc(entry.time), names.short(entry.who));
            format!("  {time}  {who}  {}", entry.what)
        }));
        lines
    }
}

impl Checked {
    /// Counts the findings by their severities.
    fn headline(&self) -> Option<String> {
        let counted = Severity::counted(&self.findings).into_iter();
        let counted: Vec<String> = counted.map(|(_, number)| number).collect();
        (!counted.is_empty()).then(|| format!("findings: {}", counted.join(", ")))
    }

    /// Lists the findings. Parts that were checked as a whole and have no findings share one line.
    fn found(&self, is_full: bool) -> Vec<String> {
        let mut lines = Vec::new();
        let told = told_once(&self.findings).into_iter();
        let (complete, others): (Vec<Finding>, Vec<Finding>) =
            told.partition(|finding| finding.id.is(FindingKind::Complete));
        for finding in others {
            if let Some(values) = value_lines(&finding) {
                lines.extend(values);
                continue;
            }
            let of_one = if is_full {
                finding.short_lines()
            } else {
                vec![finding.line()]
            };
            let mut of_one = of_one.into_iter();
            let accepted = if finding.is_accepted_by_proposer() {
                "; proposed in spite of it"
            } else {
                ""
            };
            lines.extend(of_one.next().map(|line| line + accepted));
            lines.extend(of_one);
            lines.extend(finding.details.iter().map(|line| format!("    {line}")));
        }
        if let Some(first) = complete.first() {
            let parts: Vec<String> = complete
                .iter()
                .map(|finding| finding.part.to_string())
                .collect();
            let (mark, says) = (first.severity.mark(), &first.message);
            lines.push(format!("{mark} {says}: {}", parts.join(", ")));
        }
        lines.extend(self.fuzzed.iter().map(Fuzzed::words));
        lines
    }

    /// Lists the created instance, and the changes for callers and in storage.
    fn changes(&self, is_full: bool) -> Vec<String> {
        let created = self.created.iter().flat_map(Created::lines);
        let callers = self.callers.iter().flat_map(CallersOfWay::lines);
        let slots = self.slots.iter().flat_map(|area| area.lines(is_full));
        created.chain(callers).chain(slots).collect()
    }

    /// The hash of what changes, and what each approver that is missing compares with his device.
    fn hashes(&self, names: &Names) -> Vec<String> {
        let difference = self.state_difference.iter();
        let mut lines: Vec<String> = difference
            .map(|hash| format!("state difference {hash}"))
            .collect();
        if let Some(first) = self.digests.first() {
            lines.push("to sign, on any device:".into());
            lines.extend(first.of_call().map(|line| format!("  {line}")));
        }
        for of_one in &self.digests {
            lines.push(format!("  by {}", names.long(of_one.approver)));
            lines.extend(of_one.of_signer().map(|line| format!("    {line}")));
        }
        lines
    }
}

/// Values in one line; where there are more, each stands on a line of its own.
const VALUES_IN_LINE: usize = 3;

/// The finding about the values that an upgrade writes, a line for each value where they are many.
fn value_lines(finding: &Finding) -> Option<Vec<String>> {
    if !finding.id.is(FindingKind::StorageChanges) {
        return None;
    }
    let (instance, values) = finding.message.split_once(": ")?;
    let values: Vec<&str> = values.split("; ").collect();
    if values.len() <= VALUES_IN_LINE {
        return None;
    }
    let (mark, id) = (finding.severity.mark(), &finding.id);
    let mut lines = vec![format!(
        "{mark} {id}: {instance}, {}",
        count(values.len(), "value")
    )];
    lines.extend(values.iter().map(|value| format!("    {value}")));
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::Part;

    #[test]
    fn many_values_have_a_line_each() {
        let finding = |values: &str| {
            let says = format!("instance points (0x01): {values}");
            Finding::named(
                Part::Instances,
                Severity::Note,
                FindingKind::StorageChanges,
                says,
            )
        };
        assert_eq!(value_lines(&finding("a: 1 → 2; b: 1 → 2; c: 1 → 2")), None);
        let lines = value_lines(&finding("a: 1 → 2; b: 1 → 2; c: 1 → 2; d: 1 → 2"));
        let expected = [
            "· storage-changes: instance points (0x01), 4 values",
            "    a: 1 → 2",
            "    b: 1 → 2",
            "    c: 1 → 2",
            "    d: 1 → 2",
        ];
        assert_eq!(lines, Some(expected.map(String::from).to_vec()));
    }
}
