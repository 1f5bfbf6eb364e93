//! Slots shown by name and value: the framework's own, and those of variables where the layout is known.

use super::error::PlanError;
use crate::inspect::framework_slots;
use crate::layout::{Held, KeyType, WORD, begin, entry};
use crate::names::Names;
use crate::simulation::Simulation;
use alloy::primitives::{Address, B256, U256};
use std::collections::{BTreeMap, BTreeSet};
use stylus_layout::{Item, Layout, Members, TypeItem};
use stylus_upgrades_interface::slots;

/// Slots that one variable is followed over, at most.
const LONGEST: u64 = 1_024;
/// Structs within structs that are followed.
const DEEPEST: u8 = 8;
/// Keys that are tried, at most; nested mappings try every pair of them.
const KEYS: usize = 256;
/// Small numbers among them.
const NUMBERS: u8 = 64;
/// Elements of an array that are reported by their index.
const ELEMENTS: u64 = 1 << 32;

/// Variables by slot; several may share one.
#[derive(Debug, Clone, Default)]
pub(super) struct SlotNames {
    slots: BTreeMap<U256, Vec<Variable>>,
    /// Arrays that grow.
    arrays: Vec<Array>,
    /// What may be a key of a mapping.
    keys: Vec<B256>,
    /// What says how values are read.
    layout: Option<Layout>,
    /// The slot of each name; the first one, where several have it.
    places: BTreeMap<String, U256>,
}

/// An array that grows.
#[derive(Debug, Clone)]
struct Array {
    /// Where its elements begin.
    begin: U256,
    name: String,
    /// The type of an element.
    base: Option<String>,
}

/// What lies in a slot.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) name: String,
    /// Its type; none where the whole word is the value, or where this is a part of something longer.
    kind: Option<String>,
    /// Where it begins, in bytes from the low-order end.
    pub(super) offset: u64,
    /// Bytes that it takes here.
    pub(super) size: u64,
}

impl Variable {
    /// Whether it only reserves its bytes.
    pub(super) fn is_gap(&self) -> bool {
        self.name.starts_with("__gap")
    }

    /// Whether two of one slot share bytes.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.offset < other.offset + other.size && other.offset < self.offset + self.size
    }
}

impl SlotNames {
    /// The framework's slots, with the marks of these versions.
    pub(super) fn framework(versions: &[String]) -> Self {
        let mut names = Self::default();
        let mut add = |slot: B256, name| names.add(slot.into(), name, None, (0, WORD));
        add(slots::BEACON, "beacon (ERC-1967)".to_owned());
        add(slots::CONSTRUCTED, "constructed".to_owned());
        for (name, slot, _) in framework_slots(versions) {
            add(slot, name);
        }
        names
    }

    /// Takes these for keys of mappings.
    pub(super) fn with_keys(mut self, keys: Vec<B256>) -> Self {
        self.keys = keys;
        self
    }

    /// Adds the variables of a layout, with the entries of mappings whose keys are known.
    pub(super) fn with_layout(mut self, layout: &Layout) -> Self {
        self.layout = Some(layout.clone());
        self.add_items(layout, &layout.storage, U256::ZERO, "", 0);
        for (namespace, items) in &layout.namespaces {
            if let Some(id) = namespace.strip_prefix("erc7201:") {
                let root = slots::erc7201(id.as_bytes()).into();
                self.add_items(layout, items, root, "", 0);
            }
        }
        self
    }

    /// The names of what lies in a slot.
    pub(super) fn get(&self, slot: B256) -> Option<String> {
        let variables = self.variables(slot.into());
        let names = variables.iter().map(|one| one.name.as_str());
        (!variables.is_empty()).then(|| names.collect::<Vec<_>>().join(", "))
    }

    /// Whether a layout says what lies where, beside the framework's slots.
    pub(super) fn has_layout(&self) -> bool {
        self.layout.is_some()
    }

    /// The named variables that no key and no index leads to.
    pub(super) fn fixed(&self) -> impl Iterator<Item = (&str, U256, &Variable)> {
        let all = self.slots.iter();
        let all = all.flat_map(|(slot, all)| all.iter().map(|one| (one.name.as_str(), *slot, one)));
        all.filter(|(name, ..)| !name.contains('['))
    }

    /// The variable of that name, in one of these slots before others.
    pub(super) fn place(&self, name: &str, near: [U256; 2]) -> Option<(U256, Variable)> {
        let is_it = |one: &Variable| one.name == name;
        let of = |slot: U256| Some((slot, self.variables(slot).into_iter().find(is_it)?));
        near.into_iter().find_map(of).or_else(|| {
            let slot = *self.places.get(name)?;
            of(slot)
        })
    }

    /// Where the same element of an array lies here that lies in that slot there.
    pub(super) fn counterpart(&self, there: &Self, slot: U256) -> Option<U256> {
        let (array, at) = there.array(slot)?;
        let here = self.arrays.iter().find(|one| one.name == array.name)?;
        Some(here.begin.wrapping_add(U256::from(at)))
    }

    /// A variable in its slot, if its type is known and fits a slot.
    pub(super) fn held(&self, slot: U256, variable: &Variable) -> Option<Held<'_>> {
        let kind = self.layout.as_ref()?.types.get(variable.kind.as_ref()?)?;
        let size = kind.size()?;
        (size <= WORD).then_some(Held {
            kind: Some(kind),
            slot,
            offset: variable.offset,
            size,
        })
    }

    /// What a variable's word says.
    pub(super) fn value(&self, held: &Held<'_>, word: B256) -> String {
        let layout = self.layout.as_ref();
        layout.map_or_else(String::new, |layout| {
            held.words(layout, word, &BTreeMap::new())
        })
    }

    /// What lies in a slot, the low-order end first.
    pub(super) fn variables(&self, slot: U256) -> Vec<Variable> {
        match self.slots.get(&slot) {
            Some(known) => known.clone(),
            None => self.elements(slot),
        }
    }

    fn add(&mut self, slot: U256, name: String, kind: Option<String>, (offset, size): (u64, u64)) {
        self.places.entry(name.clone()).or_insert(slot);
        let variable = Variable {
            name,
            kind,
            offset,
            size,
        };
        self.slots.entry(slot).or_default().push(variable);
    }

    fn add_items(&mut self, layout: &Layout, items: &[Item], root: U256, prefix: &str, depth: u8) {
        for item in items {
            let Ok(offset) = item.slot.parse::<U256>() else {
                continue;
            };
            let place = (root.wrapping_add(offset), item.offset);
            let name = format!("{prefix}{}", item.label);
            self.add_type(layout, &item.type_id, place, &name, depth);
        }
    }

    /// A variable, member, entry or element of that type.
    fn add_type(
        &mut self,
        layout: &Layout,
        id: &str,
        (slot, offset): (U256, u64),
        name: &str,
        depth: u8,
    ) {
        let ty = layout.types.get(id);
        if let Some(Members::Struct(members)) = ty.and_then(|ty| ty.members.as_ref())
            && depth < DEEPEST
        {
            return self.add_items(layout, members, slot, &format!("{name}."), depth + 1);
        }
        if let Some((ty, value)) = ty.and_then(|ty| Some((ty, ty.value.as_ref()?))) {
            let key = KeyType::of_mapping(layout, ty);
            // Keys are words, and those of mappings within mappings are tried in pairs.
            if key.is_text() || depth >= DEEPEST || name.matches('[').count() > 1 {
                return;
            }
            for word in self.keys.clone() {
                if let Some(hashed) = key.encode(word.as_slice()) {
                    let name = format!("{name}[{}]", key.show(&hashed));
                    self.add_type(layout, value, (entry(&hashed, slot), 0), &name, depth + 1);
                }
            }
            return;
        }
        if let Some(ty) = ty.filter(|ty| ty.encoding == "dynamic_array") {
            self.arrays.push(Array {
                begin: begin(slot),
                name: name.to_owned(),
                base: ty.base.clone(),
            });
        }
        let size = bytes_of(layout, id);
        let count = size.div_ceil(WORD).clamp(1, LONGEST);
        if count == 1 {
            let kind = Some(id.to_owned());
            return self.add(slot, name.to_owned(), kind, (offset, size));
        }
        for n in 0..count {
            let part = format!("{name}+{n}");
            self.add(slot.wrapping_add(U256::from(n)), part, None, (0, WORD));
        }
    }

    /// The array with an element in that slot, and how many slots behind its begin that is.
    fn array(&self, slot: U256) -> Option<(&Array, u64)> {
        self.arrays.iter().find_map(|array| {
            let at = slot.checked_sub(array.begin)?;
            let at = u64::try_from(at).ok().filter(|at| *at < ELEMENTS)?;
            Some((array, at))
        })
    }

    /// The elements of an array that lie there.
    fn elements(&self, slot: U256) -> Vec<Variable> {
        let (Some(layout), Some((array, at))) = (&self.layout, self.array(slot)) else {
            return Vec::new();
        };
        let id = array.base.as_deref().unwrap_or_default();
        let bytes = bytes_of(layout, id).max(1);
        let (words, each) = (bytes.div_ceil(WORD), (WORD / bytes).max(1));
        let mut one = Self::default();
        for n in 0..each {
            let name = format!("{}[{}]", array.name, at / words * each + n);
            let begin = slot.wrapping_sub(U256::from(at % words));
            one.add_type(layout, id, (begin, n * bytes), &name, 0);
        }
        one.slots.remove(&slot).unwrap_or_default()
    }
}

/// What the trial has seen that may be a key of a mapping: words of calldata and of events, accounts, and small
/// numbers. A slot is named by a key only if hashing the key gives that slot, so a wrong one names nothing.
pub(super) fn keys(
    simulation: &Simulation,
    data: &[u8],
    names: &Names,
    proxies: &[Address],
) -> Result<Vec<B256>, PlanError> {
    let mut seen: Vec<B256> = arguments(data).collect();
    seen.extend(names.accounts().map(|account| account.into_word()));
    for proxy in proxies {
        seen.push(proxy.into_word());
        for log in simulation.logs(*proxy)? {
            seen.extend(log.topics().iter().skip(1));
            seen.extend(words(&log.data.data));
        }
    }
    Ok(with_numbers(seen))
}

/// The words of calldata behind the selector.
pub(super) fn arguments(calldata: &[u8]) -> impl Iterator<Item = B256> {
    words(calldata.get(4..).unwrap_or_default())
}

fn words(bytes: &[u8]) -> impl Iterator<Item = B256> {
    bytes.chunks_exact(WORD as usize).map(B256::from_slice)
}

/// Each of these words once, and the small numbers, as many as are tried.
pub(super) fn with_numbers(mut seen: Vec<B256>) -> Vec<B256> {
    seen.extend((0..NUMBERS).map(B256::with_last_byte));
    let mut new = BTreeSet::new();
    seen.retain(|word| new.insert(*word));
    seen.truncate(KEYS);
    seen
}

/// Bytes of a type; a slot's where that is not known.
fn bytes_of(layout: &Layout, id: &str) -> u64 {
    let kind = layout.types.get(id);
    kind.and_then(TypeItem::size).unwrap_or(WORD)
}

#[cfg(test)]
mod tests;
