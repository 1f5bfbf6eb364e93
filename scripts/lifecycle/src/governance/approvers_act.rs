//! A governed call on a fork where its approvers act: the contracts of the policy consent, each approver sends the
//! call, and the delays pass. What a plan carries out and what an approver is told is this one function.

use super::policy::duration;
use crate::client::ChainError;
use crate::ids::ActionId;
use crate::model::{BlockedBy, Views};
use crate::registry::{definition_id, stored};
use crate::simulation::{ANYBODY, Simulation, events, now};
use alloy::primitives::{Address, Bytes, U256, hex, keccak256};
use serde::Serialize;
use stylus_chain::Receipt;
use stylus_registry_core::policy::Policy;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// EVM code that answers every call with yes:
/// `PUSH1 1 PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN`.
const CONSENTS: [u8; 10] = hex!("600160005260206000f3");

/// The assumptions with which a call executes on the fork.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Given {
    /// Contracts of the policy, whose consent was.
    pub consents: Vec<Address>,
    /// Seconds of delay, which were taken as over.
    pub delay: u64,
}

impl Given {
    /// The same in words; none where nothing was.
    pub fn words(&self) -> Option<String> {
        let consents = self.consents.iter();
        let consents = consents.map(|lambda| format!("{lambda} consents"));
        let delay =
            (self.delay > 0).then(|| format!("the delay of {} is over", duration(self.delay)));
        let parts: Vec<String> = consents.chain(delay).collect();
        (!parts.is_empty()).then(|| format!("assumed: {}", parts.join(", and ")))
    }

    /// Takes what another call was given, too.
    pub(crate) fn add(&mut self, other: &Self) {
        let new = other.consents.iter();
        let new: Vec<_> = new
            .filter(|lambda| !self.consents.contains(lambda))
            .copied()
            .collect();
        self.consents.extend(new);
        self.delay = self.delay.max(other.delay);
    }
}

/// The accounts that decide on the fork.
pub(crate) struct Approvers {
    registry: Address,
    pub(crate) policy: Policy,
    /// The accounts that send the call, in this order.
    people: Vec<Address>,
}

/// A transaction of an approver.
pub(crate) struct Act {
    pub(crate) by: Address,
    pub(crate) receipt: Receipt,
}

/// The outcome of a call.
pub(crate) enum End {
    /// It was executed.
    Executed,
    /// It was refused, or failed, with the instance whose upgrade failed.
    Refused(ChainError, Option<Address>),
    /// It did not execute, with all that was given.
    Undecided,
}

/// A call that the approvers sent.
pub(crate) struct Acted {
    pub(crate) sent: Vec<Act>,
    pub(crate) end: End,
    pub(crate) given: Given,
}

impl Approvers {
    /// Creates the approvers that the policy of that role of a definition names. From now on its contracts consent on the
    /// fork: call it before changes are counted.
    pub(crate) fn of(
        simulation: &mut Simulation,
        registry: Address,
        (definition, role): (&str, &str),
        policy: Policy,
    ) -> Self {
        let slots = stored::lambda_slots(definition_id(definition), role);
        for (lambda, slot) in policy.lambdas.iter().zip(slots) {
            let chain = &mut simulation.chain;
            chain.set_code(lambda.address, CONSENTS.into());
            chain.set_storage_at(registry, slot.into(), keccak256(CONSENTS));
        }
        let people = policy.approvers.iter().map(|leaf| leaf.address).collect();
        Self {
            registry,
            policy,
            people,
        }
    }

    /// The same, of whom only these act, in that order.
    pub(crate) fn only(self, people: Vec<Address>) -> Self {
        Self { people, ..self }
    }

    /// Sends `call` for each of them, and for somebody without a part in the policy; once more after its delays.
    pub(crate) fn act(
        &self,
        simulation: &mut Simulation,
        what: &str,
        (call, value): (&Bytes, U256),
    ) -> Result<Acted, ChainError> {
        let mut acted = Acted {
            sent: Vec::new(),
            end: End::Undecided,
            given: Given {
                consents: self
                    .policy
                    .lambdas
                    .iter()
                    .map(|leaf| leaf.address)
                    .collect(),
                delay: 0,
            },
        };
        let action = now(simulation.registry(self.registry).action_of(call))?;
        // Each delay of the policy may begin once another one is over.
        for _ in 0..=self.policy.delays.len() {
            for who in self.people.iter().copied().chain([ANYBODY]) {
                let receipt = match simulation.send(what, who, self.registry, call.clone(), value) {
                    Ok(receipt) => receipt,
                    Err(error)
                        if error.is_refused_as::<abi::AlreadyApproved>()
                            || error.is_refused_as::<abi::NotAnApprover>() =>
                    {
                        continue;
                    }
                    Err(error) => {
                        let request =
                            simulation.request(who, self.registry, call.clone(), value)?;
                        let (instance, step) = simulation.failing(request);
                        acted.end = End::Refused(error.ended(step), instance);
                        return Ok(acted);
                    }
                };
                let is_executed = !events::<abi::Executed>(&receipt).is_empty();
                acted.sent.push(Act { by: who, receipt });
                if is_executed {
                    acted.end = End::Executed;
                    return Ok(acted);
                }
                // Only a delay is left: the approvals of others change nothing.
                if self.seconds_left(simulation, action)? > 0 {
                    break;
                }
            }
            match self.seconds_left(simulation, action)? {
                0 => break,
                seconds => {
                    simulation.wait(seconds)?;
                    acted.given.delay = acted.given.delay.saturating_add(seconds);
                }
            }
        }
        Ok(acted)
    }

    /// Seconds until a delay is over for which alone an action waits; 0 where it waits for something else.
    fn seconds_left(&self, simulation: &Simulation, action: ActionId) -> Result<u64, ChainError> {
        if self.policy.delays.is_empty() {
            return Ok(0);
        }
        let registry = simulation.registry(self.registry);
        let open = match now(registry.readiness(action)) {
            Ok(open) => open,
            // Nothing of it is open.
            Err(error) if error.revert().is_some() => return Ok(0),
            Err(error) => return Err(error),
        };
        let time = now(registry.client.block())?.time;
        let left = open.not_before.saturating_sub(time);
        Ok(match open.blocked_by {
            BlockedBy::Delay => left,
            _ => 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_said_once_and_in_words() {
        assert_eq!(Given::default().words(), None);
        let lambda = Address::repeat_byte(7);
        let mut given = Given {
            consents: vec![lambda],
            delay: 0,
        };
        given.add(&Given {
            consents: vec![lambda],
            delay: 172_800,
        });
        let says = format!("assumed: {lambda} consents, and the delay of 2 days is over");
        assert_eq!(given.words(), Some(says));
    }
}
