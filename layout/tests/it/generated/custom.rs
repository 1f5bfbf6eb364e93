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
    // uint64
    let old_config_x = part(host, U256::from_limbs([3, 0, 0, 0]), 0, 8);
    // bytes4
    let old_tag = part(host, U256::from_limbs([6, 0, 0, 0]), 0, 4);
    // uint128
    let old_total = part(host, U256::from_limbs([1, 0, 0, 0]), 0, 16);
    // int64
    let old_debt = part(host, U256::from_limbs([1, 0, 0, 0]), 16, 8);
    // uint16
    let old_limits_1 = part(host, U256::from_limbs([5, 0, 0, 0]), 2, 2);
    // uint16
    let old_limits_2 = part(host, U256::from_limbs([5, 0, 0, 0]), 4, 2);
    // uint16
    let old_limits_3 = part(host, U256::from_limbs([5, 0, 0, 0]), 6, 2);
    // uint16
    let old_limits_4 = part(host, U256::from_limbs([5, 0, 0, 0]), 8, 2);
    let old_title = take(host, U256::from_limbs([2, 0, 0, 0]));
    let old_config_name = take(host, U256::from_limbs([4, 0, 0, 0]));
    // no longer used
    write(host, U256::from_limbs([1, 0, 0, 0]), U256::from_limbs([0, 0, 0, 0xffffffffffffffff]), U256::ZERO);
    // config.x
    write(host, U256::from_limbs([2, 0, 0, 0]), U256::from_limbs([0, 0xffffffff00000000, 0xffffffffffffffff, 0xffffffffffffffff]), old_config_x);
    // tag, debt
    write(host, U256::from_limbs([3, 0, 0, 0]), U256::from_limbs([0, 0, 0, 0xffffffffffffff00]), (old_tag << 32) | (old_total << 64));
    // total
    write(host, U256::from_limbs([4, 0, 0, 0]), U256::ZERO, old_total + U256::from(1) + old_debt);
    // limits[0], limits[1], limits[2], limits[3], limits[4]
    write(host, U256::from_limbs([6, 0, 0, 0]), U256::from_limbs([0, 0xff00000000000000, 0xffffffffffffffff, 0xffffffffffffffff]), ((U256::from(77)) & U256::from_limbs([0xffffff, 0, 0, 0])) | (old_limits_1 << 24) | (old_limits_2 << 48) | (old_limits_3 << 72) | (old_limits_4 << 96));
    put(host, U256::from_limbs([5, 0, 0, 0]), &old_title);
    put(host, U256::ZERO, &old_config_name);
}

/// So many bytes of a word, counted from its low-order end.
fn part(host: &impl StorageAccess, slot: U256, offset: usize, bytes: usize) -> U256 {
    let word = U256::from_be_bytes(host.storage_load_bytes32(slot).0) >> (8 * offset);
    if bytes < 32 { word & ((U256::from(1) << (8 * bytes)) - U256::from(1)) } else { word }
}

/// Replaces the bits of a word that are not kept.
fn write(host: &impl StorageAccess, slot: U256, keep: U256, value: U256) {
    let kept = if keep.is_zero() { keep } else { U256::from_be_bytes(host.storage_load_bytes32(slot).0) & keep };
    // SAFETY: no accessor is alive while the migration runs; it is the first thing in its call.
    unsafe { host.storage_cache_bytes32(slot, B256::from(kept | value)) };
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
