//! Lazy migrations: each entry is converted when it is first written.

use alloy_sol_types::sol;

sol! {
    /// Calls that a contract with lazily migrated maps answers.
    #[derive(Debug, PartialEq, Eq)]
    interface ILazy {
        /// Converts entries, each at most once; anybody may pay for it. `keys` are as
        /// `abi.encode` writes them; those without an old entry count nothing. `map` may also
        /// name a single field, which needs no keys.
        function sweep(string calldata map, bytes32[] calldata keys) external returns (uint256 converted);
        /// The number of entries that are left to convert, counted down from the number that was given
        /// when the migration ran: informative, no proof.
        function remaining(string calldata map) external view returns (uint256);

        /// The contract has no lazily migrated map of that name.
        error UnknownMap(string map);
    }
}

/// A storage type that converts what it holds when it is first written. Its name in a layout says in
/// which forms its values may be.
pub trait KeptLazily {}
