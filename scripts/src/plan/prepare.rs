//! Before anybody decides: code and layout that are not there yet are deployed and published on the
//! copy, and all code is judged.

use super::decide::ANYBODY;
use super::error::PlanError;
use super::finding::Finding;
use super::instances::Before;
use super::judge;
use super::trial::Trial;
use super::{Plan, Wish};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolCall;
use std::collections::BTreeMap;
use stylus_upgrades_interface::chain::{ARB_WASM, CREATE2_DEPLOYER, IArbWasm};
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Deploys and activates what is not on the chain yet, as `migrate` would.
pub(super) fn deploy(trial: &mut Trial, wish: &Wish, plan: &mut Plan) -> Result<(), PlanError> {
    for (address, artifact) in &wish.undeployed {
        if judge::codehash(trial, *address)?.is_none() {
            let what = format!("deploy {}", artifact.name);
            let input: Bytes = [B256::ZERO.as_slice(), &artifact.creation_code()]
                .concat()
                .into();
            let done = trial.send(&what, ANYBODY, CREATE2_DEPLOYER, input, U256::ZERO)?;
            plan.note(&what, &done);
        }
        let program = *address;
        let asked = trial.ask(ARB_WASM, &IArbWasm::programVersionCall { program });
        if asked.is_err() {
            let what = format!("activate {}", artifact.name);
            let call = IArbWasm::activateProgramCall { program }.abi_encode();
            match trial.send(&what, ANYBODY, ARB_WASM, call.into(), judge::ample_fee()) {
                Ok(done) => plan.note(&what, &done),
                Err(error) => plan.problems.push(Finding::of(error)?),
            }
        }
    }
    plan.code_bytes = judge::size(trial, wish.call.code.implementation)?;
    Ok(())
}

/// Publishes the layout document, as `migrate` would, unless it is published already or the registry
/// publishes none.
pub(super) fn publish(trial: &mut Trial, wish: &Wish, plan: &mut Plan) -> Result<(), PlanError> {
    let Some(document) = &wish.document else {
        return Ok(());
    };
    let layout_hash = document.hash();
    let call = abi::layoutAtCall {
        layoutHash: layout_hash,
    };
    match trial.ask(wish.registry, &call) {
        Ok(0) => {}
        Ok(_) | Err(PlanError::Refused { .. }) => return Ok(()),
        Err(error) => return Err(error),
    }
    let call = abi::publishLayoutCall {
        document: document.encode().into(),
    };
    let (what, input) = ("publish the layout", call.abi_encode().into());
    match trial.send(what, ANYBODY, wish.registry, input, U256::ZERO) {
        Ok(done) => plan.note(what, &done),
        Err(error) => plan.problems.push(Finding::of(error)?),
    }
    Ok(())
}

/// Looks at the new code, at the script, and at the code that is in use.
pub(super) fn judge(
    trial: &mut Trial,
    wish: &Wish,
    before: &[Before],
    plan: &mut Plan,
) -> Result<(), PlanError> {
    let implementation = wish.call.code.implementation;
    let script = wish.call.step.script;
    let new = format!("the code of {}", plan.to);
    plan.problems
        .extend(judge::expiry(trial, &new, implementation)?);
    plan.problems
        .extend(judge::hidden_proxy(trial, &new, implementation)?);
    plan.problems.extend(judge::clashes(trial, implementation)?);
    if !script.is_zero() {
        plan.problems
            .extend(judge::expiry(trial, "the script", script)?);
        plan.problems
            .extend(judge::hidden_proxy(trial, "the script", script)?);
    }
    for (version, account) in in_use(trial, wish, before, plan)? {
        let old = format!("the code of {version}");
        plan.problems
            .extend(judge::hidden_proxy(trial, &old, account)?);
        plan.problems
            .extend(judge::way_back(trial, &version, account)?);
    }
    for instance in before {
        plan.problems.extend(instance.is_as_recorded());
    }
    Ok(())
}

/// The code of every version that is current or in use, except the new one.
fn in_use(
    trial: &Trial,
    wish: &Wish,
    before: &[Before],
    plan: &Plan,
) -> Result<BTreeMap<String, Address>, PlanError> {
    let labels = before.iter().map(|instance| &instance.version);
    let labels = labels.chain([&plan.from]).filter(|label| !label.is_empty());
    let mut found = BTreeMap::new();
    for label in labels.filter(|label| **label != plan.to) {
        if !found.contains_key(label) {
            let call = abi::getVersionCall {
                name: plan.name.clone(),
                version: label.clone(),
            };
            let code = trial.ask(wish.registry, &call)?.code;
            found.insert(label.clone(), code.implementation);
        }
    }
    Ok(found)
}
