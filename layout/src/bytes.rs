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
