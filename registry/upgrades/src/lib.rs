//! Registry part: what instances run. Their upgrades, complex steps, pauses and rollout.
//!
//! | module | holds |
//! |---|---|
//! | `upgrade` | `beginUpgrade` and `endUpgrade`, the calls of an instance |
//! | `complex` | `suspendUpgrade` and `resumeUpgrade`: complex steps |
//! | `pause` | pausing and resuming an instance |
//! | `rollout` | `rollout`, and the instances that `pause` names |
//! | `moves` | `moveInstance` and `upgradeInstance`: checks, adopted proxies |
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

extern crate alloc;

mod complex;
mod moves;
mod pause;
mod rollout;
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

/// Every call that the front or the governance part sends here. (`pause` comes from the latter alone, once it is
/// approved, and `reserveMemory` from this part.)
fn dispatch(selector: [u8; 4], calldata: &[u8]) -> Reverts<Vec<u8>> {
    let arguments = Reader::arguments(calldata);
    match selector {
        IRegistry::pauseCall::SELECTOR => rollout::pause_instances(arguments),
        IParts::reserveMemoryCall::SELECTOR => Ok(rollout::reserve_memory()),
        IRegistry::rolloutCall::SELECTOR => rollout::rollout(arguments),
        IRegistry::upgradeInstanceCall::SELECTOR => moves::upgrade_instance(arguments),
        IInstanceRegistry::beginUpgradeCall::SELECTOR => upgrade::begin(arguments),
        IInstanceRegistry::endUpgradeCall::SELECTOR => upgrade::end(arguments),
        IInstanceRegistry::suspendUpgradeCall::SELECTOR => complex::suspend(),
        IInstanceRegistry::resumeUpgradeCall::SELECTOR => complex::resume(arguments),
        IInstanceRegistry::moveInstanceCall::SELECTOR => moves::move_instance(arguments),
        _ => Err(errors::nothing()),
    }
}
