//! Interfaces of contracts that tests call, as each contract's feature `export-abi` prints them. Where a test takes
//! one instance through versions, the calls of the versions stand under one name here, each from the version that has
//! it.

/// The counter, version 1.
pub mod counter_v1 {
    alloy::sol!("abi/counter-v1.sol");
}

/// The counter, version 2.
pub mod counter_v2 {
    alloy::sol!("abi/counter-v2.sol");
}

/// The script of the counter's way back. It answers a selector without an interface of its own, so
/// `export-abi` prints none.
pub mod counter_back {
    alloy::sol! {
        function back() external;
    }
}

/// The register of points, version 1.
pub mod points_v1 {
    alloy::sol!("abi/points-v1.sol");
}

/// The ledger, version 1.
pub mod ledger_v1 {
    alloy::sol!("abi/ledger-v1.sol");
}

/// The ledger, version 2, with entries that are migrated lazily.
pub mod ledger_v2 {
    alloy::sol!("abi/ledger-v2.sol");
}

/// The collection, version 1.
pub mod erc721_basic {
    alloy::sol!("abi/erc721-basic.sol");
    alloy::sol! {
        /// Events are no part of what `export-abi` prints.
        event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);
    }
}

/// The collection, version 2, which is enumerable.
pub mod erc721_full {
    alloy::sol!(
        #![sol(all_derives)]
        "abi/erc721-full.sol"
    );
}

/// The register of points, version 2.
pub mod points_v2 {
    alloy::sol!("abi/points-v2.sol");
}

/// The contract of the random graphs, whose versions are all the same code.
pub mod trace {
    alloy::sol!("abi/trace.sol");
}

/// The ERC-20 token, version 2, with permits. Version 1 has the same initializer.
pub mod erc20_v2 {
    alloy::sol!("abi/erc20-v2.sol");
}

/// The contract whose migration has conditions.
pub mod vault {
    alloy::sol!(
        #![sol(all_derives)]
        "abi/vault.sol"
    );
}

/// The script that converts a register of points in one call. It answers a selector without an
/// interface of its own, so `export-abi` prints none.
pub mod points_at_once {
    alloy::sol! {
        function convert() external;
    }
}

/// The counter: created at version 1, migrated to version 2.
#[allow(non_snake_case)]
pub mod ICounter {
    pub use super::counter_v1::ICounter::initializeCall;
    pub use super::counter_v2::ICounter::{incrementCall, migrateCall, stepCall, valueCall};
}

/// The counter at version 2, created there: its own initializer.
#[allow(non_snake_case)]
pub mod ICounter2 {
    pub use super::counter_v2::ICounter::initializeCall;
}

/// The ledger: created and filled at version 1, migrated to version 2, which answers.
#[allow(non_snake_case)]
pub mod ILedger {
    pub use super::ledger_v1::ILedger::{initializeCall, writeCall};
    pub use super::ledger_v2::ILedger::{
        accountCall, closeCall, feeCall, isConvertedCall, migrateCall, setFeeCall,
    };
}

/// The ledger that was migrated: what it is given in place of version 1's entries.
#[allow(non_snake_case)]
pub mod ILedger2 {
    pub use super::ledger_v2::ILedger::writeCall;
}

/// The collection: version 2 has what version 1 has, and enumerates.
#[allow(non_snake_case)]
pub mod ICollection {
    pub use super::erc721_basic::Transfer;
    pub use super::erc721_full::ICollection::{
        ERC721OutOfBoundsIndex, includeCall, initializeCall, isCompleteCall, isIncludedCall,
        supportsInterfaceCall, tokenByIndexCall, tokenOfOwnerByIndexCall, totalSupplyCall,
    };
    pub use super::erc721_full::IErc721::{
        ERC721IncorrectOwner, ERC721InsufficientApproval, ERC721InvalidReceiver,
        ERC721NonexistentToken, approveCall, balanceOfCall, burnCall, getApprovedCall,
        isApprovedForAllCall, mintCall, nameCall, ownerOfCall, safeTransferFrom_0Call,
        setApprovalForAllCall, symbolCall, transferFromCall,
    };
}

/// The ERC-20 token: version 2 has what version 1 has, and permits.
#[allow(non_snake_case)]
pub mod IToken {
    pub use super::erc20_v2::IErc20::{
        allowanceCall, approveCall, balanceOfCall, decimalsCall, nameCall, symbolCall,
        totalSupplyCall, transferCall, transferFromCall,
    };
    pub use super::erc20_v2::IErc2612::{DOMAIN_SEPARATORCall, noncesCall, permitCall};
    pub use super::erc20_v2::IToken::{initializeCall, migrateCall};
}

alloy::sol! {
    /// `tests/contracts/hostile`: actions are calls of its own functions, run in its own frame. It is
    /// not printed, because a native build with the SDK's feature `reentrant` takes a chain along; the
    /// test `abis` compares this with its sources.
    #[derive(Debug)]
    interface IHostile {
        function initialize(bytes[] actions) external payable returns (bytes);
        function migrate(bytes[] actions) external payable returns (bytes);
        function act(bytes[] actions) external payable returns (bytes);
        function context() external payable returns (address, uint256, address, address, bool);
        function revertWith(bytes data) external payable;
        function panic() external payable;
        function spin() external payable;
        function readSlot(bytes32 slot) external view returns (bytes32);
        function writeSlot(bytes32 slot, bytes32 value) external payable;
        function call(address target, uint256 value, bytes data) external payable returns (bytes);
        function tryCall(address target, uint256 value, bytes data) external payable returns (bool, bytes);
        function staticCall(address target, bytes data) external view returns (bytes);
        function delegate(address target, bytes data) external payable returns (bytes);
        function writeCallFlush(bytes32 slot, bytes32 value, address target, bytes data) external payable returns (bool, bytes);
        function grow(uint32 size) external payable returns (uint32);
    }
}
