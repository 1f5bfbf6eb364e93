//! Slots shown by name and value: the framework's own, and those of variables where the layout is known.
use crate::client::ChainError;
use crate::inspect::framework_slots;
use crate::layout::{KeyType, LazyRoot, entry, lazy_key, lazy_roots};
use crate::names::Names;
use crate::simulation::Simulation;
use alloy::primitives::{Address, B256, U256};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use stylus_layout::{
    DecodedValue, FieldPlace, Layout, LazyType, Storage, TypeId, TypeKind, ValuePlace, WORD_BYTES,
    WalkLimits, elements_begin,
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
/// Elements of an array that are reported by their index, and words of a text.
const ELEMENTS: u64 = 1 << 32;
/// Hashes of slots between a slot and a field, at most.
const NESTED_MAX: usize = 8;
/// Words of a value of a lazy map or cell that have names, if its size is not known.
const LAZY_WORDS: u64 = 8;

/// Variables by slot; several may share one.
#[derive(Debug, Clone, Default)]
pub struct SlotNames {
    slots: BTreeMap<U256, Vec<FieldPlace>>,
    /// Arrays that grow.
    arrays: Vec<GrowingArray>,
    /// What may be a key of a mapping.
    keys: Vec<B256>,
    /// Texts and byte strings, by the slot where their data begin.
    texts: BTreeMap<U256, String>,
    /// The entries of mappings that were looked up, by the slot of the mapping.
    lookups: Arc<BTreeMap<U256, Vec<MappingLookup>>>,
    /// What was hashed, by the slot that is its hash.
    preimages: Arc<BTreeMap<U256, Vec<u8>>>,
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
    /// So many words, of which no more is known.
    Words(u64),
}

impl GrowingArray {
    /// The slots from the begin of the array to a slot, if an element may lie there.
    fn offset_of(&self, slot: U256) -> Option<u64> {
        offset_within(self.begin, slot)
    }

    /// The elements that lie in a slot, with the parts of them that lie in others.
    fn elements(&self, storage: &Storage, slot: U256) -> Option<Vec<FieldPlace>> {
        let at = self.offset_of(slot)?;
        let bytes = storage.ty(self.element).size().unwrap_or(WORD_BYTES).max(1);
        let (words, each) = (bytes.div_ceil(WORD_BYTES), (WORD_BYTES / bytes).max(1));
        let slot = slot.wrapping_sub(U256::from(at % words));
        let elements = (0..each).flat_map(|n| {
            let name = format!("{}[{}]", self.name, at / words * each + n);
            storage.walk_value(self.element, slot, n * bytes, name)
        });
        Some(elements.collect())
    }
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
        let hashed = hashed.map(|(hash, preimage)| (hash.into(), preimage.to_vec()));
        let hashed: BTreeMap<U256, Vec<u8>> = hashed.collect();
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
        let mut variables = self.fields_at(slot, NESTED_MAX);
        // Nothing is kept at the slot of a mapping.
        let storage = self.storage.as_ref();
        let is_mapping = |field: &FieldPlace| {
            let kind = storage.map(|storage| storage.kind(field.place.ty));
            matches!(kind, Some(TypeKind::Mapping(_)))
        };
        variables.retain(|field| !is_mapping(field));
        variables
    }

    /// What lies in a slot, mappings too, through at most `depth` hashes of slots.
    fn fields_at(&self, slot: U256, depth: usize) -> Vec<FieldPlace> {
        if let Some(known) = self.slots.get(&slot) {
            return known.clone();
        }
        let elements = self.storage.as_ref().and_then(|storage| {
            let elements = |array: &GrowingArray| array.elements(storage, slot);
            let elements = self.arrays.iter().find_map(elements)?;
            Some(in_slot(elements, slot))
        });
        if let Some(elements) = elements {
            return elements;
        }
        let text = self.texts.range(..=slot).next_back();
        let word = text.and_then(|(begin, name)| text_word(name, *begin, slot));
        match word {
            Some(word) => vec![word],
            None => self.fields_below(slot, depth).unwrap_or_default(),
        }
    }

    /// What lies in a slot that an element of an array leads to: an entry of a mapping in it, an element of an inner
    /// array, or the data of a text. The nearest hash before the slot says which.
    fn fields_below(&self, slot: U256, depth: usize) -> Option<Vec<FieldPlace>> {
        let storage = self.storage.as_ref()?;
        let depth = depth.checked_sub(1)?;
        let (hash, preimage) = self.preimages.range(..=slot).next_back()?;
        let (begin, at) = (*hash, offset_within(*hash, slot)?);
        let (key, above) = preimage.split_last_chunk::<32>()?;
        let above = self.fields_at(U256::from_be_bytes(*above), depth);
        let above = above.first()?;
        let name = above.name.clone();
        let fields = match storage.kind(above.place.ty) {
            TypeKind::Mapping(mapping) => {
                let key_type = KeyType::of_mapping(storage, mapping);
                key_type.encode(key).filter(|encoded| **encoded == *key)?;
                let name = format!("{name}[{}]", key_type.show(key));
                storage.walk_value(mapping.value, begin, 0, name)
            }
            TypeKind::Vector(element) if key.is_empty() => {
                let element = *element;
                let array = GrowingArray {
                    begin,
                    name,
                    element,
                };
                array.elements(storage, slot)?
            }
            TypeKind::Bytes | TypeKind::String if key.is_empty() => {
                Vec::from_iter(text_word(&name, begin, slot))
            }
            // An array of a fixed length has one name for each of its words.
            _ if !above.is_known => vec![FieldPlace::word(format!("{name}[]+{at}"), slot)],
            _ => return None,
        };
        Some(in_slot(fields, slot))
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
        while let Some(keyed) = mappings.pop_front() {
            let KeyedPlace { field, key, value } = keyed;
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
                let mut below = match value {
                    EntryType::Typed(ty) => storage.walk_value(ty, slot, 0, name),
                    EntryType::Words(words) => words_from(&name, slot, words),
                };
                for value in &mut below {
                    value.area.clone_from(&field.area);
                }
                mappings.extend(self.add_fields(storage, below));
            }
        }
    }

    /// Adds fields, and returns the mappings among them.
    fn add_fields(&mut self, storage: &Storage, fields: Vec<FieldPlace>) -> Vec<KeyedPlace> {
        let mut mappings = Vec::new();
        for field in fields {
            let (name, slot) = (&field.name, field.place.slot);
            match storage.kind(field.place.ty) {
                TypeKind::Mapping(mapping) => {
                    mappings.push(KeyedPlace {
                        key: KeyType::of_mapping(storage, mapping),
                        value: EntryType::Typed(mapping.value),
                        field,
                    });
                    continue;
                }
                TypeKind::Lazy(lazy) => {
                    let maps = self.add_lazy(&field, lazy);
                    mappings.extend(maps);
                    continue;
                }
                TypeKind::Bytes | TypeKind::String => {
                    self.texts.insert(elements_begin(slot), name.clone());
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
                    for word in words_from(name, slot, count) {
                        self.add(word);
                    }
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
                self.add(FieldPlace::word(name, count));
            }
            let size = form.and_then(|form| form.size);
            let words = size.map(|size| size.div_ceil(WORD_BYTES).clamp(1, LAZY_WORDS));
            match lazy_key(lazy) {
                Some(key) => maps.push(KeyedPlace {
                    field: FieldPlace {
                        place: ValuePlace::word(slot),
                        ..field.clone()
                    },
                    key,
                    value: EntryType::Words(words.unwrap_or(LAZY_WORDS)),
                }),
                None => {
                    for word in words_from(&field.name, slot, words.unwrap_or(1)) {
                        self.add(word);
                    }
                }
            }
        }
        maps
    }

    /// The array with an element in that slot, and how many slots after its begin that is.
    fn array(&self, slot: U256) -> Option<(&GrowingArray, u64)> {
        let mut arrays = self.arrays.iter();
        arrays.find_map(|array| Some((array, array.offset_of(slot)?)))
    }
}

/// The slots between two slots, if a value that begins at the first one may reach the second.
fn offset_within(begin: U256, slot: U256) -> Option<u64> {
    let at = u64::try_from(slot.checked_sub(begin)?).ok()?;
    (at < ELEMENTS).then_some(at)
}

/// A word of the data of a text, if the slot is one.
fn text_word(name: &str, begin: U256, slot: U256) -> Option<FieldPlace> {
    let at = offset_within(begin, slot)?;
    Some(FieldPlace::word(format!("{name}+{}", at + 1), slot))
}

/// Fields that lie in a slot; of one that takes several slots, the word there.
fn in_slot(fields: Vec<FieldPlace>, slot: U256) -> Vec<FieldPlace> {
    let fields = fields.into_iter().filter_map(|field| {
        let at = offset_within(field.place.slot, slot)?;
        let count = field.place.slots_taken();
        if at >= count {
            return None;
        }
        Some(if count == 1 {
            field
        } else {
            FieldPlace::word(format!("{}+{at}", field.name), slot)
        })
    });
    fields.collect()
}

/// The words of a value of which no more is known; a single one has the name of the value.
fn words_from(name: &str, slot: U256, count: u64) -> Vec<FieldPlace> {
    let words = (0..count).map(|word| {
        let name = match count {
            1 => name.to_owned(),
            _ => format!("{name}+{word}"),
        };
        FieldPlace::word(name, slot.wrapping_add(U256::from(word)))
    });
    words.collect()
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
