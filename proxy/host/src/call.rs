//! Calls, their return data, the result of this frame, and logs.

use crate::{Address, Word, raw};

/// The end of a call. The VM's status is 0 or 2; everything but 0 is a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Called {
    /// True if the callee returned normally. A call to an account without code does.
    pub ok: bool,
    /// Length of the return or revert data in bytes, to be fetched with [`return_data`].
    pub len: usize,
}

/// Calls `to` with `value` in wei, offering `gas` (capped to 63/64 of what is left).
#[inline]
pub fn call(to: &Address, data: &[u8], value: &Word, gas: u64) -> Called {
    let mut len = 0;
    // SAFETY: `to` has 20 and `value` 32 live bytes, `data` as many as its length says; the host
    // only reads them and writes 4 bytes to `len`, a live `usize` (4 bytes on wasm32).
    let status = unsafe {
        raw::call_contract(
            to.as_ptr(),
            data.as_ptr(),
            data.len(),
            value.as_ptr(),
            gas,
            &mut len,
        )
    };
    Called {
        ok: status == 0,
        len,
    }
}

/// Runs the code of `to` on the storage of this account, with this frame's sender and value.
/// An account without code "succeeds": the caller must know that there is code.
#[inline]
pub fn delegate_call(to: &Address, data: &[u8], gas: u64) -> Called {
    let mut len = 0;
    // SAFETY: as in `call`.
    let status = unsafe {
        raw::delegate_call_contract(to.as_ptr(), data.as_ptr(), data.len(), gas, &mut len)
    };
    Called {
        ok: status == 0,
        len,
    }
}

/// Calls `to` without permitting any change of state.
#[inline]
pub fn static_call(to: &Address, data: &[u8], gas: u64) -> Called {
    let mut len = 0;
    // SAFETY: as in `call`.
    let status =
        unsafe { raw::static_call_contract(to.as_ptr(), data.as_ptr(), data.len(), gas, &mut len) };
    Called {
        ok: status == 0,
        len,
    }
}

/// Creates a contract by CREATE2. `Err` carries the length of the revert data.
#[inline]
pub fn create2(init_code: &[u8], endowment: &Word, salt: &Word) -> Result<Address, usize> {
    let mut address = [0; 20];
    let mut revert_len = 0;
    // SAFETY: `init_code` is live for its length, `endowment` and `salt` have 32 bytes, the host
    // writes 20 bytes to `address` and 4 to `revert_len`.
    unsafe {
        raw::create2(
            init_code.as_ptr(),
            init_code.len(),
            endowment.as_ptr(),
            salt.as_ptr(),
            address.as_mut_ptr(),
            &mut revert_len,
        )
    };
    if address == [0; 20] {
        Err(revert_len)
    } else {
        Ok(address)
    }
}

/// Copies the return data of the last call from `offset` on and returns how many bytes it copied.
#[inline]
pub fn return_data(dest: &mut [u8], offset: usize) -> usize {
    // SAFETY: the host writes at most `dest.len()` bytes, all of them live.
    unsafe { raw::read_return_data(dest.as_mut_ptr(), offset, dest.len()) }
}

/// Length of the return data of the last call, in bytes.
#[inline]
pub fn return_data_size() -> usize {
    // SAFETY: the host function takes no pointer.
    unsafe { raw::return_data_size() }
}

/// Sets what this frame returns or reverts with; the last one counts.
#[inline]
pub fn write_result(data: &[u8]) {
    // SAFETY: the host reads `data.len()` live bytes.
    unsafe { raw::write_result(data.as_ptr(), data.len()) };
}

/// Emits a log: the first `topics` words of `data` are its topics (at most 4).
#[inline]
pub fn emit_log(data: &[u8], topics: usize) {
    // SAFETY: the host reads `data.len()` live bytes; too few of them for `topics` is a trap there.
    unsafe { raw::emit_log(data.as_ptr(), data.len(), topics) };
}
