//! Registry: its entry. It holds the state and forwards each call by delegatecall to the part
//! that answers it, byte for byte both ways; any other selector reverts without data.
//!
//! Which parts, with which code, is compiled in: fixed at construction for ever.
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]

use alloy_sol_types::{SolCall, SolError};
use stylus_upgrades_forward::{delegate, read, selector};
use stylus_upgrades_host::{
    Address, Word, call, context,
    program::{Calldata, Scratch, Status},
    storage,
};
use stylus_upgrades_interface::{
    build, chain::CONSTRUCTOR_SELECTOR, instance::IInstanceRegistry, registry::IRegistry, slots,
};

/// Definitions, versions, policies, approvals.
const GOVERNANCE: Address = build::address(option_env!("STYLUS_UPGRADES_GOVERNANCE"));
const GOVERNANCE_CODEHASH: Word = build::word(option_env!("STYLUS_UPGRADES_GOVERNANCE_CODEHASH"));
/// Creation, upgrades, rollout, paths, views.
const FACTORY: Address = build::address(option_env!("STYLUS_UPGRADES_FACTORY"));
const FACTORY_CODEHASH: Word = build::word(option_env!("STYLUS_UPGRADES_FACTORY_CODEHASH"));

stylus_upgrades_host::program!(registry);

/// Reads, picks the part, forwards.
#[inline(always)]
fn registry(calldata: Calldata, scratch: &mut Scratch) -> Status {
    let data = read(&calldata, scratch);
    let len = data.len();
    match selector(data) {
        Some(CONSTRUCT) if !construct() => Status::Revert,
        Some(selector) if is_factory(selector) => delegate(&FACTORY, len, scratch),
        Some(selector) if is_governance(selector) => delegate(&GOVERNANCE, len, scratch),
        _ => Status::Revert,
    }
}

/// Notes the parts in the first two slots, once, if they have the code that they were built
/// with. Whether it did; if not, the reason is written where it has one.
#[inline(never)]
fn construct() -> bool {
    let parts = [
        (slot(0), GOVERNANCE, GOVERNANCE_CODEHASH),
        (slot(1), FACTORY, FACTORY_CODEHASH),
    ];
    if storage::load(&slot(0)) != [0; 32] {
        return false;
    }
    for (slot, part, codehash) in parts {
        let found = context::code_hash(&part);
        if found != codehash {
            code_changed(&part, &codehash, &found);
            return false;
        }
        storage::store(&slot, &word(&part));
    }
    storage::flush(true);
    true
}

/// The `n`th word of the registry's root, which ends in a zero byte.
const fn slot(n: u8) -> Word {
    let mut slot = slots::REGISTRY.0;
    slot[31] = n;
    slot
}

/// Writes `CodeChanged` as the revert data.
fn code_changed(part: &Address, expected: &Word, found: &Word) {
    let mut error = [0; 100];
    error[..4].copy_from_slice(&<IRegistry::CodeChanged as SolError>::SELECTOR);
    error[4..36].copy_from_slice(&word(part));
    error[36..68].copy_from_slice(expected);
    error[68..].copy_from_slice(found);
    call::write_result(&error);
}

fn word(address: &Address) -> Word {
    let mut word = [0; 32];
    word[12..].copy_from_slice(address);
    word
}

const CONSTRUCT: u32 = u32::from_be_bytes(CONSTRUCTOR_SELECTOR);

/// Declares a test whether a selector is that of one of these calls.
macro_rules! routes {
    ($(#[$doc:meta])* $name:ident: $($interface:ident :: $call:ident),* $(,)?) => {
        $(#[$doc])*
        fn $name(selector: u32) -> bool {
            [$(u32::from_be_bytes(<$interface::$call as SolCall>::SELECTOR)),*].contains(&selector)
        }
    };
}

routes! {
    /// What the factory answers. Not `createProxy`: that is governed first.
    is_factory:
    IInstanceRegistry::beginUpgradeCall,
    IInstanceRegistry::endUpgradeCall,
    IInstanceRegistry::suspendUpgradeCall,
    IInstanceRegistry::resumeUpgradeCall,
    IRegistry::rolloutCall,
    IRegistry::definitionCall,
    IRegistry::getVersionCall,
    IRegistry::versionsCall,
    IRegistry::instancesCall,
    IRegistry::instanceOfCall,
    IRegistry::proxyAddressCall,
    IRegistry::planCall,
    IRegistry::policyCall,
    IRegistry::satisfiesCall,
    IRegistry::pendingCall,
    IRegistry::readinessCall,
}

routes! {
    /// What the governance part answers, beside the construction.
    is_governance_call:
    IRegistry::createDefinitionCall,
    IRegistry::addVersionCall,
    IRegistry::addStepCall,
    IRegistry::migrateCall,
    IRegistry::setHandlerCall,
    IRegistry::abortMigrationCall,
    IRegistry::adoptCall,
    IRegistry::handOverCall,
    IRegistry::setPolicyCall,
    IRegistry::createProxyCall,
    IRegistry::pauseCall,
    IRegistry::resumeCall,
    IRegistry::revokeCall,
    IRegistry::cancelCall,
    IRegistry::submitSignedCall,
    IRegistry::actionOfCall,
}

/// What the governance part answers.
fn is_governance(selector: u32) -> bool {
    selector == CONSTRUCT || is_governance_call(selector)
}
