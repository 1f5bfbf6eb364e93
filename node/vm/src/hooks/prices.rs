//! Ink prices of host functions. All arithmetic saturates.

use alloy_primitives::B256;

use crate::units::{Gas, Ink};

/// Base price of a host function.
pub(crate) const HOSTIO: Ink = Ink(8_400);
/// Price of a pointer argument.
pub(crate) const PTR: Ink = Ink(5_040);
/// Price of going to the chain.
pub(crate) const EVM_API: Ink = Ink(59_673);
/// Extra price of division and modulo.
pub(crate) const DIV: Ink = Ink(20_000);
/// Extra price of `math_mul_mod`.
pub(crate) const MUL_MOD: Ink = Ink(24_100);
/// Extra price of `math_add_mod`.
pub(crate) const ADD_MOD: Ink = Ink(21_000);

/// Gas of a cold storage read; the least a load needs left.
pub(crate) const COLD_SLOAD_GAS: Gas = Gas(2_100);
/// Gas of touching a cold account; the least an account read needs left.
pub(crate) const COLD_ACCOUNT_GAS: Gas = Gas(2_600);
/// Gas a store or flush needs left (EIP-2200).
pub(crate) const SSTORE_SENTRY_GAS: Gas = Gas(2_300);
/// Gas of a transient load or store (EIP-1153).
pub(crate) const TRANSIENT_GAS: Gas = Gas(100);

/// Ink of writing `len` bytes into the guest.
pub(crate) fn write(len: usize) -> Ink {
    PTR + (len as u64).saturating_sub(32) * Ink(30)
}

/// Ink of reading `len` bytes from the guest.
pub(crate) fn read(len: u32) -> Ink {
    Ink(16_381) + u64::from(len).saturating_sub(32) * Ink(55)
}

/// Ink of hashing `len` bytes, reading and writing included.
pub(crate) fn keccak(len: u32) -> Ink {
    let words = u64::from(len).div_ceil(32);
    Ink(121_800) + words.saturating_sub(2) * Ink(21_000)
}

/// Ink of raising to `exponent`.
pub(crate) fn pow(exponent: &B256) -> Ink {
    let zeros = exponent.iter().take_while(|byte| **byte == 0).count() as u64;
    Ink(3_000) + 33u64.saturating_sub(zeros) * Ink(17_500)
}

/// Gas of a log.
pub(crate) fn log_gas(topics: u32, data_len: u32) -> Gas {
    Gas(375 * (1 + u64::from(topics)) + 8 * u64::from(data_len))
}
