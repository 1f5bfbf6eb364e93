//! What keeps a plan from being made. What would keep the upgrade from succeeding is no error but
//! a finding of the plan.

use crate::assess::{Finding, FindingId, Part, Severity};
use crate::client::{Advice, ChainError, ForkError, Revert};
use crate::error::{Exit, Explain, Report};
use crate::governance::GovernanceError;
use alloy::primitives::Address;
use thiserror::Error;

/// What keeps a plan from being made.
#[derive(Debug, Error, Explain)]
pub enum PlanError {
    /// The copy of the chain cannot go on.
    #[error("the copy of the chain: {0}")]
    #[explain(
        expected = "a copy of the chain's state",
        found = self.to_string(),
        next = "try again",
        exit = Exit::Chain
    )]
    Copy(stylus_chain::ChainError),
    /// The chain is none that can be copied.
    #[error("the copy of the chain: {0}")]
    #[explain(
        expected = "a copy of the chain's state",
        found = self.to_string(),
        next = "give the --rpc-url of an Arbitrum chain that serves ArbOS' storage",
        exit = Exit::Chain
    )]
    NotArbitrum(stylus_chain::ChainError),
    /// The state of the chain cannot be read.
    #[error("the copy of the chain: {0}")]
    #[explain(
        expected = "a copy of the chain's state",
        found = self.to_string(),
        next = "try again: the endpoint may have dropped the block meanwhile",
        exit = Exit::Chain
    )]
    Unreadable(stylus_chain::ChainError),
    /// The endpoint's chain is in trouble.
    #[error(transparent)]
    #[explain(of = _0)]
    Chain(#[from] ChainError),
    /// Deciding together is in trouble.
    #[error(transparent)]
    #[explain(of = _0)]
    Governance(#[from] GovernanceError),
    /// Something in the plan was refused.
    #[error("{what} would be refused: {revert}")]
    #[explain(of = revert)]
    Refused {
        /// What.
        what: String,
        /// Why, in the contract's own terms.
        revert: Revert,
    },
    /// The copy gave up on a transaction of the plan, without data of a revert.
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
    /// An account answers something else than its interface promises.
    #[error("{account} did not answer {what} as its interface promises: {reason}")]
    #[explain(
        name = "UnexpectedAnswer",
        expected = "an answer as the interface promises",
        found = self.to_string(),
        next = "try again",
        exit = Exit::Chain
    )]
    Answer {
        /// The account.
        account: Address,
        /// The call.
        what: &'static str,
        /// What was wrong with it.
        reason: String,
    },
    /// What was to be sent would be refused, and nothing was sent.
    #[error("nothing was sent: {0}")]
    #[explain(of = _0)]
    Fails(Box<Finding>),
    /// The thread that carries the copy ended.
    #[error("the copy of the chain ended: {reason}")]
    #[explain(
        name = "Copy",
        expected = "a copy of the chain's state",
        found = self.to_string(),
        next = "try again",
        exit = Exit::Chain
    )]
    Ended {
        /// Why.
        reason: String,
    },
}

/// A refusal of a contract, as a finding.
pub(super) fn refused_by(what: &str, revert: &Revert) -> Finding {
    let Advice {
        expected,
        found,
        next,
        ..
    } = revert.advice();
    let message = format!("{what} would be refused: {revert}");
    let id = FindingId::new(revert.name());
    Finding::new(Part::Trial, Severity::Danger, id, message).with(expected, found, next)
}

impl PlanError {
    /// An error that is a finding: a refusal. Others keep the plan from being made.
    pub(super) fn finding(self) -> Result<Finding, Self> {
        match &self {
            Self::Refused { .. } | Self::Halted { .. } => {
                Ok(Finding::refusal(Part::Trial, None, &Report::of(&self)))
            }
            _ => Err(self),
        }
    }

    pub(super) fn refused(what: &str, revert: Revert) -> Self {
        let what = what.into();
        Self::Refused { what, revert }
    }

    /// A failure without revert data.
    pub(super) fn halted(what: &str, reason: &str) -> Self {
        let (what, reason) = (what.into(), reason.into());
        Self::Halted { what, reason }
    }
}

impl From<ForkError> for PlanError {
    fn from(error: ForkError) -> Self {
        match error {
            ForkError::Chain(error) => error.into(),
            ForkError::Ended(reason) => Self::Ended { reason },
        }
    }
}

impl From<stylus_chain::ChainError> for PlanError {
    fn from(error: stylus_chain::ChainError) -> Self {
        match error {
            stylus_chain::ChainError::NotArbitrum { .. } => Self::NotArbitrum(error),
            stylus_chain::ChainError::Source(_) => Self::Unreadable(error),
            other => Self::Copy(other),
        }
    }
}
