//! The governed call and the rollouts after it, carried out on the copy.

use super::decide::{ANYBODY, decide};
use super::instances::{Before, outdated, upgraded};
use super::{PlanRequest, Transaction};
use crate::assess::Finding;
use crate::client::ChainError;
use crate::model::{DefinitionState, Head, RecordedCode};
use crate::simulation::{Simulation, events, now};
use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::{SolCall, SolValue};
use std::collections::BTreeSet;
use stylus_registry_core::policy::Policy;
use stylus_upgrades_interface::registry::{IRegistry as abi, Step};

/// Instances per rollout transaction.
const BATCH: u16 = 8;

/// The call, unless rollouts are all that is left of it, and the rollouts.
pub(super) fn carry_out(
    simulation: &mut Simulation,
    request: &PlanRequest,
    policy: &Policy,
    definition: &Head,
    before: &[Before],
) -> Result<CarriedOut, ChainError> {
    let PlanRequest { registry, call, .. } = request;
    let is_paused = definition.state == DefinitionState::Paused;
    let is_current = definition.current == call.version;
    let decided = |simulation: &mut Simulation| {
        let what = format!("migrate {} to {}", call.name, call.version);
        let bytes: Bytes = call.abi_encode().into();
        decide(simulation, *registry, policy, &bytes, &what, &request.names)
    };
    // Anybody can continue the rollouts of what is current, also where the call fails.
    let continues = is_current && !is_paused;
    let decision = match continues {
        true => match other_code(simulation, *registry, call)? {
            Some(finding) => Err(finding),
            // Rollouts upgrade waiting instances. An instance that was rolled back needs the governed call itself.
            None if is_one_rolled_back(simulation, request, before)? => decided(simulation)?,
            None => Ok(Vec::new()),
        },
        false => decided(simulation)?,
    };
    let mut done = CarriedOut::default();
    match decision {
        Ok(sent) => done.transactions = sent,
        Err(finding) => {
            done.problems.push(finding);
            done.is_stuck = !continues;
        }
    }
    if !done.is_stuck {
        roll_out(simulation, request, &mut done)?;
    }
    Ok(done)
}

/// What the governed call and the rollouts after it were.
#[derive(Default)]
pub(super) struct CarriedOut {
    pub(super) transactions: Vec<Transaction>,
    pub(super) problems: Vec<Finding>,
    /// Instances whose own upgrade failed.
    pub(super) skipped: BTreeSet<Address>,
    /// Whether the call is refused, and nothing continues without it.
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
    let is_wanted = |one: &Step| {
        let mut wanted = call.step.clone();
        if wanted.from == call.version {
            wanted.from.clone_from(&one.from); // typed once more: its way began at what was current then
        }
        one.abi_encode() == wanted.abi_encode()
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

/// Whether the rollouts alone leave one of these behind the version: what was rolled back from it.
fn is_one_rolled_back(
    simulation: &mut Simulation,
    request: &PlanRequest,
    before: &[Before],
) -> Result<bool, ChainError> {
    simulation.discarded(|copy| {
        if !roll_out(copy, request, &mut CarriedOut::default())? {
            return Ok(false);
        }
        Ok(!outdated(copy, request, before)?.is_empty())
    })
}

/// Rolls out to the instances that are still older, as far as the plan goes. Whether none is left that a
/// rollout would handle.
fn roll_out(
    simulation: &mut Simulation,
    request: &PlanRequest,
    carried_out: &mut CarriedOut,
) -> Result<bool, ChainError> {
    let PlanRequest { registry, call, .. } = request;
    let (registry, name) = (*registry, &call.name);
    let mut batch = BATCH;
    // One that is only paused or resumed is an attempt as well, and comes again after the others.
    let mut attempts = request.instances.saturating_mul(2);
    loop {
        let logs = simulation.logs(registry)?;
        let reached: BTreeSet<Address> = logs.iter().filter_map(upgraded).collect();
        let reached = u32::try_from(reached.len()).unwrap_or(u32::MAX);
        let room = request.instances.saturating_sub(reached).min(attempts);
        if room == 0 {
            return Ok(false);
        }
        let max = batch.min(u16::try_from(room).unwrap_or(batch));
        let call = abi::rolloutCall {
            name: name.clone(),
            max,
        };
        let rolled_out = simulation.ask(registry, &call).and_then(|expected| {
            if expected.upgraded == 0 && expected.left == 0 {
                return Ok(None);
            }
            let input = call.abi_encode().into();
            let receipt = simulation.send("rollout", ANYBODY, registry, input, U256::ZERO)?;
            Ok(Some((expected, receipt)))
        });
        let (expected, receipt) = match rolled_out {
            Ok(Some(rolled_out)) => rolled_out,
            Ok(None) => return Ok(true),
            Err(error) => {
                let problem = error.finding()?;
                // A batch may take more gas than a transaction has. The refusal of one alone is a problem.
                if max == 1 {
                    carried_out.problems.push(problem);
                    return Ok(false);
                }
                batch = max / 2;
                continue;
            }
        };
        let what = format!("rollout of {}", expected.upgraded);
        let sent = Transaction::of(&what, &receipt);
        carried_out.transactions.push(sent);
        for skipped in events::<abi::InstanceSkipped>(&receipt) {
            let what = format!("the upgrade of {}", skipped.proxy);
            let refused = ChainError::refused_on_copy(&what, &skipped.reason);
            carried_out.problems.push(refused.finding()?);
            carried_out.skipped.insert(skipped.proxy);
        }
        if expected.upgraded == 0 || expected.left == 0 {
            return Ok(expected.left == 0);
        }
        attempts = attempts.saturating_sub(u32::from(expected.upgraded));
    }
}
