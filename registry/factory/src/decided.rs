//! Governed calls about policies and about one proxy: what the governance part asks before they are approved, and
//! has executed once they are. It has taken the lock.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::Reader,
    chain::Reverts,
    definition::Definition,
    errors,
    instances::Instance,
    lock::{self, LockPhase},
};
use stylus_upgrades_interface::registry::IRegistry::{
    abortMigrationCall, acceptTransferCall, adoptCall, createDefinitionCall, createProxyCall,
    removeInstanceCall, setHandlerCall, setPolicyCall, transferProxyCall,
};

use crate::{adoption, create, handler, policies, transfer};

/// Refuses what could not be executed now. Gives what the call returns after how far it is.
pub(crate) fn check(calldata: &[u8]) -> Reverts<Vec<u8>> {
    let arguments = Reader::arguments(calldata);
    match selector(calldata)? {
        createDefinitionCall::SELECTOR => policies::check_definition(arguments),
        setPolicyCall::SELECTOR => policies::check_change(arguments),
        createProxyCall::SELECTOR => return create::check(arguments),
        selector => check_about_proxy(selector, arguments),
    }?;
    Ok(Vec::new())
}

/// Does it. It was checked in this very call.
pub(crate) fn execute(calldata: &[u8]) -> Reverts<Vec<u8>> {
    if lock::phase() != LockPhase::Busy {
        return Err(errors::nothing());
    }
    let arguments = Reader::arguments(calldata);
    match selector(calldata)? {
        createDefinitionCall::SELECTOR => policies::create_definition(arguments),
        setPolicyCall::SELECTOR => policies::set(arguments),
        selector => execute_about_proxy(selector, arguments),
    }?;
    Ok(Vec::new())
}

fn check_about_proxy(selector: [u8; 4], arguments: Reader<'_>) -> Reverts<()> {
    let (definition, proxy) = definition_and_proxy(arguments)?;
    let instance = |nonce| instance(&definition, proxy, arguments.u64(nonce)?);
    match selector {
        setHandlerCall::SELECTOR => handler::check_handler(&instance(3)?),
        abortMigrationCall::SELECTOR => handler::check_abort(&instance(2)?),
        adoptCall::SELECTOR => adoption::check(&definition, proxy, arguments),
        acceptTransferCall::SELECTOR => transfer::check_acceptance(&definition, proxy, arguments),
        transferProxyCall::SELECTOR => transfer::check(&definition, &instance(4)?, arguments),
        removeInstanceCall::SELECTOR => adoption::check_removal(&definition, &instance(2)?),
        _ => Err(errors::nothing()),
    }
}

fn execute_about_proxy(selector: [u8; 4], arguments: Reader<'_>) -> Reverts<()> {
    let (mut definition, proxy) = definition_and_proxy(arguments)?;
    match selector {
        setHandlerCall::SELECTOR => {
            handler::set(&definition, Instance::of(proxy)?, arguments.address(2)?)
        }
        abortMigrationCall::SELECTOR => handler::abort(&definition, Instance::of(proxy)?),
        adoptCall::SELECTOR => adoption::adopt(&mut definition, proxy, arguments),
        acceptTransferCall::SELECTOR => transfer::accept(&definition, proxy, arguments),
        transferProxyCall::SELECTOR => transfer::transfer(&mut definition, proxy, arguments),
        removeInstanceCall::SELECTOR => adoption::remove(&mut definition, proxy),
        _ => Err(errors::nothing()),
    }
}

fn selector(calldata: &[u8]) -> Reverts<[u8; 4]> {
    calldata.first_chunk().copied().ok_or_else(errors::nothing)
}

/// The definition and the proxy that calls about a proxy begin with.
fn definition_and_proxy(arguments: Reader<'_>) -> Reverts<(Definition, Address)> {
    Ok((Definition::of(arguments.bytes(0)?)?, arguments.address(1)?))
}

/// An instance of the definition, in the state that the call was approved for.
fn instance(definition: &Definition, proxy: Address, nonce: u64) -> Reverts<Instance> {
    let instance = Instance::within(definition, proxy)?;
    instance.require_nonce(nonce)?;
    Ok(instance)
}
