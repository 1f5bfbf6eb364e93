//! Complex steps: an instance stops where one begins, and reports when it is done. Between the
//! two no other upgrade of it begins. The step ends where it ends: `rollout` goes on from there.

use alloc::vec::Vec;

use alloy_primitives::Address;
use stylus_registry_core::{
    abi::{Reader, Value, encode},
    build,
    chain::{Reverts, sender},
    definition::Definition,
    errors, events,
    instances::Instance,
    lock,
    route::check_programs,
    version::{MigrationStep, RegisteredVersion},
};
use stylus_upgrades_host::storage;
use stylus_upgrades_interface::{
    ids::{InstanceState, VersionIndex},
    reasons::invalid_step,
    slots,
};

use crate::upgrade::{UpgradeCause, announce_leaving_stub, began, path_step};

/// Suspends the upgrade that the calling instance is in, at the next complex step of its path.
/// Which one that is was noted when the upgrade began, so there is nothing to be believed. A step does not
/// end in the transaction in which it began: a program that suspends the upgrade by itself, from
/// `startMigration`, cannot open it again, and the upgrade reverts.
pub(crate) fn suspend() -> Reverts<Vec<u8>> {
    let proxy = sender();
    let mut instance = Instance::of(proxy)?;
    if lock::opened(proxy).is_none() {
        return Err(errors::not_an_instance(proxy));
    }
    let (from, to) = lock::stop(proxy);
    if to.is_none() || instance.is_migrating() {
        return Err(errors::not_an_instance(proxy));
    }
    storage::transient_store(&proxy.into_word().0, &slots::SET.0);
    let definition = instance.definition()?;
    let was = instance.version;
    let (_, version, step) = step_between(&definition, from, to)?;
    require_not_frozen(&definition, (from, to))?;
    announce_leaving_stub(&definition, &instance);
    instance.begin_step(from, to);
    if from != was {
        events::upgraded(&definition, &instance, was, &step.from).emit();
    }
    let handler = Reader::arguments(&step.data).address(0)?;
    events::migration_started(definition.id, proxy, &step.from, &version.label, handler).emit();
    lock::close(proxy);
    Ok(Vec::new())
}

/// Refuses a complex step that nobody could abort.
pub(crate) fn require_not_frozen(
    definition: &Definition,
    (from, to): (VersionIndex, VersionIndex),
) -> Reverts<()> {
    if !definition.frozen || to.is_none() {
        return Ok(());
    }
    let (from, to) = (definition.label_of(from), definition.label_of(to));
    let reason = invalid_step::COMPLEX_WHEN_FROZEN;
    Err(errors::invalid_step(&from, &to, reason))
}

/// Opens a suspended upgrade again: the step that the calling instance is through with, and what it runs from now on.
pub(crate) fn resume(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let back = arguments.number(0, 1)? == 1;
    let proxy = sender();
    let instance = Instance::of(proxy)?;
    let state = if back {
        InstanceState::TURNING_BACK
    } else {
        InstanceState::MIGRATING
    };
    if instance.state != state {
        return Err(errors::not_an_instance(proxy));
    }
    if storage::transient_load(&proxy.into_word().0) != [0; 32] {
        return Err(errors::upgrade_in_progress());
    }
    if began(&instance, Address::ZERO)? != UpgradeCause::Itself {
        return Err(errors::not_an_instance(proxy));
    }
    let definition = instance.definition()?;
    let (from, mut to, step) = step_between(&definition, instance.version, instance.reaches)?;
    if back {
        to.code = from.code;
    }
    if instance.runs_after_step(&definition) {
        check_programs(&[(to.clone(), step.clone())])?;
    } else {
        to.code.implementation = build::STUB;
    }
    let none = Default::default();
    lock::open(proxy, instance.after_step(), none, false);
    let left = (to, step);
    let members = path_step(&left);
    Ok(encode(&[], &[Value::Struct(&members)]))
}

/// Notes that the complex step of an instance has ended, and says where it is now.
pub(crate) fn end(definition: &Definition, instance: &mut Instance) {
    let announce = if instance.state == InstanceState::TURNING_BACK {
        events::migration_aborted
    } else {
        events::migration_ended
    };
    let from = definition.label_of(instance.version);
    let to = definition.label_of(instance.reaches);
    announce(definition.id, instance.proxy, &from, &to).emit();
    instance.end_step(definition);
    if instance.state == InstanceState::PAUSED {
        events::instance_paused(definition.id, instance.proxy).emit();
    }
}

/// The complex step from one version to another, with both.
fn step_between(
    definition: &Definition,
    from: VersionIndex,
    to: VersionIndex,
) -> Reverts<(RegisteredVersion, RegisteredVersion, MigrationStep)> {
    let from = RegisteredVersion::load(definition.id, from);
    let to = RegisteredVersion::load(definition.id, to);
    let position = to
        .incoming
        .iter()
        .position(|position| *position == from.index);
    let position = position.ok_or_else(errors::nothing)?;
    let step = to.incoming_step(position, from.label.clone());
    Ok((from, to, step))
}
