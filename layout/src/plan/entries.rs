//! Entries of a map that moves. Storage does not list its keys, so the caller names them, and carries the entries over
//! one at a time.

use alloy_primitives::U256;

use super::leaves::{Kind, Leaf, of_type};
use super::widen::{Conversion, unchanged, widen};
use super::{Entries, Unsupported};
use crate::storage::TypeKind;

/// Plans how the entries of a map are carried over to another slot; `None` where that cannot be said.
pub(super) fn entries(old: &Leaf<'_>, new: &Leaf<'_>) -> Result<Option<Entries>, Unsupported> {
    if old.slot == new.slot {
        // An entry that is there already could not be told from one that is not.
        return Ok(None);
    }
    let (mut from, mut to, mut keys) = (old.ty, new.ty, 0);
    while let (TypeKind::Mapping(a), TypeKind::Mapping(b)) = (from.kind(), to.kind()) {
        let (key, new_key) = (from.at(a.key), to.at(b.key));
        let is_text = matches!(key.kind(), TypeKind::Bytes | TypeKind::String);
        if is_text || a.is_zero_extended != b.is_zero_extended || !unchanged(key, new_key) {
            return Ok(None);
        }
        (from, to, keys) = (from.at(a.value), to.at(b.value), keys + 1);
    }
    let (before, after) = (of_type(from)?, of_type(to)?);
    let is_plain =
        |leaf: &Leaf<'_>| matches!(leaf.kind, Kind::Static(_)) && !leaf.may_hash_its_slot();
    if keys == 0 || !before.iter().chain(&after).all(is_plain) {
        return Ok(None);
    }
    let of = |words: u64, conversion: Conversion| Entries {
        name: String::new(),
        field: old.path.clone(),
        keys,
        from: old.slot,
        to: new.slot,
        words,
        conversion,
    };
    if unchanged(from, to) {
        let words = before.iter().map(|leaf| leaf.slot + U256::from(1)).max();
        let words = words.unwrap_or_default().saturating_to();
        return Ok(Some(of(words, Conversion::Same)));
    }
    Ok(match (before.as_slice(), after.as_slice()) {
        ([one], [other]) => widen(one, other).map(|conversion| of(1, conversion)),
        _ => None,
    })
}
