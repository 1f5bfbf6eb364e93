//! Tokens and flag slots of labels, derived at compile time.

use alloy_primitives::B256;
use keccak_const::Keccak256;
use stylus_upgrades_interface::{limits::LABEL_MAX, slots};

/// The one-shot token: `keccak256(abi.encode(uint8 kind, string from, string to))`, with `kind`
/// of [`stylus_upgrades_interface::reasons::token`].
pub const fn token(kind: u8, from: &str, to: &str) -> B256 {
    let second = 4 + padded(from.len()) / 32;
    let hasher = Keccak256::new()
        .update(&word(kind as usize))
        .update(&word(3 * 32))
        .update(&word(second * 32));
    B256::new(text(text(hasher, from), to).finalize())
}

/// The slot of `migrated[label]`: `keccak256(label ++ MIGRATED)`.
pub const fn migrated(label: &str) -> B256 {
    let hasher = Keccak256::new()
        .update(label.as_bytes())
        .update(&slots::MIGRATED.0);
    B256::new(hasher.finalize())
}

/// Returns true if the registry would accept a label: 1 to 64 bytes of printable ASCII without spaces.
pub const fn is_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        if !bytes[i].is_ascii_graphic() {
            return false;
        }
        i += 1;
    }
    !bytes.is_empty() && bytes.len() <= LABEL_MAX
}

/// Length of a text in the ABI's tail without its length word, in bytes.
pub(crate) const fn padded(len: usize) -> usize {
    len.div_ceil(32) * 32
}

/// A small number as a big-endian word.
pub(crate) const fn word(number: usize) -> [u8; 32] {
    let mut word = [0; 32];
    let bytes = (number as u64).to_be_bytes();
    let mut i = 0;
    while i < 8 {
        word[24 + i] = bytes[i];
        i += 1;
    }
    word
}

/// Feeds a string as it stands in the ABI's tail.
const fn text(hasher: Keccak256, text: &str) -> Keccak256 {
    let padding = padded(text.len()) - text.len();
    hasher
        .update(&word(text.len()))
        .update(text.as_bytes())
        .update([0; 32].split_at(padding).0)
}

#[cfg(test)]
mod tests;
