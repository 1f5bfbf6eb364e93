//! The upgrade: pause, migrate, set version, switch code, resume.

use alloc::vec::Vec;

use alloy_primitives::U256;
use stylus_upgrades_host::context;
use stylus_upgrades_interface::{
    instance::Hop, migratable::IMigratable, proxy::IUpgradeabilityProxy as Abi,
    reasons::step as kind,
};

use crate::{
    complex,
    instance::Instance,
    registry,
    revert::{Reverts, revert},
    step,
};

/// Upgrades the instance to `version`, in one transaction or not at all. `data` is the calldata
/// of the last step if that waits for some, of the initializer at birth, else of a call on the
/// new code afterwards.
pub(crate) fn run(instance: &Instance, version: &str, data: &[u8]) -> Reverts<Vec<u8>> {
    instance.pause()?;
    let hops = registry::begin(instance, version)?;
    let Some(last) = hops.last() else {
        return Ok(Vec::new());
    };
    check_birth(instance, last)?;
    complex::check_data(&hops, data)?;
    check_value(&hops, data)?;
    let arrived = travel(instance, &hops, last, data)?;
    if arrived && !takes_data(last) && !data.is_empty() {
        step::afterwards(last, data)?;
    }
    Ok(Vec::new())
}

/// Runs the steps up to the next complex one, or all of them and switches to the code of the
/// `last`. Whether the instance has arrived there.
pub(crate) fn travel(instance: &Instance, hops: &[Hop], last: &Hop, data: &[u8]) -> Reverts<bool> {
    let stop = hops.iter().position(complex::is_complex);
    let (simple, complex) = hops.split_at(stop.unwrap_or(hops.len()));
    migrate(instance, simple, data)?;
    if let Some(hop) = complex.first() {
        complex::start(instance, hop)?;
        return Ok(false);
    }
    registry::end(instance, &last.to)?;
    instance.resume(last.implementation);
    Ok(true)
}

/// Runs every step, in order.
fn migrate(instance: &Instance, hops: &[Hop], data: &[u8]) -> Reverts<()> {
    for (i, hop) in hops.iter().enumerate() {
        let is_last = i + 1 == hops.len();
        let calldata = if is_last && takes_data(hop) {
            data
        } else {
            &hop.data
        };
        if is_birth(hop) {
            step::birth(instance, hop, calldata)?;
        } else {
            step::run(hop, calldata)?;
        }
    }
    Ok(())
}

/// Whether the registry and the instance agree that it is being born, or that it was.
fn check_birth(instance: &Instance, hop: &Hop) -> Reverts<()> {
    match (is_birth(hop), instance.is_initialised()) {
        (true, true) => Err(revert(IMigratable::AlreadyInitialized {
            version: hop.to.clone(),
        })),
        (false, false) => Err(revert(IMigratable::PredecessorMissing {
            version: hop.from.clone(),
        })),
        _ => Ok(()),
    }
}

/// Value goes along only where exactly one call counts it: with one initializer, or with `data`
/// where no other call is on the path.
fn check_value(hops: &[Hop], data: &[u8]) -> Reverts<()> {
    let value = U256::from_be_bytes(context::msg_value());
    if value.is_zero() {
        return Ok(());
    }
    let calls = hops
        .iter()
        .filter(|hop| hop.kind != kind::NONE && !takes_data(hop))
        .count();
    if data.is_empty() || calls > 0 {
        return Err(revert(Abi::ValueNotAccepted { value }));
    }
    Ok(())
}

/// Whether the calldata of the upgrade call is that of the hop.
pub(crate) fn takes_data(hop: &Hop) -> bool {
    is_birth(hop) || hop.kind == kind::CALL && hop.data.is_empty()
}

/// Whether the instance is born by the hop.
fn is_birth(hop: &Hop) -> bool {
    hop.from.is_empty()
}
