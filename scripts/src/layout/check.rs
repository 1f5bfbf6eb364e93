//! Whether a version may take over the storage of another one. Nothing is sent before this is
//! answered.

use super::documents::Known;
use super::error::LayoutError;
use crate::assess::{Accepted, Finding as Found, FindingId, Origin, Part, Severity};
use crate::ids::LayoutHash;
use serde::Serialize;
use stylus_layout::{
    Decision, Declarations, Document, Finding, Item, Layout, Members, Report, Unlisted, Verdict,
    compare,
};

/// One version of a pair.
#[derive(Debug, Clone)]
pub struct Side {
    /// The hash of its layout document, as the registry records it; zero if there is none.
    pub hash: LayoutHash,
    /// The document.
    pub known: Known,
}

/// Two versions, one of which is to take over the storage of the other.
#[derive(Debug, Clone)]
pub struct Pair<'a> {
    /// The definition.
    pub name: &'a str,
    /// The version before.
    pub from: &'a str,
    /// The new version.
    pub to: &'a str,
    /// Its layout before.
    pub old: Side,
    /// The new layout.
    pub new: Side,
    /// Whether a migration runs in between.
    pub runs_migration: bool,
    /// Whether the code is that of a version that was there before.
    pub goes_back: bool,
}

/// What people said about a pair, in the command that asks: what somebody said before, or keeps in a
/// file, holds for nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// `old=new`: fields that have another name now.
    pub renames: Vec<String>,
    /// Fields of the new version whose bytes mean the same in another type.
    pub retypes: Vec<String>,
    /// Findings that are accepted.
    pub accepted: Accepted,
    /// Findings that the contract's author declares to be the migration's business.
    pub migrates: Vec<String>,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct StorageCheck {
    /// The version before.
    pub from: String,
    /// The new version.
    pub to: String,
    /// `unchanged`, `safe`, `accepted` or `unknown`.
    pub verdict: &'static str,
    /// Why the layouts were not compared.
    pub unknown: Option<String>,
    /// What of the storage was not compared although both layouts are known.
    pub partial: Vec<String>,
    /// The hash of the layout before; zero if there is none.
    pub old: LayoutHash,
    /// The hash of the new layout; zero if there is none.
    pub new: LayoutHash,
    /// What would be in the way and is not: who says so, or why.
    pub accepted: Vec<Found>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Checks.
///
/// # Errors
/// [`LayoutError::Refused`] and [`LayoutError::Asks`] name what stands in the way;
/// [`LayoutError::NoSuchFinding`] what was accepted and is not there.
pub fn check_storage(pair: &Pair<'_>, said: &Said) -> Result<StorageCheck, LayoutError> {
    let (old, new) = match (pair.old.known.document(), pair.new.known.document()) {
        (Some(old), Some(new)) => (&old.layout, &new.layout),
        _ if pair.old.hash == pair.new.hash && !pair.old.hash.is_zero() => {
            // One hash, one layout, and nobody knows what it lists.
            return Ok(StorageCheck {
                partial: vec!["the layout is known by its hash alone".into()],
                ..check(pair, "unchanged")
            });
        }
        _ => return not_compared(pair, said),
    };
    let report = report(old, new, said)?;
    let (mut accepted, mut open) = (Vec::new(), Vec::new());
    for finding in report
        .findings
        .iter()
        .filter(|one| one.decision > Decision::Safe)
    {
        let id = finding_id(finding);
        match said.accepts(pair, finding, &id) {
            Some(because) => accepted.push(because),
            None => open.push((id, finding)),
        }
    }
    let found: Vec<FindingId> = report.findings.iter().map(finding_id).collect();
    let mut about = said.accepted.iter().filter(|id| id.is_of_layouts());
    if let Some(id) = about.find(|id| !found.contains(id)) {
        return Err(LayoutError::NoSuchFinding {
            id: id.clone(),
            known: open.into_iter().map(|(id, _)| id).collect(),
        });
    }
    if !open.is_empty() {
        return Err(refusal(pair, &report, &open, said));
    }
    let unlisted = pair.without_namespaces();
    if !unlisted.is_empty() {
        let Some(because) = said.why_accepted(Part::Layout, &FindingId::NAMESPACES_NOT_LISTED)
        else {
            return Err(LayoutError::NamespacesNotListed {
                name: pair.name.into(),
                from: pair.from.into(),
                to: pair.to.into(),
                versions: unlisted,
            });
        };
        accepted.push(because);
    }
    let verdict = match (report.findings.is_empty(), accepted.is_empty()) {
        (true, true) => "unchanged",
        (_, true) => "safe",
        _ => "accepted",
    };
    Ok(StorageCheck {
        accepted,
        findings: report.findings,
        partial: pair.partial(),
        ..check(pair, verdict)
    })
}

/// A judgement without findings.
fn check(pair: &Pair<'_>, verdict: &'static str) -> StorageCheck {
    StorageCheck {
        from: pair.from.into(),
        to: pair.to.into(),
        verdict,
        unknown: None,
        partial: Vec::new(),
        old: pair.old.hash,
        new: pair.new.hash,
        accepted: Vec::new(),
        findings: Vec::new(),
    }
}

/// What there is to find, with what was declared.
///
/// # Errors
/// A declaration that names nothing, a layout that cannot be read.
pub fn report(old: &Layout, new: &Layout, said: &Said) -> Result<Report, LayoutError> {
    compare(old, new, &said.declarations(old)?).map_err(LayoutError::Compare)
}

/// What a finding is called: `reorder:owner`, `delete:erc7201:example.main:x`.
pub fn finding_id(finding: &Finding) -> FindingId {
    let area = match finding.area.as_str() {
        "" => String::new(),
        area => format!("{area}:"),
    };
    FindingId::new(format!(
        "{}:{area}{}",
        finding.verdict.name(),
        finding.field
    ))
}

/// Two layouts that differ, at least one of which nobody has.
fn not_compared(pair: &Pair<'_>, said: &Said) -> Result<StorageCheck, LayoutError> {
    let sides = [(pair.from, &pair.old), (pair.to, &pair.new)];
    let reasons = sides
        .iter()
        .filter_map(|(version, side)| match &side.known {
            Known::Document(_) => None,
            Known::Not(reason) => Some(format!("{version}: {reason}")),
        });
    let reasons: Vec<String> = reasons.collect();
    let Some(because) = said.why_accepted(Part::Layout, &FindingId::NOT_COMPARED) else {
        return Err(LayoutError::NotCompared {
            name: pair.name.into(),
            from: pair.from.into(),
            to: pair.to.into(),
            reasons,
        });
    };
    Ok(StorageCheck {
        unknown: Some(reasons.join("; ")),
        accepted: vec![because],
        ..check(pair, "unknown")
    })
}

impl Pair<'_> {
    /// What each side's layout does not list, by its version.
    fn unlisted(&self) -> impl Iterator<Item = (&str, Unlisted)> {
        let sides = [(self.from, &self.old), (self.to, &self.new)].into_iter();
        sides.flat_map(|(version, side)| {
            let document = side.known.document();
            let unlisted = document.map(Document::unlisted).unwrap_or_default();
            unlisted.into_iter().map(move |one| (version, one))
        })
    }

    /// The versions whose layouts list no namespaces, though their contracts may have some.
    fn without_namespaces(&self) -> Vec<String> {
        let found = self.unlisted();
        let found = found.filter(|(_, one)| *one == Unlisted::Namespaces);
        found.map(|(version, _)| version.to_owned()).collect()
    }

    /// What of the storage nobody compared.
    fn partial(&self) -> Vec<String> {
        let mut partial: Vec<String> = self
            .unlisted()
            .map(|(version, one)| format!("{version}: {one}"))
            .collect();
        let old = self.old.known.document();
        let opaque = old.map(|old| old.layout.opaque_fields());
        if let Some(fields) = opaque.filter(|fields| !fields.is_empty()) {
            partial.push(format!(
                "opaque fields, of which only name and size are known: {}",
                fields.join(", ")
            ));
        }
        partial
    }

    /// Whether the old version declares a finding to be its migration's business, or may do so: then
    /// the declaration is about the step before, and was kept.
    fn declared_before(&self, id: &FindingId) -> bool {
        let old = self.old.known.document();
        old.is_none_or(|old| old.migrates.iter().any(|one| *id == **one))
    }
}

fn refusal(
    pair: &Pair<'_>,
    report: &Report,
    open: &[(FindingId, &Finding)],
    said: &Said,
) -> LayoutError {
    let (name, from, to) = (pair.name.into(), pair.from.into(), pair.to.into());
    let findings = open.iter().map(|(id, _)| id.clone()).collect();
    let report = report.to_string();
    let mut lines: Vec<String> = report.lines().map(|line| format!("  {line}")).collect();
    let kept = open
        .iter()
        .filter(|(id, _)| said.migrates.iter().any(|one| *id == **one));
    lines.extend(
        kept.filter(|(id, _)| pair.runs_migration && pair.declared_before(id))
            .map(|(id, _)| {
                format!(
                    "  migrates in Cargo.toml names {id}, as that of {} did: it is about the step \
                     before; take it out",
                    pair.from
                )
            }),
    );
    match open.iter().all(|(_, one)| one.decision == Decision::Asks) {
        true => LayoutError::Asks {
            name,
            from,
            to,
            findings,
            lines,
        },
        false => LayoutError::Refused {
            name,
            from,
            to,
            findings,
            lines,
        },
    }
}

impl Said {
    fn declarations(&self, old: &Layout) -> Result<Declarations, LayoutError> {
        let mut all = Declarations::none();
        let mut renamed = Vec::new();
        for text in &self.renames {
            let (from, to) = text
                .split_once('=')
                .ok_or_else(|| LayoutError::Declaration {
                    option: "--rename",
                    reason: "there is no =".into(),
                    text: text.clone(),
                })?;
            if type_of(old, from).is_none() {
                return Err(no_field("--rename", text, from));
            }
            // a declaration names the field by its path and the old one by its label
            let label = from.rsplit([':', '.']).next().unwrap_or(from);
            all = all.renamed(to, label);
            renamed.push((to.to_owned(), from.to_owned()));
        }
        for field in &self.retypes {
            let was = renamed.iter().find(|(to, _)| to == field);
            let was = was.map_or(field, |(_, from)| from);
            let kind = type_of(old, was).ok_or_else(|| no_field("--retype", field, was))?;
            all = all.retyped(field, kind);
        }
        Ok(all)
    }

    /// That a finding is accepted by its id, if it is.
    pub fn why_accepted(&self, part: Part, id: &FindingId) -> Option<Found> {
        let says = "accepted by --accept";
        let found =
            || Found::new(part, Severity::Warning, id.clone(), says).from(Origin::Remembered);
        self.accepted.contains(id).then(found)
    }

    /// Why a field may begin with what lies there, if it may.
    pub fn why_dirty(&self, pair: &Pair<'_>, id: &FindingId) -> Option<Found> {
        let part = Part::LiveInstances;
        self.why_accepted(part, id)
            .or_else(|| self.why_migrated(part, pair, id))
    }

    /// Whether the contract's author says that the migration sees to a finding, and it runs. What
    /// the version before declares as well is about the step before.
    fn why_migrated(&self, part: Part, pair: &Pair<'_>, id: &FindingId) -> Option<Found> {
        let declared = pair.runs_migration && self.migrates.iter().any(|one| *id == **one);
        let says = "the contract's author declares that its migration sees to it";
        let found =
            || Found::new(part, Severity::Warning, id.clone(), says).from(Origin::Annotation);
        (declared && !pair.declared_before(id)).then(found)
    }

    /// Why a finding does not stand in the way, if it does not.
    fn accepts(&self, pair: &Pair<'_>, finding: &Finding, id: &FindingId) -> Option<Found> {
        let part = Part::Layout;
        let said = self.why_accepted(part, id);
        if let Some(because) = said.or_else(|| self.why_migrated(part, pair, id)) {
            return Some(because);
        }
        let says = match finding.verdict {
            Verdict::Delete if pair.runs_migration => {
                "left behind: what the migration does not clear stays, and nobody reads it"
            }
            Verdict::Delete if pair.goes_back => {
                "left behind: the code that comes back never knew it"
            }
            Verdict::Rename if pair.goes_back => "its old name comes back",
            _ => return None,
        };
        Some(Found::new(part, Severity::Warning, id.clone(), says))
    }
}

fn no_field(option: &'static str, text: &str, field: &str) -> LayoutError {
    LayoutError::Declaration {
        option,
        text: text.into(),
        reason: format!("the version before has no field {field}"),
    }
}

/// The type's label of a field of `layout`: `field`, `erc7201:<id>:field` or `Struct.member`.
fn type_of<'l>(layout: &'l Layout, path: &str) -> Option<&'l str> {
    let label = |item: &'l Item| {
        let ty = layout.types.get(&item.type_id);
        ty.map_or(item.type_id.as_str(), |ty| ty.label.as_str())
    };
    let at_root = layout.storage.iter().find(|item| item.label == path);
    let in_namespace = || {
        layout.namespaces.iter().find_map(|(name, items)| {
            let field = path.strip_prefix(name)?.strip_prefix(':')?;
            items.iter().find(|item| item.label == field)
        })
    };
    let in_struct = || {
        let (name, member) = path.rsplit_once('.')?;
        layout.types.values().find_map(|ty| match &ty.members {
            Some(Members::Struct(items)) if ty.label.trim_start_matches("struct ") == name => {
                items.iter().find(|item| item.label == member)
            }
            _ => None,
        })
    };
    at_root.or_else(in_namespace).or_else(in_struct).map(label)
}

impl StorageCheck {
    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let Self { from, to, .. } = self;
        let mut lines = vec![match (&self.unknown, self.verdict) {
            (Some(reasons), _) => {
                format!("storage    {to} and {from} were not compared ({reasons}), although:")
            }
            (None, "unchanged") if !self.partial.is_empty() => {
                format!("storage    what was compared of {from} stays in {to} as it is")
            }
            (None, "unchanged") => format!("storage    {to} keeps the layout of {from}"),
            (None, "safe") => format!("storage    {to} can take over the storage of {from}"),
            _ => format!("storage    {to} takes over the storage of {from}, although:"),
        }];
        let partial = self.partial.iter();
        lines.extend(partial.map(|why| format!("           not compared: {why}")));
        for one in &self.accepted {
            lines.push(format!("           {}: {}", one.id, one.message));
        }
        lines
    }
}

#[cfg(test)]
mod tests;
