//! The calls of an instance about itself: what it is to do, along which path, and that it has arrived.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, Value, encode},
    authority::{self, role},
    build,
    chain::{Reverts, sender},
    definition::Definition,
    errors, events,
    instances::Instance,
    lock::{self, LockPhase},
    orders,
    route::{self, UpgradeRoute, check_programs},
    version::{MigrationStep, RegisteredVersion},
};
use stylus_upgrades_interface::{
    ids::{InstanceState, Order, StepKind, VersionIndex},
    instance::STAYS_PAUSED,
    proxy::IUpgradeabilityProxy::implementationCall,
    reasons::invalid_step,
};

use crate::{complex, pause};

/// The cause of an upgrade that an instance asks about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpgradeCause {
    /// The registry, which ordered that.
    Registry(Order),
    /// The instance, which somebody has called.
    Itself,
}

/// Opens an upgrade of the calling instance, or tells it what the registry has ordered instead.
pub(crate) fn begin(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let (caller, label) = (arguments.address(0)?, arguments.bytes(1)?);
    let mut instance = Instance::of(sender())?;
    if instance.is_adopted() {
        return Err(errors::not_an_instance(instance.proxy));
    }
    if instance.is_migrating() {
        return Err(errors::upgrade_in_progress());
    }
    let began = began(&instance, caller)?;
    let definition = instance.definition()?;
    match began {
        UpgradeCause::Registry(Order::Upgrade) => open(&definition, &instance, label, None),
        UpgradeCause::Itself => open(&definition, &instance, label, Some(caller)),
        UpgradeCause::Registry(order @ (Order::Pause | Order::Resume)) => {
            let path = pause::obey(&mut instance, &definition, order)?;
            lock::set(LockPhase::Busy);
            Ok(answer(order, Address::ZERO, &path))
        }
        UpgradeCause::Registry(Order::Transfer) => {
            lock::set(LockPhase::Busy);
            Ok(answer(Order::Transfer, lock::transfer(instance.proxy), &[]))
        }
    }
}

/// Opens an upgrade: to create the instance, or along the path to the version of that label. `caller` is who has
/// called the instance, where that was not the registry.
fn open(
    definition: &Definition,
    instance: &Instance,
    label: &[u8],
    caller: Option<Address>,
) -> Reverts<Vec<u8>> {
    pause::require_live(definition)?;
    let at = instance.version;
    let target = definition.version(label)?;
    if let Some(caller) = caller {
        require_entitled(definition, caller, at, label)?;
    }
    if at == target.index {
        return Err(errors::already_at_version(label));
    }
    let mut route = if at.is_none() {
        UpgradeRoute {
            steps: alloc::vec![(target, MigrationStep::default())], // creation: what runs is the call's own initializer
            is_cut: false,
        }
    } else {
        route::find(definition, at, &target)?
    };
    if caller.is_some() {
        require_unaided(definition, &route, at, label)?;
    }
    check_programs(&route.steps)?;
    let stop = stop(definition, &route.steps);
    complex::require_not_frozen(definition, stop)?;
    let reached = route.steps.last().map(|(version, _)| version.index);
    lock::open(
        instance.proxy,
        reached.unwrap_or_default(),
        stop,
        caller.is_none(),
    );
    if route.is_cut {
        route.end_on_stub();
    }
    Ok(answer(Order::Upgrade, Address::ZERO, &route.steps))
}

/// Refuses a way that an instance cannot take unless the registry has called it: one with a check, or in stages.
fn require_unaided(
    definition: &Definition,
    route: &UpgradeRoute,
    at: VersionIndex,
    label: &[u8],
) -> Reverts<()> {
    if route.is_cut {
        return Err(errors::no_path(
            &definition.name,
            &definition.label_of(at),
            label,
        ));
    }
    for (to, step) in &route.steps {
        if step.check().is_some() {
            let reason = invalid_step::DIRECT_WITH_CHECK;
            return Err(errors::invalid_step(&step.from, &to.label, reason));
        }
    }
    Ok(())
}

/// Refuses a caller who does not satisfy role `migrate` alone.
pub(crate) fn require_entitled(
    definition: &Definition,
    caller: Address,
    at: VersionIndex,
    label: &[u8],
) -> Reverts<()> {
    if authority::alone(definition, role::MIGRATE, caller) {
        return Ok(());
    }
    let from = definition.label_of(at);
    Err(errors::upgrade_not_authorized(caller, &from, label))
}

/// The versions that the first complex step of the path connects, none where there is no such step.
pub(crate) fn stop(
    definition: &Definition,
    path: &[(RegisteredVersion, MigrationStep)],
) -> (VersionIndex, VersionIndex) {
    let complex = path.iter().find(|step| is_complex(step));
    complex.map_or_else(Default::default, |(version, step)| {
        (definition.index_of(&step.from), version.index)
    })
}

/// Returns true if a step of a path is complex.
pub(crate) fn is_complex((_, step): &(RegisteredVersion, MigrationStep)) -> bool {
    step.kind == StepKind::COMPLEX
}

/// Returns the cause of what the instance asks about. If it says that somebody else has called it, it must really be
/// in an upgrade: an implementation that lets its users call anything could claim that.
pub(crate) fn began(instance: &Instance, caller: Address) -> Reverts<UpgradeCause> {
    let proxy = instance.proxy;
    match lock::phase() {
        LockPhase::Expected {
            instance: expected,
            order,
        } if expected == proxy && caller == instance.caller() => Ok(UpgradeCause::Registry(order)),
        LockPhase::Free if lock::alone(proxy).is_none() => {
            if orders::question(instance, implementationCall::SELECTOR) == Ok(build::STUB) {
                Ok(UpgradeCause::Itself)
            } else {
                Err(errors::not_an_instance(proxy))
            }
        }
        _ => Err(errors::reentered()),
    }
}

/// Encodes the answer of `beginUpgrade`.
fn answer(order: Order, registry: Address, path: &[(RegisteredVersion, MigrationStep)]) -> Vec<u8> {
    let members: Vec<_> = path.iter().map(path_step).collect();
    let path: Vec<Value<'_>> = members.iter().map(|step| Value::Struct(step)).collect();
    let values = [(order as u8).into(), registry.into(), Value::Array(&path)];
    encode(&[], &values)
}

/// The members of a `PathStep`.
pub(crate) fn path_step((version, step): &(RegisteredVersion, MigrationStep)) -> [Value<'_>; 6] {
    [
        (&step.from).into(),
        (&version.label).into(),
        version.code.implementation.into(),
        step.kind.into(),
        step.script.into(),
        (&step.data).into(),
    ]
}

/// Says that an instance leaves the stub by its upgrade, if it was paused.
pub(crate) fn announce_leaving_stub(definition: &Definition, instance: &Instance) {
    if instance.state == InstanceState::PAUSED {
        events::instance_resumed(definition.id, instance.proxy).emit();
    }
}

/// Closes the upgrade: the instance is at its target from now on.
pub(crate) fn end(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let reached = arguments.bytes(0)?;
    let before_stub = reached.strip_suffix(STAYS_PAUSED);
    let label = before_stub.unwrap_or(reached);
    let proxy = sender();
    let mut instance = Instance::of(proxy)?;
    let definition = instance.definition()?;
    match lock::opened(proxy) {
        Some(version) if version == definition.index_of(label) => {
            let from = instance.version;
            announce_leaving_stub(&definition, &instance);
            if from.is_none() {
                instance.begin_at(version);
            } else if instance.is_migrating() {
                complex::end(&definition, &mut instance);
            } else {
                instance.upgrade(version);
            }
            if !from.is_none() && from != version {
                events::upgraded(&definition, &instance, from, label).emit();
            }
            if before_stub.is_some() {
                pause::note(&mut instance, &definition);
            }
            lock::close(proxy);
            Ok(Vec::new())
        }
        _ => Err(errors::not_an_instance(proxy)),
    }
}
