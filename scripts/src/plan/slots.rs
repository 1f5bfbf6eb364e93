//! Slots shown by name: the framework's own, and those of variables where the layout is known.

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

/// Names by slot; a slot that several variables share has all their names.
#[derive(Debug, Clone, Default)]
pub(super) struct SlotNames {
    names: BTreeMap<U256, String>,
    /// Arrays that grow: where their elements begin, their name, the bytes of an element.
    arrays: Vec<(U256, String, u64)>,
    /// What may be a key of a mapping.
    keys: Vec<B256>,
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
            names.add(slot.into(), name.into());
        }
        for version in versions {
            let name = format!("migrated[{version:?}]");
            names.add(slots::migrated(version).into(), name);
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
        self.add_items(layout, &layout.storage, U256::ZERO, "", 0);
        for (namespace, items) in &layout.namespaces {
            if let Some(id) = namespace.strip_prefix("erc7201:") {
                let root = slots::erc7201(id.as_bytes()).into();
                self.add_items(layout, items, root, "", 0);
            }
        }
        self
    }

    /// The name of a slot.
    pub(super) fn get(&self, slot: B256) -> Option<String> {
        let slot = U256::from_be_bytes(slot.0);
        self.names
            .get(&slot)
            .cloned()
            .or_else(|| self.element(slot))
    }

    fn add(&mut self, slot: U256, name: String) {
        match self.names.get_mut(&slot) {
            Some(names) => names.push_str(&format!(", {name}")),
            None => {
                self.names.insert(slot, name);
            }
        }
    }

    fn add_items(&mut self, layout: &Layout, items: &[Item], root: U256, prefix: &str, depth: u8) {
        for item in items {
            let Ok(offset) = item.slot.parse::<U256>() else {
                continue;
            };
            let slot = root.wrapping_add(offset);
            let name = format!("{prefix}{}", item.label);
            self.add_type(layout, &item.type_id, slot, &name, depth);
        }
    }

    /// A variable, member or entry of that type.
    fn add_type(&mut self, layout: &Layout, id: &str, slot: U256, name: &str, depth: u8) {
        let ty = layout.types.get(id);
        if let Some(Members::Struct(members)) = ty.and_then(|ty| ty.members.as_ref())
            && depth < DEEPEST
        {
            return self.add_items(layout, members, slot, &format!("{name}."), depth + 1);
        }
        if let Some((key, value)) = ty.and_then(|ty| ty.key.as_ref().zip(ty.value.as_ref())) {
            return self.add_entries(layout, (key, value), slot, name, depth);
        }
        let bytes_of = |id: &String| layout.types.get(id)?.number_of_bytes.as_ref()?.parse().ok();
        if let Some(ty) = ty.filter(|ty| ty.encoding == "dynamic_array") {
            let begin = U256::from_be_bytes(keccak256(B256::from(slot)).0);
            let bytes = ty.base.as_ref().and_then(bytes_of).unwrap_or(32);
            self.arrays.push((begin, name.to_owned(), bytes));
        }
        let bytes = bytes_of(&id.to_owned()).unwrap_or(32);
        let count = bytes.div_ceil(32).clamp(1, LONGEST);
        for n in 0..count {
            let part = if count > 1 {
                format!("{name}+{n}")
            } else {
                name.to_owned()
            };
            self.add(slot.wrapping_add(U256::from(n)), part);
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
            self.add_type(layout, value, entry, &name, depth + 1);
        }
    }

    /// The element of an array that lies there.
    fn element(&self, slot: U256) -> Option<String> {
        self.arrays.iter().find_map(|(begin, name, bytes)| {
            let at = slot.checked_sub(*begin)?;
            let at = u64::try_from(at).ok().filter(|at| *at < ELEMENTS)?;
            let bytes = (*bytes).max(1);
            if bytes >= 32 {
                let words = bytes.div_ceil(32);
                let part = match at % words {
                    0 => String::new(),
                    n => format!("+{n}"),
                };
                return Some(format!("{name}[{}]{part}", at / words));
            }
            let each = 32 / bytes;
            let first = at * each;
            Some(match each {
                1 => format!("{name}[{first}]"),
                _ => format!("{name}[{first}..{}]", first + each),
            })
        })
    }
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
