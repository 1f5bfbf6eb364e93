//! What becomes of a transaction.

use alloy::rpc::types::TransactionReceipt;

/// What became of a transaction.
pub enum TxOutcome {
    /// It went through.
    Done(Box<TransactionReceipt>),
    /// It failed.
    Failed {
        /// Its receipt.
        receipt: Box<TransactionReceipt>,
        /// Whether it looks as if it had run out of gas.
        out_of_gas: bool,
    },
    /// Another one took its nonce, or it was undone.
    Lost,
}

/// What became of a transaction, and what it was to do.
pub struct SettledTx<L> {
    /// What it is called.
    pub what: String,
    /// What it carried.
    pub load: L,
    /// What became of it.
    pub outcome: TxOutcome,
}

/// How sending went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendResult {
    /// The chain has it.
    Accepted,
    /// Somebody else sends with this key: its outcome will show.
    NonceConflict,
    /// It is larger than the endpoint takes, and was not sent.
    TooLarge,
}
