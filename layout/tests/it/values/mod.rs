//! Storage filled and read at the locations of a model, independently of the library.
#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{B256, U256, keccak256};

mod apply;

pub use apply::*;

use super::random::{Model, Rng, Ty, any, word};

/// Storage of one account.
#[derive(Debug, Clone, Default)]
pub struct Memory(pub BTreeMap<U256, B256>);

impl Storage for Memory {
    fn load(&self, slot: U256) -> B256 {
        self.0.get(&slot).copied().unwrap_or_default()
    }

    fn store(&mut self, slot: U256, word: B256) {
        self.0.insert(slot, word);
    }
}

/// A value as its author sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number, with its sign if it has one.
    Number(bool, U256),
    /// Bytes of a fixed length.
    Fixed(Vec<u8>),
    Text(Vec<u8>),
}

impl Value {
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Number(_, value) => value.is_zero(),
            Self::Fixed(bytes) => bytes.iter().all(|byte| *byte == 0),
            Self::Text(bytes) => bytes.is_empty(),
        }
    }

    /// Whether it says what the old value said.
    pub fn is(&self, old: &Self) -> bool {
        match (self, old) {
            (Self::Fixed(new), Self::Fixed(old)) => {
                new.starts_with(old) && new[old.len()..].iter().all(|byte| *byte == 0)
            }
            _ => self == old,
        }
    }
}

/// Keys that maps are filled and read with.
const KEYS: [u64; 2] = [1, 0x55];

/// Fills every value of a contract.
pub fn fill(model: &Model, memory: &mut Memory, rng: &mut Rng) {
    each(model, &mut |_, ty, slot, offset, bytes| match ty {
        Ty::Bytes | Ty::Str => write_text(memory, slot, rng),
        Ty::List(_) => memory.store(slot, B256::with_last_byte(3)),
        _ => {
            let value = number(rng) & ones(bytes);
            let value = if *ty == Ty::Bool { U256::ONE } else { value };
            let word = U256::from_be_bytes(memory.load(slot).0) | (value << (8 * offset));
            memory.store(slot, B256::from(word));
        }
    });
}

/// Every value of a contract, by its path.
pub fn read(model: &Model, memory: &Memory) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    each(model, &mut |path, ty, slot, offset, bytes| {
        let raw = (U256::from_be_bytes(memory.load(slot).0) >> (8 * offset)) & ones(bytes);
        let value = match ty {
            Ty::Bytes | Ty::Str => Value::Text(read_text(memory, slot)),
            Ty::Fixed(n) => Value::Fixed(raw.to_be_bytes::<32>()[32 - n..].to_vec()),
            Ty::Int(bits) if raw.bit(bits - 1) => {
                Value::Number(true, (ones(bytes) - raw) + U256::from(1))
            }
            _ => Value::Number(false, raw),
        };
        found.insert(path.to_owned(), value);
    });
    found
}

/// Visits every value of a contract.
fn each(model: &Model, with: &mut Visitor<'_>) {
    let (locations, _) = model.location(&model.vars);
    for ((name, ty), (slot, offset)) in model.vars.iter().zip(locations) {
        if name != "__gap" {
            visit(model, ty, U256::from(slot), offset, name, with);
        }
    }
}

type Visitor<'v> = dyn FnMut(&str, &Ty, U256, usize, usize) + 'v;

/// Every value below a type; of maps the entries of [`KEYS`], of lists three elements.
fn visit(model: &Model, ty: &Ty, slot: U256, offset: usize, path: &str, with: &mut Visitor<'_>) {
    let hash = |parts: &[[u8; 32]]| U256::from_be_bytes(keccak256(parts.concat()).0);
    match ty {
        Ty::Struct(at) => {
            let members = &model.structs[*at];
            for ((name, ty), (inner, offset)) in members.iter().zip(model.location(members).0) {
                let (slot, path) = (slot + U256::from(inner), format!("{path}.{name}"));
                visit(model, ty, slot, offset, &path, with);
            }
        }
        Ty::Array(base, n) => elements(model, base, *n, slot, path, with),
        Ty::List(base) => {
            with(path, ty, slot, 0, 32);
            elements(model, base, 3, hash(&[slot.to_be_bytes()]), path, with);
        }
        Ty::Map(_, value) => {
            for key in KEYS {
                let entry = hash(&[U256::from(key).to_be_bytes(), slot.to_be_bytes()]);
                visit(model, value, entry, 0, &format!("{path}[{key}]"), with);
            }
        }
        _ => with(path, ty, slot, offset, model.size(ty).0),
    }
}

fn elements(model: &Model, base: &Ty, n: usize, slot: U256, path: &str, with: &mut Visitor<'_>) {
    let bytes = model.size(base).0;
    let (per_slot, slots) = if bytes <= 16 {
        (32 / bytes, 1)
    } else {
        (1, bytes.div_ceil(32))
    };
    for i in 0..n {
        let location = slot + U256::from(i / per_slot * slots);
        let path = format!("{path}[{i}]");
        visit(model, base, location, i % per_slot * bytes, &path, with);
    }
}

fn ones(bytes: usize) -> U256 {
    if bytes == 32 {
        U256::MAX
    } else {
        (U256::from(1) << (8 * bytes)) - U256::from(1)
    }
}

fn number(rng: &mut Rng) -> U256 {
    U256::from_limbs([0; 4].map(|_| (rng.roll(1 << 32) as u64) << 32 | rng.roll(1 << 32) as u64))
}

fn write_text(memory: &mut Memory, slot: U256, rng: &mut Rng) {
    let length = *rng.pick(&[0, 1, 31, 32, 33, 64, 100]);
    let bytes: Vec<u8> = (0..length).map(|_| rng.roll(256) as u8).collect();
    if length < 32 {
        let mut word = [0; 32];
        word[..length].copy_from_slice(&bytes);
        word[31] = 2 * length as u8;
        return memory.store(slot, B256::new(word));
    }
    memory.store(slot, B256::from(U256::from(2 * length + 1)));
    let data = U256::from_be_bytes(keccak256(B256::from(slot)).0);
    for (at, chunk) in bytes.chunks(32).enumerate() {
        let mut word = [0; 32];
        word[..chunk.len()].copy_from_slice(chunk);
        memory.store(data + U256::from(at), B256::new(word));
    }
}

fn read_text(memory: &Memory, slot: U256) -> Vec<u8> {
    let root = memory.load(slot);
    if root[31] & 1 == 0 {
        return root[..usize::from(root[31] / 2)].to_vec();
    }
    let length: usize = (U256::from_be_bytes(root.0) >> 1usize).to();
    let data = U256::from_be_bytes(keccak256(B256::from(slot)).0);
    let words = (0..length.div_ceil(32)).flat_map(|at| memory.load(data + U256::from(at)).0);
    words.take(length).collect()
}

/// A next version with fields moved, wider, new and dropped.
pub fn evolve(rng: &mut Rng, model: &mut Model) {
    let structs = model.structs.len();
    for number in 0..1 + rng.roll(4) {
        let at = rng.roll(model.vars.len());
        match rng.roll(8) {
            0 | 1 => {
                let other = rng.roll(model.vars.len());
                model.vars.swap(at, other);
            }
            2 => {
                let ty = any(rng, structs, 1);
                model.vars.insert(at, (format!("n{number}"), ty));
            }
            3 if model.vars.len() > 1 => drop(model.vars.remove(at)),
            4 if structs > 0 => {
                let chosen = rng.roll(structs);
                let members = &mut model.structs[chosen];
                let (a, b) = (rng.roll(members.len()), rng.roll(members.len()));
                members.swap(a, b);
            }
            5 if structs > 0 => {
                let chosen = rng.roll(structs);
                let ty = word(rng);
                model.structs[chosen].push((format!("k{number}"), ty));
            }
            _ => {
                let wide = widen(rng, &model.vars[at].1);
                model.vars[at].1 = wide;
            }
        }
    }
}

fn widen(rng: &mut Rng, ty: &Ty) -> Ty {
    let more = |rng: &mut Rng, bits: usize| bits + 8 * rng.roll((256 - bits) / 8 + 1);
    match ty {
        Ty::Uint(bits) if *bits < 256 && rng.roll(4) == 0 => Ty::Int(256),
        Ty::Uint(bits) => Ty::Uint(more(rng, *bits)),
        Ty::Int(bits) => Ty::Int(more(rng, *bits)),
        Ty::Fixed(bytes) => Ty::Fixed(bytes + rng.roll(33 - bytes)),
        Ty::Bool => Ty::Uint(8 + 8 * rng.roll(32)),
        Ty::Array(base, n) => Ty::Array(Box::new(widen(rng, base)), n + rng.roll(3)),
        Ty::Map(key, value) => Ty::Map(key.clone(), Box::new(widen(rng, value))),
        Ty::List(base) => Ty::List(Box::new(widen(rng, base))),
        other => other.clone(),
    }
}

/// Variables that the next version no longer has.
pub fn dropped(old: &Model, new: &Model) -> Vec<String> {
    let names: BTreeSet<&str> = new.vars.iter().map(|(name, _)| name.as_str()).collect();
    let gone = old.vars.iter().map(|(name, _)| name.as_str());
    gone.filter(|name| *name != "__gap" && !names.contains(name))
        .map(str::to_owned)
        .collect()
}

/// Words counted from slot 0 hold nothing outside the contract's fields.
pub fn assert_free_bytes_are_zero(model: &Model, memory: &Memory, seed: u64) {
    let mut used: BTreeMap<U256, U256> = BTreeMap::new();
    each(model, &mut |_, _, slot, offset, bytes| {
        *used.entry(slot).or_default() |= ones(bytes) << (8 * offset);
    });
    for (slot, word) in memory.0.range(..U256::from(10_000)) {
        let free = U256::from_be_bytes(word.0) & !used.get(slot).copied().unwrap_or_default();
        assert!(
            free.is_zero(),
            "seed {seed}: slot {slot} holds {word} outside its fields"
        );
    }
}

/// A layout whose fields are declared to have had these names, and these types.
pub fn declared<'t>(
    layout: &stylus_layout::Layout,
    renamed: impl IntoIterator<Item = (&'t str, &'t str)>,
    retyped: impl IntoIterator<Item = (&'t str, &'t str)>,
) -> stylus_layout::Layout {
    use stylus_layout::{Item, Members};
    let mut layout = layout.clone();
    let said = renamed.into_iter().map(|(field, from)| (field, from, true));
    let said = said.chain(
        retyped
            .into_iter()
            .map(|(field, from)| (field, from, false)),
    );
    for (field, from, is_name) in said {
        let own = layout
            .storage
            .iter_mut()
            .map(|item| (item.label.clone(), item));
        let mut all: Vec<(String, &mut Item)> = own.collect();
        for (namespace, items) in &mut layout.namespaces {
            let items = items.iter_mut();
            all.extend(items.map(|item| (format!("{namespace}:{}", item.label), item)));
        }
        for kind in layout.types.values_mut() {
            let name = kind.label.trim_start_matches("struct ").to_owned();
            if let Some(Members::Struct(members)) = &mut kind.members {
                let members = members.iter_mut();
                all.extend(members.map(|item| (format!("{name}.{}", item.label), item)));
            }
        }
        let found = all.into_iter().find(|(path, _)| path == field);
        let item = found.unwrap_or_else(|| panic!("there is no {field}")).1;
        match is_name {
            true => item.renamed_from = Some(from.into()),
            false => item.retyped_from = Some(from.into()),
        }
    }
    layout
}
