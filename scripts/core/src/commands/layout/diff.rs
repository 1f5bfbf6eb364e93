//! `layout diff`: whether a version may take over the storage of another one.

use crate::assess::{Fact, Finding, FindingId, Origin, Refused, Role, Severity, decide};
use crate::context::prelude::*;
use crate::ids::LayoutHash;
use crate::layout::{Named, Pair, Side, StorageCheck, check_storage, finding_id};
use stylus_layout::FieldChange;

/// Reports every finding, and ends with exit code 1 if the new version is refused.
pub(super) fn diff(
    context: &Context,
    (old, new): (&Named, &Named),
    with_migration: bool,
    of_manifest: Option<Finding>,
) -> Result<Outcome> {
    let (before, after) = (side(old), side(new));
    let pair = Pair {
        name: "",
        from: &old.name,
        to: &new.name,
        old: &before,
        new: &after,
        runs_migration: with_migration,
        goes_back: false,
    };
    let mut compared = check_storage(&pair)?;
    if let Some(one) = of_manifest.as_ref()
        && one.severity == Severity::Danger
    {
        compared.partial.push(one.message.clone());
        compared.found.insert(0, one.clone());
    }
    let accepts = context.accepted();
    compared.report.iter().for_each(|one| {
        accepts.covers(&finding_id(one)); // also a difference that stops nothing
    });
    let changes = compared.report.iter().cloned();
    let mut report = Difference {
        old: NamedHash::of(old),
        new: NamedHash::of(new),
        findings: changes.map(NamedChange::of).collect(),
        verdict: "refused",
        accepted: None,
        partial: None,
        warnings: of_manifest.into_iter().collect(),
        error: None,
        check: None,
        exit: Exit::Done,
    };
    if let Some(refused) = Refused::of(decide(&compared.found, &accepts, Role::Proposer).refused) {
        let error = Report::of(&refused);
        context.output.explain(&error);
        (report.error, report.exit) = (Some(error), refused.exit());
    } else {
        let check = compared.taken(&pair, &accepts, &[]);
        report.verdict = check.verdict;
        report.accepted = Some(check.accepted.clone());
        report.partial = Some(check.partial.clone());
        report.check = Some(check);
    }
    Ok(context.outcome(&report))
}

/// The report of `layout diff`.
#[derive(Serialize)]
pub(crate) struct Difference {
    /// The version before.
    old: NamedHash,
    /// The new version.
    new: NamedHash,
    /// The fields that differ.
    findings: Vec<NamedChange>,
    /// `unchanged`, `safe`, `accepted`, `unknown` or `refused`.
    verdict: &'static str,
    /// The blocking findings that were accepted; absent if the new version is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<Vec<Finding>>,
    /// The parts that were not compared although both layouts are known; absent if the new version is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<Vec<String>>,
    /// The finding about the file that names the registry.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Finding>,
    /// The reason why the new version is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Report>,
    #[serde(skip)]
    check: Option<StorageCheck>,
    #[serde(skip)]
    exit: Exit,
}

impl CommandReport for Difference {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(check) = &self.check {
            for finding in &check.findings {
                let (decision, id) = (finding.decision.name(), finding_id(finding));
                let sources = finding.sources().map(|sources| format!("  ({sources})"));
                let sources = sources.unwrap_or_default();
                lines.push(format!("{decision:<13} {id}  {}{sources}", finding.note));
            }
            lines.extend(check.lines());
        }
        lines
    }

    fn exit(&self) -> Exit {
        self.exit
    }
}

/// A layout that is compared.
#[derive(Serialize)]
pub(super) struct NamedHash {
    /// The contract or the version.
    name: String,
    /// The hash of its layout document.
    hash: B256,
}

impl NamedHash {
    pub(super) fn of(named: &Named) -> Self {
        Self {
            name: named.name.clone(),
            hash: named.document.hash(),
        }
    }
}

/// A field that differs.
#[derive(Serialize)]
struct NamedChange {
    /// Its id for `--accept`.
    id: FindingId,
    #[serde(flatten)]
    change: FieldChange,
}

impl NamedChange {
    fn of(change: FieldChange) -> Self {
        Self {
            id: finding_id(&change),
            change,
        }
    }
}

fn side(named: &Named) -> Side {
    let origin = if named.is_recorded {
        Origin::Chain
    } else {
        Origin::Remembered
    };
    Side {
        hash: LayoutHash(named.document.hash()),
        known: Fact::of(named.document.clone(), origin),
    }
}
