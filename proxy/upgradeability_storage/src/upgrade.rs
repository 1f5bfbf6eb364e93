//! The upgrade: pause, migrate, set version, switch code, resume.

use alloc::vec::Vec;

use alloy_primitives::U256;
use stylus_upgrades_host::context;
use stylus_upgrades_interface::{
    instance::PathStep, migratable::IMigratable, proxy::IUpgradeabilityProxy as Abi,
    reasons::step as kind,
};

use crate::{
    complex,
    instance::{Instance, STUB},
    marks,
    registry::{self, Ordered},
    revert::{Reverts, revert},
    step,
};

/// Does what the registry says: upgrades the instance to `version`, in one transaction or not at all, or what the
/// registry has called it for instead. In an upgrade `data` is the calldata of the last step if that waits for
/// some, of the initializer at creation, else of a call on the new code afterwards.
pub(crate) fn run(instance: &Instance, version: &str, data: &[u8]) -> Reverts<Vec<u8>> {
    let implementation = instance.implementation();
    instance.pause()?;
    match registry::begin(instance, version)? {
        Ordered::Upgrade(path) => upgrade(instance, &path, data)?,
        Ordered::Pause => instance.switch_to(STUB),
        Ordered::Resume(step) => {
            if !instance.is_initialized() {
                return Err(marks::missing(&step.to));
            }
            marks::require(&step.to)?;
            marks::set(&step.to);
            instance.settle();
            instance.switch_to(step.implementation);
        }
        Ordered::Transfer(registry) => instance.transfer(registry, implementation),
    }
    Ok(Vec::new())
}

/// Takes the steps of the path.
fn upgrade(instance: &Instance, path: &[PathStep], data: &[u8]) -> Reverts<()> {
    let Some(last) = path.last() else {
        return Ok(());
    };
    check_creation(instance, last)?;
    complex::check_data(path, data)?;
    check_value(path, data)?;
    let arrived = travel(instance, path, last, data)?;
    if arrived && !takes_data(last) && !data.is_empty() {
        step::afterwards(last, data)?;
    }
    Ok(())
}

/// Runs the steps up to the next complex one, or all of them and switches to the code of the
/// `last`. Returns whether the instance is at `last` now.
fn travel(instance: &Instance, path: &[PathStep], last: &PathStep, data: &[u8]) -> Reverts<bool> {
    let stop = path.iter().position(complex::is_complex);
    let (simple, complex) = path.split_at(stop.unwrap_or(path.len()));
    migrate(instance, simple, data)?;
    if let Some(path_step) = complex.first() {
        complex::start(instance, path_step)?;
        return Ok(false);
    }
    registry::end(instance, &last.to)?;
    instance.switch_to(last.implementation);
    Ok(true)
}

/// Runs every step, in order.
fn migrate(instance: &Instance, path: &[PathStep], data: &[u8]) -> Reverts<()> {
    for (i, path_step) in path.iter().enumerate() {
        let is_last = i + 1 == path.len();
        let calldata = if is_last && takes_data(path_step) {
            data
        } else {
            &path_step.data
        };
        if is_creation(path_step) {
            step::initialize(instance, path_step, calldata)?;
        } else {
            step::run(path_step, calldata)?;
        }
    }
    Ok(())
}

/// Checks that the registry and the instance agree whether the instance is being created or
/// exists.
fn check_creation(instance: &Instance, path_step: &PathStep) -> Reverts<()> {
    match (is_creation(path_step), instance.is_initialized()) {
        (true, true) => Err(revert(IMigratable::AlreadyInitialized {
            version: path_step.to.clone(),
        })),
        (false, false) => Err(revert(IMigratable::PredecessorMissing {
            version: path_step.from.clone(),
        })),
        _ => Ok(()),
    }
}

/// Value is passed on only where exactly one call counts it: with one initializer, or with `data`
/// where no other call is on the path.
fn check_value(path: &[PathStep], data: &[u8]) -> Reverts<()> {
    let value = U256::from_be_bytes(context::msg_value());
    if value.is_zero() {
        return Ok(());
    }
    let calls = path
        .iter()
        .filter(|path_step| path_step.kind != kind::NONE && !takes_data(path_step))
        .count();
    if data.is_empty() || calls > 0 {
        return Err(revert(Abi::ValueNotAccepted { value }));
    }
    Ok(())
}

/// Returns true if the calldata of the upgrade call is that of the step.
pub(crate) fn takes_data(path_step: &PathStep) -> bool {
    is_creation(path_step) || path_step.kind == kind::CALL && path_step.data.is_empty()
}

/// Returns true if the step creates the instance.
fn is_creation(path_step: &PathStep) -> bool {
    path_step.from.is_empty()
}
