//! The meaning of each slot, by a layout: from every field down to its slots, of which those are looked up that
//! were collected. Nothing is guessed: a slot is explained where its hash is the one that the layout gives it.

use super::FieldCount;
use super::entries::MappingField;
use super::path::{PathSegment, SlotPath};
use super::record::ValueRecord;
use super::store::{CensusStore, KEYS, LEAVES, RECORDS, StorageLeaf, StoredLeaf};
use super::walk::{HashPrefix, SlotsByHash};
use crate::client::ChainError;
use crate::inspect::framework_slots;
use crate::layout::{KeyType, LazyRoot, entry, lazy_key, lazy_roots};
use alloy::primitives::{B256, U256, keccak256};
use redb::{ReadOnlyMultimapTable, ReadOnlyTable, ReadableTable, ReadableTableMetadata, Table};
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeSet, HashSet};
use std::io::Write;
use stylus_layout::{
    LazyType, MappingType, Storage, StorageField, TextLength, TypeId, TypeKind, WORD_BYTES,
    elements_begin, text_length,
};
use stylus_upgrades_interface::slots;

/// All bytes of a slot.
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
/// The name for what the framework keeps.
pub(super) const FRAMEWORK: &str = "framework";

/// A slot that the layout does not explain, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnexplainedSlot {
    /// The slot, and what it holds.
    #[serde(flatten)]
    pub leaf: StorageLeaf,
    /// True if fields of the layout have other bytes of it.
    pub partly: bool,
}

/// The slots that a layout explains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StorageExplanation {
    /// The number of slots that are not zero.
    pub slots: u64,
    /// The number of them that are explained.
    pub explained: u64,
    /// The counts of what each field stores.
    pub fields: Vec<FieldCount>,
    /// Slots that are not explained, up to a bound.
    pub unexplained: Vec<UnexplainedSlot>,
    /// The things that are not followed.
    #[serde(skip)]
    pub(super) notes: BTreeSet<String>,
    /// Slots that are not there, and whose hashes begin as those that no proof was found for.
    #[serde(skip)]
    pub(super) implied: SlotsByHash,
}

impl StorageExplanation {
    /// Returns how many slots are not explained.
    pub fn left(&self) -> u64 {
        self.slots - self.explained
    }
}

/// The inputs of an explanation.
pub(super) struct ExplanationInputs<'a> {
    pub(super) storage: Storage,
    /// The slots that the framework and the SDK keep, by name, and how many bytes of each.
    framework: Vec<(String, B256, u64)>,
    /// True if values in storage are tried as keys too.
    pub(super) with_values: bool,
    /// The mapping whose entries are written, instead of every slot.
    pub(super) entries: Option<&'a MappingField>,
    /// The first bytes of hashes that no proof was found for.
    pub(super) sought: HashSet<HashPrefix>,
}

impl<'a> ExplanationInputs<'a> {
    /// A storage, with the framework's slots for these versions.
    pub(super) fn new(storage: Storage, versions: &[String]) -> Self {
        let kept = framework_slots(versions).into_iter();
        let kept = kept
            .map(|(name, slot, is_account)| (name, slot, if is_account { 20 } else { WORD_BYTES }));
        let constructed = ("constructed (SDK)".into(), slots::CONSTRUCTED, WORD_BYTES);
        Self {
            storage,
            framework: kept.chain([constructed]).collect(),
            with_values: false,
            entries: None,
            sought: HashSet::new(),
        }
    }
}

/// Explains the slots of a store. `out` is told of each one.
pub(super) fn explain(
    store: &CensusStore,
    inputs: &ExplanationInputs<'_>,
    out: Option<&mut dyn Write>,
) -> Result<StorageExplanation, ChainError> {
    store.read(|read| {
        let known = CollectedTables {
            leaves: read.open_table(LEAVES)?,
            keys: read.open_multimap_table(KEYS)?,
            records: read.open_table(RECORDS)?,
        };
        let walk = |marks: Table<'_, [u8; 32], u32>, entries: Table<'_, &[u8], [u8; 32]>| {
            let mut walk = LayoutWalk {
                inputs,
                known: &known,
                marks,
                entries,
                out,
                explained: StorageExplanation::default(),
                grown: 0,
                room: 0,
            };
            walk.explain_areas()?;
            walk.finish()
        };
        store.with_scratch_tables(walk)
    })
}

/// The data that were collected.
struct CollectedTables {
    leaves: ReadOnlyTable<[u8; 32], StoredLeaf>,
    keys: ReadOnlyMultimapTable<[u8; 32], &'static [u8]>,
    records: ReadOnlyTable<&'static [u8], ()>,
}

type StoreResult = Result<(), redb::Error>;

struct LayoutWalk<'a, 't, 'o> {
    inputs: &'a ExplanationInputs<'a>,
    known: &'a CollectedTables,
    marks: Table<'t, [u8; 32], u32>,
    /// Entries of the mapping that is asked for.
    entries: Table<'t, &'static [u8], [u8; 32]>,
    out: Option<&'o mut (dyn Write + 'o)>,
    explained: StorageExplanation,
    /// The number of times that bytes were explained that were not before.
    grown: u64,
    /// The number of places without a slot that are still looked at.
    room: u64,
}

/// A place of the storage at which a type is looked up.
#[derive(Clone, Copy)]
struct SlotCursor<'p> {
    /// Its place in [`StorageExplanation::fields`].
    field: usize,
    slot: U256,
    /// The offset in that, in bytes from the low-order end.
    offset: u64,
    path: &'p SlotPath<'p>,
    /// Its type in the version before, where the layout says so.
    before: Option<&'p str>,
    /// The record whose values are tried as keys; all of them where there is none.
    record: Option<&'p ValueRecord>,
    depth: u8,
}

impl<'p> SlotCursor<'p> {
    /// The first slot of a field.
    fn new(field: usize, slot: U256, path: &'p SlotPath<'p>) -> Self {
        Self {
            field,
            slot,
            offset: 0,
            path,
            before: None,
            record: None,
            depth: DEEPEST,
        }
    }

    /// A part of it, one level deeper.
    fn descend(self, slot: U256, path: &'p SlotPath<'p>) -> Self {
        Self {
            slot,
            offset: 0,
            path,
            depth: self.depth.saturating_sub(1),
            ..self
        }
    }
}

impl LayoutWalk<'_, '_, '_> {
    fn explain_areas(&mut self) -> StoreResult {
        let inputs = self.inputs;
        for area in inputs.storage.areas() {
            let name = &area.name;
            match area.root {
                Some(root) => self.explain_fields(&area.fields, name, root)?,
                None => self.note(format!("where the namespace {name} begins is not known")),
            }
        }
        for (name, slot, size) in &self.inputs.framework {
            let field = self.add_field(FRAMEWORK, name, "word");
            let path = SlotPath::new(name);
            let cursor = SlotCursor::new(field, (*slot).into(), &path);
            self.mark(cursor, low_bytes(*size))?;
        }
        Ok(())
    }

    fn explain_fields(&mut self, fields: &[StorageField], area: &str, root: U256) -> StoreResult {
        let storage = &self.inputs.storage;
        let is_gap = |field: &&StorageField| storage.is_gap(&field.name, field.ty);
        for declared in fields.iter().filter(|field| !is_gap(field)) {
            let label = &storage.ty(declared.ty).label;
            let field = self.add_field(area, &declared.name, label);
            let path = SlotPath::new(&declared.name);
            self.room = EMPTY_MAX.0;
            self.explain_field(declared, SlotCursor::new(field, root, &path))?;
        }
        Ok(())
    }

    /// Explains a field, or a member of a struct, at the slot that its own is counted from.
    fn explain_field(&mut self, field: &StorageField, cursor: SlotCursor<'_>) -> StoreResult {
        let Some(slot) = field.slot else {
            self.note(format!("the slot of {} is no number", field.name));
            return Ok(());
        };
        let slot = cursor.slot.wrapping_add(slot);
        let before = field.retyped_from.as_deref();
        let (offset, cursor) = (field.offset, cursor.descend(slot, cursor.path));
        self.explain_value(
            field.ty,
            SlotCursor {
                offset,
                before,
                ..cursor
            },
        )
    }

    fn add_field(&mut self, area: &str, name: &str, kind: &str) -> usize {
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

    /// Returns what a slot holds.
    fn read_word(&self, slot: U256) -> Result<U256, redb::Error> {
        let leaf = self.known.leaves.get(keccak256(B256::from(slot)).0)?;
        Ok(leaf.map_or(U256::ZERO, |leaf| U256::from_be_bytes(leaf.value().0)))
    }

    /// Marks these bytes of a slot as those of a field, and returns the value of the slot.
    fn mark(&mut self, cursor: SlotCursor<'_>, bytes: u32) -> Result<Option<U256>, redb::Error> {
        let slot = B256::from(cursor.slot);
        let hash = keccak256(slot);
        let Some(leaf) = self.known.leaves.get(hash.0)? else {
            self.room = self.room.saturating_sub(1);
            let begins = hash.first_chunk();
            if begins.is_some_and(|begin| self.inputs.sought.contains(begin)) {
                self.explained.implied.insert(hash.0, slot);
            }
            return Ok(None);
        };
        let value = leaf.value().0;
        let before = self.marks.get(hash.0)?.map_or(0, |mark| mark.value());
        let after = before | bytes;
        if after != before {
            self.marks.insert(hash.0, after)?;
            self.grown += 1;
            let count = &mut self.explained.fields[cursor.field];
            count.slots += u64::from(before == 0);
            count.bytes += u64::from((after & !before).count_ones());
            let (slot, value) = (Some(slot), value.into());
            self.write(&StorageLeaf { hash, value, slot }, Some(cursor.path))?;
        }
        Ok(Some(U256::from_be_bytes(value)))
    }

    /// Writes a slot, and what it is.
    fn write(&mut self, leaf: &StorageLeaf, path: Option<&SlotPath<'_>>) -> StoreResult {
        let Some(out) = self.out.as_mut().filter(|_| self.inputs.entries.is_none()) else {
            return Ok(());
        };
        let StorageLeaf { hash, value, slot } = leaf;
        let field = path.map(SlotPath::to_string);
        let line = json!({"hash": hash, "slot": slot, "value": value, "field": field});
        writeln!(out, "{line}").map_err(redb::Error::Io)
    }

    /// Explains a value of a type.
    fn explain_value(&mut self, id: TypeId, cursor: SlotCursor<'_>) -> StoreResult {
        let inputs = self.inputs;
        let ty = inputs.storage.ty(id);
        if ty.kind == TypeKind::Unknown && ty.size().is_none() {
            self.note(format!("the type {} is not known", ty.label));
            return self.mark(cursor, WHOLE).map(drop);
        }
        if self.room == 0 {
            let name = &self.explained.fields[cursor.field].name;
            self.note(format!("{name} has more places than are looked at"));
            return Ok(());
        }
        if cursor.depth == 0 {
            self.note(format!("{} is nested too deeply", ty.label));
            return Ok(());
        }
        let size = ty.size().unwrap_or(WORD_BYTES);
        match &ty.kind {
            TypeKind::Mapping(mapping) => self.explain_mapping(mapping, cursor),
            TypeKind::Vector(element) => {
                let length = self.mark(cursor, WHOLE)?.unwrap_or_default();
                self.explain_elements(
                    *element,
                    length,
                    cursor.descend(elements_begin(cursor.slot), cursor.path),
                )
            }
            TypeKind::Bytes | TypeKind::String => self.explain_text(cursor),
            TypeKind::Struct(Some(members)) => {
                for member in members {
                    let path = cursor.path.then(PathSegment::Name(&member.name));
                    self.explain_field(
                        member,
                        SlotCursor {
                            path: &path,
                            ..cursor
                        },
                    )?;
                }
                Ok(())
            }
            TypeKind::Array { element, length } => {
                // A layout can claim a length that exceeds its own size.
                let room = match inputs.storage.ty(*element).size().unwrap_or(WORD_BYTES) {
                    bytes @ ..=16 => (size / WORD_BYTES).saturating_mul(WORD_BYTES / bytes.max(1)),
                    bytes => size / WORD_BYTES / bytes.div_ceil(WORD_BYTES),
                };
                self.explain_elements(*element, U256::from(room).min(*length), cursor)
            }
            TypeKind::Lazy(lazy) => self.explain_lazy(&ty.label, lazy, cursor),
            _ if size > WORD_BYTES => self.explain_words(size, low_bytes, ELEMENTS_MAX, cursor),
            _ => self.mark(cursor, byte_mask(cursor.offset, size)).map(drop),
        }
    }

    /// Explains the elements of an array from a slot on.
    fn explain_elements(
        &mut self,
        element: TypeId,
        count: U256,
        cursor: SlotCursor<'_>,
    ) -> StoreResult {
        let ty = self.inputs.storage.ty(element);
        let size = ty.size().unwrap_or(WORD_BYTES).max(1);
        let is_made_of_others = matches!(ty.kind, TypeKind::Struct(_) | TypeKind::Array { .. });
        let each = if !is_made_of_others && size <= 16 {
            WORD_BYTES / size
        } else {
            1
        };
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let steps = count.div_ceil(each);
        if steps > ELEMENTS_MAX {
            self.note(format!(
                "{}: {ELEMENTS_MAX} of {count} elements were looked at",
                cursor.path
            ));
        }
        let stride = size.div_ceil(WORD_BYTES);
        for step in 0..steps.min(ELEMENTS_MAX) {
            let path = cursor.path.then(PathSegment::Index(step * each));
            let slot = cursor
                .slot
                .wrapping_add(U256::from(step) * U256::from(stride));
            let here = cursor.descend(slot, &path);
            if each == 1 {
                self.explain_value(element, here)?;
            } else {
                let count = (count - step * each).min(each);
                self.mark(here, low_bytes(count * size))?;
            }
        }
        Ok(())
    }

    /// Explains `bytes` or `string`. A word that no compiler writes, and what lies after the end, is not explained.
    fn explain_text(&mut self, cursor: SlotCursor<'_>) -> StoreResult {
        let length = match text_length(self.read_word(cursor.slot)?.into()) {
            TextLength::Malformed => return Ok(()),
            TextLength::Here(length) => return self.mark(cursor, high_bytes(length) | 1).map(drop),
            TextLength::Elsewhere(length) => length,
        };
        self.mark(cursor, WHOLE)?;
        let most = TEXT_MAX * WORD_BYTES;
        if length > most {
            self.note(format!(
                "{}: {most} of {length} bytes were looked at",
                cursor.path
            ));
        }
        let below = cursor.descend(elements_begin(cursor.slot), cursor.path);
        // The end of a text lies at the high-order end of its word.
        self.explain_words(length.min(most), high_bytes, TEXT_MAX, below)
    }

    fn explain_mapping(&mut self, mapping: &MappingType, cursor: SlotCursor<'_>) -> StoreResult {
        let storage = &self.inputs.storage;
        let is_innermost = !matches!(storage.kind(mapping.value), TypeKind::Mapping(_));
        let key = KeyType::of_mapping(storage, mapping);
        self.try_keys(&key, cursor, is_innermost, &mut |walk, cursor| {
            walk.explain_value(mapping.value, cursor)
        })
    }

    /// Tries keys, and counts those that have an entry.
    fn try_keys(
        &mut self,
        key: &KeyType,
        cursor: SlotCursor<'_>,
        counts: bool,
        look: &mut dyn FnMut(&mut Self, SlotCursor<'_>) -> StoreResult,
    ) -> StoreResult {
        let known = self.known;
        let nothing = ValueRecord::default();
        let of_hashed = cursor.record.unwrap_or(&nothing);
        let mut try_key = |walk: &mut Self, hashed: &[u8], record: &ValueRecord| -> StoreResult {
            let path = cursor.path.then(PathSegment::Key(key, hashed));
            let slot = entry(hashed, cursor.slot);
            let before = walk.grown;
            let below = SlotCursor {
                record: Some(record),
                ..cursor.descend(slot, &path)
            };
            let room = std::mem::replace(&mut walk.room, EMPTY_MAX.1);
            look(walk, below)?;
            walk.room = room;
            if !counts || walk.grown == before {
                return Ok(());
            }
            let count = &mut walk.explained.fields[cursor.field];
            count.entries += 1;
            if let Some(mapping) = walk.inputs.entries
                && let Some(keys) = mapping.keys_in(&count.area, &path)
            {
                let value = walk.read_word(slot)?.to_be_bytes();
                walk.entries.insert(keys.as_slice(), value)?;
            }
            Ok(())
        };
        for hashed in known.keys.get(cursor.slot.to_be_bytes::<32>())? {
            try_key(self, hashed?.value(), of_hashed)?;
        }
        let mut try_record = |walk: &mut Self, record: &ValueRecord| -> StoreResult {
            for value in &record.0 {
                if let Some(hashed) = key.encode(value) {
                    try_key(walk, &hashed, record)?;
                }
            }
            Ok(())
        };
        if let Some(record) = cursor.record {
            return try_record(self, record);
        }
        for record in known.records.iter()? {
            try_record(self, &ValueRecord::from_bytes(record?.0.value()))?;
        }
        if self.inputs.with_values {
            for leaf in known.leaves.iter()? {
                try_record(self, &ValueRecord(vec![leaf?.1.value().0.into()]))?;
            }
        }
        Ok(())
    }

    /// Explains a lazy map or cell: each value has the form of one of several versions, and each form a root of its
    /// own. The oldest form comes first.
    fn explain_lazy(
        &mut self,
        label: &str,
        lazy: &LazyType,
        cursor: SlotCursor<'_>,
    ) -> StoreResult {
        let key = lazy_key(lazy);
        let mut field = cursor.field;
        self.explained.fields[field].kind = format!("old form of {label}");
        // The field has the type of the oldest form.
        let oldest = cursor
            .before
            .and_then(|label| self.inputs.storage.size_of(label));
        for LazyRoot { slot, count, form } in lazy_roots(cursor.slot, lazy) {
            if let Some((form, count)) = form.zip(count) {
                let area = self.explained.fields[cursor.field].area.clone();
                field = self.add_field(&area, &cursor.path.to_string(), &form.label);
                let remaining = cursor.path.then(PathSegment::Name("remaining"));
                let count = cursor.descend(count, &remaining);
                self.mark(SlotCursor { field, ..count }, WHOLE)?;
            }
            let here = cursor.descend(slot, cursor.path);
            let here = SlotCursor { field, ..here };
            // After the oldest form of a cell there are other fields.
            let size = form.map_or(oldest, |form| form.size);
            let size = size.unwrap_or(match (form, &key) {
                (None, None) => WORD_BYTES,
                _ => LAZY_WORDS * WORD_BYTES,
            });
            match &key {
                Some(key) => self.try_keys(key, here, true, &mut |walk, cursor| {
                    walk.explain_words(size, low_bytes, LAZY_WORDS, cursor)
                })?,
                None => self.explain_words(size, low_bytes, LAZY_WORDS, here)?,
            }
        }
        Ok(())
    }

    /// Explains the words of a value of `size` bytes, `most` at most. `mask` gives the bytes of the last one.
    fn explain_words(
        &mut self,
        size: u64,
        mask: fn(u64) -> u32,
        most: u64,
        cursor: SlotCursor<'_>,
    ) -> StoreResult {
        for word in 0..size.div_ceil(WORD_BYTES).min(most) {
            let slot = cursor.slot.wrapping_add(U256::from(word));
            let here = (size - word * WORD_BYTES).min(WORD_BYTES);
            self.mark(SlotCursor { slot, ..cursor }, mask(here))?;
        }
        Ok(())
    }

    /// Finishes what is left.
    fn finish(mut self) -> Result<StorageExplanation, redb::Error> {
        if let (Some(mapping), Some(out)) = (self.inputs.entries, &mut self.out) {
            for row in self.entries.iter()? {
                let (keys, value) = row?;
                let line = mapping.line(keys.value(), value.value());
                writeln!(out, "{line}").map_err(redb::Error::Io)?;
            }
        }
        let known = self.known;
        self.explained.slots = known.leaves.len()?;
        self.explained.explained = self.explained.slots;
        for row in known.leaves.iter()? {
            let (hash, kept) = row?;
            let leaf = StorageLeaf::from_stored(hash.value(), kept.value());
            let mark = self.marks.get(leaf.hash.0)?.map_or(0, |mark| mark.value());
            let mut low_first = leaf.value.iter().rev().enumerate();
            if !low_first.any(|(at, byte)| *byte != 0 && mark >> at & 1 == 0) {
                continue;
            }
            self.explained.explained -= 1;
            self.write(&leaf, None)?;
            if self.explained.unexplained.len() < UNEXPLAINED_MAX {
                let partly = mark != 0;
                self.explained
                    .unexplained
                    .push(UnexplainedSlot { leaf, partly });
            }
        }
        Ok(self.explained)
    }
}

/// The mask of `size` bytes from an offset on, a bit each.
fn byte_mask(offset: u64, size: u64) -> u32 {
    let below = |end: u64| match end {
        0..WORD_BYTES => (1_u32 << end) - 1,
        _ => WHOLE,
    };
    below(offset.saturating_add(size)) & !below(offset)
}

/// The mask of `size` bytes at the low-order end of a word.
fn low_bytes(size: u64) -> u32 {
    byte_mask(0, size)
}

/// The mask of `size` bytes at its high-order end.
fn high_bytes(size: u64) -> u32 {
    byte_mask(WORD_BYTES - size, size)
}

#[cfg(test)]
mod tests;
