//! The errors and events that an enumerable collection has beside those of ERC-721.

use stylus_sdk::{alloy_sol_types::sol, prelude::*};
use stylus_upgrades_interface::full::IInclusion;

use super::error::ERC721NonexistentToken;

pub use IInclusion::{AlreadyIncluded, Included, MalformedItems, OwnerMismatch, TokensUnordered};

sol! {
    /// `index` is not below the number of tokens, or of those of `owner`.
    #[derive(Debug)]
    error ERC721OutOfBoundsIndex(address owner, uint256 index);
}

/// ERC-165 identifier of ERC-721 Enumerable.
pub const INTERFACE: [u8; 4] = [0x78, 0x0e, 0x9d, 0x63];

/// The errors of the methods that only an enumerable collection has.
#[derive(SolidityError, Debug)]
pub enum EnumerableError {
    /// No such token.
    Nonexistent(ERC721NonexistentToken),
    /// No such index.
    Index(ERC721OutOfBoundsIndex),
    /// Included before.
    Included(AlreadyIncluded),
}
