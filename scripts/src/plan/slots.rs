//! Slots told by name: the framework's own, and those of variables where the layout is known.

use alloy::primitives::{B256, U256};
use std::collections::BTreeMap;
use stylus_layout::{Item, Layout, Members};
use stylus_upgrades_interface::slots;

/// Slots that one variable is followed over, at most.
const LONGEST: u64 = 1_024;
/// Structs within structs that are followed.
const DEEPEST: u8 = 8;

/// Names by slot; a slot that several variables share has all their names.
#[derive(Debug, Clone, Default)]
pub(super) struct SlotNames(BTreeMap<U256, String>);

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

    /// Adds the variables of a layout.
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
        self.0.get(&slot.into()).cloned()
    }

    fn add(&mut self, slot: U256, name: String) {
        match self.0.get_mut(&slot) {
            Some(names) => names.push_str(&format!(", {name}")),
            None => {
                self.0.insert(slot, name);
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
            let ty = layout.types.get(&item.type_id);
            if let Some(Members::Struct(members)) = ty.and_then(|ty| ty.members.as_ref())
                && depth < DEEPEST
            {
                let inner = format!("{name}.");
                self.add_items(layout, members, slot, &inner, depth + 1);
                continue;
            }
            let bytes = ty.and_then(|ty| ty.number_of_bytes.as_ref());
            let bytes: u64 = bytes.and_then(|text| text.parse().ok()).unwrap_or(32);
            let count = bytes.div_ceil(32).clamp(1, LONGEST);
            for n in 0..count {
                let part = if count > 1 {
                    format!("{name}+{n}")
                } else {
                    name.clone()
                };
                self.add(slot.wrapping_add(U256::from(n)), part);
            }
        }
    }
}

#[cfg(test)]
mod tests;
