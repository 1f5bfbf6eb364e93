//! Errors before or while a node runs (errors of single requests are in `rpc_error`).

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The reason why a node did not start, or did not stop cleanly.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Another process listens there. Choose another `--port`, or 0 for any free one.
    #[error("{address} is already in use: choose another --port; 0 takes a free one")]
    AddressInUse {
        /// The address requested.
        address: SocketAddr,
    },
    /// The operating system refused the address.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address requested.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The phrase or derivation path is not valid.
    #[error(
        "the dev accounts cannot be derived: {0}; expected a BIP-39 English phrase of 12, 15, 18, 21 or 24 words, and a path like m/44'/60'/0'/0/"
    )]
    Mnemonic(String),
    /// A state or genesis file cannot be read, written or understood.
    #[error("{what} {path}: {reason}")]
    File {
        /// The work that failed, such as "cannot load the state from".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The reason, with what was expected.
        reason: String,
    },
    /// Another process saves its state to the file.
    #[error(
        "the state file {path} belongs to process {process}, which saves its state there: stop it, or give this node \
         another file"
    )]
    StateInUse {
        /// The file.
        path: PathBuf,
        /// The other process.
        process: String,
    },
    /// The chain refused its configuration.
    #[error("the chain refused its configuration: {0}")]
    Chain(String),
    /// Another chain cannot be forked.
    #[error("cannot fork {0}")]
    Fork(#[from] crate::fork::ForkError),
    /// The command line is not understood, or asks for what this node does not do.
    #[error("{0}")]
    Usage(String),
    /// An allowed origin is not a header value.
    #[error(
        "{0} holds an origin that is no header value; expected something like https://example.org"
    )]
    Origin(String),
    /// A thread or runtime could not be started.
    #[error("cannot start the node's threads: {0}")]
    Threads(#[from] std::io::Error),
    /// The node has stopped and answers no more.
    #[error("the node has stopped")]
    Stopped,
}

impl NodeError {
    /// An error of a file: what was being done with it, and later the reason.
    pub(crate) fn file(what: &'static str, path: &Path) -> impl Fn(String) -> Self {
        let path = path.to_owned();
        move |reason| Self::File {
            what,
            path: path.clone(),
            reason,
        }
    }
}
