//! Why a transaction is not traced.

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
    #[error("{endpoint} does not trace this transaction: {message}")]
    #[explain(
        name = "NotTraced",
        expected = "the answer of debug_traceTransaction",
        found = "{message}",
        next = "give the --rpc-url of a node with the debug namespace and the state before the transaction: an archive \
                node of one's own with --http.api=net,web3,eth,debug, or a provider's plan that has it",
        exit = Exit::Chain
    )]
    Refused {
        /// The endpoint.
        endpoint: String,
        /// Its words.
        message: String,
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
    /// No block of the chain has such a transaction.
    #[error("no block of chain {chain} has the transaction {tx}")]
    #[explain(
        name = "TransactionNotFound",
        expected = "a mined transaction of chain {chain}",
        found = "none with that hash",
        next = "check the hash, and that --rpc-url or --network name its chain; try again if it waits to be mined"
    )]
    Unknown {
        /// The hash.
        tx: TxHash,
        /// The chain's id.
        chain: u64,
    },
}

impl TraceError {
    /// What the endpoint says instead of a trace.
    pub(super) fn of(client: &Client, error: ChainError) -> Self {
        let ChainError::Rpc(error) = error else {
            return error.into();
        };
        Self::Refused {
            endpoint: client.endpoint().to_string(),
            message: error.words(),
        }
    }

    pub(super) fn unreadable(client: &Client, reason: String) -> Self {
        let endpoint = client.endpoint().to_string();
        Self::Unreadable { endpoint, reason }
    }
}
