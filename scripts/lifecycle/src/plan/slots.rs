//! Slots shown by name and value: the framework's own, and those of variables where the layout is known.
use crate::client::ChainError;
use crate::inspect::framework_slots;
use crate::layout::{KeyType, entry};
use crate::names::Names;
use crate::simulation::Simulation;
use alloy::primitives::{Address, B256, U256};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use stylus_layout::{
    DecodedValue, FieldPlace, Layout, MappingType, Storage, TypeId, TypeKind, ValuePlace,
    WORD_BYTES, WalkLimits, elements_begin,
};
use stylus_upgrades_interface::slots;

/// Slots that one variable is followed over, at most.
const LONGEST: u64 = 1_024;
/// Keys that are tried, at most; nested mappings try every pair of them.
const KEYS: usize = 256;
/// Slots that have names, at most, and the bytes of all names.
const NAMED_MAX: usize = 1 << 18;
const NAMES_BYTES_MAX: usize = 1 << 26;
/// Small numbers among them.
const NUMBERS: u8 = 64;
/// Elements of an array that are reported by their index.
const ELEMENTS: u64 = 1 << 32;

/// Variables by slot; several may share one.
#[derive(Debug, Clone, Default)]
pub struct SlotNames {
    slots: BTreeMap<U256, Vec<FieldPlace>>,
    /// Arrays that grow.
    arrays: Vec<GrowingArray>,
    /// What may be a key of a mapping.
    keys: Vec<B256>,
    /// The entries of mappings that were looked up, by the slot of the mapping.
    lookups: Arc<BTreeMap<U256, Vec<MappingLookup>>>,
    /// What says how values are read.
    storage: Option<Storage>,
    /// The slot of each name; the first one, where several have it.
    places: BTreeMap<String, U256>,
    /// The bytes of all names.
    name_bytes: usize,
    /// True if a limit left something out.
    is_cut: bool,
}

/// An entry of a mapping that code looked up.
#[derive(Debug, Clone)]
struct MappingLookup {
    /// The key, as it was hashed.
    key: Vec<u8>,
    /// The slot of the entry.
    slot: U256,
}

/// An array that grows.
#[derive(Debug, Clone)]
struct GrowingArray {
    /// Where its elements begin.
    begin: U256,
    name: String,
    /// The type of an element.
    element: TypeId,
}

impl SlotNames {
    /// The framework's slots, with the marks of these versions.
    pub fn framework(versions: &[String]) -> Self {
        let mut names = Self::default();
        names.add(FieldPlace::word(
            "beacon (ERC-1967)".into(),
            slots::BEACON.into(),
        ));
        names.add(FieldPlace::word(
            "constructed".into(),
            slots::CONSTRUCTED.into(),
        ));
        for (name, slot, _) in framework_slots(versions) {
            names.add(FieldPlace::word(name, slot.into()));
        }
        names
    }

    /// Takes these for keys of mappings.
    pub fn with_keys(mut self, keys: Vec<B256>) -> Self {
        self.keys = keys;
        self
    }

    /// Sets the mapping entries that the transactions of the trial looked up. Call it before [`Self::with_layout`].
    ///
    /// # Errors
    /// [`ChainError`] if the copy cannot carry a transaction out again.
    pub(super) fn with_lookups(mut self, simulation: &Simulation) -> Result<Self, ChainError> {
        let runs = simulation.runs()?;
        self.is_cut |= runs.iter().any(|run| run.preimages.is_cut);
        let preimages = runs.into_iter().flat_map(|run| &run.preimages.by_hash);
        Ok(self.with_preimages(preimages.map(|(hash, preimage)| (*hash, preimage.as_ref()))))
    }

    /// Reads lookups from hash inputs: a key, then the 32-byte slot of its mapping.
    fn with_preimages<'p>(mut self, hashed: impl Iterator<Item = (B256, &'p [u8])>) -> Self {
        let hashed: BTreeMap<B256, &[u8]> = hashed.collect();
        let mut lookups: BTreeMap<U256, Vec<MappingLookup>> = BTreeMap::new();
        for (hash, preimage) in hashed {
            if let Some((key, mapping)) = preimage.split_last_chunk() {
                let of_mapping = lookups.entry(U256::from_be_bytes::<32>(*mapping));
                of_mapping.or_default().push(MappingLookup {
                    key: key.to_vec(),
                    slot: hash.into(),
                });
            }
        }
        self.lookups = lookups.into();
        self
    }

    /// Adds the variables of a layout, where it is known, with the entries of mappings whose keys are.
    pub fn with_layout(mut self, layout: Option<&Layout>) -> Self {
        self.storage = layout.map(Storage::from);
        if let Some(storage) = self.storage.clone() {
            self.add_all(&storage, storage.walk(WalkLimits::default()).fields);
        }
        self
    }

    /// The names of what lies in a slot.
    pub fn get(&self, slot: B256) -> Option<String> {
        let variables = self.variables(slot.into());
        let names = variables.iter().map(|variable| variable.name.as_str());
        (!variables.is_empty()).then(|| names.collect::<Vec<_>>().join(", "))
    }

    /// Whether a layout says what lies where, beside the framework's slots.
    pub(super) const fn has_layout(&self) -> bool {
        self.storage.is_some()
    }

    /// All variables, whatever they are called. Without keys no entry of a mapping is among them.
    pub(super) fn placed(&self) -> impl Iterator<Item = &FieldPlace> {
        self.slots.values().flatten()
    }

    /// The variables that no key and no index leads to.
    pub(super) fn fixed(&self) -> impl Iterator<Item = &FieldPlace> {
        let all = self.slots.values().flatten();
        all.filter(|one| !one.name.contains('['))
    }

    /// The variable of that name, in one of these slots before others.
    pub(super) fn place(&self, name: &str, near: [U256; 2]) -> Option<FieldPlace> {
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

    /// The value of a variable; none without a layout.
    pub(super) fn decode(&self, place: &ValuePlace, word: B256) -> Option<DecodedValue> {
        let storage = self.storage.as_ref()?;
        Some(storage.decode(place, word, &BTreeMap::new()))
    }

    /// Returns true if a word has the same value in both places, or a layout is not known.
    pub(super) fn decodes_alike(
        &self,
        place: &ValuePlace,
        other: &Self,
        there: &ValuePlace,
    ) -> bool {
        match (&self.storage, &other.storage) {
            (Some(before), Some(after)) => before.decodes_alike(place.ty, after, there.ty),
            _ => true,
        }
    }

    /// The value of a variable in the notation of its type.
    pub(super) fn value(&self, place: &ValuePlace, word: B256) -> String {
        let value = self.decode(place, word);
        value.map(|value| value.to_string()).unwrap_or_default()
    }

    /// What lies in a slot, the low-order end first.
    pub(super) fn variables(&self, slot: U256) -> Vec<FieldPlace> {
        match self.slots.get(&slot) {
            Some(known) => known.clone(),
            None => self.elements(slot),
        }
    }

    /// Returns true if a limit left slots or mapping entries without names.
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    fn is_full(&self) -> bool {
        self.slots.len() >= NAMED_MAX || self.name_bytes >= NAMES_BYTES_MAX
    }

    fn add(&mut self, field: FieldPlace) {
        if self.is_full() {
            self.is_cut = true;
            return;
        }
        self.name_bytes += field.name.len();
        let slot = field.place.slot;
        self.places.entry(field.name.clone()).or_insert(slot);
        self.slots.entry(slot).or_default().push(field);
    }

    /// Adds fields, and in place of a mapping the entries whose keys are known. Fields come before entries of mappings,
    /// and outer entries before inner ones, so that a limit cuts the innermost.
    fn add_all(&mut self, storage: &Storage, fields: Vec<FieldPlace>) {
        let mut mappings = VecDeque::from(self.add_fields(storage, fields));
        while let Some((field, mapping)) = mappings.pop_front() {
            let key = KeyType::of_mapping(storage, &mapping);
            let slot = field.place.slot;
            let lookups = self.lookups.clone();
            let looked_up = lookups.get(&slot).into_iter().flatten();
            // Another encoding of a key leads to a slot that no code of this layout uses.
            let looked_up = looked_up.filter(|lookup| {
                let encoded = key.encode(&lookup.key);
                encoded.is_some_and(|encoded| *encoded == *lookup.key)
            });
            let looked_up = looked_up.map(|lookup| (lookup.key.clone(), lookup.slot));
            // Only keys of one word are tried, and for nested mappings pairs of them.
            let is_tried = !key.is_text() && field.name.matches('[').count() < 2;
            let keys = self.keys.iter().filter(|_| is_tried);
            let keys = keys.filter_map(|word| key.encode(word.as_slice()));
            let tried = keys.map(|hashed| {
                let entry = entry(&hashed, slot);
                (hashed.into_owned(), entry)
            });
            let entries: BTreeMap<U256, Vec<u8>> = looked_up
                .chain(tried)
                .map(|(key, slot)| (slot, key))
                .collect();
            for (slot, hashed) in entries {
                if self.is_full() {
                    self.is_cut = true;
                    return;
                }
                let name = format!("{}[{}]", field.name, key.show(&hashed));
                let mut below = storage.walk_value(mapping.value, slot, 0, name);
                for value in &mut below {
                    value.area.clone_from(&field.area);
                }
                mappings.extend(self.add_fields(storage, below));
            }
        }
    }

    /// Adds fields, and returns the mappings among them.
    fn add_fields(
        &mut self,
        storage: &Storage,
        fields: Vec<FieldPlace>,
    ) -> Vec<(FieldPlace, MappingType)> {
        let mut mappings = Vec::new();
        for field in fields {
            let (name, slot) = (&field.name, field.place.slot);
            match storage.kind(field.place.ty) {
                TypeKind::Mapping(mapping) => {
                    mappings.push((field, *mapping));
                    continue;
                }
                TypeKind::Vector(element) => self.arrays.push(GrowingArray {
                    begin: elements_begin(slot),
                    name: name.clone(),
                    element: *element,
                }),
                _ => {}
            }
            let count = field.place.bytes_taken().div_ceil(WORD_BYTES);
            self.is_cut |= count > LONGEST && !field.is_gap;
            match count.min(LONGEST) {
                0 | 1 => self.add(field),
                count => {
                    for n in 0..count {
                        let slot = slot.wrapping_add(U256::from(n));
                        self.add(FieldPlace::word(format!("{name}+{n}"), slot));
                    }
                }
            }
        }
        mappings
    }

    /// The array with an element in that slot, and how many slots after its begin that is.
    fn array(&self, slot: U256) -> Option<(&GrowingArray, u64)> {
        self.arrays.iter().find_map(|array| {
            let at = slot.checked_sub(array.begin)?;
            let at = u64::try_from(at).ok().filter(|at| *at < ELEMENTS)?;
            Some((array, at))
        })
    }

    /// The elements of an array that lie there.
    fn elements(&self, slot: U256) -> Vec<FieldPlace> {
        let (Some(storage), Some((array, at))) = (&self.storage, self.array(slot)) else {
            return Vec::new();
        };
        let bytes = storage
            .ty(array.element)
            .size()
            .unwrap_or(WORD_BYTES)
            .max(1);
        let (words, each) = (bytes.div_ceil(WORD_BYTES), (WORD_BYTES / bytes).max(1));
        let mut elements = Self::default();
        for n in 0..each {
            let name = format!("{}[{}]", array.name, at / words * each + n);
            let slot = slot.wrapping_sub(U256::from(at % words));
            let fields = storage.walk_value(array.element, slot, n * bytes, name);
            elements.add_all(storage, fields);
        }
        elements.slots.remove(&slot).unwrap_or_default()
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
    bytes
        .chunks_exact(WORD_BYTES as usize)
        .map(B256::from_slice)
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
