//! A transaction that was sent and is not mined yet.

use crate::ids::TxHash;
use alloy::primitives::{Address, Bytes};

/// A transaction that is on its way.
pub(super) struct UnminedTransaction {
    pub(super) tx: TxHash,
    pub(super) sender: Address,
    pub(super) nonce: u64,
    /// The transaction as it was sent.
    pub(super) signed: Bytes,
}
