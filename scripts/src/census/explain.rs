//! What each slot is, by a layout: from every field down to its slots, of which those are looked up that
//! were collected. Nothing is guessed: a slot is explained where its hash is the one that the layout gives it.

use super::entries::Mapping;
use super::error::CensusError;
use super::key::{KeyType, entry};
use super::path::{Path, Step};
use super::record::Record;
use super::store::{KEYS, Kept, LEAVES, Leaf, RECORDS, Store};
use super::walk::first_digits;
use alloy::primitives::{B256, U256, keccak256};
use redb::{ReadOnlyMultimapTable, ReadOnlyTable, ReadableTable, ReadableTableMetadata, Table};
use serde::Serialize;
use std::collections::{BTreeSet, HashSet};
use std::io::Write;
use stylus_layout::{Item, Layout, Members, TypeItem};
use stylus_upgrades_interface::slots;

/// Bytes of a slot.
const WORD: u64 = 32;
/// All of them.
const WHOLE: u32 = u32::MAX;
/// Types within types that are followed.
const DEEPEST: u8 = 16;
/// Elements of an array that are followed.
const ELEMENTS_MAX: u64 = 1 << 22;
/// Places without a slot that are looked at for a field, and for an entry of a mapping: types within types can have
/// more places than anybody can look at.
const EMPTY_MAX: (u64, u64) = (1 << 20, 1 << 12);
/// Words of a text that are followed: 2 MiB of it.
const TEXT_MAX: u64 = 1 << 16;
/// Words of a value of a lazy map or cell that are looked for, where nobody says how large it is.
const LAZY_WORDS: u64 = 8;
/// Unexplained slots that are listed.
const UNEXPLAINED_MAX: usize = 256;
/// What the framework keeps.
pub(super) const FRAMEWORK: &str = "framework";

/// How much one field stores.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FieldCount {
    /// `erc7201:…`; empty for what is counted from slot 0; `framework` for what the proxy keeps.
    pub area: String,
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Entries of its mappings.
    pub entries: u64,
    /// Slots that are not zero; one that several fields share counts once, for the first of them.
    pub slots: u64,
    /// Bytes of those.
    pub bytes: u64,
}

/// A slot that the layout does not explain, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unexplained {
    /// keccak256 of the slot.
    pub hash: B256,
    /// The slot, where the endpoint has it.
    pub slot: Option<B256>,
    /// What it holds.
    pub value: B256,
    /// Whether fields of the layout have other bytes of it.
    pub partly: bool,
}

/// What a layout explains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// How many slots are not zero.
    pub slots: u64,
    /// How many of them are explained.
    pub explained: u64,
    /// What each field stores.
    pub fields: Vec<FieldCount>,
    /// Slots that are not explained, up to a bound.
    pub unexplained: Vec<Unexplained>,
    /// What is not followed.
    #[serde(skip)]
    pub(super) notes: BTreeSet<String>,
    /// Slots that are not there, and whose hashes begin as those that no proof was found for.
    #[serde(skip)]
    pub(super) implied: Vec<(B256, B256)>,
}

impl Explained {
    /// How many slots are not explained.
    pub fn left(&self) -> u64 {
        self.slots - self.explained
    }
}

/// What is explained by.
pub(super) struct By<'a> {
    pub(super) layout: &'a Layout,
    /// What the framework keeps, by name, and how many bytes of it.
    pub(super) framework: &'a [(String, B256, u64)],
    /// Whether values in storage are tried as keys too.
    pub(super) with_values: bool,
    /// The mapping whose entries are written, instead of every slot.
    pub(super) entries: Option<&'a Mapping<'a>>,
    /// The first digits of hashes that no proof was found for.
    pub(super) sought: HashSet<u32>,
}

/// Explains the slots of a store. `out` is told of each one.
pub(super) fn explain(
    store: &Store,
    by: &By<'_>,
    out: Option<&mut dyn Write>,
) -> Result<Explained, CensusError> {
    store.read(|read| {
        let known = Known {
            leaves: read.open_table(LEAVES)?,
            keys: read.open_multimap_table(KEYS)?,
            records: read.open_table(RECORDS)?,
        };
        let walk = |marks: Table<'_, [u8; 32], u32>, entries: Table<'_, &[u8], [u8; 32]>| {
            let mut walk = Walk {
                by,
                known: &known,
                marks,
                entries,
                seen: U256::ZERO,
                out,
                explained: Explained::default(),
                grown: 0,
                room: 0,
            };
            walk.all()?;
            walk.finish()
        };
        store.noting(walk)
    })
}

/// What was collected.
struct Known {
    leaves: ReadOnlyTable<[u8; 32], Kept>,
    keys: ReadOnlyMultimapTable<[u8; 32], &'static [u8]>,
    records: ReadOnlyTable<&'static [u8], ()>,
}

type Done = Result<(), redb::Error>;

struct Walk<'a, 't, 'o> {
    by: &'a By<'a>,
    known: &'a Known,
    marks: Table<'t, [u8; 32], u32>,
    /// Entries of the mapping that is asked for.
    entries: Table<'t, &'static [u8], [u8; 32]>,
    /// The value that was looked up last, in its own bytes.
    seen: U256,
    out: Option<&'o mut (dyn Write + 'o)>,
    explained: Explained,
    /// How often bytes were explained that were not before.
    grown: u64,
    /// How many more places without a slot are looked at.
    room: u64,
}

/// Where something is looked for.
#[derive(Clone, Copy)]
struct At<'p> {
    /// Its place in [`Explained::fields`].
    field: usize,
    slot: U256,
    /// Where it begins in that, in bytes from the low-order end.
    offset: u64,
    path: &'p Path<'p>,
    /// Its type in the version before, where the layout says so.
    before: Option<&'p str>,
    /// The record whose values are tried as keys; all of them where there is none.
    record: Option<&'p Record>,
    depth: u8,
}

impl<'p> At<'p> {
    fn at(self, slot: U256, offset: u64, path: &'p Path<'p>) -> Self {
        Self {
            slot,
            offset,
            path,
            depth: self.depth.saturating_sub(1),
            ..self
        }
    }
}

impl Walk<'_, '_, '_> {
    fn all(&mut self) -> Done {
        let layout = self.by.layout;
        self.items(&layout.storage, "", U256::ZERO)?;
        for (name, items) in &layout.namespaces {
            match name.strip_prefix("erc7201:") {
                Some(id) => {
                    let root = slots::erc7201(id.as_bytes());
                    self.items(items, name, root.into())?;
                }
                None => self.note(format!("where the namespace {name} begins is not known")),
            }
        }
        for (name, slot, size) in self.by.framework {
            let field = self.field(FRAMEWORK, name, "word");
            let path = Path::of(name);
            self.see(field, (*slot).into(), bits(0, *size), &path)?;
        }
        Ok(())
    }

    fn items(&mut self, items: &[Item], area: &str, root: U256) -> Done {
        for item in items {
            let is_gap = item.label == "__gap" || item.label.starts_with("__gap_");
            let Ok(slot) = item.slot.parse::<U256>() else {
                self.note(format!("the slot of {} is no number", item.label));
                continue;
            };
            if is_gap {
                continue;
            }
            let kind = self.by.layout.types.get(&item.type_id);
            let label = kind.map_or(&item.type_id, |kind| &kind.label);
            let at = At {
                field: self.field(area, &item.label, label),
                slot: root.wrapping_add(slot),
                offset: item.offset,
                path: &Path::of(&item.label),
                before: item.retyped_from.as_deref(),
                record: None,
                depth: DEEPEST,
            };
            self.room = EMPTY_MAX.0;
            self.value(&item.type_id, at)?;
        }
        Ok(())
    }

    fn field(&mut self, area: &str, name: &str, kind: &str) -> usize {
        self.explained.fields.push(FieldCount {
            area: area.into(),
            name: name.into(),
            kind: kind.into(),
            ..FieldCount::default()
        });
        self.explained.fields.len() - 1
    }

    fn note(&mut self, what: String) {
        self.explained.notes.insert(what);
    }

    /// What a slot holds.
    fn word(&self, slot: U256) -> Result<U256, redb::Error> {
        let leaf = self.known.leaves.get(keccak256(B256::from(slot)).0)?;
        Ok(leaf.map_or(U256::ZERO, |leaf| U256::from_be_bytes(leaf.value().0)))
    }

    /// Looks up a slot of which a field has these bytes; its value.
    fn see(
        &mut self,
        field: usize,
        slot: U256,
        bytes: u32,
        path: &Path<'_>,
    ) -> Result<Option<U256>, redb::Error> {
        let hash = keccak256(B256::from(slot));
        let Some(leaf) = self.known.leaves.get(hash.0)? else {
            self.room = self.room.saturating_sub(1);
            if self.by.sought.contains(&first_digits(hash)) {
                self.explained.implied.push((hash, slot.into()));
            }
            return Ok(None);
        };
        let value = leaf.value().0;
        let beyond = 256 - 8 * bytes.count_ones() as usize;
        let own = U256::from_be_bytes(value) >> (8 * bytes.trailing_zeros() as usize);
        self.seen = own << beyond >> beyond;
        let before = self.marks.get(hash.0)?.map_or(0, |mark| mark.value());
        let after = before | bytes;
        if after != before {
            self.marks.insert(hash.0, after)?;
            self.grown += 1;
            if let Some(count) = self.explained.fields.get_mut(field) {
                count.slots += u64::from(before == 0);
                count.bytes += u64::from((after & !before).count_ones());
            }
            if let Some(out) = self.out.as_mut().filter(|_| self.by.entries.is_none()) {
                let line = serde_json::json!({
                    "hash": hash,
                    "slot": B256::from(slot),
                    "value": B256::from(value),
                    "field": path.to_string(),
                });
                writeln!(out, "{line}").map_err(redb::Error::Io)?;
            }
        }
        Ok(Some(U256::from_be_bytes(value)))
    }

    /// A value of a type.
    fn value(&mut self, type_id: &str, at: At<'_>) -> Done {
        let layout = self.by.layout;
        let Some(kind) = layout.types.get(type_id) else {
            self.note(format!("the type {type_id} is not known"));
            return self.see(at.field, at.slot, WHOLE, at.path).map(drop);
        };
        if self.room == 0 {
            let name = self.explained.fields.get(at.field);
            let name = name.map_or(String::new(), |field| field.name.clone());
            self.note(format!("{name} has more places than are looked at"));
            return Ok(());
        }
        if at.depth == 0 {
            self.note(format!("{} lies deeper than is followed", kind.label));
            return Ok(());
        }
        let size = size(kind);
        match (kind.encoding.as_str(), &kind.members, &kind.base) {
            ("mapping", ..) => self.mapping(kind, at),
            ("dynamic_array", _, Some(base)) => {
                let length = self.see(at.field, at.slot, WHOLE, at.path)?;
                let length = length.unwrap_or_default();
                self.elements(base, length, at.at(begin(at.slot), 0, at.path))
            }
            ("bytes", ..) => self.text(at),
            (_, Some(Members::Struct(members)), _) => {
                for member in members {
                    let Ok(slot) = member.slot.parse::<U256>() else {
                        self.note(format!("the slot of {} is no number", member.label));
                        continue;
                    };
                    let path = at.path.then(Step::Member(&member.label));
                    let slot = at.slot.wrapping_add(slot);
                    let below = At {
                        before: member.retyped_from.as_deref(),
                        ..at.at(slot, member.offset, &path)
                    };
                    self.value(&member.type_id, below)?;
                }
                Ok(())
            }
            (_, _, Some(base)) => {
                let of_base = layout.types.get(base).map_or(WORD, self::size);
                let room = match of_base {
                    0..=16 => (size / WORD).saturating_mul(WORD / of_base.max(1)),
                    _ => size / WORD / of_base.div_ceil(WORD),
                };
                let count = declared_count(&kind.label).map_or(room, |count| count.min(room));
                self.elements(base, U256::from(count), at)
            }
            _ if kind.label.starts_with("lazy ") => self.lazy(kind, at),
            _ if size > WORD => self.words(size, ELEMENTS_MAX, at),
            _ => {
                let bytes = bits(at.offset, size);
                self.see(at.field, at.slot, bytes, at.path).map(drop)
            }
        }
    }

    /// The elements of an array from a slot on.
    fn elements(&mut self, base: &str, count: U256, at: At<'_>) -> Done {
        let kind = self.by.layout.types.get(base);
        let size = kind.map_or(WORD, self::size).max(1);
        let is_plain = kind.is_none_or(|kind| kind.members.is_none() && kind.base.is_none());
        let each = if is_plain && size <= 16 {
            WORD / size
        } else {
            1
        };
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let steps = count.div_ceil(each);
        if steps > ELEMENTS_MAX {
            self.note(format!(
                "{}: {ELEMENTS_MAX} of {count} elements were looked at",
                at.path
            ));
        }
        let stride = size.div_ceil(WORD);
        for step in 0..steps.min(ELEMENTS_MAX) {
            let path = at.path.then(Step::Index(step * each));
            let slot = at.slot.wrapping_add(U256::from(step) * U256::from(stride));
            match each {
                1 => self.value(base, at.at(slot, 0, &path))?,
                _ => {
                    let here = (count - step * each).min(each);
                    let bytes = bits(0, here * size);
                    self.see(at.field, slot, bytes, &path)?;
                }
            }
        }
        Ok(())
    }

    /// `bytes` or `string`: the lowest bit of the word says whether it lies elsewhere. A word that no compiler
    /// writes, and what lies behind the end of a text, is not explained.
    fn text(&mut self, at: At<'_>) -> Done {
        let word = self.word(at.slot)?;
        if !word.bit(0) {
            let length = u64::from(word.byte(0)) / 2;
            let text = bits(WORD.saturating_sub(length), length);
            let bytes = if length < WORD { text | 1 } else { 0 };
            return self.see(at.field, at.slot, bytes, at.path).map(drop);
        }
        let length = u64::try_from(word >> 1).unwrap_or(u64::MAX);
        if length < WORD {
            return Ok(());
        }
        self.see(at.field, at.slot, WHOLE, at.path)?;
        let parts = length.div_ceil(WORD);
        if parts > TEXT_MAX {
            let most = TEXT_MAX * WORD;
            self.note(format!(
                "{}: {most} of {length} bytes were looked at",
                at.path
            ));
        }
        let first = begin(at.slot);
        for part in 0..parts.min(TEXT_MAX) {
            let slot = first.wrapping_add(U256::from(part));
            let here = (length - part * WORD).min(WORD);
            self.see(at.field, slot, bits(WORD - here, here), at.path)?;
        }
        Ok(())
    }

    fn mapping(&mut self, kind: &TypeItem, at: At<'_>) -> Done {
        let Some(value) = &kind.value else {
            self.note(format!("what {} holds is not known", kind.label));
            return Ok(());
        };
        let below = self.by.layout.types.get(value);
        let is_innermost = below.is_none_or(|below| below.encoding != "mapping");
        let key = KeyType::of_mapping(self.by.layout, kind);
        self.entries(&key, at, is_innermost, &mut |walk, at| {
            walk.value(value, at)
        })
    }

    /// Tries keys, and counts those that have an entry.
    fn entries(
        &mut self,
        key: &KeyType,
        at: At<'_>,
        counts: bool,
        look: &mut dyn FnMut(&mut Self, At<'_>) -> Done,
    ) -> Done {
        let known = self.known;
        let nothing = Record::default();
        let of_hashed = at.record.unwrap_or(&nothing);
        let mut attempt = |walk: &mut Self, hashed: &[u8], record: &Record| -> Done {
            let path = at.path.then(Step::Key(key, hashed));
            let slot = entry(hashed, at.slot);
            let before = walk.grown;
            let below = At {
                record: Some(record),
                ..at.at(slot, 0, &path)
            };
            let room = std::mem::replace(&mut walk.room, EMPTY_MAX.1);
            look(walk, below)?;
            walk.room = room;
            if counts
                && walk.grown > before
                && let Some(count) = walk.explained.fields.get_mut(at.field)
            {
                count.entries += 1;
                if let Some(mapping) = walk.by.entries
                    && mapping.is_of(&count.area, &path)
                {
                    let keys = path.keys().concat();
                    walk.entries
                        .insert(keys.as_slice(), walk.seen.to_be_bytes())?;
                }
            }
            Ok(())
        };
        for hashed in known.keys.get(at.slot.to_be_bytes::<32>())? {
            attempt(self, hashed?.value(), of_hashed)?;
        }
        let mut each = |walk: &mut Self, record: &Record| -> Done {
            for value in &record.0 {
                if let Some(hashed) = key.encode(value) {
                    attempt(walk, &hashed, record)?;
                }
            }
            Ok(())
        };
        if let Some(record) = at.record {
            return each(self, record);
        }
        for record in known.records.iter()? {
            each(self, &Record::from_bytes(record?.0.value()))?;
        }
        if self.by.with_values {
            for leaf in known.leaves.iter()? {
                each(self, &Record(vec![leaf?.1.value().0.to_vec()]))?;
            }
        }
        Ok(())
    }

    /// A map or cell whose values are in the form of one of several versions, each at a root of its own.
    fn lazy(&mut self, kind: &TypeItem, at: At<'_>) -> Done {
        let key = kind.label.split_once("mapping(").and_then(|(_, rest)| {
            let (key, _) = rest.split_once("=>")?;
            Some(KeyType::of_label(key.trim(), true))
        });
        let forms: Vec<&str> = kind.label.split(" over ").collect();
        let (mut root, mut field) = (at.slot, at.field);
        if let Some(count) = self.explained.fields.get_mut(field) {
            count.kind = format!("the form before {}", kind.label);
        }
        for form in std::iter::once(None).chain(forms.iter().rev().map(Some)) {
            if let Some(form) = form {
                let name = at.path.to_string();
                let area = self.explained.fields.get(at.field);
                let area = area.map_or(String::new(), |field| field.area.clone());
                field = self.field(&area, &name, form);
                let space = namespace(root);
                self.see(
                    field,
                    space,
                    WHOLE,
                    &at.path.then(Step::Member("remaining")),
                )?;
                root = space.wrapping_add(U256::ONE);
            }
            let here = At {
                field,
                ..at.at(root, 0, at.path)
            };
            // Which type the oldest form had, the field says; the others are said by the name.
            let size = form
                .map_or(at.before, |form| Some(form))
                .and_then(|form| self.size_in(form));
            let size = size.unwrap_or_else(|| {
                let is_cell_before = form.is_none() && key.is_none();
                // Behind a cell there are other fields.
                if is_cell_before {
                    WORD
                } else {
                    LAZY_WORDS * WORD
                }
            });
            match &key {
                Some(key) => self.entries(key, here, true, &mut |walk, at| {
                    walk.words(size, LAZY_WORDS, at)
                })?,
                None => self.words(size, LAZY_WORDS, here)?,
            }
        }
        Ok(())
    }

    /// Bytes of a value, or of what a mapping holds, by the name of its type; nothing where that says nothing.
    fn size_in(&self, label: &str) -> Option<u64> {
        let label = label.strip_prefix("lazy ").unwrap_or(label);
        let label = match label.split_once("=>") {
            Some((_, value)) => value.trim().strip_suffix(')')?,
            None => label,
        };
        let mut known = self.by.layout.types.values();
        known
            .find(|kind| kind.label == label)
            .map(size)
            .or_else(|| KeyType::size_of(label))
    }

    /// The words of a value of so many bytes, up to a bound.
    fn words(&mut self, size: u64, most: u64, at: At<'_>) -> Done {
        for word in 0..size.div_ceil(WORD).min(most) {
            let slot = at.slot.wrapping_add(U256::from(word));
            let here = (size - word * WORD).min(WORD);
            self.see(at.field, slot, bits(0, here), at.path)?;
        }
        Ok(())
    }

    /// What is left.
    fn finish(self) -> Result<Explained, redb::Error> {
        let Self {
            by,
            known,
            marks,
            entries,
            mut out,
            mut explained,
            ..
        } = self;
        if let (Some(mapping), Some(out)) = (by.entries, &mut out) {
            for row in entries.iter()? {
                let (keys, value) = row?;
                let line = mapping.line(keys.value(), value.value());
                writeln!(out, "{line}").map_err(redb::Error::Io)?;
            }
        }
        explained.slots = known.leaves.len()?;
        explained.explained = explained.slots;
        for row in known.leaves.iter()? {
            let (hash, kept) = row?;
            let Leaf { hash, value, slot } = Leaf::of(hash.value(), kept.value());
            let mark = marks.get(hash.0)?.map_or(0, |mark| mark.value());
            let mut low_first = value.iter().rev().enumerate();
            if !low_first.any(|(at, byte)| *byte != 0 && mark >> at & 1 == 0) {
                continue;
            }
            explained.explained -= 1;
            let one = Unexplained {
                hash,
                slot,
                value,
                partly: mark != 0,
            };
            if let Some(out) = out.as_mut().filter(|_| by.entries.is_none()) {
                let line = serde_json::json!({
                    "hash": hash, "slot": slot, "value": value, "field": null,
                });
                writeln!(out, "{line}").map_err(redb::Error::Io)?;
            }
            if explained.unexplained.len() < UNEXPLAINED_MAX {
                explained.unexplained.push(one);
            }
        }
        Ok(explained)
    }
}

fn size(kind: &TypeItem) -> u64 {
    let size = kind
        .number_of_bytes
        .as_ref()
        .and_then(|size| size.parse().ok());
    size.unwrap_or(WORD)
}

/// The elements that the name of an array's type says: `uint32[3]` has three in a slot with room for eight.
fn declared_count(label: &str) -> Option<u64> {
    let (_, count) = label.strip_suffix(']')?.rsplit_once('[')?;
    count.parse().ok()
}

/// So many bytes from an offset on, a bit each.
fn bits(offset: u64, size: u64) -> u32 {
    let below = |end: u64| match end {
        0..WORD => (1_u32 << end) - 1,
        _ => WHOLE,
    };
    below(offset.saturating_add(size)) & !below(offset)
}

/// Where the elements of an array or a long text begin.
fn begin(slot: U256) -> U256 {
    U256::from_be_bytes(keccak256(B256::from(slot)).0)
}

/// The namespace of a lazy map or cell: a count of what is left, then the form that follows.
fn namespace(slot: U256) -> U256 {
    entry(&slot.to_be_bytes::<32>(), slots::LAZY.into())
}

#[cfg(test)]
mod tests;
