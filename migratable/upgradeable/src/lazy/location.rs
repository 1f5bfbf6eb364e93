//! One datum in its forms. The old forms stay where the versions before kept them; the new one
//! lies in a namespace of its own. An old word that is not zero means: not converted yet.
//! A write of the new form clears the old ones too, or what is deleted later
//! would come back.

use alloy_primitives::{B256, U256, keccak256};
use stylus_upgrades_host::storage;
use stylus_upgrades_interface::slots;

use crate::lazy::{
    past::Past,
    record::{Record, entry},
};

/// The place of a datum's forms. Only this crate makes one: code that could choose the slot could read and write any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The slot of the map or field.
    pub(crate) slot: U256,
    /// The key of an entry of a map; a field has none.
    pub(crate) key: Option<B256>,
}

impl Location {
    /// First slot of the form whose map or field is at `root`.
    pub(crate) fn under(&self, root: U256) -> U256 {
        match &self.key {
            Some(key) => entry(key, root),
            None => root,
        }
    }

    /// Returns true if nothing is left of the old forms.
    pub(crate) fn is_converted<Old: Past>(&self) -> bool {
        !Old::is_left(self)
    }

    /// The new form, converted on the way where it is not yet; writes nothing.
    pub(crate) fn get<Old: Past, New: Record + From<Old::Youngest>>(&self) -> New {
        match Old::read(self) {
            Some(old) => old.into(),
            None => decode(self.new_slot::<Old>()),
        }
    }

    /// Writes the new form and clears the old ones; whether there was an old one.
    pub(crate) fn set<Old: Past>(&self, value: &impl Record) -> bool {
        let new = self.new_slot::<Old>();
        encode(value, new);
        Old::clear(self)
    }

    /// Clears all forms; whether there was an old one.
    pub(crate) fn erase<Old: Past, New: Record>(&self) -> bool {
        let new = self.new_slot::<Old>();
        for n in 0..New::WORDS {
            store(new, n, U256::ZERO);
        }
        Old::clear(self)
    }

    /// Converts what is not converted yet; whether it was that.
    pub(crate) fn convert<Old: Past, New: Record + From<Old::Youngest>>(&self) -> bool {
        match Old::read(self) {
            Some(old) => self.set::<Old>(&New::from(old)),
            None => false,
        }
    }

    /// First slot of the new form.
    fn new_slot<Old: Past>(&self) -> U256 {
        self.under(root(Old::root(self.slot)))
    }
}

/// The value at `slot`. No record reads words that are not its own.
pub(crate) fn decode<R: Record>(slot: U256) -> R {
    R::decode(|n| {
        assert!(n < R::WORDS);
        load(slot, n)
    })
}

/// Stores a value at `slot`. No record writes words that are not its own.
fn encode<R: Record>(value: &R, slot: U256) {
    value.encode(|n, word| {
        assert!(n < R::WORDS);
        store(slot, n, word);
    });
}

/// The root of the form that follows the one whose map or field is at `slot`.
pub(crate) fn root(slot: U256) -> U256 {
    namespace(slot).wrapping_add(U256::ONE)
}

/// The namespace of the field or map at `slot`: a count of what is left, then the form that follows.
pub(crate) fn namespace(slot: U256) -> U256 {
    let mut preimage = [0; 64];
    let (first, second) = preimage.split_at_mut(32);
    first.copy_from_slice(&slot.to_be_bytes::<32>());
    second.copy_from_slice(slots::LAZY.as_slice());
    U256::from_be_bytes(keccak256(preimage).0)
}

/// The `n`th word after a slot.
pub(crate) fn load(slot: U256, n: u64) -> U256 {
    U256::from_be_bytes(storage::load(&at(slot, n).0))
}

/// Stores the `n`th word after a slot, in the frame's cache.
pub(crate) fn store(slot: U256, n: u64, word: U256) {
    storage::store(&at(slot, n).0, &word.to_be_bytes());
}

fn at(slot: U256, n: u64) -> B256 {
    B256::from(slot.wrapping_add(U256::from(n)))
}
