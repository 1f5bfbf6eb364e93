//! Another chain whose block this one starts from: read on demand, never written.

use alloy_primitives::{Address, B256, Bytes, U256};

/// One block of another chain. What a chain does not hold itself it asks here, once per account
/// and slot, unless it could not be read; the answers must all be of the same block.
pub trait Source: Send + Sync {
    /// An account; one that does not exist is all zero and without code.
    ///
    /// # Errors
    /// In words, when it cannot be read.
    fn account(&self, address: Address) -> Result<SourceAccount, String>;

    /// A storage word. ArbOS' own state, activations included, lies in the account
    /// 0xA4B05FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF, as on Nitro.
    ///
    /// # Errors
    /// In words, when it cannot be read.
    fn slot(&self, address: Address, slot: U256) -> Result<U256, String>;

    /// The hash of a block before the one that is read.
    ///
    /// # Errors
    /// In words, when it cannot be read; so where this is not built.
    fn block_hash(&self, number: u64) -> Result<B256, String> {
        Err(format!(
            "the hash of block {number}, before the fork, cannot be read"
        ))
    }
}

/// An account of a [`Source`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceAccount {
    /// Wei.
    pub balance: U256,
    /// Nonce.
    pub nonce: u64,
    /// Raw code, prefix included.
    pub code: Bytes,
}
