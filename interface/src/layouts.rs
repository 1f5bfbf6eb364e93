//! The contract that keeps layout documents: one per chain, at one address (CREATE2, salt 0), without an owner.

use alloy_sol_types::sol;

sol! {
    /// Layout documents. The log carries the document. The contract keeps the block of that log, so that a reader who
    /// has the hash finds it without a search and verifies it by that hash.
    #[derive(Debug, PartialEq, Eq)]
    interface ILayouts {
        /// Keeps a document where everybody finds it: `layoutHash` is its keccak256, and [`LayoutPublished`] carries
        /// it. Once per hash; again it does nothing. Reverts `InvalidLayout` where it is empty or longer than
        /// [`crate::limits::LAYOUT_MAX`].
        function publishLayout(bytes document) external returns (bytes32 layoutHash);
        /// The block of the document's [`LayoutPublished`], as a log filter counts blocks (not `block.number`, which is
        /// the parent chain's); 0 if it was never published.
        function layoutAt(bytes32 layoutHash) external view returns (uint64 block);

        event LayoutPublished(bytes32 indexed layoutHash, bytes document);

        /// In bytes.
        error InvalidLayout(uint256 size);
    }
}
