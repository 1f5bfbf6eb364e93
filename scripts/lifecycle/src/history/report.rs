//! What `history` and `verify` report.

use super::compared::{ComparedHistory, Verification, failed};
use super::live::LiveCheck;
use super::read::Entry;
use crate::assess::{Coverage, Finding, Severity};
use crate::error::{Exit, Report};
use crate::ids::CodeHash;
use crate::model::Difference;
use crate::names::Names;
use crate::report::CommandReport;
use crate::text::utc;
use alloy::primitives::Address;
use serde::Serialize;
use std::collections::BTreeMap;
use stylus_layout::BuildMetadata;

/// What happened to a definition, and whether it still holds.
#[derive(Debug, Serialize)]
pub struct HistoryReport {
    /// The registry.
    pub registry: Address,
    /// The definition's name; the registry itself has none.
    pub name: String,
    /// The events, in their order.
    pub entries: Vec<Entry>,
    /// What the registry's views say otherwise.
    pub differences: Vec<Difference>,
    /// Whether it still holds.
    #[serde(flatten)]
    pub verification: Verification,
}

impl HistoryReport {
    /// Of what was read and compared.
    pub fn of(compared: ComparedHistory, verification: Verification) -> Self {
        Self {
            registry: compared.registry,
            name: compared.history.definition.name,
            entries: compared.history.entries,
            differences: compared.differences,
            verification,
        }
    }
}

impl CommandReport for HistoryReport {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = Vec::new();
        for all in self.entries.chunk_by(|one, next| one.tx == next.tx) {
            let first = all.iter().take(1).map(|one| {
                let (time, block) = (utc(one.time), one.block);
                format!("{time}  block {block}  {}", one.tx)
            });
            lines.extend(first);
            lines.extend(all.iter().map(|one| entry_line(one, names)));
        }
        lines.extend(self.verification.lines());
        lines
    }

    fn exit(&self) -> Exit {
        Exit::of(self.verification.error.as_ref())
    }
}

fn entry_line(entry: &Entry, names: &Names) -> String {
    let mut text = format!("  {}  {}", names.short(entry.who), entry.what);
    if let Some(hash) = entry.codehash {
        text.push_str(&format!("  code hash {hash}"));
    }
    if let (Some(policy), "Proposed" | "Approved" | "Executed") = (&entry.policy, entry.event) {
        text.push_str(&format!("  under {policy}"));
    }
    text
}

/// Whether code, slots and views of some definitions are what was recorded.
#[derive(Debug, Default, Serialize)]
pub struct VerifyReport {
    /// The registry.
    pub registry: Address,
    /// What was compared, of which definition or of what else.
    #[serde(skip)]
    pub sections: Vec<Section>,
    /// What was compared, of all of it.
    pub checks: Vec<LiveCheck>,
    /// Definitions that are paused.
    pub paused: Vec<String>,
    /// What the registry's views say otherwise.
    pub differences: Vec<Difference>,
    /// What was published of the builds, by the hash of the code.
    pub builds: BTreeMap<CodeHash, BuildMetadata>,
    /// How much of each part could be checked.
    pub coverage: Coverage,
    /// What ends soon, does not run, or could not be compared.
    pub warnings: Vec<Finding>,
    /// What would have refused, and was accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<Finding>,
    /// Where something does not hold, or could not be checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Report>,
}

/// What was compared of a definition, or of something else.
#[derive(Debug)]
pub struct Section {
    /// What it is about.
    pub title: Option<String>,
    /// The builds of its versions, as their registration says.
    pub builds: Vec<(String, CodeHash, BuildMetadata)>,
    /// What was compared.
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

    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.title.iter().cloned().collect();
        for (version, _, build) in &self.builds {
            lines.push(format!("  build of {version}, as its registration says:"));
            let facts = build.lines().into_iter();
            lines.extend(facts.map(|(name, value)| format!("    {name:<20} {value}")));
        }
        lines.extend(self.verification.lines());
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
        let changed = || report.changed().map(|one| Report::of(one));
        report.error = failed(&report.checks).or_else(changed);
        report.sections = sections;
        report
    }

    /// The warning of code that is not what was recorded, where no check says so.
    fn changed(&self) -> Option<&Finding> {
        let is_changed =
            |one: &&Finding| one.id == *"CodeChanged" && one.severity == Severity::Danger;
        let changed = self.warnings.iter().find(is_changed);
        changed.filter(|_| self.checks.iter().all(|check| check.ok))
    }
}

impl CommandReport for VerifyReport {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines: Vec<String> = self.sections.iter().flat_map(Section::lines).collect();
        lines.extend(self.coverage.lines());
        let changed = self.changed();
        lines.extend(changed.map(|changed| format!("✗ {}", changed.message)));
        lines
    }

    fn exit(&self) -> Exit {
        Exit::of(self.error.as_ref())
    }
}
