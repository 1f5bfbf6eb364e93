//! Registry part: creation, upgrades, rollout, paths, and the views on them.
//!
//! | module | holds |
//! |---|---|
//! | [`create`] | executes an approved `createProxy` |
//! | [`upgrade`] | `beginUpgrade` and `endUpgrade`, the calls of an instance |
//! | [`rollout`] | upgrades of instances that lag behind |
//! | [`route`] | the path of an instance to a version |
//! | [`views`] | definitions, versions, instances, read |
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

extern crate alloc;

mod create;
mod rollout;
mod route;
mod upgrade;
mod views;

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use stylus_registry_core::{
    chain::{Fault, Reverts, arguments},
    parts::{self, IFactory},
};
use stylus_upgrades_host::program::Status;
use stylus_upgrades_interface::{instance::IInstanceRegistry, registry::IRegistry};

stylus_upgrades_host::allocating_program!(answer);

fn answer(calldata: &[u8]) -> Status {
    parts::answer(calldata, dispatch)
}

/// Every call that the front or the governance part sends here. (`createProxy` and
/// `upgradeLagging` come from the latter alone.)
fn dispatch(selector: [u8; 4], calldata: &[u8]) -> Reverts<Vec<u8>> {
    match selector {
        IRegistry::createProxyCall::SELECTOR => create::proxy(&arguments(calldata)?),
        IFactory::upgradeLaggingCall::SELECTOR => rollout::all(&arguments(calldata)?),
        IRegistry::rolloutCall::SELECTOR => rollout::some(&arguments(calldata)?),
        IInstanceRegistry::beginUpgradeCall::SELECTOR => upgrade::begin(&arguments(calldata)?),
        IInstanceRegistry::endUpgradeCall::SELECTOR => upgrade::end(&arguments(calldata)?),
        IRegistry::definitionCall::SELECTOR => views::definition(&arguments(calldata)?),
        IRegistry::getVersionCall::SELECTOR => views::get_version(&arguments(calldata)?),
        IRegistry::versionsCall::SELECTOR => views::versions(&arguments(calldata)?),
        IRegistry::instancesCall::SELECTOR => views::instances(&arguments(calldata)?),
        IRegistry::instanceOfCall::SELECTOR => views::instance_of(&arguments(calldata)?),
        IRegistry::proxyAddressCall::SELECTOR => views::proxy_address(&arguments(calldata)?),
        IRegistry::planCall::SELECTOR => views::plan(&arguments(calldata)?),
        _ => Err(Fault(Vec::new())),
    }
}
