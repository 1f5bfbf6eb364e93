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
    ids::Order,
    instance::{IInstanceRegistry, PathStep},
    proxy::IUpgradeabilityProxy as Abi,
    registry::IRegistry,
};

use crate::{
    instance::Instance,
    revert::{Reverts, returned, revert},
};

/// The order that the instance is to follow.
pub(crate) enum Ordered {
    /// Take these steps, at least one.
    Upgrade(Vec<PathStep>),
    /// Run the pause stub.
    Pause,
    /// Run the code of the version that it is at.
    Resume(PathStep),
    /// Obey that registry from now on.
    Transfer(Address),
}

/// Asks the registry to authorize this frame's caller, and what the instance is to do.
pub(crate) fn begin(instance: &Instance, version: &str) -> Reverts<Ordered> {
    let caller = Address::new(context::msg_sender());
    let request = IInstanceRegistry::beginUpgradeCall {
        caller,
        version: version.into(),
    };
    let answer = ask(instance, &request)?;
    match Order::from_number(answer.order) {
        Some(Order::Upgrade) => Ok(Ordered::Upgrade(path(answer.steps)?)),
        Some(Order::Pause) => Ok(Ordered::Pause),
        Some(Order::Resume) => {
            let step = answer.steps.into_iter().next();
            step.map(Ordered::Resume).ok_or_else(not_a_registry)
        }
        Some(Order::Transfer) => Ok(Ordered::Transfer(answer.registry)),
        None => Err(not_a_registry()),
    }
}

/// Asks the registry for the complex step that the instance is in, and what it runs after it.
pub(crate) fn resume(instance: &Instance, back: bool) -> Reverts<PathStep> {
    ask(instance, &IInstanceRegistry::resumeUpgradeCall { back })
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
