//! Registry part: approvals, and what they decide about versions.
//!
//! | module | holds |
//! |---|---|
//! | `governed` | the one flow of every governed call |
//! | `calls` | the governed calls: arguments, definition, who decides |
//! | `checks` | what can be refused before anybody approves |
//! | `execute` | what each of them does once it is approved |
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

extern crate alloc;

mod calls;
mod checks;
mod execute;
mod governed;

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use stylus_registry_core::{abi::Reader, chain::Reverts, errors, parts};
use stylus_upgrades_host::program::Status;
use stylus_upgrades_interface::registry::IRegistry;

stylus_upgrades_host::allocating_program!(answer);

fn answer(calldata: &[u8]) -> Status {
    parts::answer(calldata, dispatch)
}

/// Every call that the front sends here.
fn dispatch(selector: [u8; 4], calldata: &[u8]) -> Reverts<Vec<u8>> {
    let arguments = Reader::arguments(calldata);
    match selector {
        IRegistry::createDefinitionCall::SELECTOR
        | IRegistry::addVersionCall::SELECTOR
        | IRegistry::addStepCall::SELECTOR
        | IRegistry::migrateCall::SELECTOR
        | IRegistry::setHandlerCall::SELECTOR
        | IRegistry::abortMigrationCall::SELECTOR
        | IRegistry::adoptCall::SELECTOR
        | IRegistry::acceptTransferCall::SELECTOR
        | IRegistry::transferProxyCall::SELECTOR
        | IRegistry::removeInstanceCall::SELECTOR
        | IRegistry::setPolicyCall::SELECTOR
        | IRegistry::pauseCall::SELECTOR
        | IRegistry::resumeCall::SELECTOR
        | IRegistry::createProxyCall::SELECTOR => governed::run(calldata),
        IRegistry::actionOfCall::SELECTOR => governed::action_of(arguments),
        IRegistry::submitSignedCall::SELECTOR => governed::submit(calldata),
        _ => Err(errors::nothing()),
    }
}
