//! What the registry has an instance do, and how its call gets there.
//!
//! | instance | called | by |
//! |---|---|---|
//! | a proxy of the framework | the proxy | the registry |
//! | an EVM proxy with another registry in its code | the proxy | that registry, which relays |
//! | a proxy of the framework on a path with a check | the proxy | the registry, in a call to itself |
//! | an adopted proxy | the proxy or its ProxyAdmin | the definition's admin, in a call of the registry to itself |

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_upgrades_interface::{
    ids::Order,
    instance::IInstanceRegistry::{moveInstanceCall, relayCall},
    proxy::IUpgradeabilityProxy::{registryCall, upgradeToCall},
};

use crate::{
    abi::{Reader, encode},
    chain::{Reverts, ask, call_with_gas, is_called_directly, sender, this},
    definition::Definition,
    errors,
    instances::Instance,
    lock::{self, Phase},
};

/// Has an instance do something, and refuses an instance that returns without having asked what. An adopted
/// proxy is ordered only where an account without code calls the registry directly: it would not notice that a
/// call of it is in progress. The lock is [`Phase::Busy`] before and afterwards.
pub fn order(
    definition: &Definition,
    instance: &Instance,
    order: Order,
    version: &[u8],
    gas: u64,
) -> Reverts<()> {
    require_direct(instance)?;
    let proxy = instance.proxy;
    lock::set(Phase::Expected {
        instance: proxy,
        order,
    });
    if instance.is_adopted() || (definition.has_checks && order == Order::Upgrade) {
        let values = [proxy.into(), version.into()];
        let call = encode(&moveInstanceCall::SELECTOR, &values);
        call_with_gas(this(), &call, &[0; 32], gas)?;
    } else {
        send(instance, &upgrade_to(version), &[0; 32], gas)?;
    }
    require_done(proxy)
}

/// Refuses an order to an adopted proxy unless an account without code calls the registry directly.
pub fn require_direct(instance: &Instance) -> Reverts<()> {
    if instance.is_adopted() && !is_called_directly() {
        return Err(errors::direct_call_required(sender()));
    }
    Ok(())
}

/// Refuses an instance that has returned from an order without having asked the registry about it: its code
/// may have given it another registry.
pub fn require_done(proxy: Address) -> Reverts<()> {
    match lock::phase() {
        Phase::Busy => Ok(()),
        _ => Err(errors::instance_not_obeying(proxy)),
    }
}

/// Calldata that make a proxy ask the registry what to do.
pub fn upgrade_to(version: &[u8]) -> Vec<u8> {
    encode(&upgradeToCall::SELECTOR, &[version.into()])
}

/// Calls a proxy of the framework as the registry that it obeys.
pub fn send(instance: &Instance, data: &[u8], value: &[u8; 32], gas: u64) -> Reverts<Vec<u8>> {
    match instance.relay() {
        Some(relay) => call_with_gas(relay, &relayed(instance, data), value, gas),
        None => call_with_gas(instance.proxy, data, value, gas),
    }
}

/// Whether this registry is the one that a proxy of the framework asks.
pub fn asks_us(instance: &Instance) -> bool {
    let answer = question(instance, registryCall::SELECTOR);
    answer.is_ok_and(|registry| registry == this())
}

/// Whether a proxy of the framework says that it asks another registry than this one.
pub fn asks_another(instance: &Instance) -> bool {
    let answer = question(instance, registryCall::SELECTOR);
    answer.is_ok_and(|registry| registry != this())
}

/// Asks a proxy of the framework, as the registry that it obeys, for one of the addresses in its slots.
pub fn question(instance: &Instance, selector: [u8; 4]) -> Reverts<Address> {
    let answer = match instance.relay() {
        Some(relay) => ask(relay, &relayed(instance, &selector)),
        None => ask(instance.proxy, &selector),
    };
    Ok(Reader::new(&answer?).address(0)?)
}

fn relayed(instance: &Instance, data: &[u8]) -> Vec<u8> {
    let values = [instance.proxy.into(), data.into()];
    encode(&relayCall::SELECTOR, &values)
}
