//! Checks that code can run (rule 2 of `docs/internals/design.md`), and that it is what was approved.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolCall, SolError};
use stylus_upgrades_host::context;
use stylus_upgrades_interface::{
    chain::{ARB_WASM, DESIGNATOR_PREFIX, FRAGMENT_PREFIX, IArbWasm, PROGRAM_PREFIX, ROOT_PREFIX},
    evm_proxy::{self, Shape},
    ids::CodeHash,
    reasons::{not_runnable, proxy_kind},
};

use crate::{
    abi::encode,
    build,
    chain::{RevertData, Reverts, ask, code_hash, has_code, keccak, this},
    errors,
    instances::Instance,
    parts::is_part,
};

/// ERC-1167: the bytes before and after the address that a minimal proxy forwards to.
const MINIMAL_PROXY: ([u8; 10], [u8; 15]) = (
    [0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73],
    [
        0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3,
    ],
);
/// Bytes of an ERC-1167 proxy.
const MINIMAL_PROXY_SIZE: usize = 45;

/// Refuses an implementation, script or program that cannot run or may not be run.
pub fn check(account: Address) -> Reverts<()> {
    match reason(account)? {
        Some(reason) => Err(errors::implementation_not_runnable(account, reason)),
        None => Ok(()),
    }
}

/// Refuses code that cannot run, or is not what was approved.
pub fn check_code(account: Address, expected: CodeHash) -> Reverts<()> {
    check(account)?;
    same_code(account, expected)
}

/// Refuses an account that does not hold the code that was approved.
pub fn same_code(account: Address, expected: CodeHash) -> Reverts<()> {
    let found = code_hash(account);
    if found == expected {
        Ok(())
    } else {
        Err(errors::code_changed(account, expected, found))
    }
}

/// Refuses a program of our own build that is not the built code or cannot run.
pub fn check_own(account: Address, codehash: CodeHash) -> Reverts<()> {
    same_code(account, codehash)?;
    check_active(account, codehash)
}

/// Refuses code that the chain would not run, with `account` in the error.
pub fn check_active(account: Address, codehash: CodeHash) -> Reverts<()> {
    match inactive(codehash)? {
        Some(reason) => Err(errors::implementation_not_runnable(account, reason)),
        None => Ok(()),
    }
}

/// Returns true if that is a precompile of Ethereum or of ArbOS.
pub fn is_precompile(account: Address) -> bool {
    let [high @ .., c, b, a] = account.into_array();
    let small = u32::from_be_bytes([0, c, b, a]);
    high == [0; 17] && (matches!(small, 1..=0x1ff) || small == 0xa_4b05)
}

/// Returns true if that is the registry, one of its parts or instances, code that only proxies run, or a contract
/// that the framework has on every chain.
pub fn is_ours(account: Address) -> bool {
    account == this()
        || is_part(account)
        || [build::STORAGE, build::STUB, build::ORDERS, build::LAYOUTS].contains(&account)
        || Instance::is(account)
}

/// Returns the reason why it cannot run, one of [`not_runnable`]; `None` if it can.
pub fn reason(account: Address) -> Reverts<Option<u8>> {
    if is_precompile(account) {
        return Ok(Some(not_runnable::PRECOMPILE));
    }
    let hash = code_hash(account);
    if !has_code(hash) {
        return Ok(Some(not_runnable::NO_CODE));
    }
    let mut code = [0; evm_proxy::SIZE_MAX + 1]; // a minimal proxy is shorter
    let size = context::code(&account, 0, &mut code);
    let code = code.get(..size).unwrap_or_default();
    if code.starts_with(&DESIGNATOR_PREFIX) {
        return Ok(Some(not_runnable::DESIGNATOR));
    }
    let proxies = [
        build::PROXY_CODEHASH,
        build::BARE_CODEHASH,
        build::EVM_PROXY_CODEHASH,
    ];
    let is_proxy = proxies.contains(&hash);
    if is_proxy || is_minimal_proxy(code) || is_evm_program(code) || is_ours(account) {
        return Ok(Some(not_runnable::PROXY));
    }
    if code.starts_with(&FRAGMENT_PREFIX) {
        return Ok(Some(not_runnable::FRAGMENT));
    }
    if code.starts_with(&PROGRAM_PREFIX) || code.starts_with(&ROOT_PREFIX) {
        return inactive(hash);
    }
    Ok(None)
}

/// Asks ArbWasm why it would not run a program; any other failure is passed on.
fn inactive(codehash: CodeHash) -> Reverts<Option<u8>> {
    let question = encode(&IArbWasm::codehashVersionCall::SELECTOR, &[codehash.into()]);
    let Err(RevertData(error)) = ask(ARB_WASM, &question) else {
        return Ok(None);
    };
    match error.first_chunk() {
        Some(&IArbWasm::ProgramNotActivated::SELECTOR) => Ok(Some(not_runnable::NOT_ACTIVATED)),
        Some(&IArbWasm::ProgramNeedsUpgrade::SELECTOR) => Ok(Some(not_runnable::OUTDATED)),
        Some(&IArbWasm::ProgramExpired::SELECTOR) => Ok(Some(not_runnable::EXPIRED)),
        _ => Err(RevertData(error)),
    }
}

fn is_minimal_proxy(code: &[u8]) -> bool {
    let (before, after) = MINIMAL_PROXY;
    code.len() == MINIMAL_PROXY_SIZE && code.starts_with(&before) && code.ends_with(&after)
}

/// Returns true if that is the code of an EVM program of the framework, whichever registry created it.
fn is_evm_program(code: &[u8]) -> bool {
    build::EVM_PROGRAMS
        .into_iter()
        .any(|(shape, hash)| hash_with(shape, code, Address::ZERO) == Some(hash))
}

/// The kind of a proxy of the framework, by its code, if it is one of this set of contracts.
pub fn proxy_kind_of(account: Address) -> Option<u8> {
    let codehash = code_hash(account);
    if codehash == build::PROXY_CODEHASH {
        Some(proxy_kind::WASM)
    } else if codehash == build::EVM_PROXY_CODEHASH {
        Some(proxy_kind::EVM)
    } else {
        None
    }
}

/// Refuses to create or receive a proxy of that kind, one of [`proxy_kind`], unless what it needs is there and runs.
pub fn check_set(kind: u8) -> Reverts<()> {
    check_own(build::STORAGE, build::STORAGE_CODEHASH)?;
    same_code(build::STUB, build::STUB_CODEHASH)?;
    match kind {
        proxy_kind::EVM => same_code(build::ORDERS, build::ORDERS_CODEHASH),
        _ => Ok(()),
    }
}

/// keccak256 of code with the address of a registry in it; `None` if it has another shape.
fn hash_with(shape: Shape, code: &[u8], registry: Address) -> Option<B256> {
    if code.len() != shape.size {
        return None;
    }
    let mut code = Vec::from(code);
    let place = code.get_mut(shape.caller_at..shape.caller_at + 20)?;
    place.copy_from_slice(registry.as_slice());
    Some(keccak(&code))
}
