//! Lazy maps and cells: each value has one of several forms, and each form has its own root.

use super::key::{KeyType, entry};
use alloy::primitives::U256;
use std::iter::once;
use stylus_layout::{LazyForm, LazyType};
use stylus_upgrades_interface::slots;

/// The root of one form of a lazy map or cell.
pub struct LazyRoot<'t> {
    /// The slot of the mapping, or the first slot of the cell.
    pub slot: U256,
    /// The slot that counts the values which are still in an older form; none for the oldest form.
    pub count: Option<U256>,
    /// The form; none for the oldest one, which has the type of the field before it became lazy.
    pub form: Option<&'t LazyForm>,
}

/// The roots of all forms of a field, the oldest first.
pub fn lazy_roots(field: U256, lazy: &LazyType) -> impl Iterator<Item = LazyRoot<'_>> {
    let oldest = LazyRoot {
        slot: field,
        count: None,
        form: None,
    };
    let mut root = field;
    let forms = lazy.forms.iter().map(move |form| {
        let namespace = entry(&root.to_be_bytes::<32>(), slots::LAZY.into());
        root = namespace.wrapping_add(U256::ONE);
        LazyRoot {
            slot: root,
            count: Some(namespace),
            form: Some(form),
        }
    });
    once(oldest).chain(forms)
}

/// The type of the keys of a lazy map; none for a cell.
pub fn lazy_key(lazy: &LazyType) -> Option<KeyType> {
    let label = lazy.key.as_deref()?;
    Some(KeyType::of_label(label, true))
}
