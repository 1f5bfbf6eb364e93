//! Orders of the registry to an instance, and the way of its call to there.
//!
//! | instance | called | by |
//! |---|---|---|
//! | a WASM proxy | the proxy | the registry |
//! | an EVM proxy | the proxy | the orders contract, which the registry calls |
//! | a proxy of the framework on a path with a check | as above | the registry, in a call to itself |
//! | an adopted proxy | the proxy or its ProxyAdmin | the definition's admin, in a call of the registry to itself |

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_upgrades_host::{context, storage};
use stylus_upgrades_interface::{
    ids::Order,
    instance::IInstanceRegistry::moveInstanceCall,
    limits::{INSTANCE_VIEW_GAS, PAUSE_GAS, ROLLOUT_GAS},
    proxy::IUpgradeabilityProxy::{implementationCall, registryCall, upgradeToCall},
    reasons::proxy_kind,
};

use crate::{
    abi::{Reader, encode},
    admin, build,
    chain::{RevertData, Reverts, ask, ask_word, call_with_gas, is_called_directly, sender, this},
    definition::Definition,
    errors,
    instances::Instance,
    lock::{self, LockPhase},
};

/// Gas that goes between measuring what is left and the call of the proxy, rounded up, for each call in between.
const CALL_OVERHEAD: u64 = 5_000;

/// Has an instance do something, and refuses an instance that returns without having asked what. An adopted
/// proxy is ordered only where an account without code calls the registry directly: it would not notice that a
/// call of it is in progress. The lock is [`LockPhase::Busy`] before and afterwards.
pub fn order(
    definition: &Definition,
    instance: &Instance,
    order: Order,
    version: &[u8],
    gas: u64,
) -> Reverts<()> {
    require_direct(instance)?;
    let proxy = instance.proxy;
    lock::set(LockPhase::Expected {
        instance: proxy,
        order,
    });
    if moves_by_itself(definition, instance, order) {
        let values = [proxy.into(), version.into()];
        let call = encode(&moveInstanceCall::SELECTOR, &values);
        call_with_gas(this(), &call, &[0; 32], gas)?;
    } else {
        send(instance, &upgrade_to(version), &[0; 32], gas)?;
    }
    require_done(proxy)
}

/// Orders an instance what it may fail to do, and gives what it failed with. The lock is [`LockPhase::Busy`] before and
/// afterwards.
///
/// An upgrade goes towards the current version with all the gas there is, and its failure counts where
/// [`ROLLOUT_GAS`] reached the proxy. Everything else gets [`PAUSE_GAS`], and its failure counts where that was there.
/// With less the whole call reverts: else whoever chooses the gas chooses who fails.
pub fn attempt(
    definition: &Definition,
    instance: &Instance,
    task: Order,
) -> Reverts<Result<(), RevertData>> {
    let mut label = Vec::new();
    let (mut gas, mut needed) = (PAUSE_GAS, gas_before(PAUSE_GAS, 1));
    if task == Order::Upgrade {
        label = definition.label_of(definition.current);
        (gas, needed) = (
            u64::MAX,
            gas_before(ROLLOUT_GAS, hops(definition, instance)),
        );
    }
    storage::flush(true); // what was stored before is paid for before the gas is measured
    let left = context::gas_left();
    let Err(reason) = order(definition, instance, task, &label, gas) else {
        return Ok(Ok(()));
    };
    if left < needed {
        return Err(errors::insufficient_gas(needed, left));
    }
    lock::set(LockPhase::Busy);
    Ok(Err(reason))
}

/// Calls between the registry and a proxy that it upgrades: to itself, to the orders contract or the admin and the
/// ProxyAdmin, to the proxy.
fn hops(definition: &Definition, instance: &Instance) -> u32 {
    let to_itself = u32::from(moves_by_itself(definition, instance, Order::Upgrade));
    to_itself
        + match instance.kind {
            proxy_kind::WASM => 1,
            proxy_kind::TRANSPARENT_5 => 3,
            _ => 2,
        }
}

/// Gas that has to be left so that so much reaches an account after so many calls, of which each keeps 1/64.
const fn gas_before(mut gas: u64, mut hops: u32) -> u64 {
    while hops > 0 {
        gas += gas / 63 + 1 + CALL_OVERHEAD;
        hops -= 1;
    }
    gas
}

/// Returns true if the registry gives that order in a call to itself.
fn moves_by_itself(definition: &Definition, instance: &Instance, order: Order) -> bool {
    instance.is_adopted() || (definition.has_checks && order == Order::Upgrade)
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
        LockPhase::Busy => Ok(()),
        _ => Err(errors::instance_not_obeying(proxy)),
    }
}

/// Calldata that make a proxy ask the registry what to do.
fn upgrade_to(version: &[u8]) -> Vec<u8> {
    encode(&upgradeToCall::SELECTOR, &[version.into()])
}

/// Calls a proxy of the framework as the registry that it obeys.
pub fn send(instance: &Instance, data: &[u8], value: &[u8; 32], gas: u64) -> Reverts<Vec<u8>> {
    match instance.kind {
        proxy_kind::EVM => {
            let data = passed_on(instance.proxy, data);
            call_with_gas(build::ORDERS, &data, value, gas)
        }
        _ => call_with_gas(instance.proxy, data, value, gas),
    }
}

/// Returns true if this registry is the one that a proxy of the framework asks.
pub fn asks_us(instance: &Instance) -> bool {
    let answer = question(instance, registryCall::SELECTOR);
    answer.is_ok_and(|registry| registry == this())
}

/// Returns true if a proxy of the framework says that it asks another registry than this one.
pub fn asks_another(instance: &Instance) -> bool {
    let answer = question(instance, registryCall::SELECTOR);
    answer.is_ok_and(|registry| registry != this())
}

/// Asks a proxy of the framework, as the registry that it obeys, for one of the addresses in its slots.
pub fn question(instance: &Instance, selector: [u8; 4]) -> Reverts<Address> {
    let answer = match instance.kind {
        proxy_kind::EVM => ask(build::ORDERS, &passed_on(instance.proxy, &selector)),
        _ => ask(instance.proxy, &selector),
    };
    Ok(Reader::new(&answer?).address(0)?)
}

/// Returns the code that a proxy shows within bounded gas: zero where it answers no address alone, or nobody can ask
/// it. Refuses to ask with less.
pub fn shown_implementation(instance: &Instance) -> Reverts<Address> {
    let selector = implementationCall::SELECTOR;
    let proxy = instance.proxy;
    let (to, data) = match instance.kind {
        proxy_kind::WASM => (proxy, selector.to_vec()),
        proxy_kind::EVM => (build::ORDERS, passed_on(proxy, &selector)),
        proxy_kind::TRANSPARENT_4 => (
            admin::address(instance.definition),
            passed_on(proxy, &selector),
        ),
        _ => return Ok(Address::ZERO),
    };
    let (needed, left) = (
        const { gas_before(INSTANCE_VIEW_GAS, 1) },
        context::gas_left(),
    );
    if left < needed {
        return Err(errors::insufficient_gas(needed, left));
    }
    let answer = ask_word(to, &data, INSTANCE_VIEW_GAS).unwrap_or_default();
    Ok(Reader::new(answer.as_slice())
        .address(0)
        .unwrap_or_default())
}

/// Encodes the calldata with which the orders contract, or a definition's admin, calls a proxy.
fn passed_on(proxy: Address, data: &[u8]) -> Vec<u8> {
    [proxy.into_word().as_slice(), data].concat()
}
