//! The reasons why an endpoint does not take a transaction.

use super::ChainError;

/// The reason why an endpoint does not take a transaction, in the words that geth's family of nodes uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejection {
    Known,
    /// The nonce is used already.
    Nonce,
    /// A transaction of the sender that comes first has not reached the node that builds blocks.
    Early,
    /// Another transaction with the nonce waits, and pays as much.
    Replacement,
    /// The fees are less than what the next block or the endpoint asks for.
    Underpriced,
    TooLarge,
    /// The gas limit does not pay for its data, also on L1.
    IntrinsicGas,
}

impl Rejection {
    pub(super) fn of(error: &ChainError) -> Option<Self> {
        let ChainError::Rpc(error) = error else {
            return None;
        };
        let message = error.message.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
        match () {
            () if says(&["already known", "known transaction", "already imported"]) => {
                Some(Self::Known)
            }
            () if says(&["nonce too high"]) => Some(Self::Early),
            () if says(&["nonce too low", "invalid nonce"]) => Some(Self::Nonce),
            () if says(&["replacement transaction underpriced"]) => Some(Self::Replacement),
            () if says(&["underpriced", "less than block base fee"]) => Some(Self::Underpriced),
            () if says(&[
                "oversized",
                "too large",
                "exceeds max size",
                "transaction size",
                "exceeds block gas limit",
            ]) =>
            {
                Some(Self::TooLarge)
            }
            () if says(&["intrinsic gas too low"]) => Some(Self::IntrinsicGas),
            () => None,
        }
    }
}

impl ChainError {
    /// Returns true if the endpoint does not take a transaction because it is too large, or its gas does not pay for
    /// its data. It was not sent.
    pub fn is_too_large(&self) -> bool {
        let rejection = Rejection::of(self);
        rejection == Some(Rejection::TooLarge) || self.is_below_intrinsic_gas()
    }

    /// Returns true if its gas does not even pay for its data.
    pub fn is_below_intrinsic_gas(&self) -> bool {
        Rejection::of(self) == Some(Rejection::IntrinsicGas)
    }
}
