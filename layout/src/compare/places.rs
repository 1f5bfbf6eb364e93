//! Where the bytes of a layout are, whatever area names them: fields that are counted from slot 0 or from
//! `layout at`, those of ERC-7201 namespaces, and the words that the framework keeps in every proxy. Areas
//! that are compared by their names alone could lie on each other unseen.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::B256;
use stylus_upgrades_interface::slots;

use super::Types;
use super::index::ByteRanges;
use crate::bytes::{Bytes, WORD_BYTES, byte_of, slot_of};
use crate::storage::{
    Field, ReachedValue, Storage, StorageDescent, TypeKind, TypeRef, ValueVisitor, elements_begin,
    fields,
};

/// Values within one field whose own data is looked at.
const VALUES_MAX: usize = 1 << 16;
/// Elements of a fixed array whose own data is looked at.
const ELEMENTS_MAX: u64 = 64;
/// Words after the place of an array's or a text's data that it may reach, at most.
const REACH: u64 = u64::MAX;

/// Slots of the framework in every proxy: their content, the slot, and the namespace that may list it.
const FRAMEWORK: [(&str, B256, &str); 7] = [
    ("the implementation (ERC-1967)", slots::IMPLEMENTATION, ""),
    ("the admin (ERC-1967)", slots::ADMIN, ""),
    ("the beacon (ERC-1967)", slots::BEACON, ""),
    ("the guard of the SDK's constructor", slots::CONSTRUCTED, ""),
    (
        "whether the proxy was initialized",
        slots::INITIALIZED,
        "erc7201:stylus-upgrades.upgradeability",
    ),
    (
        "which migrations ran",
        slots::MIGRATED,
        "erc7201:stylus-upgrades.migratable",
    ),
    (
        "the running migration",
        slots::COMPLEX,
        "erc7201:stylus-upgrades.complex",
    ),
];

/// The fields that are counted from one root.
pub(super) struct Area<'l> {
    /// `erc7201:<id>`; empty for those counted from slot 0.
    pub(super) name: &'l str,
    /// The root's first byte; nothing where it is found in another way than ERC-7201 has it.
    root: Option<Bytes>,
    pub(super) fields: Vec<Field<'l>>,
}

/// Bytes that a layout uses, and for what.
struct Used<'l> {
    /// The root: a namespace, or empty.
    name: &'l str,
    /// The field.
    label: &'l str,
    /// The index of its area.
    area: usize,
    /// The index of its field in the area.
    field: usize,
    /// In words.
    what: String,
    /// True if it is the data of an array or a text, and not the field itself.
    is_data: bool,
    start: Bytes,
    end: Bytes,
}

/// Fields that are where they were, and counted from another root: pairs of area and index.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) old: BTreeSet<(usize, usize)>,
    pub(super) new: BTreeSet<(usize, usize)>,
}

/// A field of the new layout on bytes that something else uses.
pub(super) struct Meeting {
    /// The index of the new field's area, and its index there.
    pub(super) area: usize,
    pub(super) field: usize,
    /// Descriptions of the fields that lie there.
    pub(super) on: BTreeSet<String>,
}

/// The areas of a storage, that of slot 0 first.
pub(super) fn areas(storage: &Storage) -> Vec<Area<'_>> {
    let areas = storage.areas().iter().map(|area| Area {
        name: &area.name,
        root: area.root.map(byte_of),
        fields: fields(storage, &area.fields),
    });
    areas.collect()
}

impl<'l> Area<'l> {
    /// Returns the first byte of a field, counted from slot 0.
    fn start(&self, field: &Field<'_>) -> Option<Bytes> {
        Some(self.root? + field.start)
    }
}

/// Fields that kept place, name and type, and are counted from another root now: a namespace became
/// `layout at`, or the other way round.
pub(super) fn kept(types: &mut Types, old: &[Area<'_>], new: &[Area<'_>]) -> Kept {
    let mut kept = Kept::default();
    let (in_old, in_new) = (names(old), names(new));
    let mut by_place: BTreeMap<(Bytes, &str), Vec<(usize, usize)>> = BTreeMap::new();
    for (b, after) in new.iter().enumerate() {
        for (j, is) in after.fields.iter().enumerate() {
            let start = after.start(is);
            if let Some(start) = start.filter(|_| !in_old.contains(&(after.name, is.label()))) {
                by_place
                    .entry((start, is.label()))
                    .or_default()
                    .push((b, j));
            }
        }
    }
    for (a, before) in old.iter().enumerate() {
        for (i, was) in before.fields.iter().enumerate() {
            if was.is_gap() || in_new.contains(&(before.name, was.label())) {
                continue;
            }
            let place = before.start(was).map(|start| (start, was.label()));
            let there = place.and_then(|place| by_place.get(&place)).into_iter();
            for (b, j) in there.flatten().copied() {
                let found = new
                    .get(b)
                    .and_then(|area| Some((area, area.fields.get(j)?)));
                let Some((_, is)) = found.filter(|(after, _)| after.name != before.name) else {
                    continue;
                };
                let is_same = types.change(was.ty, is.ty, Some(Bytes::ZERO)).is_empty();
                if is_same && kept.new.insert((b, j)) {
                    kept.old.insert((a, i));
                }
            }
        }
    }
    kept
}

/// Area and name of each field.
pub(super) fn names<'a>(areas: &'a [Area<'_>]) -> BTreeSet<(&'a str, &'a str)> {
    let names = areas.iter().flat_map(|area| {
        let labels = area.fields.iter().map(Field::label);
        labels.map(|label| (area.name, label))
    });
    names.collect()
}

/// New fields on bytes that the old version uses for something that is counted from another root, on those
/// of another new field that is, or on the framework's. What lay there before as well is left out.
pub(super) fn meetings(old: &[Area<'_>], new: &[Area<'_>], kept: &Kept) -> Vec<Meeting> {
    let (before, after) = (used(old), used(new));
    let ranges =
        |used: &[Used<'_>]| ByteRanges::from_bounds(used.iter().map(|used| (used.start, used.end)));
    let (before_ranges, after_ranges) = (ranges(&before), ranges(&after));
    let at = |used: &Used<'_>| (used.area, used.field);
    let mut found: BTreeMap<(usize, usize), BTreeSet<String>> = BTreeMap::new();
    for one in &after {
        let near = |ranges: &ByteRanges| ranges.find_near(one.start, one.end).into_iter();
        let of_before = near(&before_ranges).filter_map(|at| before.get(at));
        let of_before: Vec<&Used<'_>> = of_before.collect();
        // As it was before: nothing came to lie on anything.
        let is_as_before = |other: &&Used<'_>| {
            one.is_of_field(other) && other.start == one.start && other.end >= one.end
        };
        if of_before.iter().any(is_as_before) {
            continue;
        }
        let mut on = BTreeSet::new();
        for other in of_before {
            let is_kept = kept.old.contains(&at(other)) && kept.new.contains(&at(one));
            let is_there = one.is_data_of_one_slot(other) || is_kept;
            if one.may_not_meet(other) && one.meets(other.start, other.end) && !is_there {
                on.insert(format!("{} of the version before", other.what));
            }
        }
        for other in near(&after_ranges).filter_map(|at| after.get(at)) {
            if one.may_not_meet(other) && one.meets(other.start, other.end) {
                on.insert(other.what.clone());
            }
        }
        for (what, slot, namespace) in FRAMEWORK {
            let start = byte_of(slot.into());
            let is_its_own = !namespace.is_empty() && one.name == namespace;
            if !is_its_own && one.meets(start, start + Bytes::from(WORD_BYTES)) {
                on.insert(format!("{what} of the framework"));
            }
        }
        if !on.is_empty() {
            found.entry(at(one)).or_default().extend(on);
        }
    }
    let found = found.into_iter();
    let found = found.map(|((area, field), on)| Meeting { area, field, on });
    found.collect()
}

impl Used<'_> {
    /// Returns true if both belong to a field of one name and root.
    fn is_of_field(&self, other: &Self) -> bool {
        (self.name, self.label) == (other.name, other.label)
    }

    /// Returns true if nothing else makes sure that the other is elsewhere: fields of one root are compared with each
    /// other, but not with the data that arrays and texts keep elsewhere.
    fn may_not_meet(&self, other: &Self) -> bool {
        let is_apart = self.name != other.name || self.is_data || other.is_data;
        is_apart && !self.is_of_field(other)
    }

    /// Returns true if both are the data of the field at one slot. The field itself is compared at its slot.
    fn is_data_of_one_slot(&self, other: &Self) -> bool {
        self.is_data && other.is_data && self.start == other.start
    }

    fn meets(&self, start: Bytes, end: Bytes) -> bool {
        self.start < end && start < self.end
    }
}

/// The bytes that the fields of these areas use: their own, and where arrays and texts keep their data.
/// Where a mapping has the entry of a key depends on the key.
fn used<'l>(areas: &[Area<'l>]) -> Vec<Used<'l>> {
    let mut all = Vec::new();
    for (area, of) in areas.iter().enumerate() {
        for (at, field) in of.fields.iter().enumerate() {
            let (Some(start), false) = (of.start(field), field.is_gap()) else {
                continue;
            };
            let what = match of.name {
                "" => field.label().to_owned(),
                name => format!("{name}:{}", field.label()),
            };
            let mut add = |is_data: bool, what: String, start: Bytes, end: Bytes| {
                all.push(Used {
                    name: of.name,
                    label: field.label(),
                    area,
                    field: at,
                    what,
                    is_data,
                    start,
                    end,
                });
            };
            for data in DataPlaces::find(field.ty, start) {
                let end = data.saturating_add(Bytes::from(REACH) * Bytes::from(WORD_BYTES));
                add(true, format!("the data of {what}"), data, end);
            }
            add(false, what.clone(), start, start + field.size);
        }
    }
    all
}

/// The first bytes of the data that arrays and texts within a value keep elsewhere.
struct DataPlaces(Vec<Bytes>);

impl DataPlaces {
    fn find(ty: TypeRef<'_>, start: Bytes) -> Vec<Bytes> {
        let mut descent = StorageDescent::new(Self(Vec::new()), VALUES_MAX, ELEMENTS_MAX);
        descent.visit_root(ty, start, &());
        descent.visitor.0
    }
}

impl<'l> ValueVisitor<'l> for DataPlaces {
    type Context = ();

    fn visit(&mut self, value: &ReachedValue<'l>, _above: &()) -> Option<()> {
        match value.ty.plain().kind() {
            TypeKind::Vector(_) | TypeKind::Bytes | TypeKind::String => {
                let slot = slot_of(value.start);
                self.0.push(byte_of(elements_begin(slot)));
                None
            }
            TypeKind::Struct(Some(_)) => Some(()),
            TypeKind::Array { element, .. } => value.ty.at(*element).is_composite().then_some(()),
            _ => None,
        }
    }

    fn leave_out(&mut self, _value: &ReachedValue<'l>, _above: &()) {}
}
