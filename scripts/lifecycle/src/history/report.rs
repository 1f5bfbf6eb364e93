//! Reports of `history` and `verify`.

use super::compared::{ComparedHistory, Verification, failed};
use super::live::LiveCheck;
use super::read::Entry;
use crate::assess::{Coverage, Finding, Severity};
use crate::error::{Exit, Report};
use crate::ids::CodeHash;
use crate::model::Difference;
use crate::names::Names;
use crate::report::CommandReport;
use crate::text::{bounded, count, utc};
use alloy::primitives::Address;
use serde::Serialize;
use std::collections::BTreeMap;
use stylus_layout::BuildMetadata;

/// The history of a definition, and a check that it still holds.
#[derive(Debug, Serialize)]
pub struct HistoryReport {
    /// The registry.
    pub registry: Address,
    /// The definition's name; the registry itself has none.
    pub name: String,
    /// The events, in their order: those that were wanted.
    pub entries: Vec<Entry>,
    /// The number of all events.
    pub total: usize,
    /// The differences in the registry's views.
    pub differences: Vec<Difference>,
    /// The comparison with live code, slots and views.
    #[serde(flatten)]
    pub verification: Verification,
    /// True if lines show each event, hash and check.
    #[serde(skip)]
    pub is_full: bool,
    /// Transactions that have a line each, at most.
    #[serde(skip)]
    pub lines_max: usize,
}

impl HistoryReport {
    /// Of what was read and compared. Lines are short unless `is_full`, for at most `lines_max` transactions.
    pub fn of(
        compared: ComparedHistory,
        verification: Verification,
        is_full: bool,
        lines_max: usize,
    ) -> Self {
        Self {
            is_full,
            lines_max,
            registry: compared.registry,
            name: compared.history.definition.name,
            entries: compared.history.entries,
            total: compared.history.total,
            differences: compared.differences,
            verification,
        }
    }
}

impl CommandReport for HistoryReport {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = if self.is_full {
            self.verification.lines()
        } else {
            self.verification.short_lines()
        };
        let transactions = self.entries.chunk_by(|left, right| left.tx == right.tx);
        let mut transactions: Vec<&[Entry]> = transactions.collect();
        let left_out = transactions.len().saturating_sub(self.lines_max);
        if !self.is_full {
            transactions.drain(..left_out);
        }
        let shown: usize = transactions.iter().map(|entries| entries.len()).sum();
        if shown < self.total {
            let all = if shown < self.entries.len() {
                ", --full shows all"
            } else {
                ""
            };
            let total = count(self.total, "event");
            lines.push(format!("· the newest {shown} of {total}{all}:"));
        }
        for all in transactions {
            if self.is_full {
                lines.extend(event_lines(all, names))
            } else {
                lines.extend(transaction_line(all, names))
            }
        }
        lines
    }

    fn exit(&self) -> Exit {
        Exit::of(self.verification.error.as_ref())
    }
}

/// The events of a transaction in one line: when, who, what, and under which policy.
fn transaction_line(all: &[Entry], names: &Names) -> Option<String> {
    let first = all.first()?;
    let by = all
        .chunk_by(|entry, next| entry.who == next.who)
        .map(|all| {
            let who = all
                .first()
                .map(|entry| names.short(entry.who))
                .unwrap_or_default();
            let what: Vec<&str> = all.iter().map(|entry| entry.what.as_str()).collect();
            format!("{who}  {}", what.join("; "))
        });
    let by: Vec<String> = by.collect();
    let mut line = format!("{}  {}", utc(first.time), by.join("; "));
    if let Some(policy) = all.iter().find_map(decided_under) {
        line.push_str(&format!("  under {policy}"));
    }
    Some(line)
}

/// The events of a transaction, a line for each below that of the transaction.
fn event_lines(all: &[Entry], names: &Names) -> Vec<String> {
    let first = all.iter().take(1);
    let first =
        first.map(|entry| format!("{}  block {}  {}", utc(entry.time), entry.block, entry.tx));
    let events = all.iter().map(|entry| entry_line(entry, names));
    first.chain(events).collect()
}

/// The policy that was in force for an action, where the event is about one.
fn decided_under(entry: &Entry) -> Option<&String> {
    let is_of_action = matches!(entry.event, "Proposed" | "Approved" | "Executed");
    entry.policy.as_ref().filter(|_| is_of_action)
}

fn entry_line(entry: &Entry, names: &Names) -> String {
    let mut text = format!("  {}  {}", names.short(entry.who), entry.what);
    if let Some(hash) = entry.codehash {
        text.push_str(&format!("  code hash {hash}"));
    }
    if let Some(policy) = decided_under(entry) {
        text.push_str(&format!("  under {policy}"));
    }
    text
}

/// The comparison of code, slots and views of some definitions with the records.
#[derive(Debug, Default, Serialize)]
pub struct VerifyReport {
    /// The registry.
    pub registry: Address,
    /// The comparisons, by definition or other subject.
    #[serde(skip)]
    pub sections: Vec<Section>,
    /// All comparisons.
    pub checks: Vec<LiveCheck>,
    /// Definitions that are paused.
    pub paused: Vec<String>,
    /// The differences in the registry's views.
    pub differences: Vec<Difference>,
    /// The published metadata of the builds, by the hash of the code.
    pub builds: BTreeMap<CodeHash, BuildMetadata>,
    /// The extent to which each part could be checked.
    pub coverage: Coverage,
    /// Code that ends soon, does not run, or could not be compared.
    pub warnings: Vec<Finding>,
    /// The accepted findings that would have refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<Finding>,
    /// The failures, and the parts that could not be checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Report>,
    /// True if lines show each check.
    #[serde(skip)]
    pub is_full: bool,
}

/// Checks of one section that have a line each without `--full`, at most.
const CHECKS_MAX: usize = 60;
/// Transactions of a history that have a line each without `--full` or `--last`, at most.
pub const TRANSACTIONS_MAX: usize = 32;

/// The comparisons for a definition, or for something else.
#[derive(Debug)]
pub struct Section {
    /// The subject.
    pub title: Option<String>,
    /// The builds of its versions, as their registration says.
    pub builds: Vec<(String, CodeHash, BuildMetadata)>,
    /// The comparisons.
    pub verification: Verification,
}

impl Section {
    /// Checks of something that is no definition.
    pub fn of(title: Option<&str>, checks: Vec<LiveCheck>) -> Self {
        let verification = Verification {
            checks,
            ..Verification::default()
        };
        Self {
            title: title.map(String::from),
            builds: Vec::new(),
            verification,
        }
    }

    /// The lines of this section. Of many checks, those that hold are counted, unless `is_full`.
    fn lines(&self, is_full: bool) -> Vec<String> {
        let mut lines: Vec<String> = self.title.iter().cloned().collect();
        for (version, _, build) in &self.builds {
            lines.push(format!("  build of {version}, as its registration says:"));
            let facts = build.lines().into_iter();
            lines.extend(facts.map(|(name, value)| format!("    {name:<20} {value}")));
        }
        if is_full || self.verification.checks.len() <= CHECKS_MAX {
            lines.extend(self.verification.lines());
        } else {
            let short = self.verification.short_lines().into_iter();
            lines.extend(bounded(
                short.map(|line| format!("  {line}")).collect(),
                false,
            ));
        }
        lines
    }
}

impl VerifyReport {
    /// Of what was compared. What code is now instead of what was recorded is among the warnings.
    pub fn of(registry: Address, sections: Vec<Section>, warnings: Vec<Finding>) -> Self {
        let mut report = Self {
            registry,
            warnings,
            ..Self::default()
        };
        for Section {
            builds,
            verification,
            ..
        } in &sections
        {
            report.checks.extend_from_slice(&verification.checks);
            report.paused.extend_from_slice(&verification.paused);
            report.warnings.extend_from_slice(&verification.findings);
            let builds = builds.iter().cloned();
            report
                .builds
                .extend(builds.map(|(_, codehash, build)| (codehash, build)));
        }
        let changed = || report.changed().map(|difference| Report::of(difference));
        report.error = failed(&report.checks).or_else(changed);
        report.sections = sections;
        report
    }

    /// The warning of code that is not what was recorded, where no check says so.
    fn changed(&self) -> Option<&Finding> {
        let is_changed = |finding: &&Finding| {
            finding.id == *"CodeChanged" && finding.severity == Severity::Danger
        };
        let changed = self.warnings.iter().find(is_changed);
        changed.filter(|_| self.checks.iter().all(|check| check.ok))
    }
}

impl CommandReport for VerifyReport {
    fn lines(&self, _: &Names) -> Vec<String> {
        let sections = self.sections.iter();
        let mut lines: Vec<String> = sections
            .flat_map(|section| section.lines(self.is_full))
            .collect();
        lines.extend(self.coverage.lines());
        let changed = self.changed();
        lines.extend(changed.map(|changed| format!("✗ {}", changed.message)));
        lines
    }

    fn exit(&self) -> Exit {
        Exit::of(self.error.as_ref())
    }
}
