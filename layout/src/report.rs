//! What a comparison found, for people and for machines.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// The change of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// New, on bytes that no field of the old version uses.
    SafeAppend,
    /// New, on bytes that a `__gap` kept free, or a gap that was resized.
    GapUse,
    /// The same location and type under another name.
    Rename,
    /// The same field with another type.
    Retype,
    /// It swapped its location with another field.
    Reorder,
    /// New, on bytes that hold a field of the old version.
    Insert,
    /// No longer there.
    Delete,
    /// Moved because of something before it.
    Shift,
    /// An ERC-7201 namespace is gone, or a field moved into or out of one.
    NamespaceChange,
    /// A type of which too little is known.
    Unknown,
}

impl Verdict {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SafeAppend => "safe-append",
            Self::GapUse => "gap-use",
            Self::Rename => "rename",
            Self::Retype => "retype",
            Self::Reorder => "reorder",
            Self::Insert => "insert",
            Self::Delete => "delete",
            Self::Shift => "shift",
            Self::NamespaceChange => "namespace-change",
            Self::Unknown => "unknown",
        }
    }
}

/// The consequence of a change; the report's decision is that of its worst finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// No data is lost or misread.
    Safe,
    /// Safe if the author declares that it is what it looks like.
    Asks,
    /// Too little is known to decide.
    Undecided,
    /// Data would be misread or lost without a migration.
    Refused,
}

impl Decision {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Asks => "asks",
            Self::Undecided => "cannot decide",
            Self::Refused => "refused",
        }
    }
}

/// The declaration of an author about a field, which nobody can check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// Its bytes mean the same under another name, or in another type.
    Same,
    /// The same, and the version before has another field of its new name: two may be exchanged by mistake.
    Exchanged,
}

/// The place and the type of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The slot, decimal; within a namespace or struct from its start.
    pub slot: String,
    /// Bytes from the slot's low-order end.
    pub offset: u64,
    /// The type's label.
    #[serde(rename = "type")]
    pub kind: String,
    /// The file and line of its declaration (`src/lib.rs:12`), where the layout has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Location {
    /// Returns true if both are of one type at one place.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.slot, self.offset, &self.kind) == (&other.slot, other.offset, &other.kind)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} @ slot {}", self.kind, self.slot)?;
        if self.offset > 0 {
            write!(f, " byte {}", self.offset)?;
        }
        Ok(())
    }
}

/// One field that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The change.
    pub verdict: Verdict,
    /// The consequence.
    pub decision: Decision,
    /// The namespace, `erc7201:<id>`; empty for the fields counted from slot 0.
    pub area: String,
    /// The field, with the members below it: `config.owner`.
    pub field: String,
    /// The identity among several fields of one name: the declaring contract, where it is known, and the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub which: Option<Which>,
    /// The field before; absent for a new field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Location>,
    /// The field now; absent for a dropped field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Location>,
    /// The reason, and the remedy.
    pub note: String,
    /// The declaration that makes it safe, where no compiler can confirm it.
    #[serde(skip)]
    pub declared: Option<Declared>,
}

impl FieldChange {
    /// A change of a field of no area yet, at no location.
    pub(crate) fn of(
        verdict: Verdict,
        decision: Decision,
        field: &str,
        note: impl Into<String>,
    ) -> Self {
        Self {
            verdict,
            decision,
            area: String::new(),
            field: field.into(),
            which: None,
            old: None,
            new: None,
            note: note.into(),
            declared: None,
        }
    }

    /// The file and line of the declaration, before and now: `src/Box.sol:4 → src/Box.sol:5`. A place that is not known,
    /// or that both share, is left out; none if neither is known.
    pub fn sources(&self) -> Option<String> {
        let source = |place: &Option<Location>| place.as_ref()?.source.clone();
        match (source(&self.old), source(&self.new)) {
            (Some(old), Some(new)) if old != new => Some(format!("{old} → {new}")),
            (old, new) => new.or(old),
        }
    }

    /// Returns true if it is about the place of a field: one that moved, or one that is declared to be where another
    /// field of its name was.
    pub(crate) fn is_of_place(&self) -> bool {
        matches!(self.verdict, Verdict::Reorder | Verdict::Shift)
            || self.declared == Some(Declared::Exchanged)
    }

    /// The field with its area: `owner`, `erc7201:example.main:x`, and if several fields have one name `Base._x@5`.
    pub fn subject(&self) -> String {
        let area = match self.area.as_str() {
            "" => String::new(),
            area => format!("{area}:"),
        };
        let which = self.which.as_ref();
        let base = which.and_then(|which| which.base.as_deref());
        let base = base.map_or(String::new(), |base| format!("{base}."));
        let at = which.map_or(String::new(), |which| format!("@{}", which.place));
        // `@` and `#` stand before the place and the number alone.
        let field = self.field.replace('@', "%40").replace('#', "%23");
        format!("{area}{base}{field}{at}")
    }

    /// The verdict and the subject: `reorder:owner`.
    pub fn id(&self) -> String {
        format!("{}:{}", self.verdict.name(), self.subject())
    }
}

/// The identity of a field among several of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Which {
    /// The contract that declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Its slot, and where it does not begin one the byte in it: `5`, `5.20`.
    pub place: String,
}

impl Which {
    pub(crate) fn of(location: &Location, base: Option<&str>) -> Self {
        let place = match location.offset {
            0 => location.slot.clone(),
            offset => format!("{}.{offset}", location.slot),
        };
        Self {
            base: base.map(str::to_owned),
            place,
        }
    }
}

/// The result of comparing two layouts: empty if nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The consequence of all changes.
    pub decision: Decision,
    /// Each change, in the order of the new layout.
    pub findings: Vec<FieldChange>,
}

impl Report {
    pub(crate) fn new(mut findings: Vec<FieldChange>) -> Self {
        single(&mut findings);
        let decision = findings
            .iter()
            .map(|finding| finding.decision)
            .max()
            .unwrap_or(Decision::Safe);
        Self { decision, findings }
    }

    /// Returns true if the new version may take over the old one's storage as it is.
    pub fn is_safe(&self) -> bool {
        self.decision == Decision::Safe
    }
}

/// Gives each finding an id of its own: whoever accepts one accepts no other.
fn single(findings: &mut [FieldChange]) {
    for round in 0..2 {
        let ids: Vec<String> = findings.iter().map(FieldChange::id).collect();
        let (mut all, mut seen) = (BTreeMap::new(), BTreeMap::new());
        for id in &ids {
            *all.entry(id).or_insert(0) += 1;
        }
        for (finding, id) in findings.iter_mut().zip(&ids) {
            if all.get(id).is_none_or(|all| *all < 2) {
                continue;
            }
            let count = seen.entry(id).or_insert(0);
            *count += 1;
            let location = finding.old.as_ref().or(finding.new.as_ref());
            match (&mut finding.which, location) {
                (None, Some(location)) if round == 0 => {
                    finding.which = Some(Which::of(location, None));
                }
                (Some(which), _) => which.place = format!("{}#{count}", which.place),
                (None, _) => {
                    finding.which = Some(Which {
                        base: None,
                        place: format!("#{count}"),
                    });
                }
            }
        }
    }
}
