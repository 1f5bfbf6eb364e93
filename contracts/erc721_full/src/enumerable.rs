//! What an enumerable collection refuses and says beside ERC-721.

use stylus_sdk::{alloy_sol_types::sol, prelude::*};
use stylus_upgradeable::prelude::*;
use stylus_upgrades_interface::full::IInclusion;

use crate::error::{
    ERC721IncorrectOwner, ERC721InsufficientApproval, ERC721InvalidApprover, ERC721InvalidOwner,
    ERC721InvalidReceiver, ERC721InvalidSender, ERC721NonexistentToken, Erc721Error, NotMinter,
};

pub use IInclusion::{AlreadyIncluded, Included, MalformedItems, OwnerMismatch, TokensUnordered};

sol! {
    /// ERC-6093: there are not so many tokens, or `owner` does not have so many.
    #[derive(Debug)]
    error ERC721OutOfBoundsIndex(address owner, uint256 index);
}

/// ERC-165 identifier of ERC-721 Enumerable.
pub const INTERFACE: [u8; 4] = [0x78, 0x0e, 0x9d, 0x63];

/// What an enumerable collection refuses.
#[derive(SolidityError, Debug)]
pub enum EnumerableError {
    /// No such token.
    Nonexistent(ERC721NonexistentToken),
    /// No such owner.
    Owner(ERC721InvalidOwner),
    /// Another owner.
    Incorrect(ERC721IncorrectOwner),
    /// Made before.
    Sender(ERC721InvalidSender),
    /// No such receiver.
    Receiver(ERC721InvalidReceiver),
    /// Not approved.
    Approval(ERC721InsufficientApproval),
    /// Not the owner's.
    Approver(ERC721InvalidApprover),
    /// Not the minter.
    Minter(NotMinter),
    /// No such index.
    Index(ERC721OutOfBoundsIndex),
    /// Included before.
    Included(AlreadyIncluded),
    /// An initializer or a migration may not run now.
    Migratable(MigratableError),
}

impl From<Erc721Error> for EnumerableError {
    fn from(error: Erc721Error) -> Self {
        match error {
            Erc721Error::Nonexistent(error) => Self::Nonexistent(error),
            Erc721Error::Owner(error) => Self::Owner(error),
            Erc721Error::Incorrect(error) => Self::Incorrect(error),
            Erc721Error::Sender(error) => Self::Sender(error),
            Erc721Error::Receiver(error) => Self::Receiver(error),
            Erc721Error::Approval(error) => Self::Approval(error),
            Erc721Error::Approver(error) => Self::Approver(error),
            Erc721Error::Minter(error) => Self::Minter(error),
            Erc721Error::Migratable(error) => Self::Migratable(error),
        }
    }
}
