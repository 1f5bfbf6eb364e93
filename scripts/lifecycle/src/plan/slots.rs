//! Slots shown by name and value: the framework's own, and those of variables where the layout is known.
use crate::client::ChainError;
use crate::inspect::framework_slots;
use crate::layout::{Field, Fields, Held, KeyType, WORD, begin, entry};
use crate::names::Names;
use crate::simulation::Simulation;
use alloy::primitives::{Address, B256, U256};
use std::collections::{BTreeMap, BTreeSet};
use stylus_layout::{Layout, TypeItem};
use stylus_upgrades_interface::slots;

/// Slots that one variable is followed over, at most.
const LONGEST: u64 = 1_024;
/// Keys that are tried, at most; nested mappings try every pair of them.
const KEYS: usize = 256;
/// Small numbers among them.
const NUMBERS: u8 = 64;
/// Elements of an array that are reported by their index.
const ELEMENTS: u64 = 1 << 32;

/// Variables by slot; several may share one.
#[derive(Debug, Clone, Default)]
pub struct SlotNames<'a> {
    slots: BTreeMap<U256, Vec<Field<'a>>>,
    /// Arrays that grow.
    arrays: Vec<Array<'a>>,
    /// What may be a key of a mapping.
    keys: Vec<B256>,
    /// What says how values are read.
    layout: Option<&'a Layout>,
    /// The slot of each name; the first one, where several have it.
    places: BTreeMap<String, U256>,
}

/// An array that grows.
#[derive(Debug, Clone)]
struct Array<'a> {
    /// Where its elements begin.
    begin: U256,
    name: String,
    /// The type of an element; empty where it is not known.
    base: &'a str,
}

impl<'a> SlotNames<'a> {
    /// The framework's slots, with the marks of these versions.
    pub fn framework(versions: &[String]) -> Self {
        let mut names = Self::default();
        names.add(Field::word(
            "beacon (ERC-1967)".into(),
            slots::BEACON.into(),
        ));
        names.add(Field::word("constructed".into(), slots::CONSTRUCTED.into()));
        for (name, slot, _) in framework_slots(versions) {
            names.add(Field::word(name, slot.into()));
        }
        names
    }

    /// Takes these for keys of mappings.
    pub fn with_keys(mut self, keys: Vec<B256>) -> Self {
        self.keys = keys;
        self
    }

    /// Adds the variables of a layout, where it is known, with the entries of mappings whose keys are.
    pub fn with_layout(mut self, layout: Option<&'a Layout>) -> Self {
        self.layout = layout;
        if let Some(layout) = layout {
            self.add_all(layout, Fields::of(layout, usize::MAX).list);
        }
        self
    }

    /// The names of what lies in a slot.
    pub fn get(&self, slot: B256) -> Option<String> {
        let variables = self.variables(slot.into());
        let names = variables.iter().map(|one| one.name.as_str());
        (!variables.is_empty()).then(|| names.collect::<Vec<_>>().join(", "))
    }

    /// Whether a layout says what lies where, beside the framework's slots.
    pub(super) const fn has_layout(&self) -> bool {
        self.layout.is_some()
    }

    /// All variables, whatever they are called. Without keys no entry of a mapping is among them.
    pub(super) fn placed(&self) -> impl Iterator<Item = &Field<'a>> {
        self.slots.values().flatten()
    }

    /// The variables that no key and no index leads to.
    pub(super) fn fixed(&self) -> impl Iterator<Item = &Field<'a>> {
        let all = self.slots.values().flatten();
        all.filter(|one| !one.name.contains('['))
    }

    /// The variable of that name, in one of these slots before others.
    pub(super) fn place(&self, name: &str, near: [U256; 2]) -> Option<Field<'a>> {
        let of = |slot: U256| {
            let mut there = self.variables(slot).into_iter();
            there.find(|one| one.name == name)
        };
        let near = near.into_iter().find_map(of);
        near.or_else(|| of(*self.places.get(name)?))
    }

    /// Where the same element of an array lies here that lies in that slot there.
    pub(super) fn counterpart(&self, there: &Self, slot: U256) -> Option<U256> {
        let (array, at) = there.array(slot)?;
        let here = self.arrays.iter().find(|one| one.name == array.name)?;
        Some(here.begin.wrapping_add(U256::from(at)))
    }

    /// What a variable's word says.
    pub(super) fn value(&self, held: &Held<'_>, word: B256) -> String {
        let words = |layout| held.words(layout, word, &BTreeMap::new());
        self.layout.map(words).unwrap_or_default()
    }

    /// What lies in a slot, the low-order end first.
    pub(super) fn variables(&self, slot: U256) -> Vec<Field<'a>> {
        match self.slots.get(&slot) {
            Some(known) => known.clone(),
            None => self.elements(slot),
        }
    }

    fn add(&mut self, field: Field<'a>) {
        let slot = field.held.slot;
        self.places.entry(field.name.clone()).or_insert(slot);
        self.slots.entry(slot).or_default().push(field);
    }

    /// Adds fields, and in place of a mapping the entries whose keys are known.
    fn add_all(&mut self, layout: &'a Layout, fields: Vec<Field<'a>>) {
        for field in fields {
            let (name, held) = (&field.name, field.held);
            let (kind, slot) = (held.kind, held.slot);
            if let Some((kind, value)) = kind.and_then(|kind| Some((kind, kind.value.as_ref()?))) {
                let key = KeyType::of_mapping(layout, kind);
                // Keys are words, and those of mappings within mappings are tried in pairs.
                let is_followed = !key.is_text() && name.matches('[').count() < 2;
                for word in self.keys.clone().iter().filter(|_| is_followed) {
                    if let Some(hashed) = key.encode(word.as_slice()) {
                        let name = format!("{name}[{}]", key.show(&hashed));
                        let place = (entry(&hashed, slot), 0);
                        self.add_all(layout, Fields::at(layout, value, place, name));
                    }
                }
                continue;
            }
            if let Some(kind) = kind.filter(|kind| kind.encoding == "dynamic_array") {
                self.arrays.push(Array {
                    begin: begin(slot),
                    name: name.clone(),
                    base: kind.base.as_deref().unwrap_or_default(),
                });
            }
            match held.size.div_ceil(WORD).min(LONGEST) {
                0 | 1 => self.add(field),
                count => {
                    for n in 0..count {
                        let slot = slot.wrapping_add(U256::from(n));
                        self.add(Field::word(format!("{name}+{n}"), slot));
                    }
                }
            }
        }
    }

    /// The array with an element in that slot, and how many slots after its begin that is.
    fn array(&self, slot: U256) -> Option<(&Array<'a>, u64)> {
        self.arrays.iter().find_map(|array| {
            let at = slot.checked_sub(array.begin)?;
            let at = u64::try_from(at).ok().filter(|at| *at < ELEMENTS)?;
            Some((array, at))
        })
    }

    /// The elements of an array that lie there.
    fn elements(&self, slot: U256) -> Vec<Field<'a>> {
        let (Some(layout), Some((array, at))) = (self.layout, self.array(slot)) else {
            return Vec::new();
        };
        let bytes = layout.types.get(array.base).and_then(TypeItem::size);
        let bytes = bytes.unwrap_or(WORD).max(1);
        let (words, each) = (bytes.div_ceil(WORD), (WORD / bytes).max(1));
        let mut one = Self::default();
        for n in 0..each {
            let name = format!("{}[{}]", array.name, at / words * each + n);
            let place = (slot.wrapping_sub(U256::from(at % words)), n * bytes);
            one.add_all(layout, Fields::at(layout, array.base, place, name));
        }
        one.slots.remove(&slot).unwrap_or_default()
    }
}

/// What the simulation has seen that may be a key of a mapping: words of calldata and of events, accounts, and small
/// numbers. A slot is named by a key only if hashing the key gives that slot, so a wrong one names nothing.
pub(super) fn keys(
    simulation: &Simulation,
    data: &[u8],
    names: &Names,
    proxies: &[Address],
) -> Result<Vec<B256>, ChainError> {
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

/// The words of calldata after the selector.
pub fn arguments(calldata: &[u8]) -> impl Iterator<Item = B256> {
    words(calldata.get(4..).unwrap_or_default())
}

fn words(bytes: &[u8]) -> impl Iterator<Item = B256> {
    bytes.chunks_exact(WORD as usize).map(B256::from_slice)
}

/// Each of these words once, and the small numbers, as many as are tried.
pub fn with_numbers(mut seen: Vec<B256>) -> Vec<B256> {
    seen.extend((0..NUMBERS).map(B256::with_last_byte));
    let mut new = BTreeSet::new();
    seen.retain(|word| new.insert(*word));
    seen.truncate(KEYS);
    seen
}

#[cfg(test)]
mod tests;
