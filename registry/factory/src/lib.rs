//! Registry part: creation, upgrades, rollout, paths, and every view.
//!
//! | module | holds |
//! |---|---|
//! | [`create`] | executes an approved `createProxy` |
//! | [`upgrade`] | `beginUpgrade` and `endUpgrade`, the calls of an instance |
//! | [`complex`] | `suspendUpgrade` and `resumeUpgrade`: complex steps |
//! | [`rollout`] | upgrades of instances that lag behind |
//! | [`route`] | the path of an instance to a version |
//! | [`approvals`] | policies and open actions, read |
//! | [`views`] | definitions, versions, instances, read |
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

extern crate alloc;

mod approvals;
mod complex;
mod create;
mod rollout;
mod route;
mod upgrade;
mod views;

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::Reader,
    chain::Reverts,
    errors,
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
    let arguments = Reader::arguments(calldata);
    match selector {
        IRegistry::createProxyCall::SELECTOR => create::proxy(arguments),
        IFactory::upgradeLaggingCall::SELECTOR => rollout::all(arguments),
        IRegistry::rolloutCall::SELECTOR => rollout::some(arguments),
        IInstanceRegistry::beginUpgradeCall::SELECTOR => upgrade::begin(arguments),
        IInstanceRegistry::endUpgradeCall::SELECTOR => upgrade::end(arguments),
        IInstanceRegistry::suspendUpgradeCall::SELECTOR => complex::suspend(),
        IInstanceRegistry::resumeUpgradeCall::SELECTOR => complex::resume(arguments),
        IRegistry::definitionCall::SELECTOR => views::definition(arguments),
        IRegistry::getVersionCall::SELECTOR => views::get_version(arguments),
        IRegistry::versionsCall::SELECTOR => views::versions(arguments),
        IRegistry::instancesCall::SELECTOR => views::instances(arguments),
        IRegistry::instanceOfCall::SELECTOR => views::instance_of(arguments),
        IRegistry::proxyAddressCall::SELECTOR => views::proxy_address(arguments),
        IRegistry::planCall::SELECTOR => views::plan(arguments),
        IRegistry::policyCall::SELECTOR => approvals::policy(arguments),
        IRegistry::satisfiesCall::SELECTOR => approvals::satisfies(arguments),
        IRegistry::pendingCall::SELECTOR => approvals::pending(arguments),
        IRegistry::readinessCall::SELECTOR => approvals::readiness(arguments),
        _ => Err(errors::nothing()),
    }
}
