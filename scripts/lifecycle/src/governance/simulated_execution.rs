//! Simulates a governed call on a fork, after the approvals that are still missing. As the chain is now the same call
//! may only approve, whatever it would run; where the missing approvals arrive before it, in the same block perhaps,
//! it executes. So it is sent with the gas for that, and whether it succeeds there is known before.

use super::after_approvals::SimulatedExecution;
use super::approvers_act::{Approvers, End};
use super::governed::GovernedCall;
use super::pending::readiness;
use super::policy::{deciding_policy_of, may_be_satisfied};
use crate::client::{ChainError, Client, Fork, with_margin};
use crate::error::{Explain, Refusal};
use crate::ids::ActionId;
use crate::registry::stored;
use crate::simulation::Simulation;
use alloy::consensus::Transaction as _;
use alloy::primitives::Address;
use stylus_chain::{Chain, StatePart};
use stylus_registry_core::policy::{Policy, parse};

/// The name of a refusal of what would fail once everybody needed has approved it.
pub const WOULD_FAIL: &str = "WouldFail";
/// Units of gas that a transaction gets at most: what ArbOS allows one from version 50 on.
const MOST: u64 = 32_000_000;
/// Units of gas where no fork can be made: unused gas costs nothing.
const BLIND: u64 = 16_000_000;

/// Simulates the call of `sender` after those of the others, and then the delays. Also says the least units of gas that
/// it takes there, if it goes through.
fn after_others(
    chain: Chain,
    governed: &GovernedCall,
    role: &str,
    policy: &Policy,
    sender: Address,
    others: &[Address],
) -> Result<(Option<u64>, SimulatedExecution), ChainError> {
    let mut simulation = Simulation::new(chain);
    let people: Vec<Address> = others.iter().copied().chain([sender]).collect();
    let decides = (governed.call.definition(), role);
    let approvers = Approvers::of(&mut simulation, governed.registry, decides, policy.clone());
    let approvers = approvers.only(people.clone());
    let acted = approvers.act(
        &mut simulation,
        "the call",
        (&governed.bytes, governed.value),
    )?;
    let own = acted.sent.iter().find(|act| act.by == sender);
    let own = own.and_then(|act| simulation.chain.transaction(act.receipt.transaction_hash));
    let gas = own.map(|sent| sent.envelope.gas_limit());
    let (error, instance) = match acted.end {
        End::Executed => return Ok((gas, SimulatedExecution::Succeeds(acted.given))),
        End::Undecided => {
            let why = "it does not execute, though all others approve, all delays are over and every contract of the \
                       policy consents: perhaps only an account without code may send it";
            return Ok((gas, SimulatedExecution::NotSimulated(why.into())));
        }
        End::Refused(error, instance) => (error, instance),
    };
    let (mut found, expected, next) = match error {
        ChainError::Refused { revert, .. } => {
            let advice = revert.advice();
            (revert.to_string(), advice.expected, advice.next)
        }
        error if error.is_halted() => (
            error.found().unwrap_or_default(),
            "a call that goes through".into(),
            "look at the code that it runs".into(),
        ),
        error => return Err(error),
    };
    if let Some(proxy) = instance {
        found.push_str(&format!("; instance {proxy} fails"));
    }
    // What a contract sends comes from a transaction of somebody else, and what it does there may differ.
    let has_code = |who: &&Address| simulation.code(**who).is_ok_and(|code| !code.is_empty());
    if let Some(who) = people.iter().find(has_code) {
        let why = format!(
            "the approver {who} is a contract: its transaction cannot be simulated (as a direct call it fails: \
             {found})"
        );
        return Ok((None, SimulatedExecution::NotSimulated(why)));
    }
    let what = governed.what();
    let message = format!("{what} would fail after the last approval: {found}");
    let next = format!("{next}; --accept would-fail approves it anyway");
    let refusal = Refusal::new(WOULD_FAIL, message).with(expected, found, next);
    Ok((None, SimulatedExecution::Fails(refusal)))
}

/// The facts about a call that only approves now.
pub(super) struct AfterApprovals {
    /// Units of gas to send along at least, so that it executes where the others' approvals come first; `None` where
    /// no approval of others makes it execute, so that the endpoint's estimate suffices.
    pub(super) minimum_gas: Option<u64>,
    /// Its outcome on the fork.
    pub(super) simulation: SimulatedExecution,
}

/// Simulates a call after the approvals of others that it needs.
pub(super) async fn for_execution(
    client: &Client,
    governed: &GovernedCall,
    sender: Address,
    action: ActionId,
) -> Result<AfterApprovals, ChainError> {
    let not_simulated = |minimum_gas, why: &str| {
        Ok(AfterApprovals {
            minimum_gas,
            simulation: SimulatedExecution::NotSimulated(why.into()),
        })
    };
    let (registry, call) = (governed.registry, &governed.call);
    let (role, text) = deciding_policy_of(client.registry(registry), call).await?;
    let Ok(policy) = parse(text.as_bytes()) else {
        return not_simulated(Some(BLIND), "the policy cannot be understood");
    };
    let open = readiness(client.registry(registry), action).await?;
    let approved = open.map(|open| open.approved).unwrap_or_default();
    let Some(others) = companions(&policy, &approved, sender) else {
        return not_simulated(
            None,
            "this approval can never be the last one: the policy does not need it",
        );
    };
    let governed = governed.clone();
    let definition = governed.call.definition();
    let mut parts = stored::parts_of_calls(client.registry(registry), definition).await;
    let people = others.iter().chain([&sender]);
    parts.extend(people.map(|account| StatePart::Account(*account)));
    let simulated = Fork::tried(client, parts, move |chain| {
        after_others(chain, &governed, &role, &policy, sender, &others)
    });
    match simulated.await.map_err(|error| error.to_string()) {
        Ok((measured, simulation)) => {
            let gas = measured.map_or(BLIND, |gas| with_margin(gas).min(MOST.max(gas)));
            Ok(AfterApprovals {
                minimum_gas: Some(gas),
                simulation,
            })
        }
        Err(why) => not_simulated(Some(BLIND), &why),
    }
}

/// Finds the other accounts that have to approve so that the call of `sender` completes the policy, which they do not alone:
/// a smallest such set. `None` if there is none. Lambdas count as consenting and delays as passed.
fn companions(policy: &Policy, approved: &[Address], sender: Address) -> Option<Vec<Address>> {
    let is_satisfied = |approvals: u64| may_be_satisfied(policy, approvals);
    let before = approved.iter().fold(0, |all, who| all | policy.bit(*who));
    let own = policy.bit(sender);
    let everybody = policy.approvers.iter().map(|leaf| policy.bit(leaf.address));
    let others: Vec<u64> = everybody.filter(|bit| bit & (before | own) == 0).collect();
    // Each order of leaving approvers out may end at another smallest set.
    (0..others.len().max(1)).find_map(|first| {
        let mut kept: u64 = others.iter().sum();
        let (late, early) = others.split_at_checked(first)?;
        for bit in early.iter().chain(late) {
            if is_satisfied(before | own | (kept & !bit)) {
                kept &= !bit;
            }
        }
        let decides = is_satisfied(before | own | kept) && !is_satisfied(before | kept);
        decides.then(|| policy.addresses(kept, true))
    })
}

#[cfg(test)]
mod tests {
    use super::companions;
    use alloy::primitives::Address;
    use stylus_registry_core::policy::parse;

    fn who(number: u8) -> Address {
        Address::with_last_byte(number)
    }

    /// A policy over addresses that are written as `#1`, `#2` …
    fn others(policy: &str, approved: &[u8], sender: u8) -> Option<Vec<Address>> {
        let mut text = policy.to_owned();
        for number in 1..=6 {
            text = text.replace(&format!("#{number}"), &format!("{:#x}", who(number)));
        }
        let policy = parse(text.as_bytes()).expect("a policy");
        let approved: Vec<_> = approved.iter().map(|number| who(*number)).collect();
        companions(&policy, &approved, who(sender))
    }

    #[test]
    fn who_completes_a_policy_does_so_after_the_others_it_needs() {
        assert_eq!(others("AND(#1,#2)", &[], 1), Some(vec![who(2)]));
        assert_eq!(others("AND(#1,#2)", &[2], 1), Some(vec![]));
        assert_eq!(others("OR(#1,#2)", &[], 2), Some(vec![]));
        let two = others("OutOf(2,#1,#2,#3)", &[], 2).expect("somebody");
        assert_eq!(two.len(), 1);
        let either = others("AND(OR(#1,#2),OR(#3,#4))", &[], 1).expect("somebody");
        assert!(either == [who(3)] || either == [who(4)], "{either:?}");
        let pair = others("OR(AND(#1,#2),AND(#3,#4))", &[], 1);
        assert_eq!(pair, Some(vec![who(2)]));
        assert_eq!(others("AND(#1,#2,AFTER(60))", &[], 2), Some(vec![who(1)]));
    }

    #[test]
    fn who_completes_nothing_has_no_companions() {
        assert_eq!(others("AND(#1,#2)", &[], 3), None);
        assert_eq!(others("OR(#1,#2)", &[1], 2), None);
    }
}
