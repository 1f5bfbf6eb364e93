//! Why a copy of the chain does not carry something out.

use crate::assess::{Finding, Part};
use crate::client::{ForkError, Revert, StepEnd};
use crate::error::{Exit, Explain, Report};
use stylus_chain::ChainError;
use thiserror::Error;

/// Why a copy of the chain does not carry something out.
#[derive(Debug, Error, Explain)]
pub enum SimulationError {
    /// The copy cannot be made, or cannot go on.
    #[error("the copy of the chain: {0}")]
    #[explain(
        name = trouble(_0).0,
        expected = "a copy of the chain's state",
        found = self.to_string(),
        next = trouble(_0).1.to_owned(),
        exit = Exit::Chain
    )]
    Copy(ChainError),
    /// The thread that carries the copy ended, or what it says is no answer.
    #[error("the copy of the chain ended: {0}")]
    #[explain(
        name = "Copy",
        expected = "a copy of the chain's state",
        found = self.to_string(),
        next = "try again",
        exit = Exit::Chain
    )]
    Ended(String),
    /// A contract refused.
    #[error("{what} would be refused: {revert}")]
    #[explain(of = revert)]
    Refused {
        /// What.
        what: String,
        /// Why, in the contract's own terms.
        revert: Revert,
    },
    /// The copy gave up on a transaction, without data of a revert.
    #[error("{what} would fail: {reason}")]
    #[explain(
        expected = "a transaction that goes through",
        found = "{reason}",
        next = "look at the transaction's gas and value, and at the code that it runs"
    )]
    Halted {
        /// What.
        what: String,
        /// The chain's words.
        reason: String,
    },
}

/// The name of the copy's trouble, and what to do about it.
fn trouble(error: &ChainError) -> (&'static str, &'static str) {
    match error {
        ChainError::NotArbitrum { .. } => (
            "NotArbitrum",
            "give the --rpc-url of an Arbitrum chain that serves ArbOS' storage",
        ),
        ChainError::Source(_) => (
            "Unreadable",
            "try again: the endpoint may have dropped the block meanwhile",
        ),
        _ => ("Copy", "try again"),
    }
}

impl SimulationError {
    /// Whether the call was refused or failed: nothing is wrong with the copy.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Halted { .. })
    }

    /// A refusal as a finding. Others keep whatever is tried from being tried.
    pub fn finding(self) -> Result<Finding, Self> {
        match self.is_refusal() {
            true => Ok(Finding::refusal(Part::Trial, None, &Report::of(&self))),
            false => Err(self),
        }
    }

    /// The same refusal, of a step that ended like that.
    pub fn ended(self, step: Option<StepEnd>) -> Self {
        match self {
            Self::Refused { what, revert } => {
                let revert = revert.ended(step);
                Self::Refused { what, revert }
            }
            other => other,
        }
    }

    /// What a call fails with.
    pub(super) fn of(what: &str, error: ChainError) -> Self {
        match error {
            ChainError::Reverted { output, .. } => Self::refused(what, &output),
            ChainError::Halted(halt) => Self::halted(what, halt),
            error => Self::Copy(error),
        }
    }

    /// A refusal with that data.
    pub fn refused(what: &str, output: &[u8]) -> Self {
        Self::Refused {
            what: what.into(),
            revert: Revert::decode(output),
        }
    }

    /// A failure without revert data.
    pub(super) fn halted(what: &str, reason: impl ToString) -> Self {
        Self::Halted {
            what: what.into(),
            reason: reason.to_string(),
        }
    }
}

impl From<ChainError> for SimulationError {
    fn from(error: ChainError) -> Self {
        Self::Copy(error)
    }
}

impl From<ForkError> for SimulationError {
    fn from(error: ForkError) -> Self {
        match error {
            ForkError::Chain(error) => Self::Copy(error),
            ForkError::Ended(reason) => Self::Ended(reason),
        }
    }
}
