//! Reverting: an error is the bytes that the caller will see.

use alloc::vec::Vec;

use alloy_sol_types::SolError;
use stylus_upgrades_host::call;

/// Either a value or the revert data of this frame.
pub(crate) type Reverts<T> = Result<T, Vec<u8>>;

/// The revert data of a typed error.
pub(crate) fn revert(error: impl SolError) -> Vec<u8> {
    error.abi_encode()
}

/// The return or revert data of the last call, `len` bytes of it.
pub(crate) fn returned(len: usize) -> Vec<u8> {
    let mut data = alloc::vec![0; len];
    call::return_data(&mut data, 0);
    data
}
