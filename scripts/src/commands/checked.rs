//! What commands report of what they checked before they sent anything.

use super::prelude::*;
use crate::assess::{Finding, FindingId};
use crate::checks::Assessment;
use crate::layout::StorageCheck;
use serde_json::Value;

/// Refuses if a finding blocks the command, or if `--accept` names a finding that does not exist.
///
/// # Errors
/// The finding that blocks it.
pub(super) fn require(checks: &Assessment) -> Result<()> {
    require_matched(checks)?;
    checks
        .refusal()
        .map_or(Ok(()), |refused| Err(refused.into()))
}

/// Errors if `--accept` names a finding that does not exist.
pub(super) fn require_matched(checks: &Assessment) -> Result<()> {
    checks.unmatched().map_or(Ok(()), |error| Err(error.into()))
}

/// Reports the coverage and the findings as fields. The lines have what was not checked completely, and
/// the dangerous findings that were accepted. Lines of an earlier call for the same outcome are not repeated.
pub(super) fn report(outcome: &mut Outcome, checks: &Assessment) {
    outcome.field("coverage", &checks.coverage);
    let mut lines = checks.coverage.lines();
    let storage = checks.storage();
    if !storage.is_empty() {
        outcome.field("storage", &storage);
    }
    let accepted = checks.decision().accepted;
    let is_by_caller = |one: &&StorageCheck| one.accepted.iter().any(|one| accepted.contains(one));
    lines.extend(
        storage
            .iter()
            .filter(is_by_caller)
            .flat_map(StorageCheck::lines),
    );
    let of_storage = |one: &&Finding| storage.iter().any(|check| check.accepted.contains(one));
    let others = accepted.iter().filter(|one| !of_storage(one));
    lines.extend(others.map(|one| format!("{}; accepted", one.line())));
    if !accepted.is_empty() {
        outcome.field("accepted", accepted);
    }
    let findings = checks.findings();
    lines.extend(findings.iter().flat_map(Finding::lines));
    if !findings.is_empty() {
        outcome.field("findings", findings);
    }
    lines.retain(|line| !outcome.lines.contains(line));
    outcome.lines.extend(lines);
    needless(outcome, checks.needless());
}

/// The accepted ids that were not found, with those of an earlier call.
pub(super) fn needless(outcome: &mut Outcome, ids: Vec<FindingId>) {
    if ids.is_empty() {
        return;
    }
    let named: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let line = format!("{:<10} {}: not found", "accepted", named.join(", "));
    if !outcome.lines.contains(&line) {
        outcome.line(line);
    }
    let before = outcome.document.get("needless").and_then(Value::as_array);
    let mut all = before.cloned().unwrap_or_default();
    all.extend(named.into_iter().map(Value::String));
    all.dedup();
    outcome.field("needless", all);
}
