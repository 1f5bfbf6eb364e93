//! What of Nitro's precompiles and of its cache manager is asked here and nowhere else.

use alloy::primitives::{Address, address};
use alloy::sol;

/// ArbOwnerPublic: what the chain's owner has set.
pub(super) const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
/// What `arbOSVersion()` adds to the version of ArbOS.
pub(super) const ARBOS_OFFSET: u64 = 55;

sol! {
    /// ArbSys (0x64).
    interface IArbSysVersion {
        function arbOSVersion() external view returns (uint256 version);
    }

    /// ArbOwnerPublic (0x6b).
    interface IArbOwnerPublic {
        function getScheduledUpgrade() external view returns (uint64 version, uint64 timestamp);
    }

    /// The parameters of ArbWasm (0x71).
    interface IArbWasmParameters {
        function expiryDays() external view returns (uint16 numDays);
        function keepaliveDays() external view returns (uint16 numDays);
    }
}
