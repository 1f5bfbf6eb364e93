//! Before anybody decides: code and layout that are not there yet are deployed and published on the
//! copy, and all code is checked.

use super::code_checks;
use super::decide::ANYBODY;
use super::error::PlanError;
use super::instances::Before;
use super::{Plan, PlanRequest};
use crate::build::evm;
use crate::expect::Asks;
use crate::program_code::is_program;
use crate::registry::named;
use crate::simulation::{Simulation, now};
use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use std::collections::BTreeMap;
use stylus_chain::Chain;
use stylus_upgrades_interface::chain::CREATE2_DEPLOYER;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Deploys and activates what is not on the chain yet, as `migrate` would.
pub(super) fn deploy(
    simulation: &mut Simulation,
    request: &PlanRequest,
    plan: &mut Plan,
) -> Result<(), PlanError> {
    for (address, artifact) in &request.undeployed {
        for fragment in &artifact.fragments {
            let there = evm::create2_address(&evm::creation_code(fragment));
            let what = format!("deploy a fragment of {}", artifact.name);
            create2(simulation, plan, &what, (there, fragment))?;
        }
        let what = format!("deploy {}", artifact.name);
        create2(simulation, plan, &what, (*address, &artifact.code))?;
        if !code_checks::is_active(simulation, *address) {
            let what = format!("activate {}", artifact.name);
            match code_checks::activate(simulation, &what, *address) {
                Ok(done) => plan.note(&what, &done),
                Err(error) => plan.problems.push(error.finding()?),
            }
        }
    }
    if let Some(expected) = &request.expected {
        let check = (expected.account(), &expected.code()[..]);
        create2(simulation, plan, "deploy the check", check)?;
    }
    let step = &request.call.step;
    plan.expectations = Asks::of(step, &simulation.code(step.script)?);
    plan.code_bytes = simulation.code(request.call.code.implementation)?.len();
    Ok(())
}

/// Puts code at its account, where there is none.
fn create2(
    simulation: &mut Simulation,
    plan: &mut Plan,
    what: &str,
    (address, code): (Address, &[u8]),
) -> Result<(), PlanError> {
    if simulation.code(address)?.is_empty() {
        let input = evm::create2_input(code);
        let done = simulation.send(what, ANYBODY, CREATE2_DEPLOYER, input, U256::ZERO)?;
        plan.note(what, &done);
    }
    Ok(())
}

/// The chain with those of these programs activated that are not.
pub(super) fn activated(chain: Chain, programs: &[(Address, Bytes)]) -> Result<Chain, PlanError> {
    let mut simulation = Simulation::new(chain);
    for &(program, _) in programs.iter().filter(|(_, code)| is_program(code)) {
        if !code_checks::is_active(&simulation, program) {
            let what = format!("activate {program}");
            match code_checks::activate(&mut simulation, &what, program) {
                // What is not active is found when the upgrade is tried.
                Err(error) if !error.is_refusal() => return Err(error.into()),
                _ => {}
            }
        }
    }
    Ok(simulation.chain)
}

/// Publishes the layout document, as `migrate` would, unless it is published already or the registry
/// publishes none.
pub(super) fn publish(
    simulation: &mut Simulation,
    request: &PlanRequest,
    plan: &mut Plan,
) -> Result<(), PlanError> {
    let Some(document) = &request.document else {
        return Ok(());
    };
    let layout_hash = document.hash();
    match now(simulation
        .registry(request.registry)
        .layout_at(layout_hash.into()))
    {
        Ok(0) => {}
        Err(error) if !error.is_refusal() => return Err(error.into()),
        Ok(_) | Err(_) => return Ok(()),
    }
    let call = abi::publishLayoutCall {
        document: document.encode().into(),
    };
    let (what, input) = ("publish the layout", call.abi_encode().into());
    match simulation.send(what, ANYBODY, request.registry, input, U256::ZERO) {
        Ok(done) => plan.note(what, &done),
        Err(error) => plan.problems.push(error.finding()?),
    }
    Ok(())
}

/// Looks at the new code and at the script.
pub(super) fn check_code(
    simulation: &mut Simulation,
    request: &PlanRequest,
    plan: &mut Plan,
) -> Result<(), PlanError> {
    let implementation = request.call.code.implementation;
    let script = request.call.step.script;
    let what = format!("the {}", named(&request.call.step).word());
    let new = format!("the code of {}", plan.to);
    let found = &mut plan.problems;
    found.extend(code_checks::expiry(simulation, &new, implementation)?);
    found.extend(code_checks::hidden_proxy(simulation, &new, implementation)?);
    found.extend(code_checks::clashes(simulation, implementation)?);
    if !script.is_zero() {
        found.extend(code_checks::expiry(simulation, &what, script)?);
        found.extend(code_checks::hidden_proxy(simulation, &what, script)?);
    }
    Ok(())
}

/// Looks at these instances, and at the code that is in use: what was found already is not said again.
pub(super) fn check_instances(
    simulation: &mut Simulation,
    request: &PlanRequest,
    before: &[Before],
    plan: &mut Plan,
) -> Result<(), PlanError> {
    let mut found = Vec::new();
    for (version, account) in in_use(simulation, request, before, plan)? {
        let old = format!("the code of {version}");
        found.extend(code_checks::hidden_proxy(simulation, &old, account)?);
        let back = code_checks::rollback_possible(simulation, &version, account)?;
        found.extend(back);
    }
    found.extend(before.iter().filter_map(Before::is_as_recorded));
    found.retain(|finding| !plan.problems.contains(finding));
    plan.problems.extend(found);
    Ok(())
}

/// The code of every version that is current or in use, except the new one.
fn in_use(
    simulation: &Simulation,
    request: &PlanRequest,
    before: &[Before],
    plan: &Plan,
) -> Result<BTreeMap<String, Address>, PlanError> {
    let labels = before.iter().map(|instance| &instance.version);
    let labels = labels.chain([&plan.from]).filter(|label| !label.is_empty());
    let mut found = BTreeMap::new();
    for label in labels.filter(|label| **label != plan.to) {
        if !found.contains_key(label) {
            let code = now(simulation
                .registry(request.registry)
                .code(&plan.name, label))?;
            found.insert(label.clone(), code.implementation);
        }
    }
    Ok(found)
}
