// Carries the storage of the version before over to this one: fields of the same name keep their
// values wherever they moved. Generated from the difference of the two layouts; generate it anew
// if either changes.

extern crate alloc;

use alloc::vec::Vec;

use stylus_sdk::alloy_primitives::{B256, U256};
use stylus_sdk::crypto::keccak;
use stylus_sdk::stylus_core::StorageAccess;

/// Call it once, before anything else in the migration's body: `migrate_storage(self.vm())`.
pub fn migrate_storage(host: &impl StorageAccess) {
    let old_v1 = take(host, U256::from_limbs([11, 0, 0, 0]));
    put(host, U256::from_limbs([12, 0, 0, 0]), &old_v1);
}

/// Takes a `bytes` or `string` out of storage: its root, then its data words.
fn take(host: &impl StorageAccess, slot: U256) -> Vec<B256> {
    let root = host.storage_load_bytes32(slot);
    let (first, length) = (data(slot), U256::from_be_bytes(root.0));
    let words = if length.bit(0) { (length >> 1_usize).saturating_to::<usize>().div_ceil(32) } else { 0 };
    let mut taken = Vec::with_capacity(1 + words);
    taken.push(root);
    // SAFETY: no accessor is alive while the migration runs; it is the first thing in its call.
    unsafe { host.storage_cache_bytes32(slot, B256::ZERO) };
    for word in 0..words {
        let location = first.wrapping_add(U256::from(word));
        taken.push(host.storage_load_bytes32(location));
        // SAFETY: as above.
        unsafe { host.storage_cache_bytes32(location, B256::ZERO) };
    }
    taken
}

/// Puts what was taken into another slot.
fn put(host: &impl StorageAccess, slot: U256, words: &[B256]) {
    let first = data(slot);
    for (at, word) in words.iter().enumerate() {
        let location = if at == 0 { slot } else { first.wrapping_add(U256::from(at - 1)) };
        // SAFETY: no accessor is alive while the migration runs; it is the first thing in its call.
        unsafe { host.storage_cache_bytes32(location, *word) };
    }
}

/// Where the data of a `bytes` or `string` begins.
fn data(slot: U256) -> U256 {
    keccak(B256::from(slot)).into()
}
