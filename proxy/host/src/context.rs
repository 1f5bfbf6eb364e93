//! The caller, its calldata and depth; and other accounts.

use crate::{Address, Word, raw};

/// The acting account: in a delegatecall the proxy.
#[inline]
pub fn contract_address() -> Address {
    let mut address = [0; 20];
    // SAFETY: the host writes 20 bytes to a live array of 20.
    unsafe { raw::contract_address(address.as_mut_ptr()) };
    address
}

/// The caller of the acting account.
#[inline]
pub fn msg_sender() -> Address {
    let mut address = [0; 20];
    // SAFETY: the host writes 20 bytes to a live array of 20.
    unsafe { raw::msg_sender(address.as_mut_ptr()) };
    address
}

/// Returns the sender of the transaction.
#[inline]
pub fn tx_origin() -> Address {
    let mut address = [0; 20];
    // SAFETY: the host writes 20 bytes to a live array of 20.
    unsafe { raw::tx_origin(address.as_mut_ptr()) };
    address
}

/// Value that came with the call, in wei.
#[inline]
pub fn msg_value() -> Word {
    let mut value = [0; 32];
    // SAFETY: the host writes 32 bytes to a live array of 32.
    unsafe { raw::msg_value(value.as_mut_ptr()) };
    value
}

/// Returns true if another frame that is no delegatecall is open on the acting account.
#[inline]
pub fn msg_reentrant() -> bool {
    // SAFETY: the host function takes no pointer.
    unsafe { raw::msg_reentrant() }
}

/// Gas left in this frame.
#[inline]
pub fn gas_left() -> u64 {
    // SAFETY: the host function takes no pointer.
    unsafe { raw::evm_gas_left() }
}

/// Seconds since 1970 of the block.
#[inline]
pub fn block_timestamp() -> u64 {
    // SAFETY: the host function takes no pointer.
    unsafe { raw::block_timestamp() }
}

/// The chain's id.
#[inline]
pub fn chain_id() -> u64 {
    // SAFETY: the host function takes no pointer.
    unsafe { raw::chainid() }
}

/// keccak256 of `data`.
#[inline]
pub fn keccak256(data: &[u8]) -> Word {
    let mut hash = [0; 32];
    // SAFETY: the host reads `data.len()` live bytes and writes 32 to a live array of 32.
    unsafe { raw::native_keccak256(data.as_ptr(), data.len(), hash.as_mut_ptr()) };
    hash
}

/// keccak256 of the account's code: zero where nothing exists, keccak256("") where an account
/// without code does.
#[inline]
pub fn code_hash(account: &Address) -> Word {
    let mut hash = [0; 32];
    // SAFETY: the host reads 20 and writes 32 bytes, both live.
    unsafe { raw::account_codehash(account.as_ptr(), hash.as_mut_ptr()) };
    hash
}

/// Length of the account's code in bytes.
#[inline]
pub fn code_size(account: &Address) -> usize {
    // SAFETY: the host reads 20 live bytes.
    unsafe { raw::account_code_size(account.as_ptr()) }
}

/// Copies the account's code from `offset` on and returns how many bytes it copied.
#[inline]
pub fn code(account: &Address, offset: usize, dest: &mut [u8]) -> usize {
    // SAFETY: the host reads 20 bytes and writes at most `dest.len()`, all of them live.
    unsafe { raw::account_code(account.as_ptr(), offset, dest.len(), dest.as_mut_ptr()) }
}
