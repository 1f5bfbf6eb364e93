//! Post-conditions: what an author declares to hold after a step. Storage is read past the
//! cache, so that what is checked is what the proxy will keep, whatever wrote it.

use stylus_sdk::{
    alloy_sol_types::sol_data::{ByteCount, IntBitCount, SupportedFixedBytes, SupportedInt},
    storage::{
        StorageAddress, StorageBlockHash, StorageBlockNumber, StorageBool, StorageBytes,
        StorageFixedBytes, StorageSigned, StorageString, StorageType, StorageUint, StorageVec,
    },
};
use stylus_upgrades_host::storage;

use crate::migratable::MigratableError;

/// A field that `nonzero(…)` can name: one value, or a text or an array, which is zero where it
/// is empty. A mapping is none, as nobody can say what it holds.
#[diagnostic::on_unimplemented(
    message = "`nonzero` takes a field that holds a value, a text or an array, not `{Self}`",
    label = "name a field within it, or say what must be true by `holds(Self::…)`"
)]
pub trait IsZero {
    /// Returns true if it holds what it holds where nobody ever wrote.
    fn is_zero(&self) -> bool;
}

impl<const B: usize, const L: usize> IsZero for StorageUint<B, L>
where
    IntBitCount<B>: SupportedInt,
{
    fn is_zero(&self) -> bool {
        self.get().is_zero()
    }
}

impl<const B: usize, const L: usize> IsZero for StorageSigned<B, L>
where
    IntBitCount<B>: SupportedInt,
{
    fn is_zero(&self) -> bool {
        self.get().is_zero()
    }
}

impl<const N: usize> IsZero for StorageFixedBytes<N>
where
    ByteCount<N>: SupportedFixedBytes,
{
    fn is_zero(&self) -> bool {
        self.get().is_zero()
    }
}

impl IsZero for StorageBool {
    fn is_zero(&self) -> bool {
        !self.get()
    }
}

impl IsZero for StorageAddress {
    fn is_zero(&self) -> bool {
        self.get().is_zero()
    }
}

impl IsZero for StorageBlockNumber {
    fn is_zero(&self) -> bool {
        self.get() == 0
    }
}

impl IsZero for StorageBlockHash {
    fn is_zero(&self) -> bool {
        self.get().is_zero()
    }
}

impl IsZero for StorageBytes {
    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl IsZero for StorageString {
    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl<S: StorageType> IsZero for StorageVec<S> {
    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

/// Writes what the body left in the cache and forgets it: what is read from here on is what the
/// proxy keeps.
pub fn settle() {
    storage::flush(true);
}

/// One condition, as it stands in the attribute.
///
/// # Errors
/// `PostConditionFailed` where it does not hold.
#[inline(always)]
pub fn require(held: bool, condition: &'static str) -> Result<(), MigratableError> {
    if held {
        Ok(())
    } else {
        Err(MigratableError::PostConditionFailed { condition })
    }
}
