//! Full migrations: facts that are not in storage, computed off chain and checked on chain.
//! Here: the tokens of an ERC-721 collection that knew owners and balances only.

use alloy_sol_types::sol;

sol! {
    /// Calls that an enumerable collection answers about tokens that it had before it was enumerable.
    #[derive(Debug, PartialEq, Eq)]
    interface IInclusion {
        /// Adds tokens that the migration left out; anybody may, at any time. Passes over what is
        /// included already.
        function include(uint256[] calldata tokenIds) external;
        /// Returns true if a token is enumerated.
        function isIncluded(uint256 tokenId) external view returns (bool);
        /// Returns true if all tokens of an owner are: included count == `balanceOf`.
        function isComplete(address owner) external view returns (bool);

        /// A token is enumerated from now on.
        event Included(uint256 indexed tokenId, address indexed owner);

        /// It was enumerated before; of `include`, all of them were.
        error AlreadyIncluded(uint256 tokenId);
        /// A batch claims another owner than the contract knows; zero if there is no such token.
        error OwnerMismatch(uint256 tokenId, address claimed, address owner);
        /// The token ids of all batches together strictly increase.
        error TokensUnordered(uint256 previous, uint256 tokenId);
        /// A batch is not `abi.encode(uint256[] ids, address[] owners)` of equal lengths.
        error MalformedItems();
    }
}
