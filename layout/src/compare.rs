//! Two versions' layouts compared, field by field, by where the bytes are.
//!
//! Fields are paired by name (and by what is declared), then their locations and types are compared.
//! Every byte of the old version must mean in the new one what it meant before.

mod lazy;
mod pairs;
mod types;

pub(crate) use types::Types;

use std::collections::BTreeSet;

use crate::error::LayoutError;
use crate::fields::{Field, fields};
use crate::layout::Layout;
use crate::report::{Decision, Declared, FieldChange, Report, Verdict};
use crate::shape::Bytes;
use pairs::{Pair, Pairs, pair};

/// Compares the layout of the version in use with that of the version to come.
///
/// # Errors
/// [`LayoutError`] if a position is no number.
pub fn compare(old: &Layout, new: &Layout) -> Result<Report, LayoutError> {
    let mut types = Types::default();
    let mut findings = Area::root("").compare(
        &mut types,
        &fields(old, &old.storage)?,
        &fields(new, &new.storage)?,
    )?;
    for (namespace, items) in &old.namespaces {
        let old = fields(old, items)?;
        match new.namespaces.get(namespace) {
            Some(items) => findings.extend(Area::root(namespace).compare(
                &mut types,
                &old,
                &fields(new, items)?,
            )?),
            None => findings.extend(old.iter().map(|field| dropped_namespace(namespace, field))),
        }
    }
    for (namespace, items) in &new.namespaces {
        if !old.namespaces.contains_key(namespace) {
            findings.extend(
                fields(new, items)?
                    .iter()
                    .map(|field| new_namespace(old, namespace, field)),
            );
        }
    }
    Ok(Report::new(findings))
}

/// Follows the note of a change that is annotated as it was in the version before already.
const KEPT: &str =
    "its retyped_from is that of the version before, and says nothing of this change: leave it out";

fn dropped_namespace(namespace: &str, field: &Field<'_>) -> FieldChange {
    let note = "its namespace is gone; keep the struct even if it is unused, or migrate the data";
    let (verdict, decision) = (Verdict::NamespaceChange, Decision::Refused);
    FieldChange {
        old: Some(field.location()),
        ..Area::root(namespace).finding(verdict, decision, field.label(), note)
    }
}

fn new_namespace(old: &Layout, namespace: &str, field: &Field<'_>) -> FieldChange {
    let mut known = old.storage.iter().chain(old.namespaces.values().flatten());
    let (verdict, note) = match known.any(|item| item.label == field.label()) {
        true => (
            Verdict::NamespaceChange,
            "a new namespace that starts empty; the old version keeps a field of this name elsewhere",
        ),
        false => (Verdict::SafeAppend, "a new namespace"),
    };
    FieldChange {
        new: Some(field.location()),
        ..Area::root(namespace).finding(verdict, Decision::Safe, field.label(), note)
    }
}

/// Fields that lie side by side: those counted from slot 0, of a namespace, or of a struct.
pub(crate) struct Area<'a> {
    /// The namespace, for findings.
    name: &'a str,
    /// New fields must end here; nothing follows the area if absent.
    limit: Option<Bytes>,
}

impl<'a> Area<'a> {
    pub(crate) fn root(name: &'a str) -> Self {
        Self { name, limit: None }
    }

    /// The members of a struct that may grow up to a limit.
    pub(crate) fn members(limit: Option<Bytes>) -> Self {
        Self { name: "", limit }
    }

    /// Everything that changed, in the order of the new fields, dropped ones last.
    pub(crate) fn compare(
        &self,
        types: &mut Types,
        old: &[Field<'_>],
        new: &[Field<'_>],
    ) -> Result<Vec<FieldChange>, LayoutError> {
        let pairs = pair(types, old, new)?;
        let mut findings = vec![];
        for (at, field) in new.iter().enumerate() {
            let pair = pairs.get(at);
            match pair.and_then(|pair| Some((pair, old.get(pair.old)?))) {
                Some((_, before)) if before.is_gap() && field.is_gap() => {
                    findings.extend(self.gap(before, field, &pairs))
                }
                Some((pair, before)) => {
                    findings.extend(self.both(types, old, (before, field), pair)?)
                }
                None => findings.push(self.added(old, field)),
            }
        }
        for (at, field) in old.iter().enumerate() {
            if !pairs.is_paired(at) {
                findings.extend(self.dropped(field, new));
            }
        }
        Ok(findings)
    }

    fn finding(
        &self,
        verdict: Verdict,
        decision: Decision,
        label: &str,
        note: impl Into<String>,
    ) -> FieldChange {
        FieldChange {
            area: self.name.into(),
            ..FieldChange::of(verdict, decision, label, note)
        }
    }

    /// A gap in both versions: it may lose its beginning, never move its end.
    fn gap(&self, old: &Field<'_>, new: &Field<'_>, pairs: &Pairs) -> Option<FieldChange> {
        let finding = match (old.start == new.start, old.end() == new.end()) {
            (true, true) => return None,
            (false, true) if new.start > old.start => self.finding(
                Verdict::GapUse,
                Decision::Safe,
                new.label(),
                "shrunk by what was put before it",
            ),
            _ if old.size == new.size && pairs.moved => self.finding(
                Verdict::Shift,
                Decision::Refused,
                new.label(),
                "moved by a change before it; shrink it by what was added",
            ),
            _ => {
                let note = format!(
                    "a gap must end where it ended: expected byte {}, found {}; resize it by what was added before it",
                    old.end(),
                    new.end()
                );
                self.finding(Verdict::GapUse, Decision::Refused, new.label(), note)
            }
        };
        Some(FieldChange {
            old: Some(old.location()),
            new: Some(new.location()),
            ..finding
        })
    }

    /// A field in both versions.
    fn both(
        &self,
        types: &mut Types,
        all: &[Field<'_>],
        (old, new): (&Field<'_>, &Field<'_>),
        pair: Pair,
    ) -> Result<Vec<FieldChange>, LayoutError> {
        let mut findings = vec![];
        let moved = old.start != new.start;
        if old.label() != new.label() {
            let is_taken = all.iter().any(|other| other.label() == new.label());
            let (decision, declared, note) = match (pair.is_declared, is_taken) {
                (true, false) => (
                    Decision::Safe,
                    Some(Declared::Same),
                    format!("declared: it was {}", old.label()),
                ),
                (true, true) => (
                    Decision::Safe,
                    Some(Declared::Exchanged),
                    format!(
                        "declared: it was {}, and there was another {}",
                        old.label(),
                        new.label()
                    ),
                ),
                (false, _) => (
                    Decision::Asks,
                    None,
                    format!(
                        "was {} here; if it is the same data declare renamed_from = {:?}",
                        old.label(),
                        old.label()
                    ),
                ),
            };
            findings.push(FieldChange {
                declared,
                ..self.finding(Verdict::Rename, decision, new.label(), note)
            });
        }
        let changes = types.change(old.ty, new.ty, self.room(all, old))?;
        let names_old = new.retyped_from() == Some(old.ty.bare_label());
        // Where the old version carries the same annotation, the change is older than both.
        let kept = names_old && old.retyped_from() == new.retyped_from();
        let declared = names_old && !kept;
        if !changes.is_empty() && lazy::misreads(&old.ty.bare_label(), &new.ty.bare_label()) {
            let note = format!(
                "was {}, is {}: its values are in one of two forms; name both, LazyValue<Old, New>, \
                 in a LazyMap or LazyCell, with retyped_from = {:?}; --accept is for a name that \
                 alone changed, of the same type",
                old.ty.label(),
                new.ty.label(),
                old.ty.label()
            );
            findings.push(self.finding(Verdict::Retype, Decision::Refused, new.label(), note));
        } else if !changes.is_empty() && declared && old.size == new.size {
            let note = format!("declared: it was {}", old.ty.label());
            findings.push(FieldChange {
                declared: Some(Declared::Same),
                ..self.finding(Verdict::Retype, Decision::Safe, new.label(), note)
            });
        } else {
            findings.extend(changes.into_iter().map(|change| {
                let field = format!("{}{}", new.label(), change.field);
                let note = match declared {
                    true => format!("declared, but {} bytes are not {}", old.size, new.size),
                    false if kept => format!("{}; {KEPT}", change.note),
                    false => change.note,
                };
                FieldChange {
                    declared: change.declared,
                    ..self.finding(change.verdict, change.decision, &field, note)
                }
            }));
        }
        if moved {
            let (verdict, note) = match pair.is_reordered {
                true => (Verdict::Reorder, "its order among the other fields changed"),
                false => (Verdict::Shift, "moved by a change before it"),
            };
            findings.push(self.finding(verdict, Decision::Refused, new.label(), note));
        }
        for finding in &mut findings {
            finding.old = Some(old.location());
            finding.new = Some(new.location());
        }
        Ok(findings)
    }

    /// Free bytes after a field of the old version; no bound if absent.
    fn room(&self, all: &[Field<'_>], field: &Field<'_>) -> Option<Bytes> {
        let after = all
            .iter()
            .filter(|other| !other.is_gap() && other.start >= field.end())
            .map(|other| other.start);
        after
            .chain(self.limit)
            .min()
            .map(|next| next.saturating_sub(field.end()))
    }

    /// A field that only the new version has.
    fn added(&self, old: &[Field<'_>], field: &Field<'_>) -> FieldChange {
        let over = |gap: bool| {
            old.iter()
                .filter(move |other| other.is_gap() == gap && other.overlaps(field))
        };
        let names = |gap: bool| {
            over(gap)
                .map(|other| other.label())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join(", ")
        };
        let finding = if over(false).next().is_some() {
            let note = format!(
                "on bytes that hold {}; add new fields after all old ones",
                names(false)
            );
            self.finding(Verdict::Insert, Decision::Refused, field.label(), note)
        } else if self.limit.is_some_and(|limit| field.end() > limit) {
            let note =
                "the struct grows over the fields after it; use a new struct, or put it last";
            self.finding(Verdict::Insert, Decision::Refused, field.label(), note)
        } else if over(true).next().is_some() {
            self.finding(
                Verdict::GapUse,
                Decision::Safe,
                field.label(),
                format!("on bytes that {} kept free", names(true)),
            )
        } else {
            self.finding(
                Verdict::SafeAppend,
                Decision::Safe,
                field.label(),
                "on bytes that nothing used",
            )
        };
        FieldChange {
            new: Some(field.location()),
            ..finding
        }
    }

    /// A field that only the old version has. It may go where a migration runs on the way, which then decides about
    /// its data, or where the code is that of an older version, which never had it. Something new on its bytes is
    /// refused in any case.
    fn dropped(&self, field: &Field<'_>, new: &[Field<'_>]) -> Option<FieldChange> {
        let finding = if !field.is_gap() {
            let note = "keep it even if it is unused, or migrate: what follows may reuse bytes that are not zero";
            self.finding(Verdict::Delete, Decision::Refused, field.label(), note)
        } else if new.iter().any(|other| other.end() == field.end()) {
            // Used up: something ends exactly where it ended.
            return None;
        } else {
            let note = "a gap that is not used up must stay, shrunk by what was put before it";
            self.finding(Verdict::GapUse, Decision::Refused, field.label(), note)
        };
        Some(FieldChange {
            old: Some(field.location()),
            ..finding
        })
    }
}
