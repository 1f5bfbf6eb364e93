//! The calls to the registry.

use alloc::string::String;
use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_upgrades_host::{
    call::{self, Called},
    context,
};
use stylus_upgrades_interface::{
    instance::{IInstanceRegistry, PathStep},
    proxy::IUpgradeabilityProxy as Abi,
    registry::IRegistry,
};

use crate::{
    instance::Instance,
    revert::{Reverts, returned, revert},
};

/// Asks the registry to authorise this frame's caller, and for the path, which may be empty where
/// the version is: the instance is paused.
pub(crate) fn begin(instance: &Instance, version: &str) -> Reverts<Vec<PathStep>> {
    let caller = Address::new(context::msg_sender());
    let request = IInstanceRegistry::beginUpgradeCall {
        caller,
        version: version.into(),
    };
    let steps = ask(instance, &request)?;
    if version.is_empty() {
        return Ok(steps);
    }
    path(steps)
}

/// Asks the registry for what is left of the path behind the complex step that the instance is
/// in, that step first.
pub(crate) fn resume(instance: &Instance, back: bool) -> Reverts<Vec<PathStep>> {
    path(ask(
        instance,
        &IInstanceRegistry::resumeUpgradeCall { back },
    )?)
}

/// A path has at least one step.
fn path(steps: Vec<PathStep>) -> Reverts<Vec<PathStep>> {
    if steps.is_empty() {
        Err(not_a_registry())
    } else {
        Ok(steps)
    }
}

/// Tells the registry that the instance is at `version` from now on.
pub(crate) fn end(instance: &Instance, version: &str) -> Reverts<()> {
    notify(
        instance,
        &IInstanceRegistry::endUpgradeCall {
            version: version.into(),
        },
    )
}

/// Tells the registry that the next complex step of the path has started.
pub(crate) fn suspend(instance: &Instance) -> Reverts<()> {
    notify(instance, &IInstanceRegistry::suspendUpgradeCall {})
}

/// Calls a function of the registry that returns nothing.
fn notify(instance: &Instance, message: &impl SolCall) -> Reverts<()> {
    let called = call::call(
        &instance.registry.into(),
        &message.abi_encode(),
        &[0; 32],
        u64::MAX,
    );
    if called.ok {
        Ok(())
    } else {
        Err(returned(called.len))
    }
}

/// The label that the registry has for this instance.
pub(crate) fn version(instance: &Instance) -> Reverts<String> {
    let request = IRegistry::instanceOfCall {
        proxy: instance.address,
    }
    .abi_encode();
    let called = call::static_call(&instance.registry.into(), &request, u64::MAX);
    Ok(answer::<IRegistry::instanceOfCall>(called)?.version)
}

/// Calls the registry and decodes the result.
fn ask<C: SolCall>(instance: &Instance, request: &C) -> Reverts<C::Return> {
    let called = call::call(
        &instance.registry.into(),
        &request.abi_encode(),
        &[0; 32],
        u64::MAX,
    );
    answer::<C>(called)
}

/// The return data of a call, or its revert data byte for byte.
pub(crate) fn answer<C: SolCall>(called: Called) -> Reverts<C::Return> {
    let data = returned(called.len);
    if !called.ok {
        return Err(data);
    }
    C::abi_decode_returns(&data).map_err(|_| not_a_registry())
}

/// The error for an admin slot that holds no registry.
fn not_a_registry() -> Vec<u8> {
    revert(Abi::NotAProxy {})
}
