//! Registry part: what instances run. Their upgrades and rollout, and how they come from elsewhere
//! and go there.
//!
//! | module | holds |
//! |---|---|
//! | `upgrade` | `beginUpgrade` and `endUpgrade`, the calls of an instance |
//! | `complex` | `suspendUpgrade` and `resumeUpgrade`: complex steps |
//! | `pause` | pausing and resuming an instance |
//! | `rollout` | instances that wait: to be upgraded, paused or resumed |
//! | `foreign` | what adopted proxies are ordered to do |
//! | `adopted` | upgrades of adopted proxies |
//! | `transfer` | `adopt` and `handOver` |
//! | `decided` | the governed calls about one instance |
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

extern crate alloc;

mod adopted;
mod complex;
mod decided;
mod foreign;
mod pause;
mod rollout;
mod transfer;
mod upgrade;

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use stylus_registry_core::{abi::Reader, chain::Reverts, errors, parts};
use stylus_upgrades_host::program::Status;
use stylus_upgrades_interface::{instance::IInstanceRegistry, parts::IParts, registry::IRegistry};

stylus_upgrades_host::allocating_program!(answer);

fn answer(calldata: &[u8]) -> Status {
    parts::answer(calldata, dispatch)
}

/// Every call that the front or the governance part sends here. (Governed calls, `checkCall`,
/// `upgradeLagging` and `pauseOrResume` come from the latter alone.)
fn dispatch(selector: [u8; 4], calldata: &[u8]) -> Reverts<Vec<u8>> {
    let arguments = Reader::arguments(calldata);
    match selector {
        IParts::upgradeLaggingCall::SELECTOR => rollout::all(arguments),
        IParts::pauseOrResumeCall::SELECTOR => rollout::first(arguments),
        IRegistry::rolloutCall::SELECTOR => rollout::some(arguments),
        IInstanceRegistry::beginUpgradeCall::SELECTOR => upgrade::begin(arguments),
        IInstanceRegistry::endUpgradeCall::SELECTOR => upgrade::end(arguments),
        IInstanceRegistry::suspendUpgradeCall::SELECTOR => complex::suspend(),
        IInstanceRegistry::resumeUpgradeCall::SELECTOR => complex::resume(arguments),
        IInstanceRegistry::upgradeAdoptedCall::SELECTOR => adopted::upgrade(arguments),
        IInstanceRegistry::handedOverCall::SELECTOR => transfer::handed_over(arguments),
        IParts::checkCallCall::SELECTOR => decided::check(arguments.bytes(0)?),
        IRegistry::setHandlerCall::SELECTOR
        | IRegistry::abortMigrationCall::SELECTOR
        | IRegistry::adoptCall::SELECTOR
        | IRegistry::handOverCall::SELECTOR => decided::execute(calldata),
        _ => Err(errors::nothing()),
    }
}
