//! The report of the checks that a command made before it sent anything.

use crate::assess::{Coverage, Finding};
use crate::checks::Assessment;
use crate::context::prelude::*;
use crate::layout::StorageCheck;

/// Refuses if a finding blocks the command.
///
/// # Errors
/// The finding that blocks it.
pub fn require_not_refused(checks: &Assessment) -> Result<()> {
    checks
        .refusal()
        .map_or(Ok(()), |refused| Err(refused.into()))
}

/// The checks before a command sends anything. The lines have what was not checked completely, and the dangerous
/// findings that were accepted.
#[derive(Serialize)]
pub struct Checks {
    /// The coverage of each part by checks.
    pub coverage: Coverage,
    /// The parts that were not checked as a whole, and why, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_checked: Vec<String>,
    /// The comparisons of layouts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    storage: Vec<StorageCheck>,
    /// The blocking findings that were accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) accepted: Vec<Finding>,
    /// The other findings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

impl Checks {
    pub(crate) fn of(checks: &Assessment) -> Self {
        Self {
            coverage: checks.coverage.clone(),
            not_checked: checks.coverage.lines(),
            storage: checks.storage(),
            accepted: checks.decision().accepted,
            findings: checks.findings(),
        }
    }

    /// Takes over what a later check found. Its assessment contains the earlier one, or starts again without findings.
    pub(crate) fn update(&mut self, later: Self) {
        self.coverage = later.coverage;
        self.not_checked = later.not_checked;
        replace(&mut self.storage, later.storage);
        replace(&mut self.accepted, later.accepted);
        replace(&mut self.findings, later.findings);
    }

    /// Returns the findings that refuse nothing: those that were accepted or declared, of layouts and else, and the
    /// others.
    pub fn told(&self) -> Vec<Finding> {
        let of_storage = self.storage.iter().flat_map(|check| &check.accepted);
        let mut told: Vec<Finding> = of_storage.cloned().collect();
        for one in self.accepted.iter().chain(&self.findings) {
            if !told.contains(one) {
                told.push(one.clone());
            }
        }
        told
    }

    /// The lines for people.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = self.not_checked.clone();
        let (storage, accepted) = (self.storage.iter(), &self.accepted);
        let is_by_caller =
            |one: &&StorageCheck| one.accepted.iter().any(|one| accepted.contains(one));
        let by_caller = storage.clone().filter(is_by_caller);
        lines.extend(by_caller.flat_map(StorageCheck::lines));
        let of_storage = |one: &&Finding| storage.clone().any(|check| check.accepted.contains(one));
        let others = accepted.iter().filter(|one| !of_storage(one));
        lines.extend(others.map(|other| format!("{}; accepted", other.line())));
        lines.extend(self.findings.iter().flat_map(Finding::lines));
        lines
    }
}

/// Replaces a list, unless the new one is empty.
fn replace<T>(earlier: &mut Vec<T>, later: Vec<T>) {
    if !later.is_empty() {
        *earlier = later;
    }
}
