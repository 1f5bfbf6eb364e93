//! Contracts that the framework relies on and that others put on the chain.

use alloy_primitives::{Address, B256, address, b256};
use alloy_sol_types::sol;

/// The deterministic CREATE2 deployer: calldata is salt (32 bytes) and init code.
pub const CREATE2_DEPLOYER: Address = address!("4e59b44847b379578588920ca78fbf26c0b4956c");
/// The Stylus deployer: creates, activates and constructs in one transaction.
///
/// With a salt that is not zero it creates by CREATE2, with the salt keccak256(`salt` ++ `initData`), and
/// calls the new account with `initData` in the same transaction, or reverts. So an address follows from
/// init code, constructor's data and salt alone. With salt 0 it creates by CREATE.
pub const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
/// keccak256 of the Stylus deployer's code. Its address is the CREATE2 deployer's for its init code and
/// salt 0, so it is the same on every chain.
pub const STYLUS_DEPLOYER_CODEHASH: B256 =
    b256!("85c3998f7541c47e69d221966c2725e197d243190f367eefab6eda7c90c3994a");
/// ArbSys: the chain itself.
pub const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
/// ArbOwnerPublic: what the chain's owner has set, for everybody to read.
pub const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
/// ArbWasm: activation, versions, expiry.
pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// ArbWasmCache: the init cache.
pub const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");
/// First bytes of a program on chain (ArbOS 30).
pub const PROGRAM_PREFIX: [u8; 3] = [0xef, 0xf0, 0x00];
/// First bytes of a fragment (ArbOS 60).
pub const FRAGMENT_PREFIX: [u8; 3] = [0xef, 0xf0, 0x01];
/// First bytes of a program made of fragments (ArbOS 60).
pub const ROOT_PREFIX: [u8; 3] = [0xef, 0xf0, 0x02];
/// First bytes of an EIP-7702 delegation designator.
pub const DESIGNATOR_PREFIX: [u8; 3] = [0xef, 0x01, 0x00];
/// Selector of the SDK's `#[constructor]`, that of `stylus_constructor()`, whatever its arguments.
pub const CONSTRUCTOR_SELECTOR: [u8; 4] = [0x55, 0x85, 0x25, 0x8d];

sol! {
    /// Nitro's ArbSys (0x64), as far as it is called here.
    #[derive(Debug, PartialEq, Eq)]
    interface IArbSys {
        /// The number of the block that this chain makes; `block.number` is the parent chain's.
        function arbBlockNumber() external view returns (uint256 number);
    }

    /// Nitro's ArbOwnerPublic (0x6b), as far as it is called here.
    #[derive(Debug, PartialEq, Eq)]
    interface IArbOwnerPublic {
        /// Fragments that a program may have (ArbOS 60).
        function getMaxStylusContractFragments() external view returns (uint8 count);
    }

    /// Nitro's ArbWasm (0x71), as far as it is called here.
    #[derive(Debug, PartialEq, Eq)]
    interface IArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function codehashKeepalive(bytes32 codehash) external payable;
        function stylusVersion() external view returns (uint16 version);
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        function programVersion(address program) external view returns (uint16 version);
        function programTimeLeft(address program) external view returns (uint64 seconds_);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16 pages);
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);
        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }

    /// Nitro's ArbWasmCache (0x72), as far as it is called here.
    #[derive(Debug, PartialEq, Eq)]
    interface IArbWasmCache {
        function isCacheManager(address manager) external view returns (bool);
        function allCacheManagers() external view returns (address[] managers);
        function cacheProgram(address program) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);
        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
    }

    /// The Stylus deployer of cargo-stylus.
    #[derive(Debug, PartialEq, Eq)]
    interface IStylusDeployer {
        function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt) external payable returns (address);
        event ContractDeployed(address deployedContract);
        /// The constructor failed, with that data.
        error ContractInitializationError(address newContract, bytes data);
    }
}
