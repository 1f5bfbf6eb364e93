//! Complex steps: an instance stops where one begins, and reports when it is done. Between the
//! two it is in no list, and no other upgrade of it begins.

use alloc::vec::Vec;

use alloy_primitives::Address;
use stylus_registry_core::{
    abi::{Reader, encode},
    chain::{Reverts, sender},
    definition::Definition,
    errors, events,
    instances::Instance,
    lock,
    route::{self, check_programs},
    version::{Step, Version},
};
use stylus_upgrades_host::storage;
use stylus_upgrades_interface::{
    ids::{InstanceState, StepKind, VersionIndex},
    reasons::invalid_step,
    slots,
};

use crate::{
    pause,
    upgrade::{Began, began, stop, with_path},
};

/// Suspends the upgrade that the calling instance is in, at the next complex step of its path.
/// Which one that is was noted when the upgrade began, so there is nothing to be believed. A step does not
/// end in the transaction in which it began: a program that suspends the upgrade by itself, from
/// `startMigration`, cannot open it again, and the upgrade reverts.
pub(crate) fn suspend() -> Reverts<Vec<u8>> {
    let proxy = sender();
    let mut instance = Instance::of(proxy)?;
    let Some(target) = lock::opened(proxy) else {
        return Err(errors::not_an_instance(proxy));
    };
    let (from, to) = lock::stop(proxy);
    if to.is_none() || instance.state == InstanceState::TURNING_BACK {
        return Err(errors::not_an_instance(proxy));
    }
    storage::transient_store(&proxy.into_word().0, &slots::SET.0);
    let definition = instance.definition()?;
    let was = instance.version();
    let (_, version, step) = step_between(&definition, from, to)?;
    require_not_frozen(&definition, (from, to))?;
    announce_end(&definition, &instance);
    instance.suspend(&definition, from, to, target);
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

/// Opens a suspended upgrade again: the step that the calling instance is through with, and
/// what is left of the path, or the code that it goes back to.
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
    if began(&instance, Address::ZERO)? != Began::Itself {
        return Err(errors::not_an_instance(proxy));
    }
    let definition = instance.definition()?;
    pause::require_live(&definition)?;
    let (from, to, step) = step_between(&definition, instance.version(), instance.reaches)?;
    let (left, rest, version) = if back {
        let code = from.code;
        (Version { code, ..to }, Vec::new(), from.index)
    } else {
        let (rest, version) = onwards(&definition, &instance, to.index);
        (to, rest, version)
    };
    let mut path = alloc::vec![(left, step)];
    check_programs(&path)?;
    lock::open(proxy, version, stop(&definition, &rest), false);
    path.extend(rest);
    Ok(with_path(&path, |path| encode(&[], &[path])))
}

/// The rest of the path after the step, all of its programs checked, and the version where it ends. Where the
/// target cannot be reached any more, or not without the registry, or approvers have decided otherwise since,
/// the upgrade ends with the step: what follows must not keep the contract paused.
fn onwards(
    definition: &Definition,
    instance: &Instance,
    at: VersionIndex,
) -> (Vec<(Version, Step)>, VersionIndex) {
    if at != instance.target && definition.current == instance.began {
        let target = Version::load(definition.id, instance.target);
        if let Ok(rest) = route::find(definition, at, &target)
            && !rest.iter().any(|(_, step)| needs_the_registry(step))
            && check_programs(&rest).is_ok()
        {
            return (rest, instance.target);
        }
    }
    (Vec::new(), at)
}

/// Whether a step takes calldata that only the call of an upgrade could bring, or has a check, which only the
/// registry asks.
fn needs_the_registry(step: &Step) -> bool {
    (step.kind.base() == StepKind::CALL && step.data.is_empty()) || step.check().is_some()
}

/// The complex step from one version to another, with both.
fn step_between(
    definition: &Definition,
    from: VersionIndex,
    to: VersionIndex,
) -> Reverts<(Version, Version, Step)> {
    let from = Version::load(definition.id, from);
    let to = Version::load(definition.id, to);
    let position = to
        .incoming
        .iter()
        .position(|position| *position == from.index);
    let position = position.ok_or_else(errors::nothing)?;
    let step = to.incoming_step(position, from.label.clone());
    Ok((from, to, step))
}

/// Says how the complex step of an instance ends, if it is in one.
pub(crate) fn announce_end(definition: &Definition, instance: &Instance) {
    if !instance.is_migrating() {
        return;
    }
    let announce = if instance.state == InstanceState::TURNING_BACK {
        events::migration_aborted
    } else {
        events::migration_ended
    };
    let from = definition.label_of(instance.version());
    let to = definition.label_of(instance.reaches);
    announce(definition.id, instance.proxy, &from, &to).emit();
}
