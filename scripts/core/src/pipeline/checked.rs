//! What commands report of what they checked before they sent anything.

use crate::assess::{Coverage, Finding, FindingId};
use crate::checks::Assessment;
use crate::context::prelude::*;
use crate::layout::StorageCheck;

/// Refuses if a finding blocks the command, or if `--accept` names a finding that does not exist.
///
/// # Errors
/// The finding that blocks it.
pub fn require_not_refused(checks: &Assessment) -> Result<()> {
    require_matched(checks)?;
    checks
        .refusal()
        .map_or(Ok(()), |refused| Err(refused.into()))
}

/// Errors if `--accept` names a finding that does not exist.
pub(crate) fn require_matched(checks: &Assessment) -> Result<()> {
    checks.unmatched().map_or(Ok(()), |error| Err(error.into()))
}

/// The checks before a command sends anything. The lines have what was not checked completely, and the dangerous
/// findings that were accepted.
#[derive(Serialize)]
pub struct Checks {
    /// How much of each part was checked.
    pub coverage: Coverage,
    /// The comparisons of layouts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    storage: Vec<StorageCheck>,
    /// The blocking findings that were accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) accepted: Vec<Finding>,
    /// The other findings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Finding>,
    /// The accepted ids that were not found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) needless: Vec<FindingId>,
}

impl Checks {
    pub(crate) fn of(checks: &Assessment) -> Self {
        Self {
            coverage: checks.coverage.clone(),
            storage: checks.storage(),
            accepted: checks.decision().accepted,
            findings: checks.findings(),
            needless: checks.needless(),
        }
    }

    /// Takes over what a later check found. Its assessment contains the earlier one, or starts again without findings;
    /// the accepted ids that were not found are those of both.
    pub(crate) fn update(&mut self, later: Self) {
        self.coverage = later.coverage;
        replace(&mut self.storage, later.storage);
        replace(&mut self.accepted, later.accepted);
        replace(&mut self.findings, later.findings);
        self.needless.retain(|id| !later.needless.contains(id));
        self.needless.extend(later.needless);
    }

    /// The lines for people.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = self.coverage.lines();
        let (storage, accepted) = (self.storage.iter(), &self.accepted);
        let is_by_caller =
            |one: &&StorageCheck| one.accepted.iter().any(|one| accepted.contains(one));
        let by_caller = storage.clone().filter(is_by_caller);
        lines.extend(by_caller.flat_map(StorageCheck::lines));
        let of_storage = |one: &&Finding| storage.clone().any(|check| check.accepted.contains(one));
        let others = accepted.iter().filter(|one| !of_storage(one));
        lines.extend(others.map(|one| format!("{}; accepted", one.line())));
        lines.extend(self.findings.iter().flat_map(Finding::lines));
        lines.extend(needless_line(&self.needless));
        lines
    }
}

/// Replaces a list, unless the new one is empty.
fn replace<T>(earlier: &mut Vec<T>, later: Vec<T>) {
    if !later.is_empty() {
        *earlier = later;
    }
}

/// The line of the accepted ids that were not found.
pub(crate) fn needless_line(ids: &[FindingId]) -> Option<String> {
    let named: Vec<String> = ids.iter().map(ToString::to_string).collect();
    (!named.is_empty()).then(|| format!("{:<10} {}: not found", "accepted", named.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::Role;

    #[test]
    fn a_later_check_adds_its_accepted_ids_that_were_not_found() {
        let mut checks = Checks::of(&Assessment::default());
        for id in ["dirty:a", "dirty:b", "dirty:b"] {
            let accepts = [FindingId::new(id.to_owned())].into_iter().collect();
            checks.update(Checks::of(&Assessment::asked_by(Role::Proposer, accepts)));
        }
        let ids = serde_json::json!(["dirty:a", "dirty:b"]);
        assert_eq!(serde_json::json!(checks)["needless"], ids);
        assert_eq!(checks.lines(), ["accepted   dirty:a, dirty:b: not found"]);
    }
}
