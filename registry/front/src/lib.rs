//! Registry: its entry. It holds the state and forwards each call by delegatecall to the part
//! that answers it ([`parts`]), byte for byte both ways. A call that no part answers reverts without data.
//!
//! Which parts, with which code, is compiled in: fixed at construction for ever.
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]

use alloy_sol_types::{SolCall, SolError};
use stylus_upgrades_host::forward::{delegate, read, selector};
use stylus_upgrades_host::{
    Address, Word, call, context,
    program::{Calldata, Scratch, Status},
    storage,
};
use stylus_upgrades_interface::{
    build,
    chain::CONSTRUCTOR_SELECTOR,
    parts::{self, PARTS},
    proxy::IUpgradeabilityProxy,
    registry::IRegistry,
    registry_storage::root,
};

/// Address and code hash of every part, in the order of [`PARTS`].
static PROGRAMS: [(Address, Word); parts::COUNT] =
    build::programs(option_env!("STYLUS_UPGRADES_PARTS"));
/// The number of calls that the parts answer.
const ROUTES: usize = {
    let mut routes = 0;
    let mut part = 0;
    while part < PARTS.len() {
        routes += PARTS[part].answers.len();
        part += 1;
    }
    routes
};
/// Every selector that is forwarded, and the position of the part that answers it.
static ROUTE: ([u32; ROUTES], [u8; ROUTES]) = {
    let (mut selectors, mut positions) = ([0; ROUTES], [0; ROUTES]);
    let (mut part, mut route) = (0, 0);
    while part < PARTS.len() {
        let mut n = 0;
        while n < PARTS[part].answers.len() {
            selectors[route] = u32::from_be_bytes(PARTS[part].answers[n].selector);
            positions[route] = part as u8;
            route += 1;
            n += 1;
        }
        part += 1;
    }
    (selectors, positions)
};

stylus_upgrades_host::program!(registry);

/// Reads, picks the part, forwards.
#[inline(always)]
fn registry(calldata: Calldata, scratch: &mut Scratch) -> Status {
    let data = read(&calldata, scratch);
    let len = data.len();
    match selector(data) {
        Some(CONSTRUCT) if !construct() => Status::Revert,
        Some(selector) => match part(selector) {
            Some(part) if accepts_value(selector) => delegate(part, len, scratch),
            _ => Status::Revert,
        },
        None => Status::Revert,
    }
}

/// Returns true if the call brings no value, or is one that passes it on; if not, the reason is written. The registry
/// would keep the value for ever.
#[inline(always)]
fn accepts_value(selector: u32) -> bool {
    let value = context::msg_value();
    if value == [0; 32] || PAYABLE.contains(&selector) {
        return true;
    }
    let mut error = [0; 36];
    error[..4].copy_from_slice(&<IUpgradeabilityProxy::ValueNotAccepted as SolError>::SELECTOR);
    error[4..].copy_from_slice(&value);
    call::write_result(&error);
    false
}

/// Every call that passes value on.
const PAYABLE: [u32; 3] = [
    u32::from_be_bytes(IRegistry::createProxyCall::SELECTOR),
    u32::from_be_bytes(IRegistry::submitSignedCall::SELECTOR),
    u32::from_be_bytes(IRegistry::upgradeInstanceCall::SELECTOR),
];

/// The part that a call is forwarded to, if one answers it.
#[inline(always)]
fn part(selector: u32) -> Option<&'static Address> {
    let (selectors, positions) = &ROUTE;
    let route = selectors.iter().position(|routed| *routed == selector)?;
    let program = PROGRAMS.get(usize::from(*positions.get(route)?))?;
    Some(&program.0)
}

/// Notes the parts in the first slots, once, if they have the code that they were built
/// with. Whether it did; if not, the reason is written where it has one.
#[inline(never)]
fn construct() -> bool {
    if storage::load(&root(0).0) != [0; 32] {
        return false;
    }
    for (n, (part, codehash)) in (0..).zip(&PROGRAMS) {
        let found = context::code_hash(part);
        if found != *codehash {
            code_changed(part, codehash, &found);
            return false;
        }
        storage::store(&root(n).0, &word(part));
    }
    storage::flush(true);
    true
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
