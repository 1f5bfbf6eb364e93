//! Registry part: where instances come from. `create` executes an approved `createProxy`.
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

extern crate alloc;

mod create;

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use stylus_registry_core::{abi::Reader, chain::Reverts, errors, parts};
use stylus_upgrades_host::program::Status;
use stylus_upgrades_interface::registry::IRegistry;

stylus_upgrades_host::allocating_program!(answer);

fn answer(calldata: &[u8]) -> Status {
    parts::answer(calldata, dispatch)
}

/// What the governance part hands on; the front sends nothing here.
fn dispatch(selector: [u8; 4], calldata: &[u8]) -> Reverts<Vec<u8>> {
    let arguments = Reader::arguments(calldata);
    match selector {
        IRegistry::createProxyCall::SELECTOR => create::proxy(arguments),
        _ => Err(errors::nothing()),
    }
}
