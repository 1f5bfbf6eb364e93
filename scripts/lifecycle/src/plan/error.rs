//! What keeps a plan from being made. What would keep the upgrade from succeeding is no error but
//! a finding of the plan.

use crate::assess::Finding;
use crate::error::Refusal;

/// What was to be sent would be refused, and nothing was sent.
pub fn fails(finding: &Finding) -> Refusal {
    Refusal::of(finding).saying(format!("nothing was sent: {finding}"))
}
