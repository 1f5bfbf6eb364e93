//! What keeps a plan from being made. What would keep the upgrade from succeeding is no error but
//! a finding of the plan.

use crate::client::{ChainError, Revert};
use crate::error::{Exit, Explain};
use crate::governance::GovernanceError;
use alloy::primitives::Address;
use thiserror::Error;

/// What keeps a plan from being made.
#[derive(Debug, Error)]
pub enum PlanError {
    /// The copy of the chain cannot go on.
    #[error("the copy of the chain: {0}")]
    Copy(#[from] stylus_chain::ChainError),
    /// The endpoint's chain is in trouble.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Deciding together is in trouble.
    #[error(transparent)]
    Governance(#[from] GovernanceError),
    /// Something in the plan was refused.
    #[error("{what} would be refused: {revert}")]
    Refused {
        /// What.
        what: String,
        /// Why, in the contract's own terms.
        revert: Revert,
    },
    /// An account answers something else than its interface promises.
    #[error("{account} did not answer {what} as its interface promises: {reason}")]
    Answer {
        /// The account.
        account: Address,
        /// The call.
        what: &'static str,
        /// What was wrong with it.
        reason: String,
    },
    /// The thread that carries the copy ended.
    #[error("the copy of the chain ended: {reason}")]
    Ended {
        /// Why.
        reason: String,
    },
}

impl PlanError {
    pub(super) fn refused(what: &str, revert: Revert) -> Self {
        let what = what.into();
        Self::Refused { what, revert }
    }

    /// A failure without revert data.
    pub(super) fn halted(what: &str, reason: &str) -> Self {
        let revert = Revert {
            name: reason.into(),
            ..Revert::decode(&[])
        };
        Self::refused(what, revert)
    }
}

impl Explain for PlanError {
    fn name(&self) -> String {
        match self {
            Self::Copy(stylus_chain::ChainError::NotArbitrum { .. }) => "NotArbitrum",
            Self::Copy(stylus_chain::ChainError::Source(_)) => "Unreadable",
            Self::Copy(_) => "Copy",
            Self::Chain(error) => return error.name(),
            Self::Governance(error) => return error.name(),
            Self::Refused { revert, .. } => return revert.name.clone(),
            Self::Answer { .. } => "UnexpectedAnswer",
            Self::Ended { .. } => "Copy",
        }
        .to_owned()
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Chain(error) => error.expected(),
            Self::Governance(error) => error.expected(),
            Self::Refused { revert, .. } => revert.advice().expected,
            Self::Answer { .. } => Some("an answer as the interface promises".into()),
            Self::Copy(_) | Self::Ended { .. } => Some("a copy of the chain's state".into()),
        }
    }

    fn found(&self) -> Option<String> {
        match self {
            Self::Chain(error) => error.found(),
            Self::Governance(error) => error.found(),
            Self::Refused { revert, .. } => revert.advice().found,
            Self::Copy(_) | Self::Answer { .. } | Self::Ended { .. } => Some(self.to_string()),
        }
    }

    fn next(&self) -> Option<String> {
        match self {
            Self::Chain(error) => error.next(),
            Self::Governance(error) => error.next(),
            Self::Refused { revert, .. } => revert.advice().next,
            Self::Copy(stylus_chain::ChainError::NotArbitrum { .. }) => {
                Some("give the --rpc-url of an Arbitrum chain that serves ArbOS' storage".into())
            }
            Self::Copy(stylus_chain::ChainError::Source(_)) => {
                Some("try again: the endpoint may have dropped the block meanwhile".into())
            }
            _ => Some("try again".into()),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Chain(error) => error.exit(),
            Self::Governance(error) => error.exit(),
            Self::Refused { .. } => Exit::Refused,
            _ => Exit::Chain,
        }
    }
}
