//! The errors of the harness itself: what can go wrong in a test beside its subject.

use std::path::PathBuf;

use alloy::primitives::{Address, B256};
use alloy::transports::TransportError;
use stylus_devnode::NodeError;
use stylus_upgrades_deploy::build::BuildError;
use thiserror::Error;

use crate::revert::Revert;
use crate::trace::Trace;

/// What a harness function can fail with.
#[derive(Debug, Error)]
pub enum HarnessError {
    /// The contract reverted; [`Revert::name`] names the error.
    #[error("reverted with {0}")]
    Reverted(Revert),
    /// The call ended without revert data and not by a revert: out of gas, an invalid opcode,
    /// a program that is not activated.
    #[error("the call failed without a revert: {message}")]
    Halted {
        /// The node's words.
        message: String,
    },
    /// A transaction was refused, as it may be, and changed something all the same.
    #[error("refused ({refused}), yet it leaves traces: {}", list(traces))]
    Traces {
        /// The refusal.
        refused: Box<HarnessError>,
        /// What changed.
        traces: Vec<Trace>,
    },
    /// A transaction was mined and failed although its simulation succeeded.
    #[error(
        "transaction {hash} failed on chain although it succeeds when simulated; run it again with more gas"
    )]
    Failed {
        /// The transaction.
        hash: B256,
    },
    /// The node refused a request or cannot be reached.
    #[error("the node at {url} refused a request: {source}")]
    Rpc {
        /// The endpoint.
        url: String,
        /// What the client says.
        source: Box<TransportError>,
    },
    /// A transaction was sent and no receipt came.
    #[error("no receipt for {hash}: {reason}; is the chain mining?")]
    NoReceipt {
        /// The transaction.
        hash: B256,
        /// What the client says.
        reason: String,
    },
    /// The answer of a call is not what its signature promises.
    #[error("{contract} answered {found} to {signature}, which does not decode as its result")]
    Undecodable {
        /// Who answered.
        contract: Address,
        /// The function.
        signature: &'static str,
        /// The bytes, in hexadecimal.
        found: String,
    },
    /// An endpoint that is no URL.
    #[error("{url} is no URL: {reason}; expected something like http://127.0.0.1:8547")]
    Url {
        /// The text as given.
        url: String,
        /// The parser's words.
        reason: String,
    },
    /// The embedded chain did not start.
    #[error("the embedded chain did not start: {0}")]
    Node(#[from] NodeError),
    /// A contract was not built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Deployment or a governed call of the library failed.
    #[error("{name}: {message}")]
    Library {
        /// The error's stable name.
        name: String,
        /// What it says.
        message: String,
    },
    /// A file could not be read or written.
    #[error("{action} {}: {source}", path.display())]
    File {
        /// What was attempted, a verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A program that the tests need could not be started.
    #[error("{program} could not be started: {source}; install it and put it into the PATH")]
    ToolMissing {
        /// The program.
        program: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// npm could not install the peers.
    #[error("npm could not install the packages: {stderr}")]
    Npm {
        /// The end of npm's words.
        stderr: String,
    },
    /// pip could not install the packages of `tests/python`.
    #[error("the packages of tests/python could not be installed: {said}")]
    Pip {
        /// Its words.
        said: String,
    },
    /// A suite of another language printed no report.
    #[error("{what}: expected a report as a line of JSON, found {said:?}")]
    NoReport {
        /// The suite.
        what: String,
        /// What it printed.
        said: String,
    },
    /// solc refused a contract.
    #[error("the Solidity contracts do not compile:\n{stderr}")]
    Solidity {
        /// The compiler's words.
        stderr: String,
    },
    /// No Solidity contract of that name.
    #[error("there is no Solidity contract {name}; there are {}", there_are.join(", "))]
    UnknownContract {
        /// The name asked for.
        name: String,
        /// The names there are.
        there_are: Vec<String>,
    },
    /// A child process did not say that it listens.
    #[error("{program} ended or fell silent before its line `Listening on`; it said: {said}")]
    NotListening {
        /// The program.
        program: String,
        /// What it printed.
        said: String,
    },
}

impl HarnessError {
    /// For `map_err` on file operations.
    pub fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }

    /// This refusal, or what it left where it left anything.
    pub(crate) fn with(self, traces: Vec<Trace>) -> Self {
        if traces.is_empty() {
            return self;
        }
        Self::Traces {
            refused: Box::new(self),
            traces,
        }
    }

    /// The revert, if the contract reverted.
    pub fn revert(&self) -> Option<&Revert> {
        match self {
            Self::Reverted(revert) => Some(revert),
            _ => None,
        }
    }
}

fn list(traces: &[Trace]) -> String {
    let traces: Vec<_> = traces.iter().map(Trace::to_string).collect();
    traces.join("; ")
}
