//! Why an endpoint does not take a transaction.

use super::ChainError;

/// Why an endpoint does not take a transaction, in the words that geth's family of nodes uses.
pub(super) enum Rejection {
    Known,
    Nonce,
    /// Another transaction with the nonce waits, and pays as much.
    Replacement,
    Underpriced,
    FeeTooLow,
    TooLarge,
}

impl Rejection {
    pub(super) fn of(error: &ChainError) -> Option<Self> {
        let ChainError::Rpc(error) = error else {
            return None;
        };
        let message = error.message.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
        if says(&["already known", "known transaction", "already imported"]) {
            Some(Self::Known)
        } else if says(&["nonce too low", "nonce too high", "invalid nonce"]) {
            Some(Self::Nonce)
        } else if says(&["replacement transaction underpriced"]) {
            Some(Self::Replacement)
        } else if says(&["underpriced"]) {
            Some(Self::Underpriced)
        } else if says(&["less than block base fee", "max fee per gas less"]) {
            Some(Self::FeeTooLow)
        } else if says(&[
            "oversized",
            "too large",
            "exceeds max size",
            "transaction size",
            "intrinsic gas too low",
            "exceeds block gas limit",
        ]) {
            Some(Self::TooLarge)
        } else {
            None
        }
    }
}
