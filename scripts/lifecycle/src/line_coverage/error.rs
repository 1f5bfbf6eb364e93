//! Why there is no coverage.

use crate::build::BuildError;
use crate::client::{ChainError, ForkError};
use crate::error::{Exit, Explain};
use crate::ids::{CodeHash, TxHash};
use crate::simulation::SimulationError;
use std::path::PathBuf;
use thiserror::Error;

/// Why there is no coverage.
#[derive(Debug, Error, Explain)]
pub enum LineCoverageError {
    /// The chain or its endpoint is in trouble.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The copy of the chain is in trouble.
    #[error(transparent)]
    Copy(#[from] SimulationError),
    /// The sources are not built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The chain has no such transaction in a block.
    #[error("no block of chain {chain} holds the transaction {tx}")]
    #[explain(
        name = "TransactionNotFound",
        expected = "a mined transaction of chain {chain}",
        found = "none with that hash",
        next = "check the hash, and that --rpc-url or --network name its chain"
    )]
    Unknown {
        /// The hash.
        tx: TxHash,
        /// The chain's id.
        chain: u64,
    },
    /// The chain made the transaction itself.
    #[error("{tx} is of the chain itself or a message from L1, and cannot be carried out again")]
    #[explain(
        expected = "a transaction that somebody signed",
        found = "one of another type",
        next = "name others"
    )]
    OfTheChain {
        /// The hash.
        tx: TxHash,
    },
    /// More than is done at once.
    #[error("{found} transactions or blocks are too many")]
    #[explain(
        expected = "at most {most} of each",
        found = "{found}",
        next = "name fewer blocks",
        exit = Exit::Usage
    )]
    TooMany {
        /// How many.
        found: usize,
        /// How many may be.
        most: usize,
    },
    /// None of the code that ran is what the sources build to, or a compiler's output says.
    #[error("no program that ran is what {source_name} builds to")]
    #[explain(
        expected = "the code that {source_name} builds to, byte by byte but for immutables and addresses of libraries",
        found = ran(codes),
        next = "give the sources that were deployed, at their revision (git:REVISION:PATH), or their build-info, and \
                transactions that reach them; `verify NAME --source SOURCE` says whether sources are those of a version"
    )]
    NotRun {
        /// The sources, as they were named.
        source_name: String,
        /// What ran.
        codes: Vec<CodeHash>,
    },
    /// A compiler's output does not say which lines code comes from.
    #[error("{} does not say which lines code comes from: {reason}", path.display())]
    #[explain(
        name = "SourceMap",
        expected = "a build-info of hardhat or foundry: solc's input with the contents of all sources, and its output",
        found = "{reason}",
        next = "compile with outputSelection `evm.deployedBytecode` and `metadata`; FILE:NAME chooses one contract of \
                several, FILE:SOURCE:NAME of those with one name"
    )]
    SourceMap {
        /// The file.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },
    /// The line table cannot be read.
    #[error("the line table of {package} cannot be read: {reason}")]
    #[explain(
        name = "LineTable",
        expected = "the line table that rustc writes",
        found = "{reason}",
        next = "build with the compiler that rust-toolchain.toml names"
    )]
    LineTable {
        /// The package.
        package: String,
        /// What is wrong.
        reason: String,
    },
}

fn ran(codes: &[CodeHash]) -> String {
    match codes {
        [] => "no such code ran".to_owned(),
        codes => {
            let hashes: Vec<String> = codes.iter().map(ToString::to_string).collect();
            hashes.join(", ")
        }
    }
}

impl From<stylus_chain::ChainError> for LineCoverageError {
    fn from(error: stylus_chain::ChainError) -> Self {
        Self::Copy(error.into())
    }
}

impl From<ForkError> for LineCoverageError {
    fn from(error: ForkError) -> Self {
        Self::Copy(error.into())
    }
}
