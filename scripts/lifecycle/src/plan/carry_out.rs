//! The governed call and the rollouts after it, carried out on the copy.

use super::decide::decide;
use super::instances::{Before, waiting};
use super::{PlanRequest, Transaction};
use crate::assess::{Finding, FindingId};
use crate::client::ChainError;
use crate::governance::{Approvers, Given};
use crate::model::{DefinitionState, Head, RecordedCode};
use crate::registry::rollout;
use crate::simulation::{ANYBODY, Simulation, now};
use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::{SolCall, SolValue};
use std::collections::BTreeSet;
use stylus_registry_core::policy::parse;
use stylus_upgrades_interface::registry::{IRegistry as abi, Step};

/// Instances per rollout transaction.
const BATCH: usize = 8;

/// The approvers of the call, and those who end the pause of a definition that is paused.
pub(super) struct Deciding {
    pub(super) call: Approvers,
    resume: Option<Approvers>,
}

impl Deciding {
    /// Reads the approvers that the policy `text` of the role `migrate` names, and for a pause those of its role. None if a
    /// policy is one that the registry does not take.
    pub(super) fn of(
        simulation: &mut Simulation,
        request: &PlanRequest,
        text: &str,
        definition: &Head,
    ) -> Result<Option<Self>, ChainError> {
        let (registry, name) = (request.registry, request.call.name.as_str());
        let (migrate, pause) = ("migrate", "pause");
        let resume = match definition.state {
            DefinitionState::Paused => match now(simulation.registry(registry).policy(name, pause))
            {
                Err(error) if error.is_refused_as::<abi::UnknownRole>() => {
                    Some((migrate, text.to_owned()))
                }
                own => Some((pause, own?)),
            },
            _ => None,
        };
        let mut approvers = |role, text: &str| {
            let policy = parse(text.as_bytes()).ok()?;
            Some(Approvers::of(simulation, registry, (name, role), policy))
        };
        let Some(call) = approvers(migrate, text) else {
            return Ok(None);
        };
        let resume = resume.and_then(|(role, text)| approvers(role, &text));
        Ok(Some(Self { call, resume }))
    }
}

/// The call, unless rollouts are all that is left of it, and the rollouts.
pub(super) fn carry_out(
    simulation: &mut Simulation,
    request: &PlanRequest,
    deciding: &Deciding,
    definition: &Head,
    before: &[Before],
) -> Result<CarriedOut, ChainError> {
    let PlanRequest { registry, call, .. } = request;
    let is_current = definition.current == call.version;
    let decided = |simulation: &mut Simulation| {
        let what = format!("migrate {} to {}", call.name, call.version);
        let bytes: Bytes = call.abi_encode().into();
        decide(simulation, &deciding.call, &bytes, &what, &request.names)
    };
    let decision = if is_current {
        match other_code(simulation, *registry, call)? {
            Some(finding) => Err(finding),
            // Rollouts upgrade waiting instances. An instance that was rolled back needs the governed call itself.
            None if is_one_rolled_back(simulation, request, before)? => decided(simulation)?,
            None => Ok((Vec::new(), Given::default())),
        }
    } else {
        decided(simulation)?
    };
    let mut done = CarriedOut::default();
    match decision {
        Ok((sent, given)) => (done.transactions, done.given) = (sent, given),
        Err(finding) => {
            done.problems.push(finding);
            // Anybody can continue the rollouts of what is current, also where the call fails.
            done.is_stuck = !is_current;
        }
    }
    if let (false, Some(approvers)) = (done.is_stuck, &deciding.resume) {
        resume(simulation, request, approvers, &mut done)?;
    }
    if !done.is_stuck {
        roll_out(simulation, request, &mut done)?;
    }
    Ok(done)
}

/// Ends the pause, so that what becomes of instances then is tried.
fn resume(
    simulation: &mut Simulation,
    request: &PlanRequest,
    approvers: &Approvers,
    done: &mut CarriedOut,
) -> Result<(), ChainError> {
    let (name, version) = (&request.call.name, &request.call.version);
    let resume = abi::resumeCall {
        name: name.clone(),
        version: version.clone(),
    };
    let (what, bytes) = (format!("resume {name}"), resume.abi_encode().into());
    match decide(simulation, approvers, &bytes, &what, &request.names)? {
        Ok((sent, given)) => {
            done.transactions.extend(sent);
            done.given.add(&given);
        }
        Err(finding) => done.problems.push(finding),
    }
    Ok(())
}

/// The governed call and the rollouts after it, as they were carried out.
#[derive(Default)]
pub(super) struct CarriedOut {
    pub(super) transactions: Vec<Transaction>,
    /// The assumptions with which the calls execute.
    pub(super) given: Given,
    pub(super) problems: Vec<Finding>,
    /// Instances whose own upgrade failed.
    pub(super) skipped: BTreeSet<Address>,
    /// True if the call is refused, and nothing continues without it.
    pub(super) is_stuck: bool,
}

impl CarriedOut {
    pub(super) fn failure(&self) -> Option<&Finding> {
        self.problems.first()
    }
}

/// Of a version that is current: why the registry refuses it once more, if it has other code or another step.
fn other_code(
    simulation: &Simulation,
    registry: Address,
    call: &abi::migrateCall,
) -> Result<Option<Finding>, ChainError> {
    let registered = now(simulation
        .registry(registry)
        .version(&call.name, &call.version))?;
    let (code, wanted) = (&registered.code, &RecordedCode::from(&call.code));
    let is_wanted = |step: &Step| {
        let mut wanted = call.step.clone();
        if wanted.from == call.version {
            wanted.from.clone_from(&step.from); // typed once more: its way began at what was current then
        }
        step.abi_encode() == wanted.abi_encode()
    };
    let is_step = registered.steps.is_empty() || registered.steps.iter().any(is_wanted);
    let with_hash = |code: &RecordedCode| format!("code with the hash {}", code.codehash);
    let (expected, found) = if code.codehash != wanted.codehash {
        (with_hash(code), with_hash(wanted))
    } else if code != wanted {
        let expected = "the account, layout and sources that are registered".into();
        let found = "the same code with another account, layout or sources".into();
        (expected, found)
    } else if !is_step {
        let expected = "one of the registered steps into it".into();
        (expected, "another migration".into())
    } else {
        return Ok(None);
    };
    let (name, version) = (&call.name, &call.version);
    Ok(Some(Finding::problem(
        "VersionExists",
        format!("{name} {version} is current already, with other code or another step"),
        &expected,
        found,
        "a version never changes: give the new code a label of its own",
    )))
}

/// Returns true if the rollouts alone leave one of these behind the version: an instance that was rolled back from it.
fn is_one_rolled_back(
    simulation: &Simulation,
    request: &PlanRequest,
    before: &[Before],
) -> Result<bool, ChainError> {
    let registry = simulation.registry(request.registry);
    for known in before
        .iter()
        .filter(|before| before.instance.version != request.call.version)
    {
        if now(registry.details(known.instance.proxy))?.held {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Rolls out to the instances that wait for it, as far as the plan goes.
fn roll_out(
    simulation: &mut Simulation,
    request: &PlanRequest,
    carried_out: &mut CarriedOut,
) -> Result<(), ChainError> {
    let PlanRequest { registry, call, .. } = request;
    let registry = *registry;
    let waiting = waiting(simulation, request)?;
    let (mut left, mut batch) = (waiting.as_slice(), BATCH);
    while !left.is_empty() {
        let (now, later) = left.split_at(batch.min(left.len()));
        let gas = simulation.gas;
        let rolled_out = simulation.live(ANYBODY, async |client| {
            let client = client.with_gas_limit(gas);
            rollout(client.registry(registry), &call.name, now).await
        });
        let done = match rolled_out {
            Ok(done) => done,
            // A batch may take more gas than a transaction has. The refusal of one alone is a problem.
            Err(error) if error.is_refusal() && now.len() > 1 => {
                batch = now.len() / 2;
                continue;
            }
            Err(error) => {
                let found = error.finding()?;
                let of_each = now.iter().map(|proxy| of_instance(*proxy, found.clone()));
                carried_out.problems.extend(of_each);
                carried_out.skipped.extend(now);
                left = later;
                continue;
            }
        };
        left = later;
        if done.upgraded > 0 {
            let what = format!("rollout of {}", done.upgraded);
            let sent = Transaction::live(simulation, &what, &done.sent);
            carried_out.transactions.push(sent);
        }
        for (proxy, reason) in done.skipped {
            let what = format!("the upgrade of {proxy}");
            let alone = abi::rolloutCall {
                name: call.name.clone(),
                proxies: vec![proxy],
            };
            let alone = alone.abi_encode().into();
            let again = simulation.request(ANYBODY, registry, alone, U256::ZERO)?;
            let ended = simulation.failing(again).1;
            let refused = ChainError::refused_on_copy(&what, reason.data()).ended(ended);
            let found = of_instance(proxy, refused.finding()?);
            carried_out.problems.push(found);
            carried_out.skipped.insert(proxy);
        }
    }
    Ok(())
}

/// Explains why the upgrade of one instance fails. It stays as it is and stops no other, so that can be accepted.
fn of_instance(proxy: Address, found: Finding) -> Finding {
    let id = found.id.clone().of_account(proxy);
    let accept = format!("to leave it behind: {}", FindingId::flag([&id]));
    let next = found.next.filter(|next| !next.is_empty());
    Finding {
        next: Some(next.map_or(accept.clone(), |next| format!("{next}; {accept}"))),
        id,
        ..found
    }
}
