//! Why a transaction is not traced.

use super::METHOD_NOT_FOUND;
use crate::client::{ChainError, Client};
use crate::error::{Exit, Explain};
use crate::ids::TxHash;
use thiserror::Error;

/// Why a transaction is not traced.
#[derive(Debug, Error, Explain)]
pub enum TraceError {
    /// The chain or its endpoint is in trouble.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The endpoint has no methods that trace, or refuses to trace this.
    #[error("{endpoint} does not trace {}: {message}", if *has_debug { "this transaction" } else { "transactions" })]
    #[explain(
        name = "NotTraced",
        expected = match has_debug {
            true => "a call tree of the transaction".to_owned(),
            false => "an endpoint with the method debug_traceTransaction".to_owned(),
        },
        found = "{message}",
        next = match has_debug {
            true => "give the --rpc-url of an archive node: the state before the transaction is needed".to_owned(),
            false => "give the --rpc-url of a node with the debug namespace: a Nitro node of one's own with \
                      --http.api=net,web3,eth,debug, or a provider's plan that has it"
                .to_owned(),
        },
        exit = Exit::Chain
    )]
    Refused {
        /// The endpoint.
        endpoint: String,
        /// Its words.
        message: String,
        /// Whether it traces other transactions.
        has_debug: bool,
    },
    /// What the endpoint answers is no call tree.
    #[error("{endpoint} answers with no call tree: {reason}")]
    #[explain(
        expected = "the answer of callTracer",
        found = "{reason}",
        next = "give the --rpc-url of another node",
        exit = Exit::Chain
    )]
    Unreadable {
        /// The endpoint.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The chain has no such transaction.
    #[error("chain {chain} has no transaction {tx}")]
    #[explain(
        name = "TransactionNotFound",
        expected = "a transaction of chain {chain}",
        found = "none with that hash",
        next = "check the hash, and that --rpc-url or --network name its chain"
    )]
    Unknown {
        /// The hash.
        tx: TxHash,
        /// The chain's id.
        chain: u64,
    },
    /// It waits to be mined.
    #[error("{tx} is not mined yet")]
    #[explain(
        name = "TransactionNotMined",
        expected = "a mined transaction",
        found = "one that waits",
        next = "try again once it is mined",
        exit = Exit::NotReady
    )]
    NotMined {
        /// The hash.
        tx: TxHash,
    },
}

impl TraceError {
    /// What the endpoint says instead of a trace.
    pub(super) fn of(client: &Client, error: ChainError) -> Self {
        let ChainError::Rpc(error) = error else {
            return error.into();
        };
        let endpoint = client.endpoint().to_string();
        let message = error.words();
        let has_debug = error.code != METHOD_NOT_FOUND && !is_absent(&message);
        Self::Refused {
            endpoint,
            message,
            has_debug,
        }
    }

    pub(super) fn unreadable(client: &Client, reason: String) -> Self {
        let endpoint = client.endpoint().to_string();
        Self::Unreadable { endpoint, reason }
    }
}

/// Whether these are words of servers for a method that they do not offer.
fn is_absent(message: &str) -> bool {
    let message = message.to_lowercase();
    let is_method = message.contains("method") || message.contains("debug_");
    let words = [
        "not found",
        "does not exist",
        "not available",
        "not supported",
        "unsupported",
        "not allowed",
        "not whitelisted",
        "not enabled",
        "disabled",
    ];
    is_method && words.iter().any(|word| message.contains(word))
}

#[cfg(test)]
mod tests {
    use super::is_absent;

    #[test]
    fn words_for_a_method_that_is_not_offered_are_known() {
        for words in [
            "the method debug_traceTransaction does not exist/is not available",
            "Unsupported method: debug_traceTransaction",
            "rpc method is not whitelisted",
        ] {
            assert!(is_absent(words), "{words}");
        }
        assert!(!is_absent(
            "required historical state unavailable (reexec=0)"
        ));
        assert!(!is_absent("missing trie node 12 (path ) not found"));
    }
}
