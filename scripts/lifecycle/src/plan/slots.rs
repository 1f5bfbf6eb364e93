//! Slots shown by name and value: the framework's own, and those of variables where the layout is known.
mod parts;

use crate::assess::member_path;
use crate::client::ChainError;
use crate::inspect::framework_slots;
use crate::layout::{KeyType, LazyRoot, entry, lazy_key, lazy_roots};
use crate::names::Names;
use crate::simulation::Simulation;
use alloy::primitives::{Address, B256, Bytes, U256};
use parts::{
    ElementList, offset_within, parts_in_slot, slot_count, text_word, value_at, word_of, words_from,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use stylus_chain::HashPreimages;
use stylus_layout::{
    DecodedValue, FieldPlace, Layout, LazyType, Storage, StorageField, TypeId, TypeKind,
    ValuePlace, WORD_BYTES, WalkLimits, elements_begin,
};
use stylus_upgrades_interface::slots;

/// Slots of one field that are listed, at most. Any slot of the field has a name.
const LISTED_SLOTS_MAX: u64 = 1_024;
/// Keys that are tried, at most; nested mappings try every pair of them.
const KEYS: usize = 256;
/// Small numbers among them.
const NUMBERS: u8 = 64;
/// Entries of mappings and words of fields that are listed, at most, and the bytes of their names.
const NAMED_MAX: usize = 1 << 18;
const NAMES_BYTES_MAX: usize = 1 << 26;
/// The maximum number of hashes between a field and a slot below it.
const NESTED_MAX: usize = 8;
/// The maximum number of named words of a lazy value, and the number for a map value of unknown size.
const LAZY_WORDS: u64 = 8;

/// Variables by slot; several may share one.
#[derive(Debug, Clone, Default)]
pub struct SlotNames {
    /// Declared fields; of a long field, its first slots.
    fields: BTreeMap<U256, Vec<FieldPlace>>,
    /// Declared arrays and fields of several slots, by their first slot.
    long_fields: BTreeMap<U256, FieldPlace>,
    /// Entries of mappings.
    entries: BTreeMap<U256, Vec<FieldPlace>>,
    /// Mappings, at whose slots nothing is kept.
    mappings: BTreeMap<U256, FieldPlace>,
    /// Arrays that grow, by the slot where their elements begin.
    arrays: BTreeMap<U256, ElementList>,
    /// The words that may be keys of a mapping.
    keys: Vec<B256>,
    /// Texts and byte strings, by the slot where their data begin.
    texts: BTreeMap<U256, FieldPlace>,
    /// The entries of mappings that were looked up, by the slot of the mapping.
    lookups: Arc<BTreeMap<U256, Vec<MappingLookup>>>,
    /// The hashed bytes, by the slot that is their hash.
    preimages: Arc<BTreeMap<U256, Bytes>>,
    /// The layout by which values are read.
    storage: Option<Storage>,
    /// The slot of each name; the first one, where several have it.
    places: BTreeMap<String, U256>,
    /// The number of listed words and entries, and the bytes of their names.
    listed: usize,
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

/// A mapping with its place and the type of its values.
struct KeyedPlace {
    /// The field, or the entry of an outer mapping.
    field: FieldPlace,
    key: KeyType,
    value: EntryType,
}

/// The type of the entries of a mapping.
enum EntryType {
    /// A type of the layout.
    Typed(TypeId),
    /// A number of words whose types are not known.
    Words(u64),
}

impl SlotNames {
    /// The framework's slots, with the marks of these versions.
    pub fn framework(versions: &[String]) -> Self {
        let mut names = Self::default();
        names.add_field(FieldPlace::word(
            "beacon (ERC-1967)".into(),
            slots::BEACON.into(),
        ));
        names.add_field(FieldPlace::word(
            "constructed".into(),
            slots::CONSTRUCTED.into(),
        ));
        for (name, slot, _) in framework_slots(versions) {
            names.add_field(FieldPlace::word(name, slot.into()));
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
        Ok(self.with_hashed(runs.iter().flat_map(|run| &run.preimages.by_hash)))
    }

    /// Sets the mapping entries that transactions looked up, by what they hashed. Call it before [`Self::with_layout`].
    pub fn with_preimages(mut self, preimages: &HashPreimages) -> Self {
        self.is_cut |= preimages.is_cut;
        self.with_hashed(preimages.by_hash.iter())
    }

    /// Reads lookups from hash inputs: a key, then the 32-byte slot of its mapping.
    fn with_hashed<'p>(mut self, hashed: impl Iterator<Item = (&'p B256, &'p Bytes)>) -> Self {
        let hashed = hashed.map(|(hash, preimage)| ((*hash).into(), preimage.clone()));
        let hashed: BTreeMap<U256, Bytes> = hashed.collect();
        let mut lookups: BTreeMap<U256, Vec<MappingLookup>> = BTreeMap::new();
        for (slot, preimage) in &hashed {
            if let Some((key, mapping)) = preimage.split_last_chunk() {
                let of_mapping = lookups.entry(U256::from_be_bytes::<32>(*mapping));
                of_mapping.or_default().push(MappingLookup {
                    key: key.to_vec(),
                    slot: *slot,
                });
            }
        }
        self.lookups = lookups.into();
        self.preimages = hashed.into();
        self
    }

    /// Adds the variables of a layout, where it is known, with the entries of mappings whose keys are.
    pub fn with_layout(mut self, layout: Option<&Layout>) -> Self {
        self.storage = layout.map(Storage::from);
        if let Some(storage) = self.storage.clone() {
            let mut mappings = Vec::new();
            for field in storage.walk(WalkLimits::default()).fields {
                self.add_declared(&storage, field, &mut mappings);
            }
            self.add_entries(&storage, mappings);
        }
        self
    }

    /// The names of what lies in a slot.
    pub fn get(&self, slot: B256) -> Option<String> {
        let variables = self.variables(slot.into());
        let names = variables.iter().map(|variable| variable.name.as_str());
        (!variables.is_empty()).then(|| names.collect::<Vec<_>>().join(", "))
    }

    /// Returns true if a layout says what lies where, beside the framework's slots.
    pub(super) const fn has_layout(&self) -> bool {
        self.storage.is_some()
    }

    /// All variables, whatever they are called. Without keys no entry of a mapping is among them.
    pub(super) fn placed(&self) -> impl Iterator<Item = &FieldPlace> {
        self.fields.values().chain(self.entries.values()).flatten()
    }

    /// The variables that no key and no index of a growing array leads to.
    pub(super) fn fixed(&self) -> impl Iterator<Item = &FieldPlace> {
        self.fields.values().flatten()
    }

    /// Returns true if the layout declares the field, or the member of a field, that a value belongs to.
    pub(super) fn declares(&self, value: &FieldPlace) -> bool {
        let storage = self.storage.as_ref();
        storage.is_some_and(|storage| declares(storage, value))
    }

    /// The variable of that name, in one of these slots before others.
    pub(super) fn place(&self, name: &str, near: [U256; 2]) -> Option<FieldPlace> {
        let of = |slot: U256| {
            let mut there = self.variables(slot).into_iter();
            there.find(|field| field.name == name)
        };
        let near = near.into_iter().find_map(of);
        near.or_else(|| of(*self.places.get(name)?))
    }

    /// Finds the slot here of the same array element that lies in that slot there.
    pub(super) fn counterpart(&self, there: &Self, slot: U256) -> Option<U256> {
        let array = there.array(slot)?;
        let at = offset_within(array.begin, slot)?;
        let mut arrays = self.arrays.values();
        let here = arrays.find(|candidate| candidate.field.name == array.field.name)?;
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

    /// Lists the variables in a slot, the low-order end first.
    pub(super) fn variables(&self, slot: U256) -> Vec<FieldPlace> {
        let mut variables = self.fields_at(slot, NESTED_MAX);
        // Nothing is kept at the slot of a mapping.
        let storage = self.storage.as_ref();
        let is_mapping = |field: &FieldPlace| {
            let kind = storage.map(|storage| storage.kind(field.place.ty));
            matches!(
                kind,
                Some(TypeKind::Mapping(_) | TypeKind::Lazy(LazyType { key: Some(_), .. }))
            )
        };
        variables.retain(|field| !is_mapping(field));
        variables
    }

    /// The fields in a slot, including mappings, through at most `depth` hashes.
    fn fields_at(&self, slot: U256, depth: usize) -> Vec<FieldPlace> {
        let listed = self.fields.get(&slot).into_iter();
        let listed = listed.chain(self.entries.get(&slot)).flatten();
        let listed: Vec<FieldPlace> = listed.chain(self.mappings.get(&slot)).cloned().collect();
        let Some(storage) = self.storage.as_ref().filter(|_| listed.is_empty()) else {
            return listed;
        };
        let long = self.long_fields.range(..=slot).next_back();
        let long = long.map(|(_, field)| parts_in_slot(storage, field, slot));
        if let Some(parts) = long.filter(|parts| !parts.is_empty()) {
            return parts;
        }
        let elements = self.array(slot);
        let elements = elements.map(|array| array.parts_in_slot(storage, slot));
        if let Some(elements) = elements.filter(|elements| !elements.is_empty()) {
            return elements;
        }
        let text = self.texts.range(..=slot).next_back();
        if let Some(word) = text.and_then(|(begin, text)| text_word(text, *begin, slot)) {
            return vec![word];
        }
        self.fields_below(storage, slot, depth).unwrap_or_default()
    }

    /// The fields in a slot below an array element: an entry of a mapping, an element of an inner array, or the data of
    /// a text. The nearest hash at or before the slot decides which.
    fn fields_below(&self, storage: &Storage, slot: U256, depth: usize) -> Option<Vec<FieldPlace>> {
        let depth = depth.checked_sub(1)?;
        let (begin, preimage) = self.preimages.range(..=slot).next_back()?;
        let begin = *begin;
        let (key, above) = preimage.split_last_chunk::<32>()?;
        let above = self.fields_at(U256::from_be_bytes(*above), depth);
        let above = above.first()?;
        match storage.kind(above.place.ty) {
            TypeKind::Mapping(mapping) => {
                let key_type = KeyType::of_mapping(storage, mapping);
                key_type.encode(key).filter(|encoded| **encoded == *key)?;
                let name = format!("{}[{}]", above.name, key_type.show(key));
                let values = storage
                    .walk_value(mapping.value, begin, 0, name)
                    .into_iter();
                let parts = values.flat_map(|value| {
                    let area = above.area.clone();
                    parts_in_slot(storage, &FieldPlace { area, ..value }, slot)
                });
                Some(parts.collect())
            }
            TypeKind::Vector(element) if key.is_empty() => {
                let array = ElementList {
                    begin,
                    field: above.clone(),
                    element: *element,
                    length: None,
                };
                Some(array.parts_in_slot(storage, slot))
            }
            TypeKind::Bytes | TypeKind::String if key.is_empty() => {
                Some(vec![text_word(above, begin, slot)?])
            }
            _ => None,
        }
    }

    /// Returns true if a limit left slots or mapping entries without names.
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    fn is_full(&self) -> bool {
        self.listed >= NAMED_MAX || self.name_bytes >= NAMES_BYTES_MAX
    }

    fn add_field(&mut self, field: FieldPlace) {
        let slot = field.place.slot;
        self.places.entry(field.name.clone()).or_insert(slot);
        self.fields.entry(slot).or_default().push(field);
    }

    /// Counts a listed word or entry; false if a limit leaves it out.
    fn count(&mut self, field: &FieldPlace) -> bool {
        if self.is_full() {
            self.is_cut = true;
            return false;
        }
        self.listed += 1;
        self.name_bytes += field.name.len();
        true
    }

    fn add_entry(&mut self, entry: FieldPlace) {
        let slot = entry.place.slot;
        self.places.entry(entry.name.clone()).or_insert(slot);
        self.entries.entry(slot).or_default().push(entry);
    }

    /// Adds a declared field. A long one is listed with its first slots.
    fn add_declared(
        &mut self,
        storage: &Storage,
        field: FieldPlace,
        mappings: &mut Vec<KeyedPlace>,
    ) {
        mappings.extend(self.add_hashed(storage, &field));
        if self.mappings.contains_key(&field.place.slot) {
            return;
        }
        let count = slot_count(&field);
        let is_array = matches!(storage.kind(field.place.ty), TypeKind::Array { .. });
        if count < 2 && !is_array {
            return self.add_field(field);
        }
        self.is_cut |= count > LISTED_SLOTS_MAX && !field.is_gap;
        for at in 0..count.min(LISTED_SLOTS_MAX) {
            let slot = field.place.slot.wrapping_add(U256::from(at));
            for part in parts_in_slot(storage, &field, slot) {
                mappings.extend(self.add_hashed(storage, &part));
                let is_mapping = self.mappings.contains_key(&part.place.slot);
                if !is_mapping && self.count(&part) {
                    self.add_field(part);
                }
            }
        }
        self.long_fields.insert(field.place.slot, field);
    }

    /// Notes what a value keeps at hashes of its slot, and returns the mappings among it.
    fn add_hashed(&mut self, storage: &Storage, field: &FieldPlace) -> Vec<KeyedPlace> {
        let slot = field.place.slot;
        match storage.kind(field.place.ty) {
            TypeKind::Mapping(mapping) => {
                self.mappings.insert(slot, field.clone());
                vec![KeyedPlace {
                    field: field.clone(),
                    key: KeyType::of_mapping(storage, mapping),
                    value: EntryType::Typed(mapping.value),
                }]
            }
            TypeKind::Lazy(lazy) => {
                if lazy.key.is_some() {
                    self.mappings.insert(slot, field.clone());
                }
                self.add_lazy(field, lazy)
            }
            TypeKind::Bytes | TypeKind::String => {
                self.texts.insert(elements_begin(slot), field.clone());
                Vec::new()
            }
            TypeKind::Vector(element) => {
                let array = ElementList {
                    begin: elements_begin(slot),
                    field: field.clone(),
                    element: *element,
                    length: None,
                };
                self.arrays.insert(array.begin, array);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Adds the entries of mappings whose keys are known, outer entries before inner ones, so that a limit cuts the
    /// innermost.
    fn add_entries(&mut self, storage: &Storage, mappings: Vec<KeyedPlace>) {
        let mut mappings = VecDeque::from(mappings);
        while let Some(mapping) = mappings.pop_front() {
            let KeyedPlace { field, key, value } = mapping;
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
                let values = match value {
                    EntryType::Typed(ty) => storage.walk_value(ty, slot, 0, name),
                    EntryType::Words(words) => words_from(&value_at(&field, name, slot), words),
                };
                for value in values {
                    let area = field.area.clone();
                    let inner = self.add_value(storage, FieldPlace { area, ..value });
                    mappings.extend(inner);
                }
            }
        }
    }

    /// Adds a value of an entry, and returns the mappings in it.
    fn add_value(&mut self, storage: &Storage, value: FieldPlace) -> Vec<KeyedPlace> {
        let mut mappings = Vec::new();
        let count = slot_count(&value);
        self.is_cut |= count > LISTED_SLOTS_MAX;
        for at in 0..count.min(LISTED_SLOTS_MAX) {
            let slot = value.place.slot.wrapping_add(U256::from(at));
            for part in parts_in_slot(storage, &value, slot) {
                if !self.count(&part) {
                    return mappings;
                }
                mappings.extend(self.add_hashed(storage, &part));
                if !self.mappings.contains_key(&part.place.slot) {
                    self.add_entry(part);
                }
            }
        }
        mappings
    }

    /// Adds the counts of a lazy map or cell and the words of a cell, and returns the maps of all forms.
    fn add_lazy(&mut self, field: &FieldPlace, lazy: &LazyType) -> Vec<KeyedPlace> {
        let mut maps = Vec::new();
        for LazyRoot { slot, count, form } in lazy_roots(field.place.slot, lazy) {
            if let Some(count) = count {
                let name = format!("{}.remaining", field.name);
                self.add_field(word_of(field, name, count));
            }
            let size = form.and_then(|form| form.size);
            let words = size.map(|size| size.div_ceil(WORD_BYTES).clamp(1, LAZY_WORDS));
            let values = value_at(field, field.name.clone(), slot);
            match lazy_key(lazy) {
                Some(key) => maps.push(KeyedPlace {
                    field: values,
                    key,
                    value: EntryType::Words(words.unwrap_or(LAZY_WORDS)),
                }),
                // The oldest form is the field itself.
                None if form.is_none() => {}
                None => {
                    for word in words_from(&values, words.unwrap_or(1)) {
                        self.add_field(word);
                    }
                }
            }
        }
        maps
    }

    /// The array with an element in that slot.
    fn array(&self, slot: U256) -> Option<&ElementList> {
        let (begin, array) = self.arrays.range(..=slot).next_back()?;
        offset_within(*begin, slot).map(|_| array)
    }
}

/// Returns true if a storage declares the field, or the member of a field, that a value belongs to.
fn declares(storage: &Storage, value: &FieldPlace) -> bool {
    let Some(area) = storage.area(&value.area) else {
        return false;
    };
    // Private variables of two parents may share a name.
    let base = value
        .declared
        .as_ref()
        .and_then(|field| field.base.as_ref());
    let mut members = Some(area.fields.as_slice());
    member_path(&value.name).split('.').all(|name| {
        let mut fields = members.unwrap_or_default().iter();
        let is_declared = |field: &&StorageField| {
            let bases = base.zip(field.base.as_ref());
            field.name == name && bases.is_none_or(|(before, after)| before == after)
        };
        let Some(field) = fields.find(is_declared) else {
            return false;
        };
        members = match storage.kind(value_type(storage, field.ty)) {
            TypeKind::Struct(inner) => inner.as_deref(),
            _ => None,
        };
        true
    })
}

/// The type of the values in a mapping or an array; any other type itself.
fn value_type(storage: &Storage, ty: TypeId) -> TypeId {
    let mut ty = ty;
    for _ in 0..storage.types().len() {
        ty = match storage.kind(ty) {
            TypeKind::Mapping(mapping) => mapping.value,
            TypeKind::Vector(element) | TypeKind::Array { element, .. } => *element,
            _ => break,
        };
    }
    ty
}

/// Collects the words in the simulation that may be keys of a mapping: words of calldata and of events, accounts, and small
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
