//! The calls of an instance about itself: who may upgrade it, along which path, and that it
//! has arrived.

use alloc::{string::String, vec::Vec};

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    authority::{self, role},
    build,
    chain::{Reverts, ask, emit, sender, this},
    instances::Instance,
    lock::{self, Phase},
    path::Leg,
    runnable::{check, same_code},
    state::{Definition, Version},
};
use stylus_upgrades_interface::{
    instance::{
        Hop,
        IInstanceRegistry::{beginUpgradeCall, endUpgradeCall},
    },
    proxy::IUpgradeabilityProxy::{AlreadyAtVersion, UpgradeNotAuthorized, implementationCall},
    registry::{
        IRegistry::{DefinitionNotFound, InstanceUpgraded, NotAnInstance, Reentered},
        Step,
    },
};

use crate::route;

/// Opens an upgrade of the calling instance.
pub(crate) fn begin(call: &beginUpgradeCall) -> Reverts<Vec<u8>> {
    let instance = Instance::of(sender())?;
    let ours = starts(&instance, call.caller)?;
    let definition = definition_of(&instance)?;
    let target = definition.version(&call.version)?;
    let at = instance.version();
    if !ours && !authority::alone(&definition, role::MIGRATE, call.caller) {
        return Err(UpgradeNotAuthorized {
            caller: call.caller,
            from: definition.label_of(at),
            to: target.label,
        }
        .into());
    }
    if at == target.index {
        return Err(AlreadyAtVersion {
            version: target.label,
        }
        .into());
    }

    let path = if at == 0 {
        alloc::vec![birth(&target)]
    } else {
        hops(&definition, &route::find(&definition, at, &target)?)
    };
    for (version, step, _) in &path {
        check(version.code.implementation)?;
        if !step.script.is_zero() {
            check(step.script)?;
        }
    }
    for (version, step, _) in &path {
        same_code(version.code.implementation, version.code.codehash)?;
        if !step.script.is_zero() {
            same_code(step.script, step.scriptCodehash)?;
        }
    }
    lock::set(Phase::Open {
        instance: instance.proxy,
        version: target.index,
        ours,
    });
    let hops = path.into_iter().map(|(.., hop)| hop).collect();
    Ok(beginUpgradeCall::abi_encode_returns(&hops))
}

/// Whether the registry started this upgrade. Otherwise the instance must really be in one: an
/// implementation that lets its users call anything could claim that somebody else called.
fn starts(instance: &Instance, caller: Address) -> Reverts<bool> {
    let proxy = instance.proxy;
    match lock::phase() {
        Phase::Expected(expected) if expected == proxy && caller == this() => Ok(true),
        Phase::Free => {
            let found = ask(proxy, &implementationCall {}.abi_encode())?;
            if implementationCall::abi_decode_returns(&found).ok() == Some(build::STUB) {
                Ok(false)
            } else {
                Err(NotAnInstance { proxy }.into())
            }
        }
        _ => Err(Reentered {}.into()),
    }
}

/// Closes the upgrade: the instance is at its target from now on.
pub(crate) fn end(call: &endUpgradeCall) -> Reverts<Vec<u8>> {
    let proxy = sender();
    let instance = Instance::of(proxy)?;
    let definition = definition_of(&instance)?;
    let ours = match lock::phase() {
        Phase::Open {
            instance: open,
            version,
            ours,
        } if open == proxy && version == definition.index_of(&call.version) => {
            arrive(&definition, &instance, version, &call.version);
            ours
        }
        _ => return Err(NotAnInstance { proxy }.into()),
    };
    lock::set(if ours { Phase::Busy } else { Phase::Free });
    Ok(Vec::new())
}

fn arrive(definition: &Definition, instance: &Instance, version: u32, label: &str) {
    let from = instance.version();
    instance.set_version(definition.current, version);
    if from != 0 {
        emit(&InstanceUpgraded {
            definition: definition.id,
            proxy: instance.proxy,
            from: definition.label_of(from),
            to: label.into(),
            sequence: definition.sequence,
        });
    }
}

/// At birth there is one hop, and what runs is the call's own initializer.
fn birth(target: &Version) -> (Version, Step, Hop) {
    let step = stylus_registry_core::birth::step();
    let hop = hop(target, &step);
    (target.clone(), step, hop)
}

fn hops(definition: &Definition, path: &[Leg]) -> Vec<(Version, Step, Hop)> {
    let mut from = path
        .first()
        .map_or_else(String::new, |leg| definition.label_of(leg.from));
    let mut hops = Vec::new();
    for leg in path {
        let version = Version::load(definition.id, leg.to);
        let step = version.way(leg.way, from);
        let hop = hop(&version, &step);
        from = version.label.clone();
        hops.push((version, step, hop));
    }
    hops
}

fn hop(to: &Version, step: &Step) -> Hop {
    Hop {
        from: step.from.clone(),
        to: to.label.clone(),
        implementation: to.code.implementation,
        kind: step.kind,
        script: step.script,
        data: step.data.clone(),
    }
}

/// The definition of an instance.
pub(crate) fn definition_of(instance: &Instance) -> Result<Definition, DefinitionNotFound> {
    Definition::load(instance.definition).ok_or(DefinitionNotFound {
        name: String::new(),
    })
}
