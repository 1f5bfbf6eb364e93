//! Bytes that a new version uses and the version before did not. They need not be zero: an older,
//! dropped field may have left something there (1: a, b → 2: a → 3: a, c), although every layout on
//! the way is legal.
//!
//! Bytes counted from slot 0 or from a namespace's root can be read on a live instance. Entries of
//! mappings and elements of arrays lie at hashes of keys that nobody can list; for those an earlier
//! version's layout tells whether they were ever used. Where a type that only its author knows (a
//! `LazyMap`, say) keeps more than its own words is not known, so it may be wherever a mapping or an
//! array in its place keeps something.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::B256;

use crate::bytes::{Bytes, WORD_BYTES, byte_of, offset_of, slot_of};
use crate::error::LayoutError;
use crate::layout::Layout;
use crate::storage::{
    ReachedValue, Storage, StorageArea, StorageDescent, StorageField, TypeKind, ValuePart,
    ValueVisitor, fields,
};

/// Values of a layout that are looked at, and so ranges that are listed.
const VALUES_MAX: usize = 16_384;
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
    /// True if ranges were left out.
    is_cut: bool,
}

impl Range {
    /// Returns true if it lies at slots that the layout alone shows.
    pub fn is_inline(&self) -> bool {
        self.within.is_empty()
    }

    fn location(&self) -> (&str, &str) {
        (&self.unplaced, &self.within)
    }

    /// Returns true if the two ranges may share a byte.
    fn meets(&self, other: &Self) -> bool {
        self.unplaced == other.unplaced
            && if self.within == other.within {
                self.start < other.end && other.start < self.end
            } else {
                self.may_hold(other) || other.may_hold(self)
            }
    }

    /// Returns true if only the author knows its place, and the other range lies at or below that place.
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
            words.push(WordPart {
                slot: slot_of(at).into(),
                offset: offset_of(at),
                bytes: (end - at).saturating_to(),
            });
            at = end;
        }
        words
    }

    /// Returns the number of words that it lies in.
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
        let mut descent = StorageDescent::new(Self::default(), VALUES_MAX, ELEMENTS_MAX);
        for area in storage.areas() {
            let start = area.root.map(byte_of).unwrap_or_default();
            let fields = fields(&storage, &area.fields);
            descent.visit_fields(fields, start, &RangeContext::new(area));
        }
        Ok(descent.visitor)
    }

    /// Returns the bytes that `before` does not use.
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

    /// Returns true if the layout is so large that not all of it is listed.
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

/// The place and the name of a value, for the ranges of its parts.
pub(crate) struct RangeContext<'s> {
    area: &'s str,
    /// See [`Range`].
    unplaced: &'s str,
    /// See [`Range`].
    within: String,
    name: String,
    /// Names that several of the parts have.
    shared_names: BTreeSet<&'s str>,
}

impl<'s> RangeContext<'s> {
    fn new(area: &'s StorageArea) -> Self {
        Self {
            area: &area.name,
            unplaced: area.root.map_or(area.name.as_str(), |_| ""),
            within: String::new(),
            name: String::new(),
            shared_names: shared_names(&area.fields),
        }
    }

    /// The name of a part; of several with one name, with its slot.
    fn name_of(&self, part: ValuePart<'_>) -> String {
        let name = part.name(&self.name);
        let is_shared = |field: &&StorageField| self.shared_names.contains(field.name.as_str());
        let slot = part
            .declared()
            .filter(is_shared)
            .and_then(|field| field.slot);
        slot.map_or_else(|| name.clone(), |slot| format!("{name}@{slot}"))
    }

    /// The context of elements of a part.
    fn below(&self, name: String) -> Self {
        Self {
            within: self.within.clone(),
            name,
            shared_names: BTreeSet::new(),
            ..*self
        }
    }

    /// The context of what a part keeps elsewhere: entries of a mapping (`map`), elements of an array or bytes of a text
    /// (`data`).
    fn elsewhere(&self, start: Bytes, kind: &str, name: String) -> Self {
        Self {
            within: format!("{}/{start}{kind}", self.within),
            ..self.below(name)
        }
    }
}

fn shared_names(fields: &[StorageField]) -> BTreeSet<&str> {
    let mut seen = BTreeSet::new();
    let names = fields.iter().map(|field| field.name.as_str());
    names.filter(|name| !seen.insert(*name)).collect()
}

impl Ranges {
    fn add(&mut self, within: &RangeContext<'_>, start: Bytes, size: Bytes, field: String) {
        let end = start.saturating_add(size);
        if end > start {
            self.all.push(Range {
                area: within.area.to_owned(),
                unplaced: within.unplaced.to_owned(),
                within: within.within.clone(),
                field,
                start,
                end,
            });
        }
    }
}

impl<'s> ValueVisitor<'s> for Ranges {
    type Context = RangeContext<'s>;

    fn visit(
        &mut self,
        value: &ReachedValue<'s>,
        above: &RangeContext<'s>,
    ) -> Option<RangeContext<'s>> {
        if value.is_gap() {
            return None;
        }
        let (word, size) = (Bytes::from(WORD_BYTES), value.ty.inline_size());
        let name = above.name_of(value.part);
        let elsewhere = |kind, name| above.elsewhere(value.start, kind, name);
        let mut parts = None;
        match value.ty.kind() {
            TypeKind::Struct(Some(members)) => {
                return Some(RangeContext {
                    shared_names: shared_names(members),
                    ..above.below(name)
                });
            }
            TypeKind::Array { element, .. } if value.ty.at(*element).is_composite() => {
                return Some(above.below(name));
            }
            // A mapping writes nothing at its own slot.
            TypeKind::Mapping(_) => return Some(elsewhere("map", format!("{name}[key]"))),
            TypeKind::Vector(_) => parts = Some(elsewhere("data", format!("{name}[]"))),
            TypeKind::Bytes | TypeKind::String => {
                let text = elsewhere("data", String::new());
                self.add(&text, Bytes::ZERO, word, format!("{name} beyond its word"));
            }
            TypeKind::Opaque | TypeKind::Lazy(_) | TypeKind::Unknown | TypeKind::Struct(None)
                if size >= word =>
            {
                let open = elsewhere("", String::new());
                self.add(&open, Bytes::ZERO, word, format!("{name} beyond its words"));
            }
            _ => {}
        }
        self.add(above, value.start, size, name);
        parts
    }

    fn leave_out(&mut self, _value: &ReachedValue<'s>, _above: &RangeContext<'s>) {
        self.is_cut = true;
    }
}

#[cfg(test)]
mod tests;
