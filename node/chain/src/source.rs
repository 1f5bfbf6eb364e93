//! Another chain whose block this one starts from: read on demand, never written.

use crate::Budget;
use alloy_primitives::{Address, B256, Bytes, U256};

/// One block of another chain. What a chain does not hold itself it asks here, once per account
/// and slot, unless it could not be read; the answers must all be of the same block. A source that has to wait for an
/// answer asks the request's [`Budget`] before and while it does ([`Budget::may_wait`]).
pub trait Source: Send + Sync {
    /// An account; one that does not exist is all zero and without code.
    ///
    /// # Errors
    /// In words, when it cannot be read.
    fn account(&self, address: Address, budget: &Budget) -> Result<SourceAccount, String>;

    /// A storage word. ArbOS' own state, activations included, lies in the account
    /// 0xA4B05FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF, as on Nitro.
    ///
    /// # Errors
    /// In words, when it cannot be read.
    fn slot(&self, address: Address, slot: U256, budget: &Budget) -> Result<U256, String>;

    /// True where each answer takes long. Calls and estimates are tried on guesses first then, and what they lack is told
    /// to [`Source::ahead`].
    fn is_far(&self) -> bool {
        false
    }

    /// These parts are read next. A source that is asked for each over a network may ask for all at once.
    fn ahead(&self, parts: &[StatePart]) {
        let _ = parts;
    }

    /// The hash of a block before the one that is read.
    ///
    /// # Errors
    /// In words, when it cannot be read; so where this is not built.
    fn block_hash(&self, number: u64, budget: &Budget) -> Result<B256, String> {
        let _ = budget;
        Err(format!(
            "the hash of block {number}, before the fork, cannot be read"
        ))
    }
}

/// A part of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatePart {
    /// An account with its code.
    Account(Address),
    /// A storage word.
    Slot(Address, U256),
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
