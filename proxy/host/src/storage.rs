//! Persistent storage with its cache, and transient storage, of the acting account.
//!
//! The VM caches loads and stores per frame and never flushes by itself: code that stores must
//! [`flush`] before a call that should see the value, and before the frame ends.

use crate::{Word, raw};

/// The value of a slot, from the frame's cache if it was read or stored before.
#[inline]
pub fn load(slot: &Word) -> Word {
    let mut value = [0; 32];
    // SAFETY: both pointers are to live arrays of 32 bytes, which is what the host reads and writes.
    unsafe { raw::storage_load_bytes32(slot.as_ptr(), value.as_mut_ptr()) };
    value
}

/// Stores a value in the frame's cache; [`flush`] writes it.
#[inline]
pub fn store(slot: &Word, value: &Word) {
    // SAFETY: both pointers are to live arrays of 32 bytes, which the host only reads.
    unsafe { raw::storage_cache_bytes32(slot.as_ptr(), value.as_ptr()) };
}

/// Writes every dirty slot of the cache; `clear` also forgets the cache, so that the next load
/// of a slot sees what other frames wrote meanwhile.
#[inline]
pub fn flush(clear: bool) {
    // SAFETY: the host function takes no pointer.
    unsafe { raw::storage_flush_cache(clear) };
}

/// The value of a transient slot (EIP-1153), 100 gas.
#[inline]
pub fn transient_load(slot: &Word) -> Word {
    let mut value = [0; 32];
    // SAFETY: both pointers are to live arrays of 32 bytes, which is what the host reads and writes.
    unsafe { raw::transient_load_bytes32(slot.as_ptr(), value.as_mut_ptr()) };
    value
}

/// Sets a transient slot (EIP-1153), 100 gas. Traps in a static frame.
#[inline]
pub fn transient_store(slot: &Word, value: &Word) {
    // SAFETY: both pointers are to live arrays of 32 bytes, which the host only reads.
    unsafe { raw::transient_store_bytes32(slot.as_ptr(), value.as_ptr()) };
}
