// Carries the storage of the version before over to this one: fields of the same name keep their
// values wherever they moved. Generated from the difference of the two layouts; generate it again
// if either changes.

extern crate alloc;

use alloc::vec::Vec;

use stylus_sdk::alloy_primitives::{B256, U256};
use stylus_sdk::crypto::keccak;
use stylus_sdk::stylus_core::StorageAccess;

/// Call it once, before anything else in the migration's body: `migrate_storage(self.vm())`.
pub fn migrate_storage(host: &impl StorageAccess) {
    let old_title = take(host, U256::from_limbs([3, 0, 0, 0]));
    put(host, U256::from_limbs([6, 0, 0, 0]), &old_title);
}

/// Carries one entry of `debts` over, by its keys from the outermost on: for each item of a batch of a
/// `ComplexMigration`, which `run-migration --gather census:debts` supplies.
pub fn migrate_debts(host: &impl StorageAccess, keys: [B256; 1]) {
    carry(host, &keys, U256::ZERO, U256::from_limbs([3, 0, 0, 0]), 1, |old| signed(old, 8, 16));
}

/// Carries one entry of `allowed` over, by its keys from the outermost on: for each item of a batch of a
/// `ComplexMigration`, which `run-migration --gather census:allowed` supplies.
pub fn migrate_allowed(host: &impl StorageAccess, keys: [B256; 2]) {
    carry(host, &keys, U256::from_limbs([1, 0, 0, 0]), U256::from_limbs([4, 0, 0, 0]), 1, |old| old);
}

/// Carries one entry of `seats` over, by its keys from the outermost on: for each item of a batch of a
/// `ComplexMigration`, which `run-migration --gather census:seats` supplies.
pub fn migrate_seats(host: &impl StorageAccess, keys: [B256; 1]) {
    carry(host, &keys, U256::from_limbs([2, 0, 0, 0]), U256::from_limbs([5, 0, 0, 0]), 2, |old| old);
}

/// A signed number of so many bytes as one of more bytes.
fn signed(value: U256, from: usize, to: usize) -> U256 {
    if !value.bit(8 * from - 1) {
        return value;
    }
    let all = if to < 32 { (U256::from(1) << (8 * to)) - U256::from(1) } else { U256::MAX };
    value | ((all >> (8 * from)) << (8 * from))
}

/// Replaces the bits of a word that are not kept.
fn write(host: &impl StorageAccess, slot: U256, keep: U256, value: U256) {
    let kept = if keep.is_zero() { keep } else { U256::from_be_bytes(host.storage_load_bytes32(slot).0) & keep };
    // SAFETY: no accessor is alive while the migration runs; it is the first thing in its call.
    unsafe { host.storage_cache_bytes32(slot, B256::from(kept | value)) };
}

/// Carries an entry over, word by word. Words that are zero were carried over already, or never were there.
fn carry(host: &impl StorageAccess, keys: &[B256], from: U256, to: U256, words: usize, convert: impl Fn(U256) -> U256) {
    for word in 0..words {
        let [from, to] = [from, to].map(|map| entry(map, keys).wrapping_add(U256::from(word)));
        let old = U256::from_be_bytes(host.storage_load_bytes32(from).0);
        if !old.is_zero() {
            write(host, from, U256::ZERO, U256::ZERO);
            write(host, to, U256::ZERO, convert(old));
        }
    }
}

/// Where a map has the entry of these keys.
fn entry(map: U256, keys: &[B256]) -> U256 {
    keys.iter().fold(map, |map, key| {
        let mut preimage = [0; 64];
        preimage[..32].copy_from_slice(key.as_slice());
        preimage[32..].copy_from_slice(&map.to_be_bytes::<32>());
        keccak(preimage).into()
    })
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
