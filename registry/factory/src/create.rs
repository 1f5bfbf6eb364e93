//! Executes an approved `createProxy`: creation and initialisation are one call.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    birth, build,
    chain::{Fault, Reverts, call, emit},
    instances::Instance,
    lock::{self, Phase},
    runnable::{check_active, check_own, same_code},
    state::Definition,
};
use stylus_upgrades_host::{call as host, context};
use stylus_upgrades_interface::{
    proxy::IUpgradeabilityProxy::upgradeToAndCallCall,
    registry::IRegistry::{ProxyCreated, ProxyExists, createProxyCall},
};

/// Creates the proxy, records it, and has it initialise itself with the value of this call.
pub(crate) fn proxy(order: &createProxyCall) -> Reverts<Vec<u8>> {
    let mut definition = Definition::of(&order.name)?;
    let version = definition.version(&order.version)?;
    let expected = birth::address(&order.name, order.kind, order.salt);
    check_own(build::STORAGE, build::STORAGE_CODEHASH)?;
    same_code(build::STUB, build::STUB_CODEHASH)?;
    check_active(expected, build::PROXY_CODEHASH)?;

    let salt = birth::salt(&order.name, order.kind, order.salt);
    let created = host::create2(build::PROXY_INIT_CODE, &[0; 32], &salt.0);
    if created.ok() != Some(expected.into_array()) {
        return Err(ProxyExists { proxy: expected }.into());
    }
    Instance::create(&mut definition, expected, order.kind);
    emit(&ProxyCreated {
        definition: definition.id,
        proxy: expected,
        version: version.label.clone(),
        kind: order.kind,
    });

    let birth = upgradeToAndCallCall {
        version: version.label,
        data: order.initData.clone(),
    };
    lock::set(Phase::Expected(expected));
    call(expected, &birth.abi_encode(), &context::msg_value())?;
    lock::set(Phase::Busy);
    born(expected)
}

/// A proxy that did not come back at a version was not born.
fn born(proxy: Address) -> Reverts<Vec<u8>> {
    same_code(proxy, build::PROXY_CODEHASH)?;
    if Instance::of(proxy)?.version() == 0 {
        return Err(Fault(Vec::new()));
    }
    Ok(Vec::new())
}
