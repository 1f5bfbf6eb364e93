// Carries the storage of the version before over to this one: fields of the same name keep their
// values wherever they moved. Generated from the difference of the two layouts; generate it anew
// if either changes.

use stylus_sdk::alloy_primitives::{B256, U256};
use stylus_sdk::stylus_core::StorageAccess;

/// Call it once, before anything else in the migration's body: `migrate_storage(self.vm())`.
pub fn migrate_storage(host: &impl StorageAccess) {
    // int24
    let old_v0 = part(host, U256::ZERO, 0, 3);
    // v0
    write(host, U256::ZERO, U256::from_limbs([0, 0, 0xffff000000000000, 0xffffffffffffffff]), signed(old_v0, 3, 22));
}

/// So many bytes of a word, counted from its low-order end.
fn part(host: &impl StorageAccess, slot: U256, offset: usize, bytes: usize) -> U256 {
    let word = U256::from_be_bytes(host.storage_load_bytes32(slot).0) >> (8 * offset);
    if bytes < 32 { word & ((U256::from(1) << (8 * bytes)) - U256::from(1)) } else { word }
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
