//! The governed call, sent by everybody whom the policy names until it is executed.

use super::Transaction;
use crate::assess::Finding;
use crate::client::ChainError;
use crate::model::BlockedBy;
use crate::names::Names;
use crate::simulation::{Simulation, events, now};
use alloy::primitives::{Address, B256, Bytes, U256};
use stylus_registry_core::policy::Policy;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The sender of calls that anybody may make.
pub(super) const ANYBODY: Address = Address::repeat_byte(0xa5);

/// The transactions, the last of which executed the call; or what keeps it from being executed.
pub(super) type Decision = Result<Vec<Transaction>, Finding>;

/// Sends `call` for every approver in turn, then again after the policy's delays.
pub(super) fn decide(
    simulation: &mut Simulation,
    registry: Address,
    policy: &Policy,
    call: &Bytes,
    what: &str,
    names: &Names,
) -> Result<Decision, ChainError> {
    if policy.is_none() {
        return Ok(Err(Finding::problem(
            "Frozen",
            "the policy is NONE: nobody can do this, ever again".into(),
            "a policy that somebody can satisfy",
            "NONE".into(),
            "create another definition",
        )));
    }
    let mut people: Vec<_> = policy.approvers.iter().map(|leaf| leaf.address).collect();
    people.push(ANYBODY);
    let delay: u64 = policy.delays.iter().sum();
    let mut sent = Vec::new();
    for round in 0..2 {
        if round > 0 {
            simulation.wait(delay)?;
        }
        for who in &people {
            match simulation.send(what, *who, registry, call.clone(), U256::ZERO) {
                Ok(receipt) => {
                    let is_executed = !events::<abi::Executed>(&receipt).is_empty();
                    let approved = events::<abi::Approved>(&receipt).into_iter().next();
                    let name = format!("{what} ({})", names.short(*who));
                    sent.push(Transaction::of(simulation, &name, &receipt));
                    if is_executed {
                        return Ok(Ok(sent));
                    }
                    if let Some(approved) = approved
                        && is_waiting(simulation, registry, approved.action)?
                    {
                        break;
                    }
                }
                Err(ChainError::Refused { revert, .. })
                    if revert.is::<abi::AlreadyApproved>() || revert.is::<abi::NotAnApprover>() => {
                }
                Err(error) => {
                    let sent = simulation.request(*who, registry, call.clone(), U256::ZERO)?;
                    return Ok(Err(error.ended(simulation.failing(sent).1).finding()?));
                }
            }
        }
        if delay == 0 {
            break;
        }
    }
    Ok(Err(Finding::problem(
        "Undecided",
        format!(
            "{what} did not execute in the simulation, with all approvals given and all delays over"
        ),
        "a policy that its approvers can satisfy",
        if policy.lambdas.is_empty() {
            "approvals that do not suffice".into()
        } else {
            "a lambda that does not consent".into()
        },
        "stylus-upgrades policy explain tells what is asked for",
    )))
}

/// Whether nothing but a delay keeps an action from being executed.
fn is_waiting(
    simulation: &Simulation,
    registry: Address,
    action: B256,
) -> Result<bool, ChainError> {
    let readiness = now(simulation.registry(registry).readiness(action.into()))?;
    Ok(readiness.blocked_by == BlockedBy::Delay)
}
