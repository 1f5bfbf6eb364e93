//! What keeps a plan from being made. What would keep the upgrade from succeeding is no error but
//! a finding of the plan.

use crate::assess::Finding;
use crate::client::{ChainError, ForkError};
use crate::error::Explain;
use crate::governance::GovernanceError;
use crate::simulation::SimulationError;
use thiserror::Error;

/// What keeps a plan from being made.
#[derive(Debug, Error, Explain)]
pub enum PlanError {
    /// The copy of the chain is in trouble, or something was refused there that must not be.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// The endpoint's chain is in trouble.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Deciding together is in trouble.
    #[error(transparent)]
    Governance(#[from] GovernanceError),
    /// What was to be sent would be refused, and nothing was sent.
    #[error("nothing was sent: {0}")]
    #[explain(of = _0)]
    Fails(Box<Finding>),
}

impl From<stylus_chain::ChainError> for PlanError {
    fn from(error: stylus_chain::ChainError) -> Self {
        Self::Simulation(error.into())
    }
}

impl From<ForkError> for PlanError {
    fn from(error: ForkError) -> Self {
        Self::Simulation(error.into())
    }
}
