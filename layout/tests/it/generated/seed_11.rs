// Carries the storage of the version before over to this one: fields of the same name keep their
// values wherever they moved. Generated from the difference of the two layouts; generate it anew
// if either changes.

use stylus_sdk::alloy_primitives::{B256, U256};
use stylus_sdk::stylus_core::StorageAccess;

/// Call it once, before anything else in the migration's body: `migrate_storage(self.vm())`.
pub fn migrate_storage(host: &impl StorageAccess) {
    // uint16
    let old_v4 = part(host, U256::from_limbs([5, 0, 0, 0]), 0, 2);
    // v4
    write(host, U256::from_limbs([5, 0, 0, 0]), U256::from_limbs([0xffffffffff000000, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff]), old_v4 << 8);
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
