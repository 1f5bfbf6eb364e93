//! The meaning of each slot, by a layout: from every field down to its slots, of which those are looked up that
//! were collected. Nothing is guessed: a slot is explained where its hash is the one that the layout gives it.

use super::FieldCount;
use super::entries::Mapping;
use super::path::{Path, Step};
use super::record::Record;
use super::store::{KEYS, Kept, LEAVES, Leaf, RECORDS, Store};
use super::walk::{First, Slots};
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
pub struct Unexplained {
    /// The slot, and what it holds.
    #[serde(flatten)]
    pub leaf: Leaf,
    /// True if fields of the layout have other bytes of it.
    pub partly: bool,
}

/// The slots that a layout explains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The number of slots that are not zero.
    pub slots: u64,
    /// The number of them that are explained.
    pub explained: u64,
    /// The counts of what each field stores.
    pub fields: Vec<FieldCount>,
    /// Slots that are not explained, up to a bound.
    pub unexplained: Vec<Unexplained>,
    /// The things that are not followed.
    #[serde(skip)]
    pub(super) notes: BTreeSet<String>,
    /// Slots that are not there, and whose hashes begin as those that no proof was found for.
    #[serde(skip)]
    pub(super) implied: Slots,
}

impl Explained {
    /// Returns how many slots are not explained.
    pub fn left(&self) -> u64 {
        self.slots - self.explained
    }
}

/// The inputs of an explanation.
pub(super) struct By<'a> {
    pub(super) storage: Storage,
    /// The slots that the framework and the SDK keep, by name, and how many bytes of each.
    framework: Vec<(String, B256, u64)>,
    /// True if values in storage are tried as keys too.
    pub(super) with_values: bool,
    /// The mapping whose entries are written, instead of every slot.
    pub(super) entries: Option<&'a Mapping>,
    /// The first bytes of hashes that no proof was found for.
    pub(super) sought: HashSet<First>,
}

impl<'a> By<'a> {
    /// A storage, with the framework's slots for these versions.
    pub(super) fn of(storage: Storage, versions: &[String]) -> Self {
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
    store: &Store,
    by: &By<'_>,
    out: Option<&mut dyn Write>,
) -> Result<Explained, ChainError> {
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

/// The data that were collected.
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
    out: Option<&'o mut (dyn Write + 'o)>,
    explained: Explained,
    /// The number of times that bytes were explained that were not before.
    grown: u64,
    /// The number of places without a slot that are still looked at.
    room: u64,
}

/// A place where something is looked for.
#[derive(Clone, Copy)]
struct At<'p> {
    /// Its place in [`Explained::fields`].
    field: usize,
    slot: U256,
    /// The offset in that, in bytes from the low-order end.
    offset: u64,
    path: &'p Path<'p>,
    /// Its type in the version before, where the layout says so.
    before: Option<&'p str>,
    /// The record whose values are tried as keys; all of them where there is none.
    record: Option<&'p Record>,
    depth: u8,
}

impl<'p> At<'p> {
    /// A field.
    fn of(field: usize, slot: U256, path: &'p Path<'p>) -> Self {
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

    /// Something of it.
    fn at(self, slot: U256, path: &'p Path<'p>) -> Self {
        Self {
            slot,
            offset: 0,
            path,
            depth: self.depth.saturating_sub(1),
            ..self
        }
    }
}

impl Walk<'_, '_, '_> {
    fn all(&mut self) -> Done {
        let by = self.by;
        for area in by.storage.areas() {
            let name = &area.name;
            match area.root {
                Some(root) => self.fields(&area.fields, name, root)?,
                None => self.note(format!("where the namespace {name} begins is not known")),
            }
        }
        for (name, slot, size) in &self.by.framework {
            let field = self.field(FRAMEWORK, name, "word");
            let path = Path::of(name);
            let at = At::of(field, (*slot).into(), &path);
            self.see(at, low(*size))?;
        }
        Ok(())
    }

    fn fields(&mut self, fields: &[StorageField], area: &str, root: U256) -> Done {
        let storage = &self.by.storage;
        let is_gap = |field: &&StorageField| storage.is_gap(&field.name, field.ty);
        for declared in fields.iter().filter(|field| !is_gap(field)) {
            let label = &storage.ty(declared.ty).label;
            let field = self.field(area, &declared.name, label);
            let path = Path::of(&declared.name);
            self.room = EMPTY_MAX.0;
            self.declared(declared, At::of(field, root, &path))?;
        }
        Ok(())
    }

    /// A field, or a member of a struct, at the slot that its own is counted from.
    fn declared(&mut self, field: &StorageField, at: At<'_>) -> Done {
        let Some(slot) = field.slot else {
            self.note(format!("the slot of {} is no number", field.name));
            return Ok(());
        };
        let slot = at.slot.wrapping_add(slot);
        let before = field.retyped_from.as_deref();
        let (offset, at) = (field.offset, at.at(slot, at.path));
        self.value(
            field.ty,
            At {
                offset,
                before,
                ..at
            },
        )
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

    /// Returns what a slot holds.
    fn word(&self, slot: U256) -> Result<U256, redb::Error> {
        let leaf = self.known.leaves.get(keccak256(B256::from(slot)).0)?;
        Ok(leaf.map_or(U256::ZERO, |leaf| U256::from_be_bytes(leaf.value().0)))
    }

    /// Looks up a slot of which a field has these bytes; its value.
    fn see(&mut self, at: At<'_>, bytes: u32) -> Result<Option<U256>, redb::Error> {
        let slot = B256::from(at.slot);
        let hash = keccak256(slot);
        let Some(leaf) = self.known.leaves.get(hash.0)? else {
            self.room = self.room.saturating_sub(1);
            let begins = hash.first_chunk();
            if begins.is_some_and(|begin| self.by.sought.contains(begin)) {
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
            let count = &mut self.explained.fields[at.field];
            count.slots += u64::from(before == 0);
            count.bytes += u64::from((after & !before).count_ones());
            let (slot, value) = (Some(slot), value.into());
            self.write(&Leaf { hash, value, slot }, Some(at.path))?;
        }
        Ok(Some(U256::from_be_bytes(value)))
    }

    /// Writes a slot, and what it is.
    fn write(&mut self, leaf: &Leaf, path: Option<&Path<'_>>) -> Done {
        let Some(out) = self.out.as_mut().filter(|_| self.by.entries.is_none()) else {
            return Ok(());
        };
        let Leaf { hash, value, slot } = leaf;
        let field = path.map(Path::to_string);
        let line = json!({"hash": hash, "slot": slot, "value": value, "field": field});
        writeln!(out, "{line}").map_err(redb::Error::Io)
    }

    /// A value of a type.
    fn value(&mut self, id: TypeId, at: At<'_>) -> Done {
        let by = self.by;
        let ty = by.storage.ty(id);
        if ty.kind == TypeKind::Unknown && ty.size().is_none() {
            self.note(format!("the type {} is not known", ty.label));
            return self.see(at, WHOLE).map(drop);
        }
        if self.room == 0 {
            let name = &self.explained.fields[at.field].name;
            self.note(format!("{name} has more places than are looked at"));
            return Ok(());
        }
        if at.depth == 0 {
            self.note(format!("{} is nested too deeply", ty.label));
            return Ok(());
        }
        let size = ty.size().unwrap_or(WORD_BYTES);
        match &ty.kind {
            TypeKind::Mapping(mapping) => self.mapping(mapping, at),
            TypeKind::Vector(element) => {
                let length = self.see(at, WHOLE)?.unwrap_or_default();
                self.elements(*element, length, at.at(elements_begin(at.slot), at.path))
            }
            TypeKind::Bytes | TypeKind::String => self.text(at),
            TypeKind::Struct(Some(members)) => {
                for member in members {
                    let path = at.path.then(Step::Name(&member.name));
                    self.declared(member, At { path: &path, ..at })?;
                }
                Ok(())
            }
            TypeKind::Array { element, length } => {
                // A layout can claim a length that exceeds its own size.
                let room = match by.storage.ty(*element).size().unwrap_or(WORD_BYTES) {
                    bytes @ ..=16 => (size / WORD_BYTES).saturating_mul(WORD_BYTES / bytes.max(1)),
                    bytes => size / WORD_BYTES / bytes.div_ceil(WORD_BYTES),
                };
                self.elements(*element, U256::from(room).min(*length), at)
            }
            TypeKind::Lazy(lazy) => self.lazy(&ty.label, lazy, at),
            _ if size > WORD_BYTES => self.words((size, low), ELEMENTS_MAX, at),
            _ => self.see(at, bits(at.offset, size)).map(drop),
        }
    }

    /// The elements of an array from a slot on.
    fn elements(&mut self, element: TypeId, count: U256, at: At<'_>) -> Done {
        let ty = self.by.storage.ty(element);
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
                at.path
            ));
        }
        let stride = size.div_ceil(WORD_BYTES);
        for step in 0..steps.min(ELEMENTS_MAX) {
            let path = at.path.then(Step::Index(step * each));
            let slot = at.slot.wrapping_add(U256::from(step) * U256::from(stride));
            let here = at.at(slot, &path);
            if each == 1 {
                self.value(element, here)?;
            } else {
                let count = (count - step * each).min(each);
                self.see(here, low(count * size))?;
            }
        }
        Ok(())
    }

    /// `bytes` or `string`. A word that no compiler writes, and what lies after the end, is not explained.
    fn text(&mut self, at: At<'_>) -> Done {
        let length = match text_length(self.word(at.slot)?.into()) {
            TextLength::Malformed => return Ok(()),
            TextLength::Here(length) => return self.see(at, high(length) | 1).map(drop),
            TextLength::Elsewhere(length) => length,
        };
        self.see(at, WHOLE)?;
        let most = TEXT_MAX * WORD_BYTES;
        if length > most {
            self.note(format!(
                "{}: {most} of {length} bytes were looked at",
                at.path
            ));
        }
        let below = at.at(elements_begin(at.slot), at.path);
        // The end of a text lies at the high-order end of its word.
        self.words((length.min(most), high), TEXT_MAX, below)
    }

    fn mapping(&mut self, mapping: &MappingType, at: At<'_>) -> Done {
        let storage = &self.by.storage;
        let is_innermost = !matches!(storage.kind(mapping.value), TypeKind::Mapping(_));
        let key = KeyType::of_mapping(storage, mapping);
        self.entries(&key, at, is_innermost, &mut |walk, at| {
            walk.value(mapping.value, at)
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
                ..at.at(slot, &path)
            };
            let room = std::mem::replace(&mut walk.room, EMPTY_MAX.1);
            look(walk, below)?;
            walk.room = room;
            if !counts || walk.grown == before {
                return Ok(());
            }
            let count = &mut walk.explained.fields[at.field];
            count.entries += 1;
            if let Some(mapping) = walk.by.entries
                && let Some(keys) = mapping.keys_in(&count.area, &path)
            {
                let value = walk.word(slot)?.to_be_bytes();
                walk.entries.insert(keys.as_slice(), value)?;
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
                each(self, &Record(vec![leaf?.1.value().0.into()]))?;
            }
        }
        Ok(())
    }

    /// Adds a lazy map or cell: each value has the form of one of several versions, and each form a root of its own.
    /// The oldest form comes first.
    fn lazy(&mut self, label: &str, lazy: &LazyType, at: At<'_>) -> Done {
        let key = lazy_key(lazy);
        let mut field = at.field;
        self.explained.fields[field].kind = format!("old form of {label}");
        // The field has the type of the oldest form.
        let oldest = at.before.and_then(|label| self.by.storage.size_of(label));
        for LazyRoot { slot, count, form } in lazy_roots(at.slot, lazy) {
            if let Some((form, count)) = form.zip(count) {
                let area = self.explained.fields[at.field].area.clone();
                field = self.field(&area, &at.path.to_string(), &form.label);
                let remaining = at.path.then(Step::Name("remaining"));
                let count = at.at(count, &remaining);
                self.see(At { field, ..count }, WHOLE)?;
            }
            let here = at.at(slot, at.path);
            let here = At { field, ..here };
            // After the oldest form of a cell there are other fields.
            let size = form.map_or(oldest, |form| form.size);
            let size = size.unwrap_or(match (form, &key) {
                (None, None) => WORD_BYTES,
                _ => LAZY_WORDS * WORD_BYTES,
            });
            match &key {
                Some(key) => self.entries(key, here, true, &mut |walk, at| {
                    walk.words((size, low), LAZY_WORDS, at)
                })?,
                None => self.words((size, low), LAZY_WORDS, here)?,
            }
        }
        Ok(())
    }

    /// The words of a value of `size` bytes, up to a bound; of the last one those that `of` says.
    fn words(&mut self, (size, of): (u64, fn(u64) -> u32), most: u64, at: At<'_>) -> Done {
        for word in 0..size.div_ceil(WORD_BYTES).min(most) {
            let slot = at.slot.wrapping_add(U256::from(word));
            let here = (size - word * WORD_BYTES).min(WORD_BYTES);
            self.see(At { slot, ..at }, of(here))?;
        }
        Ok(())
    }

    /// Finishes what is left.
    fn finish(mut self) -> Result<Explained, redb::Error> {
        if let (Some(mapping), Some(out)) = (self.by.entries, &mut self.out) {
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
            let leaf = Leaf::of(hash.value(), kept.value());
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
                    .push(Unexplained { leaf, partly });
            }
        }
        Ok(self.explained)
    }
}

/// `size` bytes from an offset on, a bit each.
fn bits(offset: u64, size: u64) -> u32 {
    let below = |end: u64| match end {
        0..WORD_BYTES => (1_u32 << end) - 1,
        _ => WHOLE,
    };
    below(offset.saturating_add(size)) & !below(offset)
}

/// `size` bytes at the low-order end of a word.
fn low(size: u64) -> u32 {
    bits(0, size)
}

/// `size` bytes at its high-order end.
fn high(size: u64) -> u32 {
    bits(WORD_BYTES - size, size)
}

#[cfg(test)]
mod tests;
