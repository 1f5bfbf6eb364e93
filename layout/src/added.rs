//! Bytes that a new version uses and the version before did not. They need not be zero: an older,
//! dropped field may have left something there (1: a, b → 2: a → 3: a, c), although every layout on
//! the way is legal.
//!
//! Bytes counted from slot 0 or from a namespace's root can be read on a live instance. Entries of
//! mappings and elements of arrays lie at hashes of keys that nobody can list; for those an earlier
//! version's layout tells whether they were ever used. Where a type that only its author knows (a
//! `LazyMap`, say) keeps more than its own words is not known, so it may be wherever a mapping or an
//! array in its place keeps something.

use std::collections::BTreeMap;

use alloy_primitives::{B256, U256};

use crate::bytes::{Bytes, WORD_BYTES, byte_of};
use crate::error::LayoutError;
use crate::layout::Layout;
use crate::storage::{Field, MappingType, Storage, StorageArea, TypeKind, TypeRef, fields};

/// Types within types that are followed.
const DEPTH: usize = 16;
/// Types of a layout that are looked at, and so ranges that are listed.
const VISITS_MAX: usize = 16_384;
/// Elements of a fixed array of structs or arrays that are listed one by one.
const ELEMENTS_MAX: u64 = 64;

/// Bytes of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// Empty for variables counted from slot 0, `erc7201:<id>` for those of a namespace.
    pub area: String,
    /// The mapping or array whose entries have these bytes, by the places of those around it:
    /// `/32map/0data`. It ends with a place where a type keeps them that only its author knows. Empty
    /// for bytes that are no entry's.
    within: String,
    /// The field, `config.limit`.
    pub field: String,
    /// The area again, where it is not known where in storage that begins; else empty, and bytes are counted from
    /// slot 0.
    unplaced: String,
    /// The first byte.
    start: Bytes,
    /// The byte after the last.
    end: Bytes,
}

/// Part of a storage word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordPart {
    /// The slot.
    pub slot: B256,
    /// The first byte, counted from the low-order end.
    pub offset: u64,
    /// So many bytes.
    pub bytes: u64,
}

/// The ranges of a layout.
#[derive(Debug, Clone, Default)]
pub struct Ranges {
    all: Vec<Range>,
    /// Whether something was left out.
    is_cut: bool,
}

impl Range {
    /// Whether it lies at slots that the layout alone shows.
    pub fn is_inline(&self) -> bool {
        self.within.is_empty()
    }

    fn location(&self) -> (&str, &str) {
        (&self.unplaced, &self.within)
    }

    /// Whether a byte of one may be one of the other.
    fn meets(&self, other: &Self) -> bool {
        self.unplaced == other.unplaced
            && if self.within == other.within {
                self.start < other.end && other.start < self.end
            } else {
                self.may_hold(other) || other.may_hold(self)
            }
    }

    /// Whether it is what only its author knows, and the other lies at or below its place.
    fn may_hold(&self, other: &Self) -> bool {
        let is_open = self.within.ends_with(|last: char| last.is_ascii_digit());
        let below = other.within.strip_prefix(&self.within);
        is_open && below.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
    }

    /// The words that it lies in, at most `limit` of them; nothing for entries of mappings and
    /// elements of arrays, and in a namespace whose root is found in another way than ERC-7201 has it.
    pub fn words(&self, limit: usize) -> Vec<WordPart> {
        if !self.is_inline() || !self.unplaced.is_empty() {
            return Vec::new();
        }
        let word = Bytes::from(WORD_BYTES);
        let (mut at, mut words) = (self.start, Vec::new());
        while at < self.end && words.len() < limit {
            let next = (at / word + Bytes::from(1)) * word;
            let end = next.min(self.end);
            let slot: U256 = (at / word).wrapping_to();
            words.push(WordPart {
                slot: slot.into(),
                offset: (at % word).saturating_to(),
                bytes: (end - at).saturating_to(),
            });
            at = end;
        }
        words
    }

    /// How many words it lies in.
    pub fn word_count(&self) -> u64 {
        let word = Bytes::from(WORD_BYTES);
        let last = self.end.saturating_sub(Bytes::from(1)) / word;
        (last - self.start / word)
            .saturating_to::<u64>()
            .saturating_add(1)
    }
}

impl WordPart {
    /// These bytes of a word, the others zero.
    pub fn of(&self, word: B256) -> B256 {
        let low = usize::try_from(self.offset).unwrap_or_default().min(32);
        let count = usize::try_from(self.bytes)
            .unwrap_or_default()
            .min(32 - low);
        let (first, last) = (32 - low - count, 32 - low);
        let mut part = B256::ZERO;
        part[first..last].copy_from_slice(&word[first..last]);
        part
    }
}

impl Ranges {
    /// The bytes that the fields of a layout use; room that is kept free (`__gap`) is not used.
    ///
    /// # Errors
    /// [`LayoutError`] if a slot or a size is no number, an offset is no byte of a word, or a field ends beyond storage.
    pub fn of(layout: &Layout) -> Result<Self, LayoutError> {
        let storage = Storage::from_checked_layout(layout)?;
        let mut walk = Walk::default();
        for area in storage.areas() {
            walk.fields(&fields(&storage, &area.fields), Location::root(area), "", 0);
        }
        Ok(walk.ranges)
    }

    /// What of these bytes `before` does not use.
    pub fn beyond(&self, before: &Self) -> Self {
        let covers = before.by_area();
        let mut all = Vec::new();
        for range in &self.all {
            let mut start = range.start;
            for other in covers.get(&range.location()).into_iter().flatten() {
                if other.end <= start || other.start >= range.end {
                    continue;
                }
                if other.start > start {
                    all.push(Range {
                        start,
                        end: other.start,
                        ..range.clone()
                    });
                }
                start = start.max(other.end);
            }
            if start < range.end {
                all.push(Range {
                    start,
                    ..range.clone()
                });
            }
        }
        Self {
            all,
            is_cut: self.is_cut || before.is_cut,
        }
    }

    /// The field of this layout that uses one of the range's bytes.
    pub fn user_of(&self, range: &Range) -> Option<&str> {
        let mut all = self.all.iter();
        let user = all.find(|other| other.meets(range));
        user.map(|other| other.field.as_str())
    }

    /// The ranges.
    pub fn list(&self) -> &[Range] {
        &self.all
    }

    /// Whether the layout is so large that not all of it is listed.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The ranges of each area, in their order.
    fn by_area(&self) -> BTreeMap<(&str, &str), Vec<&Range>> {
        let mut areas: BTreeMap<_, Vec<&Range>> = BTreeMap::new();
        for range in &self.all {
            areas.entry(range.location()).or_default().push(range);
        }
        for ranges in areas.values_mut() {
            ranges.sort_by_key(|range| range.start);
        }
        areas
    }
}

/// Where a type lies.
#[derive(Clone)]
struct Location {
    area: String,
    unplaced: String,
    within: String,
    start: Bytes,
}

impl Location {
    fn root(area: &StorageArea) -> Self {
        Self {
            area: area.name.clone(),
            unplaced: area.root.map_or(area.name.as_str(), |_| "").to_owned(),
            within: String::new(),
            start: area.root.map(byte_of).unwrap_or_default(),
        }
    }

    fn after(&self, bytes: Bytes) -> Self {
        Self {
            start: self.start.saturating_add(bytes),
            ..self.clone()
        }
    }

    /// Where the entries of a mapping (`map`), or the elements of an array and the bytes of a text
    /// (`data`) lie.
    fn entries(&self, kind: &str) -> Self {
        Self {
            area: self.area.clone(),
            unplaced: self.unplaced.clone(),
            within: format!("{}/{}{kind}", self.within, self.start),
            start: Bytes::ZERO,
        }
    }
}

#[derive(Default)]
struct Walk {
    /// Types looked at so far.
    visits: usize,
    ranges: Ranges,
}

impl Walk {
    fn fields(&mut self, all: &[Field<'_>], location: Location, prefix: &str, depth: usize) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for field in all {
            *counts.entry(field.label()).or_default() += 1;
        }
        for field in all.iter().filter(|field| !field.is_gap()) {
            let label = field.label();
            let path = match (counts.get(label), field.declared.slot) {
                // Which of several with one name.
                (Some(2..), Some(slot)) => format!("{prefix}{label}@{slot}"),
                _ => format!("{prefix}{label}"),
            };
            let start = location.after(field.start);
            self.ty(field.ty, field.size, start, path, depth);
        }
    }

    fn ty(&mut self, ty: TypeRef<'_>, size: Bytes, location: Location, path: String, depth: usize) {
        self.visits += 1;
        if depth > DEPTH || self.visits > VISITS_MAX {
            self.ranges.is_cut = true;
            return;
        }
        match ty.kind() {
            TypeKind::Struct(Some(members)) => {
                let prefix = format!("{path}.");
                self.fields(&ty.fields(members), location, &prefix, depth + 1);
            }
            // A mapping writes nothing at its own slot.
            TypeKind::Mapping(MappingType { value, .. }) => {
                let (entries, path) = (location.entries("map"), format!("{path}[key]"));
                let value = ty.at(*value);
                self.ty(value, inline(value), entries, path, depth + 1);
            }
            TypeKind::Vector(element) => {
                let (elements, of_one) = (location.entries("data"), format!("{path}[]"));
                let element = ty.at(*element);
                self.ty(element, inline(element), elements, of_one, depth + 1);
                self.add(location, size, path);
            }
            TypeKind::Array { element, length } if holds_more(ty.at(*element)) => {
                let element = ty.at(*element);
                let each = size.checked_div(Bytes::from(*length)).unwrap_or_default();
                let count: u64 = length.saturating_to();
                self.ranges.is_cut |= count > ELEMENTS_MAX;
                for n in 0..count.min(ELEMENTS_MAX) {
                    let at = location.after(each.saturating_mul(Bytes::from(n)));
                    self.ty(element, each, at, format!("{path}[{n}]"), depth + 1);
                }
            }
            TypeKind::Bytes | TypeKind::String => {
                let text = location.entries("data");
                let beyond = format!("{path} beyond its word");
                self.add(text, Bytes::from(WORD_BYTES), beyond);
                self.add(location, size, path);
            }
            TypeKind::Opaque | TypeKind::Lazy(_) | TypeKind::Unknown | TypeKind::Struct(None)
                if size >= Bytes::from(WORD_BYTES) =>
            {
                let open = location.entries("");
                let beyond = format!("{path} beyond its words");
                self.add(open, Bytes::from(WORD_BYTES), beyond);
                self.add(location, size, path);
            }
            _ => self.add(location, size, path),
        }
    }

    fn add(&mut self, location: Location, size: Bytes, field: String) {
        let end = location.start.saturating_add(size);
        if end > location.start {
            self.ranges.all.push(Range {
                area: location.area,
                unplaced: location.unplaced,
                within: location.within,
                field,
                start: location.start,
                end,
            });
        }
    }
}

/// What it takes; a word where that is not known.
fn inline(ty: TypeRef<'_>) -> Bytes {
    ty.size().unwrap_or(Bytes::from(WORD_BYTES))
}

/// Whether elements of that type are more than their own bytes.
fn holds_more(base: TypeRef<'_>) -> bool {
    match base.kind() {
        TypeKind::Struct(members) => members.is_some(),
        TypeKind::Mapping(_)
        | TypeKind::Vector(_)
        | TypeKind::Array { .. }
        | TypeKind::Bytes
        | TypeKind::String => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
