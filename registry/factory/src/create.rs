//! `createProxy`: what is refused before it is approved, and its execution. Creation and initialization are one call.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    build,
    chain::{Reverts, call, code_hash, has_code},
    create2,
    definition::Definition,
    errors, events,
    instances::{Instance, ProxyOrigin},
    lock::{self, LockPhase},
    orders::send,
    runnable::{check_active, check_set, proxy_kind_of},
};
use stylus_upgrades_host::{call::create2, context};
use stylus_upgrades_interface::{
    ids::Order, orders::IOrders::createCall, proxy::IUpgradeabilityProxy::upgradeToAndCallCall,
    reasons::proxy_kind,
};

/// Refuses a version that is none, and a proxy that was created before. Gives where the proxy is or will be.
pub(crate) fn check(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let (name, label) = (arguments.bytes(0)?, arguments.bytes(1)?);
    let proxy = create2::address(name, arguments.u8(2)?, arguments.word(3)?)?;
    Definition::of(name)?.version(label)?;
    let is_used = Instance::is(proxy) || Instance::is_created_here(proxy);
    if is_used || has_code(code_hash(proxy)) {
        return Err(errors::proxy_exists(proxy));
    }
    Ok(encode(&[], &[proxy.into()]))
}

/// Creates the proxy, records it, and has it initialize itself with the value of this call.
pub(crate) fn proxy(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let [name, label, init_data] = [0, 1, 4].map(|n| arguments.bytes(n));
    let (name, label, kind, salt) = (name?, label?, arguments.u8(2)?, arguments.word(3)?);
    let mut definition = Definition::of(name)?;
    let proxy = create2::address(name, kind, salt)?;
    check_set(kind)?;
    if kind == proxy_kind::WASM {
        check_active(proxy, build::PROXY_CODEHASH)?;
    }

    if created(kind, create2::salt(name, kind, salt)) != Some(proxy) {
        return Err(errors::proxy_exists(proxy));
    }
    let instance = Instance::create(&mut definition, proxy, kind, ProxyOrigin::Here)?;
    events::proxy_created(definition.id, proxy, label, kind).emit();

    let upgrade = encode(
        &upgradeToAndCallCall::SELECTOR,
        &[label.into(), init_data?.into()],
    );
    lock::set(LockPhase::Expected {
        instance: proxy,
        order: Order::Upgrade,
    });
    send(&instance, &upgrade, &context::msg_value(), u64::MAX)?;
    lock::set(LockPhase::Busy);
    require_created(&instance)
}

/// Creates the code of a proxy: a WASM proxy by this registry, an EVM proxy by the orders contract. Where it lies.
fn created(kind: u8, salt: B256) -> Option<Address> {
    match kind {
        proxy_kind::EVM => {
            let call_data = encode(&createCall::SELECTOR, &[salt.into()]);
            let answer = call(build::ORDERS, &call_data, &[0; 32]).ok()?;
            Reader::new(&answer).address(0).ok()
        }
        _ => {
            let created = create2(build::PROXY_INIT_CODE, &[0; 32], &salt.0);
            created.ok().map(Address::new)
        }
    }
}

/// A proxy that did not come back at a version, with its kind's code, was not created.
fn require_created(instance: &Instance) -> Reverts<Vec<u8>> {
    let proxy = instance.proxy;
    if proxy_kind_of(proxy) == Some(instance.kind) && !Instance::of(proxy)?.version.is_none() {
        Ok(Vec::new())
    } else {
        Err(errors::not_an_instance(proxy))
    }
}
