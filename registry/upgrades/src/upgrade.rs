//! The calls of an instance about itself: who may upgrade it, along which path, and that it
//! has arrived.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, Value, encode},
    authority::{self, role},
    beacon, build,
    chain::{Reverts, ask, sender, this},
    errors, events,
    instances::Instance,
    lock::{self, Phase},
    route,
    runnable::{check, same_code},
    state::{Definition, Step, Version},
};
use stylus_upgrades_interface::{
    adopted::is_adopted,
    ids::{StepKind, VersionIndex},
    proxy::IUpgradeabilityProxy::implementationCall,
    reasons::proxy_kind,
};

use crate::{complex, pause};

/// Opens an upgrade of the calling instance.
pub(crate) fn begin(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let (caller, label) = (arguments.address(0)?, arguments.bytes(1)?);
    let instance = Instance::of(sender())?;
    let at = instance.version();
    let asks_beacon = instance.kind == proxy_kind::BEACON;
    if asks_beacon && !at.is_none() {
        return Err(errors::not_supported(b"the upgrade of a beacon proxy"));
    }
    if is_adopted(instance.kind) {
        return Err(errors::not_an_instance(instance.proxy));
    }
    if instance.is_migrating() {
        return Err(errors::upgrade_in_progress());
    }
    let ours = starts(&instance, caller)?;
    let definition = instance.definition()?;
    if ours && label.is_empty() {
        return pause::switch(instance, &definition);
    }
    pause::require_live_with(&definition, &instance, ours)?;
    let target = definition.version(label)?;
    if !ours && !authority::alone(&definition, role::MIGRATE, caller) {
        let from = definition.label_of(at);
        return Err(errors::upgrade_not_authorized(caller, &from, label));
    }
    if at == target.index {
        return Err(errors::already_at_version(label));
    }
    let version = target.index;
    let mut path = if at.is_none() {
        alloc::vec![(target, Step::default())] // creation: what runs is the call's own initializer
    } else {
        route::find(&definition, at, &target)?
    };
    check_programs(&path)?;
    if let Some((_, creation)) = path.first_mut().filter(|_| asks_beacon) {
        creation.script = beacon::address(definition.id);
    }
    lock::open(instance.proxy, version, stop(&definition, &path), ours);
    Ok(encoded(&path))
}

/// The versions that the first complex step of the path connects, none where there is no such step.
pub(crate) fn stop(
    definition: &Definition,
    path: &[(Version, Step)],
) -> (VersionIndex, VersionIndex) {
    let complex = path.iter().find(|(_, step)| step.kind == StepKind::COMPLEX);
    complex.map_or_else(Default::default, |(version, step)| {
        (definition.index_of(&step.from), version.index)
    })
}

/// Whether the registry started this upgrade. Otherwise the instance must really be in one: an
/// implementation that lets its users call anything could claim that somebody else called.
pub(crate) fn starts(instance: &Instance, caller: Address) -> Reverts<bool> {
    let proxy = instance.proxy;
    match lock::phase() {
        Phase::Expected(expected) if expected == proxy && caller == this() => Ok(true),
        Phase::Free if lock::alone(proxy).is_none() => {
            let found = ask(proxy, &implementationCall::SELECTOR)?;
            if Reader::new(&found).address(0).ok() == Some(build::STUB) {
                Ok(false)
            } else {
                Err(errors::not_an_instance(proxy))
            }
        }
        _ => Err(errors::reentered()),
    }
}

/// Every program on the path can run and is the code that was approved, before the first step.
pub(crate) fn check_programs(path: &[(Version, Step)]) -> Reverts<()> {
    let programs = |(version, step): &(Version, Step)| {
        [
            (version.code.implementation, version.code.codehash),
            (step.script, step.script_codehash),
        ]
    };
    let used = |(account, _): &(Address, _)| !account.is_zero();
    for (account, _) in path.iter().flat_map(programs).filter(used) {
        check(account)?;
    }
    for (account, codehash) in path.iter().flat_map(programs).filter(used) {
        same_code(account, codehash)?;
    }
    Ok(())
}

/// `PathStep[]`
pub(crate) fn encoded(path: &[(Version, Step)]) -> Vec<u8> {
    let members: Vec<[Value<'_>; 6]> = path
        .iter()
        .map(|(version, step)| {
            [
                (&step.from).into(),
                (&version.label).into(),
                version.code.implementation.into(),
                step.kind.into(),
                step.script.into(),
                (&step.data).into(),
            ]
        })
        .collect();
    let path: Vec<Value<'_>> = members.iter().map(|step| Value::Struct(step)).collect();
    encode(&[], &[Value::Array(&path)])
}

/// Closes the upgrade: the instance is at its target from now on.
pub(crate) fn end(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let label = arguments.bytes(0)?;
    let proxy = sender();
    let mut instance = Instance::of(proxy)?;
    let definition = instance.definition()?;
    match lock::opened(proxy) {
        Some(version) if version == definition.index_of(label) => {
            arrive(&definition, &mut instance, version, label);
            lock::close(proxy);
            Ok(Vec::new())
        }
        _ => Err(errors::not_an_instance(proxy)),
    }
}

fn arrive(definition: &Definition, instance: &mut Instance, version: VersionIndex, label: &[u8]) {
    let from = instance.version();
    complex::announce_end(definition, instance);
    instance.set_version(definition, version);
    if !from.is_none() && from != version {
        moved(definition, instance, from, label);
    }
}

/// Says that an instance is at another version from now on.
pub(crate) fn moved(
    definition: &Definition,
    instance: &Instance,
    from: VersionIndex,
    label: &[u8],
) {
    events::instance_upgraded(
        definition.id,
        instance.proxy,
        &definition.label_of(from),
        label,
        definition.sequence,
    )
    .emit();
}
