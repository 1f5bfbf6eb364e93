//! One datum in its two forms. The old form stays where the version before kept it; the new one
//! lies in a namespace of its own. An old word that is not zero means: not converted yet.
//! Whoever writes the new form clears the old one in the same write, or what is deleted later
//! would come back.

use alloy_primitives::{B256, U256, keccak256};
use stylus_upgrades_host::storage;
use stylus_upgrades_interface::slots;

use crate::record::Record;

/// Where both forms of a datum lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// First slot of the old form.
    pub old: U256,
    /// First slot of the new form.
    pub new: U256,
}

impl Place {
    /// Whether nothing is left of the old form.
    pub fn is_converted<Old: Record>(&self) -> bool {
        (0..Old::WORDS).all(|n| load(self.old, n).is_zero())
    }

    /// The new form, converted on the way where it is not yet; writes nothing.
    pub fn get<Old: Record, New: Record + From<Old>>(&self) -> New {
        if self.is_converted::<Old>() {
            New::decode(|n| load(self.new, n))
        } else {
            Old::decode(|n| load(self.old, n)).into()
        }
    }

    /// Writes the new form and clears the old one; whether there was an old one.
    pub fn set<Old: Record>(&self, value: &impl Record) -> bool {
        value.encode(|n, word| store(self.new, n, word));
        self.clear_old::<Old>()
    }

    /// Clears both; whether there was an old one.
    pub fn erase<Old: Record, New: Record>(&self) -> bool {
        for n in 0..New::WORDS {
            store(self.new, n, U256::ZERO);
        }
        self.clear_old::<Old>()
    }

    /// Converts what is not converted yet; whether it was that.
    pub fn convert<Old: Record, New: Record + From<Old>>(&self) -> bool {
        !self.is_converted::<Old>() && self.set::<Old>(&self.get::<Old, New>())
    }

    fn clear_old<Old: Record>(&self) -> bool {
        let unconverted = !self.is_converted::<Old>();
        if unconverted {
            for n in 0..Old::WORDS {
                store(self.old, n, U256::ZERO);
            }
        }
        unconverted
    }
}

/// The namespace of the datum or map at `slot`: a count of what is left, then the new form.
pub(crate) fn namespace(slot: U256) -> U256 {
    let mut preimage = [0; 64];
    let (first, second) = preimage.split_at_mut(32);
    first.copy_from_slice(&slot.to_be_bytes::<32>());
    second.copy_from_slice(slots::LAZY.as_slice());
    U256::from_be_bytes(keccak256(preimage).0)
}

/// The `n`th word behind a slot.
pub(crate) fn load(slot: U256, n: u64) -> U256 {
    U256::from_be_bytes(storage::load(&at(slot, n).0))
}

/// Stores the `n`th word behind a slot, in the frame's cache.
pub(crate) fn store(slot: U256, n: u64, word: U256) {
    storage::store(&at(slot, n).0, &word.to_be_bytes());
}

fn at(slot: U256, n: u64) -> B256 {
    B256::from(slot.wrapping_add(U256::from(n)))
}
