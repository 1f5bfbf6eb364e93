//! Registry part: definitions with their policies, and what is decided about one proxy.
//!
//! | module | holds |
//! |---|---|
//! | `create` | `createProxy` |
//! | `decided` | governed calls: which of the others checks and executes them |
//! | `policies` | the construction, `createDefinition`, `setPolicy` |
//! | `handler` | `setHandler` and `abortMigration` |
//! | `adoption` | `adopt` and `removeInstance` |
//! | `transfer` | `acceptTransfer`, `transferProxy`, and the call between two registries |
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

extern crate alloc;

mod adoption;
mod create;
mod decided;
mod handler;
mod policies;
mod transfer;

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use stylus_registry_core::{abi::Reader, chain::Reverts, errors, parts};
use stylus_upgrades_host::program::Status;
use stylus_upgrades_interface::{
    chain::CONSTRUCTOR_SELECTOR, instance::IInstanceRegistry, parts::IParts, registry::IRegistry,
};

stylus_upgrades_host::allocating_program!(answer);

fn answer(calldata: &[u8]) -> Status {
    parts::answer(calldata, dispatch)
}

/// The construction, what other registries call, and what the governance part has executed.
fn dispatch(selector: [u8; 4], calldata: &[u8]) -> Reverts<Vec<u8>> {
    let arguments = Reader::arguments(calldata);
    match selector {
        IInstanceRegistry::receiveTransferCall::SELECTOR => transfer::receive(arguments),
        CONSTRUCTOR_SELECTOR => policies::construct(arguments),
        IRegistry::createProxyCall::SELECTOR => create::proxy(arguments),
        IParts::checkCallCall::SELECTOR => decided::check(arguments.bytes(0)?),
        IRegistry::createDefinitionCall::SELECTOR
        | IRegistry::setPolicyCall::SELECTOR
        | IRegistry::setHandlerCall::SELECTOR
        | IRegistry::abortMigrationCall::SELECTOR
        | IRegistry::adoptCall::SELECTOR
        | IRegistry::acceptTransferCall::SELECTOR
        | IRegistry::transferProxyCall::SELECTOR
        | IRegistry::removeInstanceCall::SELECTOR => decided::execute(calldata),
        _ => Err(errors::nothing()),
    }
}
