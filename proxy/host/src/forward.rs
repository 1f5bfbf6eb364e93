//! Forwarding by delegatecall: what a proxy and the registry's front do with a call.

use crate::{
    Address, Word, call,
    program::{Calldata, Scratch, Status},
    storage,
};
use stylus_upgrades_interface::{proxy::IUpgradeabilityProxy, reasons::not_runnable, slots};

/// Reads the calldata to the beginning of `scratch`.
#[inline(always)]
pub fn read<'a>(calldata: &Calldata, scratch: &'a mut Scratch) -> &'a mut [u8] {
    let data = scratch.bytes(calldata.len());
    calldata.read(data);
    data
}

/// The selector of calldata, or `None` where it is shorter than four bytes.
#[inline(always)]
pub fn selector(data: &[u8]) -> Option<u32> {
    data.first_chunk().map(|first| u32::from_be_bytes(*first))
}

/// Runs the first `len` bytes of `scratch` on the code in the ERC-1967 implementation slot.
/// Where nobody set the slot it reverts `ImplementationNotRunnable(0, 1)`: a delegatecall to
/// nothing would succeed in silence.
#[inline(always)]
pub fn to_implementation(len: usize, scratch: &mut Scratch) -> Status {
    let implementation = account(&storage::load(&slots::IMPLEMENTATION.0));
    if implementation == [0; 20] {
        return no_implementation();
    }
    delegate(&implementation, len, scratch)
}

/// Runs the first `len` bytes of `scratch` on the code of `to` in the storage of this account,
/// with all the gas, and ends with exactly the returned bytes and status.
#[inline(always)]
pub fn delegate(to: &Address, len: usize, scratch: &mut Scratch) -> Status {
    let called = call::delegate_call(to, scratch.bytes(len), u64::MAX);
    let returned = scratch.bytes(called.len);
    call::return_data(returned, 0);
    call::write_result(returned);
    Status::from(called.ok)
}

/// The address in the low 20 bytes of a word.
#[inline(always)]
fn account(word: &Word) -> Address {
    let mut address = [0; 20];
    address.copy_from_slice(&word[12..]);
    address
}

/// Reverts `ImplementationNotRunnable(0, NO_CODE)`.
#[inline(never)]
fn no_implementation() -> Status {
    let mut error = [0; 68];
    error[..4].copy_from_slice(
        &<IUpgradeabilityProxy::ImplementationNotRunnable as alloy_sol_types::SolError>::SELECTOR,
    );
    error[67] = not_runnable::NO_CODE;
    call::write_result(&error);
    Status::Revert
}
