//! Policies and open actions, read. Nothing here changes anything.

use alloc::vec::Vec;

use alloy_primitives::Address;
use stylus_registry_core::{
    abi::{Reader, Value, encode},
    action::{Action, PendingList, progress_values},
    authority::{RolePolicy, epoch},
    chain::Reverts,
    definition::Definition,
};
use stylus_upgrades_interface::{
    ids::{ActionId, Authority},
    reasons::blocked_by,
};

/// The policy of a role, by the first two arguments.
fn stored(arguments: Reader<'_>) -> Reverts<RolePolicy> {
    RolePolicy::of(&Definition::of(arguments.bytes(0)?)?, arguments.bytes(1)?)
}

pub(crate) fn policy(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    Ok(encode(&[], &[(&stored(arguments)?.text).into()]))
}

/// Answers if these together satisfy the role now, as their calls would; delays and lambdas do not.
pub(crate) fn satisfies(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let stored = stored(arguments)?;
    let approvers = arguments.addresses(2)?;
    let approvals = approvers.iter().fold(0, |all, who| all | stored.bit(*who));
    let satisfied = stored.policy.is_satisfied_alone(approvals);
    Ok(encode(&[], &[satisfied.into()]))
}

/// The actions of a definition that can still be approved or executed.
pub(crate) fn pending(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let definition = Definition::of(arguments.bytes(0)?)?;
    let [start, count] = [arguments.u32(1, u32::MAX)?, arguments.u32(2, u32::MAX)?];
    let (mut page, mut seen) = (Vec::new(), 0);
    for authority in (0..Authority::COUNT).map(Authority) {
        let list = PendingList::at(definition.id, authority, epoch(&definition, authority));
        for position in 0..list.count() {
            let action = list.get(position);
            if is_open(&definition, action) {
                if seen >= start && page.len() < count as usize {
                    page.push(action.into());
                }
                seen += 1;
            }
        }
    }
    Ok(encode(&[], &[Value::Array(&page)]))
}

/// Answers the progress of an action: who approved, who may still, and what keeps it from being executed.
pub(crate) fn readiness(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let (action, _, stored) = Action::open(ActionId(arguments.word(0)?))?;
    let lambdas = stored.consents(action.id, Address::ZERO, action.approvals)?;
    let [approved, missing] = [true, false].map(|set| {
        let addresses = stored.policy.addresses(action.approvals, set);
        addresses.into_iter().map(Value::from).collect::<Vec<_>>()
    });
    let not_before = stored
        .policy
        .not_before(action.approvals, &action.timelocks);
    let [id, approvals, required, executed] =
        progress_values(&action.progress(&stored, lambdas, false));
    Ok(encode(
        &[],
        &[
            id,
            approvals,
            required,
            executed,
            Value::Array(&approved),
            Value::Array(&missing),
            not_before.unwrap_or_default().into(),
            action.expires.into(),
            blocked_by(&action, &stored, lambdas).into(),
        ],
    ))
}

/// The block in which an open action was proposed.
pub(crate) fn opened_at(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let (action, ..) = Action::open(ActionId(arguments.word(0)?))?;
    Ok(encode(&[], &[action.block.into()]))
}

/// Returns the reason that blocks an action: one that cannot be waited for comes first.
fn blocked_by(action: &Action, stored: &RolePolicy, lambdas: u8) -> u8 {
    let policy = &stored.policy;
    if action.has_expired() {
        blocked_by::EXPIRED
    } else if policy.is_satisfied(&action.facts(lambdas)) {
        blocked_by::NOTHING
    } else if policy.is_waiting(&action.facts(lambdas)) {
        blocked_by::DELAY
    } else if policy.is_waiting(&action.facts(u8::MAX)) {
        blocked_by::LAMBDA
    } else {
        blocked_by::APPROVALS
    }
}

/// Of an action in a list of the definition.
fn is_open(definition: &Definition, id: ActionId) -> bool {
    Action::load(id).is_some_and(|action| !action.has_expired() && action.is_asked(definition))
}
