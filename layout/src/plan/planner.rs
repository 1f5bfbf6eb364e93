//! Decides leaf by leaf, then puts the words together.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::U256;

use super::entries::entries;
use super::leaves::{Kind, Leaf};
use super::widen::{Conversion, in_place, unchanged, widen};
use super::{Entries, Origin, Overrides, Part, Plan, Put, Read, Take, Unsupported, Value, Write};
use crate::bytes::WORD_BYTES;
use crate::storage::{TypeKind, TypeRef};

/// A byte range of a word.
#[derive(Debug, Clone, Copy)]
struct Bits {
    slot: U256,
    offset: u64,
    bytes: u64,
}

impl Bits {
    fn of(leaf: &Leaf<'_>) -> Self {
        Self {
            slot: leaf.slot,
            offset: leaf.offset,
            bytes: leaf.bytes,
        }
    }

    fn mask(self) -> U256 {
        ones(self.bytes) << (8 * self.offset as usize)
    }
}

/// Returns a word whose `bytes` low-order bytes are set.
pub(crate) fn ones(bytes: u64) -> U256 {
    if bytes >= WORD_BYTES {
        U256::MAX
    } else {
        (U256::from(1) << (8 * bytes as usize)) - U256::from(1)
    }
}

/// The migration as far as it is decided.
#[derive(Default)]
pub(super) struct Planner<'p> {
    old: &'p [Leaf<'p>],
    /// Old leaves that a new one takes over or is said to replace.
    accounted: BTreeSet<usize>,
    /// Old leaves that stay where they are, byte for byte.
    kept: BTreeSet<usize>,
    /// Old leaves that the author's code reads, each with the slot of the new one that it is for.
    coded: BTreeSet<(usize, U256)>,
    /// New static leaves that are written, with where they come from.
    parts: Vec<(Bits, Part)>,
    reads: Vec<Read>,
    read_of: BTreeMap<usize, usize>,
    /// New `bytes` and `string`s: (old leaf, new slot).
    moved_texts: Vec<(usize, U256)>,
    /// True if the keys of maps are known.
    has_keys: bool,
    entries: Vec<Entries>,
    names: BTreeSet<String>,
}

impl<'p> Planner<'p> {
    pub(super) fn new(old: &'p [Leaf<'p>], has_keys: bool) -> Self {
        Self {
            old,
            has_keys,
            ..Self::default()
        }
    }

    /// Decides on one new leaf.
    pub(super) fn carry(&mut self, leaf: &Leaf<'p>, source: Origin<'_>) -> Result<(), Unsupported> {
        let from = match source {
            Origin::Code(code) => return self.code(leaf, code),
            // It starts empty: what was on its bytes is cleared with the field that was there.
            Origin::Nothing => return Ok(()),
            Origin::Old(from) => from,
        };
        let Some(old) = self.old.get(from) else {
            return Ok(());
        };
        self.accounted.insert(from);
        let same_slot = old.slot == leaf.slot;
        match (&old.kind, &leaf.kind) {
            (Kind::Static(a), Kind::Static(b)) => {
                let conversion = widen(old, leaf).ok_or_else(|| {
                    if is_unknown(a) || is_unknown(b) {
                        leaf.unknown()
                    } else {
                        leaf.narrower(old)
                    }
                })?;
                let in_place = same_slot && old.offset == leaf.offset && old.bytes == leaf.bytes;
                if !in_place && (old.may_hash_its_slot() || leaf.may_hash_its_slot()) {
                    return Err(leaf.unknown());
                }
                if in_place && conversion == Conversion::Same {
                    self.kept.insert(from);
                    return Ok(());
                }
                if leaf.bytes > WORD_BYTES {
                    return Err(leaf.unknown());
                }
                let value = Value::Old(self.read(from), conversion);
                self.part(leaf, value);
            }
            (Kind::Bytes, Kind::Bytes) | (Kind::String, Kind::String) => {
                self.moved_texts.push((from, leaf.slot))
            }
            // Both are kept alike.
            (Kind::Bytes | Kind::String, Kind::Bytes | Kind::String)
                if leaf.is_declared_from(old) =>
            {
                self.moved_texts.push((from, leaf.slot))
            }
            (Kind::Map, Kind::Map) if same_slot && entries_stay(old.ty, leaf.ty) => {
                self.kept.insert(from);
            }
            (Kind::Vec, Kind::Vec) if same_slot && unchanged(old.ty, leaf.ty) => {
                self.kept.insert(from);
            }
            // It is kept lazily from now on.
            (Kind::Map | Kind::Vec, Kind::Static(_))
                if same_slot && leaf.may_hash_its_slot() && leaf.is_declared_from(old) =>
            {
                self.kept.insert(from);
            }
            (Kind::Map, Kind::Map)
                if self.has_keys
                    && let Some(mut moved) = entries(old, leaf)? =>
            {
                moved.name = self.name(&leaf.path).replacen("old", "migrate", 1);
                self.entries.push(moved);
            }
            (Kind::Map, _) | (_, Kind::Map) => {
                let (field, from, to) = leaf.change(old);
                return Err(Unsupported::Map { field, from, to });
            }
            (Kind::Vec, _) | (_, Kind::Vec) => {
                let (field, from, to) = leaf.change(old);
                return Err(Unsupported::Array { field, from, to });
            }
            _ => return Err(leaf.narrower(old)),
        }
        Ok(())
    }

    fn code(&mut self, leaf: &Leaf<'p>, code: &str) -> Result<(), Unsupported> {
        if !matches!(leaf.kind, Kind::Static(_)) || leaf.bytes > WORD_BYTES {
            return Err(Unsupported::Code {
                field: leaf.path.clone(),
            });
        }
        let mut named = BTreeSet::new();
        for (at, old) in self.old.iter().enumerate() {
            if matches!(old.kind, Kind::Static(_))
                && old.bytes <= WORD_BYTES
                && mentions(code, &name_of(&old.path))
            {
                if !named.insert(name_of(&old.path)) {
                    return Err(Unsupported::Ambiguous {
                        field: old.path.clone(),
                    });
                }
                self.accounted.insert(at);
                self.coded.insert((at, leaf.slot));
                self.read(at);
            }
        }
        self.part(leaf, Value::Code(code.to_owned()));
        Ok(())
    }

    fn part(&mut self, leaf: &Leaf<'_>, value: Value) {
        let part = Part {
            field: leaf.path.clone(),
            offset: leaf.offset,
            bytes: leaf.bytes,
            value,
        };
        self.parts.push((Bits::of(leaf), part));
    }

    /// The read of an old leaf, made once.
    fn read(&mut self, at: usize) -> usize {
        if let Some(&read) = self.read_of.get(&at) {
            return read;
        }
        let read = self.reads.len();
        if let Some(leaf) = self.old.get(at) {
            let name = self.name(&leaf.path);
            let label = leaf.ty.label().to_owned();
            self.reads.push(Read {
                name,
                label,
                slot: leaf.slot,
                offset: leaf.offset,
                bytes: leaf.bytes,
            });
            self.read_of.insert(at, read);
        }
        read
    }

    /// A name for an old leaf that no other has.
    fn name(&mut self, path: &str) -> String {
        let first = name_of(path);
        let mut name = first.clone();
        let mut number = 1;
        while !self.names.insert(name.clone()) {
            number += 1;
            name = format!("{first}_{number}");
        }
        name
    }

    /// Every old leaf must go somewhere or be said to be dropped.
    pub(super) fn account(&self, overrides: &Overrides) -> Result<(), Unsupported> {
        for (at, leaf) in self.old.iter().enumerate() {
            if !self.accounted.contains(&at) && !overrides.gives_up(&leaf.path) {
                return Err(Unsupported::Lost {
                    field: leaf.path.clone(),
                    kind: leaf.ty.label().into(),
                });
            }
        }
        Ok(())
    }

    /// Entries of a dropped map or array stay: nothing that hashes its slot may lie there.
    pub(super) fn collisions(&self, new: &[Leaf<'_>]) -> Result<(), Unsupported> {
        let left = |at: &usize| !self.kept.contains(at);
        for (at, old) in self
            .old
            .iter()
            .enumerate()
            .filter(|(at, old)| old.holds_entries() && left(at))
        {
            let hashes =
                |leaf: &Leaf<'_>| !matches!(leaf.kind, Kind::Static(_)) || leaf.may_hash_its_slot();
            if let Some(leaf) = new.iter().find(|leaf| {
                let is_coded = self.coded.contains(&(at, leaf.slot));
                leaf.is_in_slots_of(old) && hashes(leaf) && !is_coded
            }) {
                return Err(Unsupported::ShowsThrough {
                    field: leaf.path.clone(),
                    old: old.path.clone(),
                });
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Plan {
        let (takes, puts) = self.texts();
        // Bits of every word that change: those of old values that do not stay, and of new ones.
        let mut changed: BTreeMap<U256, U256> = BTreeMap::new();
        for (at, leaf) in self.old.iter().enumerate() {
            let stays = self.kept.contains(&at)
                || matches!(leaf.kind, Kind::Bytes | Kind::String | Kind::Map);
            if !stays {
                let words = leaf.bytes.div_ceil(WORD_BYTES).max(1);
                for word in 0..words {
                    let bytes = (leaf.bytes - word * WORD_BYTES).min(WORD_BYTES);
                    let bits = Bits {
                        slot: leaf.slot + U256::from(word),
                        offset: leaf.offset,
                        bytes,
                    };
                    *changed.entry(bits.slot).or_default() |= bits.mask();
                }
            }
        }
        let mut parts: BTreeMap<U256, Vec<Part>> = BTreeMap::new();
        for (bits, part) in self.parts {
            *changed.entry(bits.slot).or_default() |= bits.mask();
            parts.entry(bits.slot).or_default().push(part);
        }
        // A put writes its word whole.
        let put: BTreeSet<U256> = puts.iter().map(|put: &Put| put.slot).collect();
        let writes = changed
            .into_iter()
            .filter(|(slot, _)| !put.contains(slot))
            .map(|(slot, changed)| Write {
                slot,
                keep: !changed,
                parts: parts.remove(&slot).unwrap_or_default(),
            })
            .collect();
        Plan {
            reads: self.reads,
            takes,
            writes,
            puts,
            entries: self.entries,
        }
    }

    /// `bytes` and `string`s: those that stay alone on their slot are left there.
    fn texts(&mut self) -> (Vec<Take>, Vec<Put>) {
        let (mut takes, mut puts, old) = (vec![], vec![], self.old);
        for (at, leaf) in old
            .iter()
            .enumerate()
            .filter(|(_, leaf)| matches!(leaf.kind, Kind::Bytes | Kind::String))
        {
            let to: Vec<U256> = self
                .moved_texts
                .iter()
                .filter(|(from, _)| *from == at)
                .map(|(_, slot)| *slot)
                .collect();
            if to == [leaf.slot] {
                self.kept.insert(at);
                continue;
            }
            puts.extend(to.iter().map(|&slot| Put {
                take: takes.len(),
                slot,
            }));
            takes.push(Take {
                name: self.name(&leaf.path),
                slot: leaf.slot,
                used: !to.is_empty(),
            });
        }
        (takes, puts)
    }
}

/// The name of an old leaf in generated code.
fn name_of(path: &str) -> String {
    let mut name = String::from("old");
    for piece in path
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|piece| !piece.is_empty())
    {
        name.push('_');
        name.push_str(&piece.to_ascii_lowercase());
    }
    name
}

/// An enum whose members the compiler did not list.
fn is_unknown(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Enum(None))
}

/// Returns true if code names an identifier.
fn mentions(code: &str, name: &str) -> bool {
    code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|word| word == name)
}

/// Returns true if a map's entries read the same in place, or as wider numbers.
fn entries_stay(old: TypeRef<'_>, new: TypeRef<'_>) -> bool {
    unchanged(old, new) || in_place(old, new)
}
