//! Bytes that a new version uses and the version before did not. They need not be zero: an older,
//! dropped field may have left something there (1: a, b → 2: a → 3: a, c), although every layout on
//! the way is legal.
//!
//! Bytes counted from slot 0 or from a namespace's root can be read on a live instance. Entries of
//! mappings and elements of arrays lie at hashes of keys that nobody can list; for those an earlier
//! version's layout tells whether they were ever used.

use std::collections::BTreeMap;

use alloy_primitives::{B256, U256};
use stylus_upgrades_interface::slots;

use crate::error::LayoutError;
use crate::fields::{WORD, fields};
use crate::layout::{Item, Layout};
use crate::shape::{Bytes, Shape, Type};

/// Types within types that are followed.
const DEPTH: usize = 16;
/// Types of a layout that are looked at, and so ranges that are listed.
const VISITS_MAX: usize = 16_384;
/// Elements of a fixed array of structs or arrays that are listed one by one.
const ELEMENTS_MAX: u64 = 64;

/// Bytes of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// Empty for variables counted from slot 0, `erc7201:<id>` for those of a namespace; else the
    /// path of the mapping or array whose entries have these bytes, which begins with one of these.
    pub area: String,
    /// The field, `config.limit`.
    pub field: String,
    /// The first byte, counted from the area's beginning.
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
    /// Whether it lies at slots that the layout alone tells.
    pub fn is_inline(&self) -> bool {
        !self.area.contains('/')
    }

    /// The words that it lies in, at most `limit` of them; nothing for entries of mappings and
    /// elements of arrays.
    pub fn words(&self, limit: usize) -> Vec<WordPart> {
        let root = match self.area.strip_prefix("erc7201:") {
            _ if !self.is_inline() => return Vec::new(),
            Some(id) => U256::from_be_bytes(slots::erc7201(id.as_bytes()).0),
            None => U256::ZERO,
        };
        let word = Bytes::from(WORD);
        let (mut at, mut words) = (self.start, Vec::new());
        while at < self.end && words.len() < limit {
            let next = (at / word + Bytes::from(1)) * word;
            let end = next.min(self.end);
            let slot: U256 = (at / word).wrapping_to();
            words.push(WordPart {
                slot: root.wrapping_add(slot).into(),
                offset: (at % word).saturating_to(),
                bytes: (end - at).saturating_to(),
            });
            at = end;
        }
        words
    }

    /// How many words it lies in.
    pub fn word_count(&self) -> u64 {
        let word = Bytes::from(WORD);
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
    /// [`LayoutError`] if a position is no number.
    pub fn of(layout: &Layout) -> Result<Self, LayoutError> {
        let mut walk = Walk {
            layout,
            visits: 0,
            ranges: Self::default(),
        };
        walk.items(&layout.storage, Place::root(""), "", 0)?;
        for (namespace, items) in &layout.namespaces {
            walk.items(items, Place::root(namespace), "", 0)?;
        }
        Ok(walk.ranges)
    }

    /// What of these bytes `before` does not use.
    pub fn beyond(&self, before: &Self) -> Self {
        let covers = before.by_area();
        let mut all = Vec::new();
        for range in &self.all {
            let mut start = range.start;
            for other in covers.get(range.area.as_str()).into_iter().flatten() {
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
        let user = all.find(|other| {
            other.area == range.area && other.start < range.end && range.start < other.end
        });
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
    fn by_area(&self) -> BTreeMap<&str, Vec<&Range>> {
        let mut areas: BTreeMap<&str, Vec<&Range>> = BTreeMap::new();
        for range in &self.all {
            areas.entry(&range.area).or_default().push(range);
        }
        for ranges in areas.values_mut() {
            ranges.sort_by_key(|range| range.start);
        }
        areas
    }
}

/// Where a type lies.
#[derive(Clone)]
struct Place {
    area: String,
    start: Bytes,
}

impl Place {
    fn root(area: &str) -> Self {
        Self {
            area: area.to_owned(),
            start: Bytes::ZERO,
        }
    }

    fn behind(&self, bytes: Bytes) -> Self {
        Self {
            area: self.area.clone(),
            start: self.start.saturating_add(bytes),
        }
    }

    /// Where the entries of a mapping, or the elements of an array, lie.
    fn entries(&self, kind: &str) -> Self {
        Self::root(&format!("{}/{}{kind}", self.area, self.start))
    }
}

struct Walk<'l> {
    layout: &'l Layout,
    /// Types looked at so far.
    visits: usize,
    ranges: Ranges,
}

impl<'l> Walk<'l> {
    fn items(
        &mut self,
        items: &'l [Item],
        place: Place,
        prefix: &str,
        depth: usize,
    ) -> Result<(), LayoutError> {
        for field in fields(self.layout, items)? {
            if !field.is_gap() {
                let path = format!("{prefix}{}", field.label());
                self.ty(field.ty, field.size, place.behind(field.start), path, depth)?;
            }
        }
        Ok(())
    }

    fn ty(
        &mut self,
        ty: Type<'l>,
        size: Bytes,
        place: Place,
        path: String,
        depth: usize,
    ) -> Result<(), LayoutError> {
        self.visits += 1;
        if depth > DEPTH || self.visits > VISITS_MAX {
            self.ranges.is_cut = true;
            return Ok(());
        }
        match ty.shape() {
            Shape::Struct(Some(members)) => {
                self.items(members, place, &format!("{path}."), depth + 1)
            }
            // A mapping writes nothing at its own slot.
            Shape::Map { value, .. } => {
                self.entry(value, place.entries("map"), format!("{path}[key]"), depth)
            }
            Shape::Vec(base) => {
                self.entry(base, place.entries("array"), format!("{path}[]"), depth)?;
                self.add(place, size, path);
                Ok(())
            }
            Shape::Array { base, length } if holds_more(base) => {
                let each = size.checked_div(length).unwrap_or_default();
                let count: u64 = length.saturating_to();
                self.ranges.is_cut |= count > ELEMENTS_MAX;
                for n in 0..count.min(ELEMENTS_MAX) {
                    let at = place.behind(each.saturating_mul(Bytes::from(n)));
                    self.ty(base, each, at, format!("{path}[{n}]"), depth + 1)?;
                }
                Ok(())
            }
            Shape::Bytes | Shape::String => {
                let text = place.entries("text");
                self.add(text, Bytes::from(WORD), format!("{path} beyond its word"));
                self.add(place, size, path);
                Ok(())
            }
            _ => {
                self.add(place, size, path);
                Ok(())
            }
        }
    }

    fn entry(
        &mut self,
        ty: Type<'l>,
        place: Place,
        path: String,
        depth: usize,
    ) -> Result<(), LayoutError> {
        let size = ty.size().unwrap_or(Bytes::from(WORD));
        self.ty(ty, size, place, path, depth + 1)
    }

    fn add(&mut self, place: Place, size: Bytes, field: String) {
        let end = place.start.saturating_add(size);
        if end > place.start {
            self.ranges.all.push(Range {
                area: place.area,
                field,
                start: place.start,
                end,
            });
        }
    }
}

/// Whether elements of that type are more than their own bytes.
fn holds_more(base: Type<'_>) -> bool {
    match base.shape() {
        Shape::Struct(members) => members.is_some(),
        Shape::Map { .. } | Shape::Vec(_) | Shape::Bytes | Shape::String => true,
        Shape::Array { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
