//! Two storage layouts as slots: each field where it was and where it is, with what happened to it.

use alloy::primitives::U256;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use stylus_layout::{FieldChange, Item, Layout, Location, Report, TypeItem, Verdict};

/// Bytes of a slot.
const WORD: u64 = 32;

/// A field in its slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// Its name.
    pub label: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its first slot, a decimal number.
    pub slot: String,
    /// Where it begins in that, in bytes from the low-order end.
    pub offset: u64,
    /// Bytes that it takes.
    pub size: u64,
    /// The heaviest of what happened to it.
    pub change: Change,
    /// All that happened to it, the heaviest first.
    pub changes: Vec<Change>,
    /// Why, where the comparison says so.
    pub note: String,
}

/// What happened to a field, the lightest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// `erc7201:…`; empty for what is counted from slot 0.
    pub name: String,
    /// As it was.
    pub before: Vec<Drawn>,
    /// As it would be.
    pub after: Vec<Drawn>,
}

impl Area {
    /// Lines for people: each field, before and after.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![match self.name.as_str() {
            "" => "storage".to_owned(),
            name => name.to_owned(),
        }];
        lines.extend(self.rows().iter().map(|row| {
            let one = row.told();
            let is_of_type = matches!(
                one.change,
                Change::Retyped | Change::Extended | Change::Unknown
            );
            let why = match one.note.as_str() {
                why if is_of_type && !why.is_empty() => format!(" ({why})"),
                _ => String::new(),
            };
            let [label, kind] = [
                row.side_by_side(|one| one.label.clone()),
                row.side_by_side(|one| one.kind.clone()),
            ];
            let place =
                row.side_by_side(|one| format!("slot {:<4} byte {:<2}", one.slot, one.offset));
            format!("  {place}  {:<8} {label}: {kind}{why}", one.words())
        }));
        lines
    }

    /// One row for each field: as it was, beside what it would be. One that is gone, or was not there, stands alone.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let mut left: Vec<&Drawn> = self.after.iter().collect();
        let mut take = |is_it: &dyn Fn(&Drawn) -> bool| {
            let at = left.iter().position(|one| is_it(one))?;
            Some(left.remove(at))
        };
        let pairs = self
            .before
            .iter()
            .map(|was| (was, take(&|is| is.label == was.label)));
        let pairs: Vec<(&Drawn, Option<&Drawn>)> = pairs.collect();
        let is_renamed = |one: &Drawn| one.changes.contains(&Change::Renamed);
        let mut rows: Vec<Row<'_>> = Vec::new();
        for (was, same) in pairs {
            let renamed = |is: &Drawn| {
                let is_here = is_same((&is.slot, is.offset), (&was.slot, was.offset));
                is_here && is_renamed(is) && is_renamed(was)
            };
            rows.push(match same.or_else(|| take(&renamed)) {
                Some(is) => Row::Both(was, is),
                None => Row::One(was),
            });
        }
        rows.extend(left.into_iter().map(Row::One));
        rows
    }
}

/// A field, before and after.
#[derive(Debug, Clone, Copy)]
pub enum Row<'a> {
    /// It is on one side alone.
    One(&'a Drawn),
    /// As it was, and as it would be.
    Both(&'a Drawn, &'a Drawn),
}

impl<'a> Row<'a> {
    /// The side on which more is said to have happened to it.
    pub fn told(self) -> &'a Drawn {
        match self {
            Self::One(one) => one,
            Self::Both(was, is) if was.change > is.change => was,
            Self::Both(_, is) => is,
        }
    }

    /// Something of both sides, once where it is the same.
    pub fn side_by_side(self, of: impl Fn(&Drawn) -> String) -> String {
        match self {
            Self::One(one) => of(one),
            Self::Both(was, is) => match (of(was), of(is)) {
                (before, after) if before == after => after,
                (before, after) => format!("{before} → {after}"),
            },
        }
    }
}

/// Draws both layouts, by what their comparison found.
pub fn draw(old: &Layout, new: &Layout, report: &Report) -> Vec<Area> {
    let mut names: Vec<&str> = vec![""];
    let spaces = old.namespaces.keys().chain(new.namespaces.keys());
    for name in spaces {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let areas = names.into_iter().map(|name| {
        let (old_items, new_items) = (items(old, name), items(new, name));
        let of = |layout: &Layout, side: Side| {
            let (fields, others) = match side {
                Side::Before => (old_items, new_items),
                Side::After => (new_items, old_items),
            };
            let found = report.findings.iter().filter(|one| one.area == name);
            let found: Vec<&FieldChange> = found.collect();
            let fields = fields.iter();
            fields
                .map(|item| drawn(layout, item, (side, others), &found))
                .collect::<Vec<_>>()
        };
        Area {
            name: name.into(),
            before: of(old, Side::Before),
            after: of(new, Side::After),
        }
    });
    areas
        .filter(|area| !(area.before.is_empty() && area.after.is_empty()))
        .collect()
}

/// Of which layout a field is.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

impl Side {
    /// What a field is that the other layout does not have.
    fn alone(self) -> Change {
        match self {
            Self::Before => Change::Dropped,
            Self::After => Change::New,
        }
    }

    fn place(self, finding: &FieldChange) -> Option<&Location> {
        match self {
            Self::Before => finding.old.as_ref(),
            Self::After => finding.new.as_ref(),
        }
    }
}

fn items<'a>(layout: &'a Layout, area: &str) -> &'a [Item] {
    match area {
        "" => &layout.storage,
        name => layout.namespaces.get(name).map_or(&[], Vec::as_slice),
    }
}

/// A field with all that was found at its place. One without findings is kept only where the other
/// layout has it at the same place.
fn drawn(
    layout: &Layout,
    item: &Item,
    (side, others): (Side, &[Item]),
    found: &[&FieldChange],
) -> Drawn {
    let kind = layout.types.get(&item.type_id);
    let size = kind.and_then(TypeItem::size);
    let here = (item.slot.as_str(), item.offset);
    let about = found.iter().filter(|finding| {
        let place = side.place(finding);
        place.is_some_and(|place| is_same((&place.slot, place.offset), here))
    });
    let mut all: Vec<(&FieldChange, Change)> = about
        .map(|finding| (*finding, change_of(finding)))
        .collect();
    all.sort_by_key(|(finding, change)| Reverse((finding.decision, *change)));
    let mut changes = Vec::new();
    for (_, change) in &all {
        if !changes.contains(change) {
            changes.push(*change);
        }
    }
    let is_there = others
        .iter()
        .any(|other| other.label == item.label && is_same((&other.slot, other.offset), here));
    let change = match (changes.first(), is_there) {
        (Some(heaviest), _) => *heaviest,
        (None, true) => Change::Kept,
        (None, false) => side.alone(),
    };
    if changes.is_empty() {
        changes.push(change);
    }
    // Where it is about a member, the type reads the same before and after.
    let notes = all
        .iter()
        .map(|(finding, _)| match finding.field == item.label {
            true => finding.note.clone(),
            false => format!("{}: {}", finding.field, finding.note),
        });
    let notes: Vec<String> = notes.collect();
    Drawn {
        label: item.label.clone(),
        kind: kind.map_or_else(|| item.type_id.clone(), |kind| kind.label.clone()),
        slot: item.slot.clone(),
        offset: item.offset,
        size: size.unwrap_or(WORD),
        change,
        changes,
        note: notes.join("; "),
    }
}

/// Whether two places, each a slot and a byte in it, are one.
fn is_same(one: (&str, u64), other: (&str, u64)) -> bool {
    let number = |slot: &str| slot.parse::<U256>().ok();
    number(one.0) == number(other.0) && one.1 == other.1
}

/// What a finding says of the whole field. One that both layouts have is neither new nor gone: there a
/// member of it, or a gap's size, has changed.
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

    /// The sign of it: what a colour says, without one.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Kept => "=",
            Self::Renamed => "≈",
            Self::Extended => "⊕",
            Self::Moved => "↕",
            Self::Retyped => "~",
            Self::New => "+",
            Self::Dropped => "×",
            Self::Unknown => "?",
        }
    }

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Renamed => "renamed",
            Self::Extended => "extended",
            Self::Moved => "moved",
            Self::Retyped => "retyped",
            Self::New => "new",
            Self::Dropped => "dropped",
            Self::Unknown => "unknown",
        }
    }
}

impl Drawn {
    /// All that happened to it, in words.
    pub fn words(&self) -> String {
        let words: Vec<_> = self.changes.iter().map(|one| one.word()).collect();
        words.join(", ")
    }
}

#[cfg(test)]
mod tests;
