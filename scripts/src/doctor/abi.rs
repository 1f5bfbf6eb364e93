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

    /// The contract that sells places in the init cache.
    interface ICacheManager {
        function getMinBid(address program) external view returns (uint192 min);
        function placeBid(address program) external payable;
        function decay() external view returns (uint64 perSecond);
        function cacheSize() external view returns (uint64 bytesAtMost);
        function queueSize() external view returns (uint64 bytesUsed);
        struct Entry {
            bytes32 code;
            uint64 size;
            uint192 bid;
        }
        function getSmallestEntries(uint256 k) external view returns (Entry[] memory entries);
        error AlreadyCached(bytes32 codehash);
    }
}
