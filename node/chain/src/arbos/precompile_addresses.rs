//! Addresses of ArbOS's precompiles, and the version since which each exists.

use alloy_primitives::{Address, address};

const fn low(last: u8) -> Address {
    Address::with_last_byte(last)
}

/// ArbosActs: what ArbOS does by itself.
pub(crate) const ACTS: Address = address!("00000000000000000000000000000000000a4b05");

/// Every precompile with the ArbOS version that brought it.
pub(crate) const ADDRESSES: [(Address, u64); 19] = [
    (low(0x64), 0),
    (low(0x65), 0),
    (low(0x66), 0),
    (low(0x67), 0),
    (low(0x68), 0),
    (low(0x69), 0),
    (low(0x6b), 0),
    (low(0x6c), 0),
    (low(0x6d), 0),
    (low(0x6e), 0),
    (low(0x6f), 0),
    (low(0x70), 0),
    (low(0x71), 30),
    (low(0x72), 30),
    (low(0x73), 41),
    (low(0x74), 60),
    (low(0xff), 0),
    (ACTS, 0),
    (low(0xc8), u64::MAX),
];
