//! The errors (ERC-6093) and the events (ERC-721) of a collection.

use stylus_sdk::{alloy_sol_types::sol, prelude::*};
use stylus_upgradeable::prelude::*;

sol! {
    /// ERC-721: a token is transferred, minted (`from` zero) or burnt (`to` zero).
    #[derive(Debug)]
    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);
    /// ERC-721: `approved` may transfer the token.
    #[derive(Debug)]
    event Approval(address indexed owner, address indexed approved, uint256 indexed tokenId);
    /// ERC-721: `operator` may transfer every token of `owner`, or no longer.
    #[derive(Debug)]
    event ApprovalForAll(address indexed owner, address indexed operator, bool approved);

    /// The token does not exist.
    #[derive(Debug)]
    error ERC721NonexistentToken(uint256 tokenId);
    /// The zero address has no tokens.
    #[derive(Debug)]
    error ERC721InvalidOwner(address owner);
    /// `sender` does not have the token.
    #[derive(Debug)]
    error ERC721IncorrectOwner(address sender, uint256 tokenId, address owner);
    /// The token was minted before.
    #[derive(Debug)]
    error ERC721InvalidSender(address sender);
    /// It is the zero address, or a contract that does not accept the token.
    #[derive(Debug)]
    error ERC721InvalidReceiver(address receiver);
    /// `operator` may not do that with the token.
    #[derive(Debug)]
    error ERC721InsufficientApproval(address operator, uint256 tokenId);
    /// It may not approve for that token.
    #[derive(Debug)]
    error ERC721InvalidApprover(address approver);
    /// Only the minter mints.
    #[derive(Debug)]
    error NotMinter(address caller, address minter);
}

/// The errors of a collection.
#[derive(SolidityError, Debug)]
pub enum Erc721Error {
    /// No such token.
    Nonexistent(ERC721NonexistentToken),
    /// No such owner.
    Owner(ERC721InvalidOwner),
    /// Another owner.
    Incorrect(ERC721IncorrectOwner),
    /// Minted before.
    Sender(ERC721InvalidSender),
    /// No such receiver.
    Receiver(ERC721InvalidReceiver),
    /// Not approved.
    Approval(ERC721InsufficientApproval),
    /// Not the owner's.
    Approver(ERC721InvalidApprover),
    /// Not the minter.
    Minter(NotMinter),
    /// An initializer or a migration may not run now.
    Migratable(MigratableError),
}
