//! Positions and sizes in bytes.

use alloy_primitives::{U256, Uint};

/// Bytes of a storage word.
pub const WORD_BYTES: u64 = 32;

/// A number of bytes, or a position in bytes from slot 0.
pub(crate) type Bytes = Uint<320, 5>;

/// The position of a slot.
pub(crate) fn byte_of(slot: U256) -> Bytes {
    Bytes::from(slot) * Bytes::from(WORD_BYTES)
}

/// The slot in which a byte lies; slots are counted around the end of storage.
pub(crate) fn slot_of(byte: Bytes) -> U256 {
    (byte / Bytes::from(WORD_BYTES)).wrapping_to()
}

/// The position of a byte in its slot.
pub(crate) fn offset_of(byte: Bytes) -> u64 {
    (byte % Bytes::from(WORD_BYTES)).to()
}
