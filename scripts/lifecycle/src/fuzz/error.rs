//! What keeps an upgrade from being fuzzed. What the fuzzer finds is no error but a finding of its report.

use crate::client::{ChainError, ForkError};
use crate::error::{Exit, Explain};
use crate::own_file::FileError;
use crate::plan::PlanError;
use crate::simulation::SimulationError;
use std::path::PathBuf;
use thiserror::Error;

/// What keeps an upgrade from being fuzzed.
#[derive(Debug, Error, Explain)]
pub enum FuzzError {
    /// The upgrade cannot be tried, or fails.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A file of the corpus cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file of the corpus holds no sequence.
    #[error("{path:?} holds no sequence of calls: {reason}")]
    #[explain(
        name = "CorpusFile",
        exit = Exit::Usage,
        expected = "sequences as this command writes them",
        found = "{reason}",
        next = "restore the file, or remove it"
    )]
    Corpus {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No instance is upgraded.
    #[error("on a copy of block {block} the upgrade reaches no instance of {name}")]
    #[explain(
        expected = "an instance that is at the new version afterwards",
        found = "none",
        next = "create one, name another with --proxy, or finish the complex migration first"
    )]
    NoInstance {
        /// The definition.
        name: String,
        /// The block.
        block: u64,
    },
    /// What must hold is nothing that can be asked, or what is meant to differ nothing that is compared.
    #[error("{name} is nothing that is compared")]
    #[explain(
        exit = Exit::Usage,
        expected = "{expected}",
        found = "{name}",
        next = "correct --differs and --holds, or [fuzz.NAME] in the manifest"
    )]
    NothingCompared {
        /// What was named.
        name: String,
        /// What can be.
        expected: &'static str,
    },
    /// No function of both versions is known, beside getters without arguments.
    #[error(
        "no function is known that both versions of {name} have, beside getters without arguments"
    )]
    #[explain(
        expected = "the interfaces of both versions",
        found = "none in common",
        next = "build both versions here, or register versions whose layout documents have an interface"
    )]
    NoFunctions {
        /// The definition.
        name: String,
    },
}

impl FuzzError {
    /// Whether a copy needed state that is not at hand.
    pub(super) fn is_unread(&self) -> bool {
        use stylus_chain::ChainError::Source;
        matches!(
            self,
            Self::Plan(PlanError::Simulation(SimulationError::Copy(Source(_))))
        )
    }
}

impl From<SimulationError> for FuzzError {
    fn from(error: SimulationError) -> Self {
        Self::Plan(error.into())
    }
}

impl From<stylus_chain::ChainError> for FuzzError {
    fn from(error: stylus_chain::ChainError) -> Self {
        Self::Plan(error.into())
    }
}

impl From<ForkError> for FuzzError {
    fn from(error: ForkError) -> Self {
        Self::Plan(error.into())
    }
}

impl From<ChainError> for FuzzError {
    fn from(error: ChainError) -> Self {
        Self::Plan(error.into())
    }
}
