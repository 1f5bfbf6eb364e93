//! Policies and actions, read. Nothing here changes anything.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    authority::Stored,
    chain::{Reverts, code_hash},
    runnable,
    state::Definition,
};
use stylus_upgrades_interface::{
    reasons::blocked_by,
    registry::IRegistry::{
        actionOfCall, pendingCall, policyCall, readinessCall, readinessReturn, satisfiesCall,
    },
};

use crate::{
    action::{Action, Pending, ROLES},
    calls::Call,
};

pub(crate) fn policy(call: &policyCall) -> Reverts<Vec<u8>> {
    let stored = Stored::of(&Definition::of(&call.name)?, &call.role)?;
    Ok(policyCall::abi_encode_returns(&stored.text))
}

/// Whether these together satisfy the role now; delays and lambdas do not.
pub(crate) fn satisfies(call: &satisfiesCall) -> Reverts<Vec<u8>> {
    let stored = Stored::of(&Definition::of(&call.name)?, &call.role)?;
    let bits = call.approvers.iter();
    let approvals = bits.fold(0, |all, who| all | stored.policy.bit(*who));
    let satisfied = stored.policy.is_satisfied_alone(approvals);
    Ok(satisfiesCall::abi_encode_returns(&satisfied))
}

/// The actions of a definition that can still be approved or executed.
pub(crate) fn pending(call: &pendingCall) -> Reverts<Vec<u8>> {
    let definition = Definition::of(&call.name)?;
    let mut actions = Vec::new();
    for (number, role) in (0..).zip(ROLES) {
        let Ok(stored) = Stored::of(&definition, role) else {
            continue;
        };
        let list = Pending::at(definition.id, number, stored.epoch(&definition, role));
        let open = (0..list.count()).map(|position| list.get(position));
        actions.extend(open.filter(is_open));
    }
    let page: Vec<B256> = actions
        .into_iter()
        .skip(call.start as usize)
        .take(call.count as usize)
        .collect();
    Ok(pendingCall::abi_encode_returns(&page))
}

/// The action that this governed call would approve or execute now.
pub(crate) fn action_of(call: &actionOfCall) -> Reverts<Vec<u8>> {
    let governed = Call::decode(&call.call)?;
    let definition = governed.definition()?;
    let stored = Stored::of(&definition, governed.role())?;
    let action = Action::current(&definition, governed.role(), &stored, &call.call, false);
    Ok(actionOfCall::abi_encode_returns(&action.id))
}

/// How far an action is, who approved, who may still, and what keeps it from being executed.
pub(crate) fn readiness(call: &readinessCall) -> Reverts<Vec<u8>> {
    let (action, _, stored) = Action::open(call.action)?;
    let policy = &stored.policy;
    let lambdas = stored.consents(action.id, Address::ZERO, action.approvals)?;
    let readiness = readinessReturn {
        progress: action.progress(&stored, lambdas, false),
        approved: policy.addresses(action.approvals, true),
        missing: policy.addresses(action.approvals, false),
        notBefore: policy
            .not_before(action.approvals, &action.clocks)
            .unwrap_or_default(),
        expires: action.expires,
        blockedBy: blocked_by(&action, &stored, lambdas)?,
    };
    Ok(readinessCall::abi_encode_returns(&readiness))
}

/// What cannot be waited for comes first.
fn blocked_by(action: &Action, stored: &Stored, lambdas: u8) -> Reverts<u8> {
    if action.has_expired() {
        return Ok(blocked_by::EXPIRED);
    }
    for (account, expected) in action.subject {
        if account.is_zero() {
            continue;
        }
        if code_hash(account) != expected {
            return Ok(blocked_by::CODE_CHANGED);
        }
        if runnable::reason(account)?.is_some() {
            return Ok(blocked_by::NOT_RUNNABLE);
        }
    }
    let policy = &stored.policy;
    Ok(if policy.is_satisfied(&action.facts(lambdas)) {
        blocked_by::NOTHING
    } else if policy.is_waiting(&action.facts(lambdas)) {
        blocked_by::DELAY
    } else if policy.is_waiting(&action.facts(u8::MAX)) {
        blocked_by::LAMBDA
    } else {
        blocked_by::APPROVALS
    })
}

fn is_open(id: &B256) -> bool {
    Action::load(*id).is_some_and(|action| !action.has_expired())
}
