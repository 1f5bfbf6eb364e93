//! Withdrawing: one's own approval, or the whole action.

use alloc::vec::Vec;

use stylus_registry_core::{
    abi::Reader,
    action::Action,
    authority::Stored,
    chain::{Reverts, sender},
    errors, events, lock,
};
use stylus_upgrades_interface::ids::ActionId;

/// Withdraws the caller's own approval; delays whose siblings fail by that start again.
pub(crate) fn revoke(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    lock::take()?;
    let (mut action, stored) = Action::open(ActionId(arguments.word(0)?))?;
    let approver = sender();
    let bit = stored.policy.bit(approver);
    if action.approvals & bit == 0 {
        return Err(errors::not_approved(approver, action.id));
    }
    not_expired(&action)?;
    action.approvals &= !bit;
    action.revoked |= bit;
    action.update_timelocks(&stored, 0); // what a lambda says starts or stops no delay here
    action.save();
    events::revoked(action.definition, action.id, approver).emit();
    lock::set(lock::Phase::Free);
    Ok(Vec::new())
}

/// Ends an action: by its proposer, as long as what the others approved does not satisfy the policy
/// without him (delays and lambdas taken as true), or by who alone satisfies its role.
pub(crate) fn cancel(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    lock::take()?;
    let (action, stored) = Action::open(ActionId(arguments.word(0)?))?;
    let caller = sender();
    let is_his = caller == action.proposer && !others_suffice(&action, &stored);
    if !is_his && !stored.policy.is_satisfied_alone(stored.bit(caller)) {
        return Err(errors::not_an_approver(caller));
    }
    not_expired(&action)?;
    action.finish();
    events::cancelled(action.definition, action.id).emit();
    lock::set(lock::Phase::Free);
    Ok(Vec::new())
}

/// Whether its proposer is not needed any more.
fn others_suffice(action: &Action, stored: &Stored) -> bool {
    let policy = &stored.policy;
    let others = action.approvals & !policy.bit(action.proposer);
    policy.is_satisfied_but_for_delays_and_lambdas(others)
}

fn not_expired(action: &Action) -> Reverts<()> {
    if action.has_expired() {
        Err(errors::action_expired(action.id))
    } else {
        Ok(())
    }
}
