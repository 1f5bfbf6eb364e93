//! Two storage layouts as slots: each field where it was and where it is, with what happened to it.

use crate::text::count;
use alloy::primitives::U256;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use stylus_layout::{FieldChange, Layout, Location, Storage, StorageField, Verdict};

/// A field in its slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drawn {
    /// Its name.
    pub label: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its first slot, a decimal number.
    pub slot: String,
    /// Its offset in the slot, in bytes from the low-order end.
    pub offset: u64,
    /// Bytes that it takes.
    pub size: u64,
}

/// The change of a field, the lightest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Nothing.
    Kept,
    /// It was not there.
    New,
    /// It has another name.
    Renamed,
    /// A member was added to it, on bytes that no field had.
    Extended,
    /// Too little is known of its type.
    Unknown,
    /// It has another type, or a member of it has changed.
    Retyped,
    /// It is somewhere else.
    Moved,
    /// It is gone.
    Dropped,
}

/// The fields that are counted from one slot: from slot 0, or from that of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Area {
    /// `erc7201:…`; empty for what is counted from slot 0.
    pub name: String,
    /// Each field, in the order of the old layout; last what is new.
    pub rows: Vec<Row>,
}

/// A field, before and after. One that is gone, or was not there, has one of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The field before.
    pub before: Option<Drawn>,
    /// The field after.
    pub after: Option<Drawn>,
    /// The heaviest of what happened to it.
    pub change: Change,
    /// All that happened to it, the heaviest first.
    pub changes: Vec<Change>,
    /// The reason, where the comparison names one.
    pub note: String,
}

impl Area {
    /// Lines for people: each field, before and after. Those that stay as they are are counted, unless `is_full`.
    pub fn lines(&self, is_full: bool) -> Vec<String> {
        let mut lines = vec![match self.name.as_str() {
            "" => "storage".to_owned(),
            name => name.to_owned(),
        }];
        let is_shown = |row: &&Row| is_full || row.change != Change::Kept;
        let shown = self.rows.iter().filter(is_shown);
        lines.extend(shown.clone().map(Row::line));
        let folded = self.rows.len() - shown.count();
        if folded > 0 {
            lines.push(format!("  {} kept (--full shows)", count(folded, "field")));
        }
        lines
    }
}

impl Row {
    fn line(&self) -> String {
        let is_of_type = matches!(
            self.change,
            Change::Retyped | Change::Extended | Change::Unknown
        );
        let why = match self.note.as_str() {
            why if is_of_type && !why.is_empty() => format!(" ({why})"),
            _ => String::new(),
        };
        let label = self.side_by_side(|field| field.label.clone());
        let kind = self.side_by_side(|field| field.kind.clone());
        let place =
            self.side_by_side(|field| format!("slot {:<4} byte {:<2}", field.slot, field.offset));
        format!("  {place}  {:<8} {label}: {kind}{why}", self.words())
    }
}

impl Row {
    /// A field with all that was found at its places. One without findings is kept only where both layouts have it at
    /// the same place.
    fn of(
        old: &Storage,
        was: Option<&StorageField>,
        new: &Storage,
        is: Option<&StorageField>,
        found: &[&FieldChange],
    ) -> Self {
        let about = found.iter().filter(|finding| {
            was.is_some_and(|was| is_at(was, &finding.old))
                || is.is_some_and(|now| is_at(now, &finding.new))
        });
        let mut all: Vec<(&FieldChange, Change)> = about
            .map(|finding| (*finding, change_of(finding)))
            .collect();
        all.sort_by_key(|(finding, change)| Reverse((finding.decision, *change)));
        let mut changes: Vec<Change> = Vec::new();
        for (_, change) in &all {
            if !changes.contains(change) {
                changes.push(*change);
            }
        }
        if changes.is_empty() {
            changes.push(match (was, is) {
                (Some(was), Some(is)) if (was.slot, was.offset) == (is.slot, is.offset) => {
                    Change::Kept
                }
                (Some(_), Some(_)) => Change::Moved,
                (_, None) => Change::Dropped,
                (None, _) => Change::New,
            });
        }
        // Where it is about a member, the type reads the same before and after.
        let is_field = |label: &str| [was, is].iter().flatten().any(|field| field.name == label);
        let notes = all.iter().map(|(finding, _)| {
            if is_field(&finding.field) {
                finding.note.clone()
            } else {
                format!("{}: {}", finding.field, finding.note)
            }
        });
        let notes: Vec<String> = notes.collect();
        Self {
            before: was.map(|item| drawn(old, item)),
            after: is.map(|item| drawn(new, item)),
            change: changes.first().copied().unwrap_or(Change::Unknown),
            changes,
            note: notes.join("; "),
        }
    }

    /// All that happened to it, in words.
    pub fn words(&self) -> String {
        let words: Vec<_> = self.changes.iter().map(|change| change.word()).collect();
        words.join(", ")
    }

    /// Something of both sides, once where it is the same.
    pub fn side_by_side(&self, of: impl Fn(&Drawn) -> String) -> String {
        match (self.before.as_ref().map(&of), self.after.as_ref().map(&of)) {
            (Some(before), Some(after)) if before != after => format!("{before} → {after}"),
            (before, after) => after.or(before).unwrap_or_default(),
        }
    }
}

/// Draws both layouts, by what their comparison found.
pub fn draw(old: &Layout, new: &Layout, changes: &[FieldChange]) -> Vec<Area> {
    let (old, new) = (&Storage::from(old), &Storage::from(new));
    let names = old.areas().iter().chain(new.areas());
    let names: BTreeSet<&str> = names.map(|area| area.name.as_str()).collect();
    let areas = names.into_iter().map(|name| {
        let (before, after) = (fields(old, name), fields(new, name));
        let found = changes.iter().filter(|change| change.area == name);
        let found: Vec<&FieldChange> = found.collect();
        // Of a name that both have, the fields are the same; any other may be a renamed one.
        let mut left: Vec<&StorageField> = after.iter().collect();
        left.retain(|now| !before.iter().any(|was| was.name == now.name));
        let mut rows: Vec<Row> = Vec::new();
        for was in before {
            let mut renames = found
                .iter()
                .filter(|change| change.verdict == Verdict::Rename);
            let same = after.iter().find(|now| now.name == was.name);
            let same = same.or_else(|| {
                let renamed = renames.find(|rename| is_at(was, &rename.old))?;
                let at = left.iter().position(|now| is_at(now, &renamed.new))?;
                Some(left.remove(at))
            });
            rows.push(Row::of(old, Some(was), new, same, &found));
        }
        let new_ones = left.into_iter();
        rows.extend(new_ones.map(|now| Row::of(old, None, new, Some(now), &found)));
        Area {
            name: name.into(),
            rows,
        }
    });
    areas.filter(|area| !area.rows.is_empty()).collect()
}

fn fields<'a>(storage: &'a Storage, area: &str) -> &'a [StorageField] {
    storage.area(area).map_or(&[], |area| &area.fields)
}

fn drawn(storage: &Storage, field: &StorageField) -> Drawn {
    let slot = field.slot.unwrap_or_default();
    Drawn {
        label: field.name.clone(),
        kind: storage.ty(field.ty).label.clone(),
        slot: slot.to_string(),
        offset: field.offset,
        size: storage.place(field.ty, slot, field.offset).bytes_taken(),
    }
}

/// Returns true if a field begins at a place.
fn is_at(field: &StorageField, place: &Option<Location>) -> bool {
    let place = place.as_ref();
    place.is_some_and(|place| place.slot.parse().ok() == field.slot && place.offset == field.offset)
}

/// Returns true if two places, each a slot and a byte in it, are one.
fn is_same(one: (&str, u64), other: (&str, u64)) -> bool {
    let number = |slot: &str| slot.parse::<U256>().ok();
    number(one.0) == number(other.0) && one.1 == other.1
}

/// Classifies the change of the whole field. One that both layouts have is neither new nor gone: there a member of it, or a
/// gap's size, has changed.
fn change_of(finding: &FieldChange) -> Change {
    let (old, new) = match (&finding.old, &finding.new) {
        (Some(old), Some(new)) => (old, new),
        (None, _) => return Change::New,
        (_, None) => return Change::Dropped,
    };
    let is_here = is_same((&old.slot, old.offset), (&new.slot, new.offset));
    match finding.verdict {
        Verdict::Rename => Change::Renamed,
        Verdict::SafeAppend => Change::Extended,
        Verdict::Unknown => Change::Unknown,
        Verdict::Reorder | Verdict::Shift | Verdict::NamespaceChange if !is_here => Change::Moved,
        Verdict::GapUse if !is_here => Change::Moved,
        _ => Change::Retyped,
    }
}

impl Change {
    /// All of them, in the order of a legend.
    pub const ALL: [Self; 8] = [
        Self::Kept,
        Self::Renamed,
        Self::Extended,
        Self::Moved,
        Self::Retyped,
        Self::New,
        Self::Dropped,
        Self::Unknown,
    ];

    /// The sign of it: what a color says, without one.
    pub const fn sign(self) -> &'static str {
        self.shown().0
    }

    /// The word for it.
    pub const fn word(self) -> &'static str {
        self.shown().1
    }

    const fn shown(self) -> (&'static str, &'static str) {
        match self {
            Self::Kept => ("=", "kept"),
            Self::Renamed => ("≈", "renamed"),
            Self::Extended => ("⊕", "extended"),
            Self::Moved => ("↕", "moved"),
            Self::Retyped => ("~", "retyped"),
            Self::New => ("+", "new"),
            Self::Dropped => ("×", "dropped"),
            Self::Unknown => ("?", "unknown"),
        }
    }
}

#[cfg(test)]
mod tests;
