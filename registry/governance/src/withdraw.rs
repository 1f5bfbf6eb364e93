//! Withdrawing: one's own approval, or the whole action.

use alloc::vec::Vec;

use stylus_registry_core::{
    chain::{Reverts, emit, sender},
    lock,
};
use stylus_upgrades_interface::registry::IRegistry::{
    ActionExpired, Cancelled, NotAnApprover, NotApproved, Revoked, cancelCall, revokeCall,
};

use crate::action::Action;

/// Withdraws the caller's own approval; delays whose siblings fail by that start again.
pub(crate) fn revoke(call: &revokeCall) -> Reverts<Vec<u8>> {
    lock::take()?;
    let (mut action, _, stored) = Action::open(call.action)?;
    let approver = sender();
    let bit = stored.policy.bit(approver);
    if action.approvals & bit == 0 {
        return Err(NotApproved {
            approver,
            action: action.id,
        }
        .into());
    }
    not_expired(&action)?;
    action.approvals &= !bit;
    let lambdas = stored.consents(action.id, approver, action.approvals)?;
    action.set_clocks(&stored, lambdas);
    action.save();
    emit(&Revoked {
        definition: action.definition,
        action: action.id,
        approver,
    });
    lock::set(lock::Phase::Free);
    Ok(Vec::new())
}

/// Ends an action: by its proposer, or by who alone satisfies its role.
pub(crate) fn cancel(call: &cancelCall) -> Reverts<Vec<u8>> {
    lock::take()?;
    let (action, _, stored) = Action::open(call.action)?;
    let caller = sender();
    let bit = stored.policy.bit(caller);
    if caller != action.proposer && !stored.policy.is_satisfied_alone(bit) {
        return Err(NotAnApprover { caller }.into());
    }
    not_expired(&action)?;
    action.finish();
    emit(&Cancelled {
        definition: action.definition,
        action: action.id,
    });
    lock::set(lock::Phase::Free);
    Ok(Vec::new())
}

fn not_expired(action: &Action) -> Result<(), ActionExpired> {
    if action.has_expired() {
        Err(ActionExpired { action: action.id })
    } else {
        Ok(())
    }
}
