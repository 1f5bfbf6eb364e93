//! Executes an approved `createProxy`: creation and initialization are one call.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    build::{self, EvmProgram},
    chain::{Reverts, call},
    create2,
    definition::Definition,
    errors, events,
    instances::{Instance, Origin},
    lock::{self, Phase},
    runnable::{check_active, check_own, own_codehash, same_code},
};
use stylus_upgrades_host::{call::create2, context};
use stylus_upgrades_interface::{
    ids::{CodeHash, Order},
    proxy::IUpgradeabilityProxy::upgradeToAndCallCall,
    reasons::proxy_kind,
};

/// Creates the proxy, records it, and has it initialize itself with the value of this call.
pub(crate) fn proxy(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let [name, label, init_data] = [0, 1, 4].map(|n| arguments.bytes(n));
    let (name, label, kind, salt) = (name?, label?, arguments.u8(2)?, arguments.word(3)?);
    let mut definition = Definition::of(name)?;
    let proxy = create2::address(name, kind, salt)?;
    check_own(build::STORAGE, build::STORAGE_CODEHASH)?;
    same_code(build::STUB, build::STUB_CODEHASH)?;
    let (init_code, codehash) = match kind {
        proxy_kind::EVM => of_ours(&build::EVM_PROXY)?,
        _ => {
            check_active(proxy, build::PROXY_CODEHASH)?;
            (build::PROXY_INIT_CODE, build::PROXY_CODEHASH)
        }
    };

    let salt = create2::salt(name, kind, salt);
    let created = create2(init_code, &[0; 32], &salt.0);
    if created.ok() != Some(proxy.into_array()) {
        return Err(errors::proxy_exists(proxy));
    }
    Instance::create(&mut definition, proxy, kind, Origin::Here)?;
    events::proxy_created(definition.id, proxy, label, kind).emit();

    let upgrade = encode(
        &upgradeToAndCallCall::SELECTOR,
        &[label.into(), init_data?.into()],
    );
    lock::set(Phase::Expected {
        instance: proxy,
        order: Order::Upgrade,
    });
    call(proxy, &upgrade, &context::msg_value())?;
    lock::set(Phase::Busy);
    require_created(proxy, codehash)
}

/// What an EVM program of this registry is created from, and keccak256 of its code.
fn of_ours(program: &EvmProgram) -> Reverts<(&'static [u8], CodeHash)> {
    Ok((program.init_code, own_codehash(program)?))
}

/// A proxy that did not come back at a version was not created.
fn require_created(proxy: Address, codehash: CodeHash) -> Reverts<Vec<u8>> {
    same_code(proxy, codehash)?;
    if Instance::of(proxy)?.version().is_none() {
        return Err(errors::not_an_instance(proxy));
    }
    Ok(Vec::new())
}
