//! Obstacles to the making of a plan. An obstacle to the upgrade itself is no error but a finding of the plan.

use crate::assess::Finding;
use crate::error::Refusal;

/// Refuses what was to be sent and would be refused; nothing was sent.
pub fn fails(finding: &Finding) -> Refusal {
    Refusal::of(finding).saying(format!("nothing was sent: {finding}"))
}
