//! Slots shown by name and value: the framework's own, and those of variables where the layout is known.

use super::instances::{Change, FieldValues};
use crate::layout::{Held, WORD};
use alloy::primitives::{Address, B256, U256, keccak256};
use std::collections::BTreeMap;
use stylus_layout::{Item, Layout, Members};
use stylus_upgrades_interface::slots;

/// Slots that one variable is followed over, at most.
const LONGEST: u64 = 1_024;
/// Structs within structs that are followed.
const DEEPEST: u8 = 8;

/// Pairs of keys that are tried for mappings within mappings, at most.
const PAIRS: usize = 65_536;
/// Elements of an array that are reported by their index.
const ELEMENTS: u64 = 1 << 32;

/// Variables by slot; several may share one.
#[derive(Debug, Clone, Default)]
pub(super) struct SlotNames {
    slots: BTreeMap<U256, Vec<Variable>>,
    /// Arrays that grow: where their elements begin, their name, the type of an element.
    arrays: Vec<(U256, String, Option<String>)>,
    /// What may be a key of a mapping.
    keys: Vec<B256>,
    /// What says how values are read.
    layout: Layout,
}

/// What lies in a slot.
#[derive(Debug, Clone)]
struct Variable {
    name: String,
    /// Its type; none where the whole word is the value, or where this is a part of something longer.
    kind: Option<String>,
    /// Where it begins, in bytes from the low-order end.
    offset: u64,
}

impl SlotNames {
    /// The framework's slots, with the marks of these versions.
    pub(super) fn framework(versions: &[String]) -> Self {
        let mut names = Self::default();
        for (slot, name) in [
            (slots::IMPLEMENTATION, "implementation (ERC-1967)"),
            (slots::ADMIN, "registry (ERC-1967 admin)"),
            (slots::BEACON, "beacon (ERC-1967)"),
            (slots::INITIALISED, "initialised"),
            (slots::CONSTRUCTED, "constructed"),
            (slots::COMPLEX, "complex migration"),
        ] {
            names.add(slot.into(), name.into(), None, 0);
        }
        for version in versions {
            let name = format!("migrated[{version:?}]");
            names.add(slots::migrated(version).into(), name, None, 0);
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
        self.layout = layout.clone();
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

    /// A word that changes, by the names and values of what lies in it.
    pub(super) fn change(&self, slot: B256, before: B256, after: B256) -> Change {
        Change {
            slot,
            name: self.get(slot),
            before,
            after,
            fields: self.fields(slot.into(), before, after),
        }
    }

    /// What of a word changes, by field. None where not all of what changes belongs to fields of a known type:
    /// then the whole word is shown.
    fn fields(&self, slot: U256, before: B256, after: B256) -> Vec<FieldValues> {
        let (mut fields, mut rest) = (Vec::new(), before ^ after);
        for one in self.variables(slot) {
            let kind = one.kind.as_ref().and_then(|id| self.layout.types.get(id));
            let size = kind.and_then(|kind| kind.number_of_bytes.as_ref()?.parse().ok());
            let (Some(kind), Some(size)) = (kind, size.filter(|size| *size <= WORD)) else {
                return Vec::new();
            };
            let (kind, offset) = (Some(kind), one.offset);
            let held = Held {
                kind,
                slot,
                offset,
                size,
            };
            if held.bytes(&before) == held.bytes(&after) {
                continue;
            }
            let end = WORD.saturating_sub(offset);
            for place in end.saturating_sub(size)..end {
                rest.0[place as usize] = 0;
            }
            let value = |word| held.words(&self.layout, word, &BTreeMap::new());
            fields.push(FieldValues {
                name: one.name,
                before: value(before),
                after: value(after),
            });
        }
        match rest.is_zero() {
            true => fields,
            false => Vec::new(),
        }
    }

    /// What lies in a slot, the low-order end first.
    fn variables(&self, slot: U256) -> Vec<Variable> {
        match self.slots.get(&slot) {
            Some(known) => known.clone(),
            None => self.elements(slot),
        }
    }

    fn add(&mut self, slot: U256, name: String, kind: Option<String>, offset: u64) {
        let variable = Variable { name, kind, offset };
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
        if let Some((key, value)) = ty.and_then(|ty| ty.key.as_ref().zip(ty.value.as_ref())) {
            return self.add_entries(layout, (key, value), slot, name, depth);
        }
        if let Some(ty) = ty.filter(|ty| ty.encoding == "dynamic_array") {
            let begin = U256::from_be_bytes(keccak256(B256::from(slot)).0);
            self.arrays.push((begin, name.to_owned(), ty.base.clone()));
        }
        let count = bytes_of(layout, id).div_ceil(WORD).clamp(1, LONGEST);
        if count == 1 {
            return self.add(slot, name.to_owned(), Some(id.to_owned()), offset);
        }
        for n in 0..count {
            let part = format!("{name}+{n}");
            self.add(slot.wrapping_add(U256::from(n)), part, None, 0);
        }
    }

    /// Entries of a mapping at `slot`, one per candidate; keys of words only.
    fn add_entries(
        &mut self,
        layout: &Layout,
        (key, value): (&String, &String),
        slot: U256,
        name: &str,
        depth: u8,
    ) {
        let key = layout.types.get(key);
        let is_word = key.is_none_or(|key| key.encoding != "bytes");
        let is_nested = name.contains('[');
        let affordable = !is_nested || self.keys.len().pow(2) <= PAIRS;
        if !is_word || !affordable || depth >= DEEPEST {
            return;
        }
        let is_address = key.is_some_and(|key| key.label == "address");
        for word in self.keys.clone() {
            if is_address != is_account(&word) && !word.is_zero() {
                continue;
            }
            let entry = keccak256([word.0, slot.to_be_bytes()].concat());
            let entry = U256::from_be_bytes(entry.0);
            let name = format!("{name}[{}]", key_text(&word, is_address));
            self.add_type(layout, value, (entry, 0), &name, depth + 1);
        }
    }

    /// The elements of an array that lie there.
    fn elements(&self, slot: U256) -> Vec<Variable> {
        let found = self.arrays.iter().find_map(|(begin, name, base)| {
            let at = slot.checked_sub(*begin)?;
            let at = u64::try_from(at).ok().filter(|at| *at < ELEMENTS)?;
            let id = base.as_deref().unwrap_or_default();
            let bytes = bytes_of(&self.layout, id).max(1);
            let (words, each) = (bytes.div_ceil(WORD), (WORD / bytes).max(1));
            let mut one = Self::default();
            for n in 0..each {
                let name = format!("{name}[{}]", at / words * each + n);
                let begin = slot.wrapping_sub(U256::from(at % words));
                one.add_type(&self.layout, id, (begin, n * bytes), &name, 0);
            }
            one.slots.remove(&slot)
        });
        found.unwrap_or_default()
    }
}

/// Bytes of a type; a slot's where that is not known.
fn bytes_of(layout: &Layout, id: &str) -> u64 {
    let kind = layout.types.get(id);
    let bytes = kind.and_then(|kind| kind.number_of_bytes.as_ref()?.parse().ok());
    bytes.unwrap_or(WORD)
}

/// Whether a word looks like an account: 20 bytes, and not a small number.
fn is_account(word: &B256) -> bool {
    word.starts_with(&[0; 12]) && word.get(12..20) != Some(&[0; 8])
}

fn key_text(word: &B256, is_address: bool) -> String {
    if is_address {
        return Address::from_word(*word).to_string();
    }
    match u64::try_from(U256::from_be_bytes(word.0)) {
        Ok(number) => number.to_string(),
        Err(_) => word.to_string(),
    }
}

#[cfg(test)]
mod tests;
