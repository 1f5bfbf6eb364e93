//! UpgradeabilityProxy: a Proxy that answers the five selectors of
//! [`IUpgradeabilityProxy`] first, for every caller. It answers them with the code of
//! UpgradeabilityStorage, delegatecalled at the address that the build derived from that
//! contract's bytes: no slot holds it, so no migration can change it.
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]

use alloy_sol_types::SolCall;
use stylus_upgrades_host::forward::{delegate, read, selector, to_implementation};
use stylus_upgrades_host::{
    Address,
    program::{Calldata, Scratch, Status},
};
use stylus_upgrades_interface::{build, proxy::IUpgradeabilityProxy};

/// UpgradeabilityStorage: CREATE2 deployer, salt 0.
const UPGRADEABILITY_STORAGE: Address = build::address(option_env!("STYLUS_UPGRADES_STORAGE"));

stylus_upgrades_host::program!(proxy);

/// Reads, answers what is the proxy's own, forwards the rest.
#[inline(always)]
fn proxy(calldata: Calldata, scratch: &mut Scratch) -> Status {
    let data = read(&calldata, scratch);
    let len = data.len();
    if selector(data).is_some_and(is_admin) {
        return delegate(&UPGRADEABILITY_STORAGE, len, scratch);
    }
    to_implementation(len, scratch)
}

/// Returns true if the selector is one of the five.
#[inline(always)]
fn is_admin(selector: u32) -> bool {
    matches!(
        selector,
        IMPLEMENTATION | REGISTRY | VERSION | UPGRADE_TO | UPGRADE_TO_AND_CALL
    )
}

const IMPLEMENTATION: u32 = of::<IUpgradeabilityProxy::implementationCall>();
const REGISTRY: u32 = of::<IUpgradeabilityProxy::registryCall>();
const VERSION: u32 = of::<IUpgradeabilityProxy::implementationVersionCall>();
const UPGRADE_TO: u32 = of::<IUpgradeabilityProxy::upgradeToCall>();
const UPGRADE_TO_AND_CALL: u32 = of::<IUpgradeabilityProxy::upgradeToAndCallCall>();

/// The selector of a call as a number.
const fn of<C: SolCall>() -> u32 {
    u32::from_be_bytes(C::SELECTOR)
}
