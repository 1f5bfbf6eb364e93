//! Whether a version may take over the storage of another one. Nothing is sent before this is
//! answered.

use super::allowed::{Allowed, FILE};
use super::error::LayoutError;
use super::store::FOLDER;
use alloy::primitives::B256;
use serde::Serialize;
use stylus_layout::{
    Decision, Declarations, Finding, Item, Layout, Members, Report, Verdict, compare,
};

/// A layout, or why there is none.
#[derive(Debug, Clone)]
pub enum Known {
    /// It is known.
    Layout(Layout),
    /// It is not.
    Not(&'static str),
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
    pub old: Known,
    /// The new layout.
    pub new: Known,
    /// Whether a migration runs in between.
    pub runs_migration: bool,
    /// Whether the code is that of a version that was there before.
    pub goes_back: bool,
}

/// What people said about a pair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// `old=new`: fields that have another name now.
    pub renames: Vec<String>,
    /// Fields of the new version whose bytes mean the same in another type.
    pub retypes: Vec<String>,
    /// Findings that are allowed, by their names.
    pub allowed: Vec<String>,
    /// Findings that the contract's author declares to be the migration's business.
    pub migrates: Vec<String>,
    /// What was said of this pair before.
    pub before: Vec<Allowed>,
}

/// A finding that would stand in the way and does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// Its name.
    pub finding: String,
    /// Who says so, or why.
    pub because: String,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Judgement {
    /// The version before.
    pub from: String,
    /// The new version.
    pub to: String,
    /// `unchanged`, `safe`, `accepted` or `unknown`.
    pub verdict: &'static str,
    /// Why the layouts were not compared.
    pub unknown: Option<String>,
    /// The hash of the layout before.
    pub old: Option<B256>,
    /// The hash of the new layout.
    pub new: Option<B256>,
    /// What is in the way and was accepted.
    pub accepted: Vec<Accepted>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Judges.
///
/// # Errors
/// [`LayoutError::Refused`] and [`LayoutError::Asks`] name what stands in the way;
/// [`LayoutError::NoSuchFinding`] what was allowed and is not there.
pub fn judge(pair: &Pair<'_>, said: &Said) -> Result<Judgement, LayoutError> {
    let (old, new) = match (&pair.old, &pair.new) {
        (Known::Layout(old), Known::Layout(new)) => (old, new),
        (old, new) => return unknown(pair, old, new, said),
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
            Some(because) => accepted.push(Accepted {
                finding: id,
                because,
            }),
            None => open.push((id, finding)),
        }
    }
    let found: Vec<String> = report.findings.iter().map(finding_id).collect();
    if let Some(id) = said.allowed.iter().find(|id| !found.contains(id)) {
        return Err(LayoutError::NoSuchFinding {
            id: id.clone(),
            known: open.into_iter().map(|(id, _)| id).collect(),
        });
    }
    if !open.is_empty() {
        return Err(refusal(pair, &report, &open));
    }
    Ok(Judgement {
        from: pair.from.into(),
        to: pair.to.into(),
        verdict: match (report.findings.is_empty(), accepted.is_empty()) {
            (true, _) => "unchanged",
            (_, true) => "safe",
            _ => "accepted",
        },
        unknown: None,
        old: Some(old.hash()),
        new: Some(new.hash()),
        accepted,
        findings: report.findings,
    })
}

/// What there is to find, with what was declared.
///
/// # Errors
/// A declaration that names nothing, a layout that cannot be read.
pub fn report(old: &Layout, new: &Layout, said: &Said) -> Result<Report, LayoutError> {
    compare(old, new, &said.declarations(old)?).map_err(LayoutError::Compare)
}

/// A finding as `--allow-layout` names it: `reorder:owner`, `delete:erc7201:example.main:x`.
pub fn finding_id(finding: &Finding) -> String {
    let area = match finding.area.as_str() {
        "" => String::new(),
        area => format!("{area}:"),
    };
    format!("{}:{area}{}", finding.verdict.name(), finding.field)
}

fn unknown(
    pair: &Pair<'_>,
    old: &Known,
    new: &Known,
    said: &Said,
) -> Result<Judgement, LayoutError> {
    if let Some(id) = said.allowed.first() {
        return Err(LayoutError::NoSuchFinding {
            id: id.clone(),
            known: Vec::new(),
        });
    }
    let hash = |known: &Known| match known {
        Known::Layout(layout) => Some(layout.hash()),
        Known::Not(_) => None,
    };
    let reasons = [(pair.from, old), (pair.to, new)].map(|(version, known)| match known {
        Known::Layout(_) => None,
        Known::Not(reason) => Some(format!("{version}: {reason}")),
    });
    let reasons: Vec<String> = reasons.into_iter().flatten().collect();
    Ok(Judgement {
        from: pair.from.into(),
        to: pair.to.into(),
        verdict: "unknown",
        unknown: Some(reasons.join("; ")),
        old: hash(old),
        new: hash(new),
        accepted: Vec::new(),
        findings: Vec::new(),
    })
}

fn refusal(pair: &Pair<'_>, report: &Report, open: &[(String, &Finding)]) -> LayoutError {
    let (name, from, to) = (pair.name.into(), pair.from.into(), pair.to.into());
    let findings = open.iter().map(|(id, _)| id.clone()).collect();
    let lines = report
        .to_string()
        .lines()
        .map(|line| format!("  {line}"))
        .collect();
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
    /// Whether anybody said anything that has to be remembered.
    pub fn is_worth_noting(&self) -> bool {
        !(self.renames.is_empty() && self.retypes.is_empty() && self.allowed.is_empty())
    }

    fn declarations(&self, old: &Layout) -> Result<Declarations, LayoutError> {
        let before = |of: fn(&Allowed) -> &Vec<String>| self.before.iter().flat_map(of).cloned();
        let mut all = Declarations::none();
        let mut renamed = Vec::new();
        for text in self
            .renames
            .iter()
            .cloned()
            .chain(before(|line| &line.renames))
        {
            let (from, to) = text
                .split_once('=')
                .ok_or_else(|| LayoutError::Declaration {
                    option: "--rename",
                    reason: "there is no =".into(),
                    text: text.clone(),
                })?;
            if type_of(old, from).is_none() {
                return Err(no_field("--rename", &text, from));
            }
            // a declaration names the field by its path and the old one by its label
            let label = from.rsplit([':', '.']).next().unwrap_or(from);
            all = all.renamed(to, label);
            renamed.push((to.to_owned(), from.to_owned()));
        }
        for field in self
            .retypes
            .iter()
            .cloned()
            .chain(before(|line| &line.retypes))
        {
            let was = renamed.iter().find(|(to, _)| *to == field);
            let was = was.map_or(&field, |(_, from)| from);
            let kind = type_of(old, was).ok_or_else(|| no_field("--retype", &field, was))?;
            all = all.retyped(&field, kind);
        }
        Ok(all)
    }

    /// Why a finding does not stand in the way, if it does not.
    fn accepts(&self, pair: &Pair<'_>, finding: &Finding, id: &str) -> Option<String> {
        let named = |list: &[String]| list.iter().any(|one| one == id);
        if named(&self.allowed) {
            return Some("allowed by --allow-layout".into());
        }
        if self.before.iter().any(|line| named(&line.allowed)) {
            return Some(format!("allowed before, as {FOLDER}/{FILE} says"));
        }
        if pair.runs_migration && named(&self.migrates) {
            return Some("the contract's author declares that its migration sees to it".into());
        }
        match finding.verdict {
            Verdict::Delete if pair.runs_migration => Some(
                "left behind: what the migration does not clear stays, and nobody reads it".into(),
            ),
            Verdict::Delete if pair.goes_back => {
                Some("left behind: the code that comes back never knew it".into())
            }
            Verdict::Rename if pair.goes_back => Some("its old name comes back".into()),
            _ => None,
        }
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

impl Judgement {
    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let Self { from, to, .. } = self;
        let mut lines = vec![match (&self.unknown, self.verdict) {
            (Some(reasons), _) => format!("storage    layout unknown: not compared ({reasons})"),
            (None, "unchanged") => format!("storage    {to} keeps the layout of {from}"),
            (None, "safe") => format!("storage    {to} can take over the storage of {from}"),
            _ => format!("storage    {to} takes over the storage of {from}, although:"),
        }];
        for Accepted { finding, because } in &self.accepted {
            lines.push(format!("           {finding}: {because}"));
        }
        lines
    }
}

#[cfg(test)]
mod tests;
