//! Revoking: one's own approval, or one's signatures; and cancelling a whole action.

use alloc::vec::Vec;

use alloy_primitives::Address;
use stylus_registry_core::{
    abi::Reader,
    action::{Action, is_revoked, set_revoked},
    authority::{RolePolicy, alone, role},
    chain::{Reverts, sender},
    errors, events, lock,
};
use stylus_upgrades_interface::ids::{ActionId, Authority, DefinitionId};

/// Withdraws the caller's own approval; delays whose siblings fail by that start again. From now on no signature
/// of the caller counts for the action, whether he had approved it or not, and whether it is proposed or not.
pub(crate) fn revoke(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    lock::take()?;
    let (id, approver) = (ActionId(arguments.word(0)?), sender());
    let definition = match Action::bound(id) {
        Ok((action, _, stored)) => withdraw(action, &stored, approver)?,
        Err(_) if is_revoked(id, approver) => return Err(errors::not_approved(approver, id)),
        Err(_) => DefinitionId::ZERO,
    };
    set_revoked(id, approver);
    events::revoked(definition, id, approver).emit();
    lock::set(lock::LockPhase::Free);
    Ok(Vec::new())
}

/// Takes an approval out of an open action. Refuses who is no approver, or has nothing left to withdraw.
fn withdraw(mut action: Action, stored: &RolePolicy, approver: Address) -> Reverts<DefinitionId> {
    let bit = stored.policy.bit(approver);
    let has_approved = action.approvals & bit != 0;
    if bit == 0 || (!has_approved && is_revoked(action.id, approver)) {
        return Err(errors::not_approved(approver, action.id));
    }
    not_expired(&action)?;
    if has_approved {
        action.approvals &= !bit;
        action.update_timelocks(stored, 0); // what a lambda says starts or stops no delay here
        action.save();
    }
    Ok(action.definition)
}

/// Ends an action: by its proposer, as long as what the others approved does not satisfy the policy
/// without them (delays and lambdas taken as true), by who alone satisfies its role, or, unless it is about a policy, by
/// who alone satisfies role `cancel`.
pub(crate) fn cancel(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    lock::take()?;
    let (action, definition, stored) = Action::bound(ActionId(arguments.word(0)?))?;
    let caller = sender();
    let may_withdraw = caller == action.proposer && !others_suffice(&action, &stored);
    let decides = alone(&definition, action.authority.role().as_bytes(), caller);
    let guards =
        || action.authority != Authority::POLICY && alone(&definition, role::CANCEL, caller);
    if !(may_withdraw || decides || guards()) {
        return Err(errors::not_an_approver(caller));
    }
    not_expired(&action)?;
    action.finish();
    events::cancelled(action.definition, action.id).emit();
    lock::set(lock::LockPhase::Free);
    Ok(Vec::new())
}

/// Returns true if its proposer is not needed any more.
fn others_suffice(action: &Action, stored: &RolePolicy) -> bool {
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
