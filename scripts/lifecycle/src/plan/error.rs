//! What keeps a plan from being made. What would keep the upgrade from succeeding is no error but
//! a finding of the plan.

use crate::assess::Finding;
use crate::client::ChainError;
use crate::error::Refusal;

/// What keeps a plan from being made.
pub type PlanError = ChainError;

/// What was to be sent would be refused, and nothing was sent.
pub fn fails(finding: &Finding) -> Refusal {
    Refusal::of(finding).saying(format!("nothing was sent: {finding}"))
}
