//! Two versions' layouts compared by where the bytes are.
//!
//! Fields of one root are paired by name (and by what is declared), then their locations and types are
//! compared. Then everything is compared by its place in the whole storage, whatever root it is counted
//! from. Every byte of the old version must mean in the new one what it meant before.

mod empty;
mod index;
mod lazy;
mod pairs;
mod places;
mod types;
mod wrapped;

pub(crate) use types::{Types, are_found_alike};

use std::cell::LazyCell;
use std::collections::BTreeSet;

use crate::bytes::Bytes;
use crate::error::LayoutError;
use crate::layout::Layout;
use crate::report::{Decision, Declared, FieldChange, Report, Verdict, Which};
use crate::storage::{Field, Storage};
use empty::EarlierNames;
use index::FieldIndex;
use pairs::{Pair, Pairs, pair};

/// Compares the layout of the version in use with that of the version to come.
///
/// # Errors
/// [`LayoutError`] if a slot or a size is no number, an offset is no byte of a word, or a field ends beyond storage.
pub fn compare(old: &Layout, new: &Layout) -> Result<Report, LayoutError> {
    let mut types = Types::default();
    let (old, new) = (
        Storage::from_checked_layout(old)?,
        Storage::from_checked_layout(new)?,
    );
    let (before, after) = (places::areas(&old), places::areas(&new));
    let kept = places::kept(&mut types, &before, &after);
    let mut findings = vec![];
    for (at, area) in before.iter().enumerate() {
        let fields = remaining(&area.fields, at, &kept.old);
        let mut others = after.iter().enumerate();
        match others.find(|(_, other)| other.name == area.name) {
            Some((at, other)) => findings.extend(Area::root(area.name).compare(
                &mut types,
                &fields,
                &remaining(&other.fields, at, &kept.new),
            )),
            None => findings.extend(
                fields
                    .iter()
                    .map(|field| dropped_namespace(area.name, field)),
            ),
        }
    }
    for (at, area) in after.iter().enumerate() {
        if !before.iter().any(|other| other.name == area.name) {
            let fields = remaining(&area.fields, at, &kept.new);
            findings.extend(fields.iter().map(|field| new_namespace(area.name, field)));
        }
    }
    // Most comparisons do not need them.
    let earlier = LazyCell::new(|| EarlierNames::new(&before, &after));
    for change in &mut findings {
        if change.old.is_some() || change.decision != Decision::Safe {
            continue;
        }
        let instead = earlier.explain_reused_name(&change.area, &change.field);
        let instead = instead.map(|note| (Verdict::NamespaceChange, note));
        let refused = instead.or_else(|| {
            let note = empty::opens(&before, &change.field)?;
            Some((Verdict::Insert, note))
        });
        if let Some((verdict, note)) = refused {
            (change.verdict, change.decision, change.note) = (verdict, Decision::Refused, note);
        }
    }
    for (at, i) in &kept.new {
        let found = after
            .get(*at)
            .and_then(|area| Some((area.name, area.fields.get(*i)?)));
        findings.extend(found.map(|(name, field)| same_place(name, field)));
    }
    let (mut on_bytes_of_others, mut meeting_findings) = (BTreeSet::new(), Vec::new());
    for meeting in places::meetings(&before, &after, &kept) {
        let Some((area, field)) = after
            .get(meeting.area)
            .and_then(|area| Some((area.name, area.fields.get(meeting.field)?)))
        else {
            continue;
        };
        on_bytes_of_others.insert((area, field.label()));
        meeting_findings.push(on_others(area, field, &meeting.on));
    }
    // It is told once that it lies on something.
    findings.retain(|change: &FieldChange| {
        let is_new = change.old.is_none() && change.decision == Decision::Safe;
        !(is_new && on_bytes_of_others.contains(&(change.area.as_str(), change.field.as_str())))
    });
    findings.extend(meeting_findings);
    Ok(Report::new(findings))
}

/// Names that several fields of one of these lists have.
fn shared<'l>(old: &[Field<'l>], new: &[Field<'l>]) -> BTreeSet<&'l str> {
    let mut shared = BTreeSet::new();
    for fields in [old, new] {
        let mut seen = BTreeSet::new();
        let labels = fields.iter().map(Field::label);
        shared.extend(labels.filter(|label| !seen.insert(*label)));
    }
    shared
}

/// Findings of a field, each with which field it is where others have its name.
fn which(
    shared: &BTreeSet<&str>,
    old: Option<&Field<'_>>,
    new: Option<&Field<'_>>,
    found: impl IntoIterator<Item = FieldChange>,
) -> Vec<FieldChange> {
    let is_shared = |field: &Field<'_>| shared.contains(field.label());
    let which = match old.or(new) {
        Some(field) if [old, new].into_iter().flatten().any(is_shared) => {
            Some(Which::of(&field.location(), field.declared.base.as_deref()))
        }
        _ => None,
    };
    let found = found.into_iter();
    let found = found.map(|change| FieldChange {
        which: which.clone(),
        ..change
    });
    found.collect()
}

/// The fields of an area that are not kept in another one.
fn remaining<'l>(
    fields: &[Field<'l>],
    area: usize,
    kept: &BTreeSet<(usize, usize)>,
) -> Vec<Field<'l>> {
    let fields = fields.iter().enumerate();
    let fields = fields.filter(|(at, _)| !kept.contains(&(area, *at)));
    fields.map(|(_, field)| field.clone()).collect()
}

/// A field at its old place, which is counted from another root now.
fn same_place(area: &str, field: &Field<'_>) -> FieldChange {
    let note = "at the same slots as before, which are counted from another root now";
    FieldChange {
        new: Some(field.location()),
        ..Area::root(area).finding(
            Verdict::NamespaceChange,
            Decision::Safe,
            field.label(),
            note,
        )
    }
}

/// A new field on bytes of something that is counted from another root.
fn on_others(area: &str, field: &Field<'_>, on: &BTreeSet<String>) -> FieldChange {
    let on: Vec<&str> = on.iter().map(String::as_str).collect();
    let note = format!(
        "on bytes that hold {}; put it at another root, or behind what is there",
        on.join(", ")
    );
    FieldChange {
        new: Some(field.location()),
        ..Area::root(area).finding(Verdict::Insert, Decision::Refused, field.label(), note)
    }
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

fn new_namespace(namespace: &str, field: &Field<'_>) -> FieldChange {
    let note = "a new namespace";
    FieldChange {
        new: Some(field.location()),
        ..Area::root(namespace).finding(Verdict::SafeAppend, Decision::Safe, field.label(), note)
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
    ) -> Vec<FieldChange> {
        let (old, new) = wrapped::opened(types, old, new);
        let (old, new) = (old.as_slice(), new.as_slice());
        let (old_index, new_index) = (FieldIndex::new(old), FieldIndex::new(new));
        let pairs = pair(types, &old_index, &new_index);
        let shared = shared(old, new);
        let mut findings = vec![];
        for (at, field) in new.iter().enumerate() {
            let pair = pairs.get(at);
            let pair = pair.and_then(|pair| Some((pair, old.get(pair.old)?)));
            let found = match pair {
                Some((_, before)) if before.is_gap() && field.is_gap() => {
                    let gap = self.compare_gap(&old_index, before, field, &pairs);
                    gap.into_iter().collect()
                }
                Some((pair, before)) => self.compare_field(types, &old_index, before, field, pair),
                None => {
                    let is_left = pairs.is_left(&old_index, new, field.label());
                    vec![self.added(&old_index, field, is_left)]
                }
            };
            let before = pair.map(|(_, before)| before);
            findings.extend(which(&shared, before, Some(field), found));
        }
        for (at, field) in old.iter().enumerate() {
            if !pairs.is_paired(at) {
                let found = self.dropped(field, new);
                findings.extend(which(&shared, Some(field), None, found));
            }
        }
        let undecided = self.undecided_pairs(types, &old_index, &new_index, &pairs);
        for (at, found) in undecided {
            let before = pairs.get(at).and_then(|pair| old.get(pair.old));
            findings.extend(which(&shared, before, new.get(at), [found]));
        }
        findings
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

    /// Pairs of fields whose names do not tell which is which: private variables of a contract's parents
    /// may share a name, and where another one of that name fits as well, the parents may have changed
    /// places.
    fn undecided_pairs(
        &self,
        types: &mut Types,
        old_index: &FieldIndex<'_, '_>,
        new_index: &FieldIndex<'_, '_>,
        pairs: &Pairs,
    ) -> Vec<(usize, FieldChange)> {
        let (old, new) = (old_index.fields(), new_index.fields());
        let mut findings = vec![];
        for (at, field) in new.iter().enumerate() {
            let Some((pair, before)) = pairs
                .get(at)
                .and_then(|pair| Some((pair, old.get(pair.old)?)))
            else {
                continue;
            };
            if field.is_gap() || pair.is_declared || pair.is_certain(before, field) {
                continue;
            }
            let mut fits = false;
            let named = old_index.find_named(field.label()).iter();
            for (other, candidate) in named.filter_map(|at| Some((*at, old.get(*at)?))) {
                if other != pair.old && !pairs.is_certain(old, new, other) {
                    fits |= types.change(candidate.ty, field.ty, None).is_empty();
                }
            }
            let named = new_index.find_named(before.label()).iter();
            for (other, candidate) in named.filter_map(|at| Some((*at, new.get(*at)?))) {
                let certain = pairs.get(other).is_some_and(|pair| {
                    let before = old.get(pair.old);
                    before.is_some_and(|before| pair.is_certain(before, candidate))
                });
                if other != at && !certain {
                    fits |= types.change(before.ty, candidate.ty, None).is_empty();
                }
            }
            if !fits {
                continue;
            }
            let finding = match (&before.declared.base, &field.declared.base) {
                (Some(was), Some(is)) => {
                    let note = format!(
                        "{is} declares it, and {was} declared what was here; if {was} is {is} now, accept it"
                    );
                    self.finding(Verdict::Rename, Decision::Asks, field.label(), note)
                }
                _ => {
                    let note = "several parents declare a variable of this name, and the layout does not say \
                                which of them is here: give the compiler's build-info with its AST";
                    self.finding(Verdict::Unknown, Decision::Undecided, field.label(), note)
                }
            };
            let finding = FieldChange {
                old: Some(before.location()),
                new: Some(field.location()),
                ..finding
            };
            findings.push((at, finding));
        }
        findings
    }

    /// Compares a gap in both versions: it may lose its beginning, and may grow over bytes that nothing used.
    fn compare_gap(
        &self,
        all: &FieldIndex<'_, '_>,
        old: &Field<'_>,
        new: &Field<'_>,
        pairs: &Pairs,
    ) -> Option<FieldChange> {
        let is_around = new.start <= old.start && new.end() >= old.end();
        let is_within = self.limit.is_none_or(|limit| new.end() <= limit);
        let is_free = || all.find_overlaps(new).iter().all(|other| other.is_gap());
        let has_grown_over_free_bytes = is_around && is_within && is_free();
        let ends_alike = old.end() == new.end();
        // Where it grew back over a field, that field is reported as gone.
        if ends_alike && new.start <= old.start {
            return None;
        }
        let finding = if has_grown_over_free_bytes {
            self.finding(
                Verdict::GapUse,
                Decision::Safe,
                new.label(),
                "grown over bytes that nothing used",
            )
        } else if ends_alike {
            self.finding(
                Verdict::GapUse,
                Decision::Safe,
                new.label(),
                "shrunk by what was put before it",
            )
        } else if old.size == new.size && pairs.moved {
            self.finding(
                Verdict::Shift,
                Decision::Refused,
                new.label(),
                "moved by a change before it; shrink it by what was added",
            )
        } else {
            let note = format!(
                "a gap must end where it ended: expected byte {}, found {}; resize it by what was added before it",
                old.end(),
                new.end()
            );
            self.finding(Verdict::GapUse, Decision::Refused, new.label(), note)
        };
        Some(FieldChange {
            old: Some(old.location()),
            new: Some(new.location()),
            ..finding
        })
    }

    /// Compares a field of both versions.
    fn compare_field(
        &self,
        types: &mut Types,
        all: &FieldIndex<'_, '_>,
        old: &Field<'_>,
        new: &Field<'_>,
        pair: Pair,
    ) -> Vec<FieldChange> {
        let mut findings = vec![];
        let moved = old.start != new.start;
        if old.label() != new.label() && !pair.is_one_name {
            let is_taken = !all.find_named(new.label()).is_empty();
            let (decision, declared, note) = if !pair.is_declared {
                (
                    Decision::Asks,
                    None,
                    format!(
                        "was {} here; if it is the same data, declare its old name",
                        old.label()
                    ),
                )
            } else if is_taken {
                (
                    Decision::Safe,
                    Some(Declared::Exchanged),
                    format!(
                        "declared: it was {}, and there was another {}",
                        old.label(),
                        new.label()
                    ),
                )
            } else {
                (
                    Decision::Safe,
                    Some(Declared::Same),
                    format!("declared: it was {}", old.label()),
                )
            };
            findings.push(FieldChange {
                declared,
                ..self.finding(Verdict::Rename, decision, new.label(), note)
            });
        }
        let changes = types.change(old.ty, new.ty, self.room(all, old));
        let names_old = new.declared.bare_retyped_from() == Some(old.ty.bare_label());
        // Where the old version carries the same annotation, the change is older than both.
        let kept =
            names_old && old.declared.bare_retyped_from() == new.declared.bare_retyped_from();
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
        } else {
            // Its author says what the bytes mean, not where they are.
            let is_said = declared && old.size == new.size && are_found_alike(old.ty, new.ty);
            let (said, others): (Vec<_>, Vec<_>) = changes
                .into_iter()
                .partition(|change| is_said && !change.is_of_place());
            if !said.is_empty() {
                let note = format!("declared: it was {}", old.ty.label());
                findings.push(FieldChange {
                    declared: Some(Declared::Same),
                    ..self.finding(Verdict::Retype, Decision::Safe, new.label(), note)
                });
            }
            findings.extend(others.into_iter().map(|change| {
                let field = format!("{}{}", new.label(), change.field);
                let note = if kept {
                    format!("{}; {KEPT}", change.note)
                } else if !declared {
                    change.note
                } else if is_said {
                    format!("{}; a declared type moves nothing", change.note)
                } else if old.size == new.size {
                    "declared, but its values are in other slots".to_owned()
                } else {
                    format!("declared, but {} bytes are not {}", old.size, new.size)
                };
                FieldChange {
                    declared: change.declared,
                    ..self.finding(change.verdict, change.decision, &field, note)
                }
            }));
        }
        if moved {
            let (verdict, note) = if pair.is_reordered {
                (Verdict::Reorder, "its order among the other fields changed")
            } else {
                (Verdict::Shift, "moved by a change before it")
            };
            findings.push(self.finding(verdict, Decision::Refused, new.label(), note));
        }
        for finding in &mut findings {
            finding.old = Some(old.location());
            finding.new = Some(new.location());
        }
        findings
    }

    /// Free bytes after a field of the old version; no bound if absent.
    fn room(&self, all: &FieldIndex<'_, '_>, field: &Field<'_>) -> Option<Bytes> {
        let next = all
            .find_next_start(field.end())
            .into_iter()
            .chain(self.limit);
        next.min().map(|next| next.saturating_sub(field.end()))
    }

    /// A field that only the new version has; `is_left` where the version before has its name for something
    /// that has another one now.
    fn added(&self, old: &FieldIndex<'_, '_>, field: &Field<'_>, is_left: bool) -> FieldChange {
        let beneath = old.find_overlaps(field);
        let over = |gap: bool| beneath.iter().filter(move |other| other.is_gap() == gap);
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
        } else if is_left && !field.is_gap() {
            let note = "begins at zero, and the version before kept something else under this name: where zero \
                        means that nothing happened yet, it is open again; use a new name, or move the value \
                        in a migration";
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
