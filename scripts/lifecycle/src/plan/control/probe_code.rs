//! Code that shows whether somebody can make an account run it.

use alloy::primitives::{Address, Bytes};
use alloy::sol;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::slots;

sol! {
    /// The function that code behind a UUPS proxy answers (ERC-1822).
    interface IUups {
        function proxiableUUID() external view returns (bytes32);
    }
}

/// EVM code that answers `proxiableUUID()` as UUPS code does; any other call makes `marker` the implementation of
/// whoever runs it as its own: `PUSH1 0 CALLDATALOAD PUSH1 224 SHR PUSH4 SELECTOR EQ PUSH1 70 JUMPI PUSH20 MARKER PUSH32
/// IMPLEMENTATION SSTORE JUMPDEST PUSH32 IMPLEMENTATION PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN`.
pub(super) fn probe_code(marker: Address) -> Bytes {
    let slot = slots::IMPLEMENTATION.as_slice();
    let parts: [&[u8]; 12] = [
        &[0x60, 0, 0x35, 0x60, 224, 0x1c, 0x63],
        &IUups::proxiableUUIDCall::SELECTOR,
        &[0x14, 0x60, 70, 0x57],
        &[0x73],
        marker.as_slice(),
        &[0x7f],
        slot,
        &[0x55, 0x5b],
        &[0x7f],
        slot,
        &[0x60, 0, 0x52],
        &[0x60, 32, 0x60, 0, 0xf3],
    ];
    parts.concat().into()
}
