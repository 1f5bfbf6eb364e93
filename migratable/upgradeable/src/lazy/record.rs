//! Values of whole words, and the keys that find them.

use alloy_primitives::{Address, B256, U256};
use alloy_primitives::{FixedBytes, keccak256};

/// A value that takes whole words of storage. What was never written reads as zero words.
pub trait Record {
    /// The number of words that it takes.
    const WORDS: u64;

    /// The value in the words that `load` finds, counted from 0.
    fn decode(load: impl Fn(u64) -> U256) -> Self;

    /// Hands each of its words to `store`, counted from 0.
    fn encode(&self, store: impl FnMut(u64, U256));
}

impl Record for U256 {
    const WORDS: u64 = 1;

    fn decode(load: impl Fn(u64) -> U256) -> Self {
        load(0)
    }

    fn encode(&self, mut store: impl FnMut(u64, U256)) {
        store(0, *self);
    }
}

/// A mapping's key of one word.
pub trait Key {
    /// Encodes it as `abi.encode` does.
    fn word(&self) -> B256;
}

impl Key for Address {
    fn word(&self) -> B256 {
        self.into_word()
    }
}

impl Key for U256 {
    fn word(&self) -> B256 {
        B256::from(*self)
    }
}

impl Key for u64 {
    fn word(&self) -> B256 {
        U256::from(*self).word()
    }
}

impl<const N: usize> Key for FixedBytes<N> {
    fn word(&self) -> B256 {
        B256::right_padding_from(self.as_slice())
    }
}

/// Returns the slot in which a mapping at `root` keeps the entry of a key: `keccak256(key ++ root)`.
pub(crate) fn entry(key: &B256, root: U256) -> U256 {
    let mut preimage = [0; 64];
    let (first, second) = preimage.split_at_mut(32);
    first.copy_from_slice(key.as_slice());
    second.copy_from_slice(&root.to_be_bytes::<32>());
    U256::from_be_bytes(keccak256(preimage).0)
}
