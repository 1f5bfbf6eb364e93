//! ERC-721 Enumerable. A basic collection becomes one by a full migration: the operator gathers its
//! tokens from events, and `erc721-enumerate` checks them. Anybody may add a token that was left out
//! by `include`. `totalSupply` counts the tokens that are included.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::vec::Vec;

use shared::erc721::{EnumerableError, Erc721, Erc721Error, FullState, enumerable::INTERFACE};
use stylus_sdk::{
    alloy_primitives::{Address, FixedBytes, U256},
    prelude::*,
};
use stylus_upgradeable::prelude::*;

/// The collection.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Collection {
    #[borrow]
    erc721: Erc721<FullState>,
}

#[upgradeable]
#[public]
#[inherit(Erc721<FullState>)]
impl Collection {
    /// The collection starts without tokens; `minter` mints them.
    #[initializer("2.0")]
    pub fn initialize(&mut self, proof: Proof, minter: Address) -> Result<(), Erc721Error> {
        self.erc721.initialize(proof, minter);
        Ok(())
    }

    /// ERC-165.
    pub fn supports_interface(&self, interface_id: FixedBytes<4>) -> bool {
        shared::erc721::supports_interface(interface_id) || interface_id.0 == INTERFACE
    }

    /// ERC-721 Enumerable: how many tokens are included.
    pub fn total_supply(&self) -> U256 {
        U256::from(self.erc721.state.supply())
    }

    /// ERC-721 Enumerable, over the included tokens.
    pub fn token_by_index(&self, index: U256) -> Result<U256, EnumerableError> {
        self.erc721.state.token_at(index)
    }

    /// ERC-721 Enumerable, over the owner's included tokens.
    pub fn token_of_owner_by_index(
        &self,
        owner: Address,
        index: U256,
    ) -> Result<U256, EnumerableError> {
        self.erc721.state.token_of(owner, index)
    }

    /// Adds tokens that the migration left out; anybody may, at any time. Those that are included
    /// already are passed over, as others may include them at the same moment; a call that includes
    /// nothing new reverts `AlreadyIncluded`.
    pub fn include(&mut self, token_ids: Vec<U256>) -> Result<(), EnumerableError> {
        self.erc721.state.include_all(&token_ids)
    }

    /// Whether a token is enumerated.
    pub fn is_included(&self, token_id: U256) -> bool {
        self.erc721.state.is_included(token_id)
    }

    /// Whether all tokens of an owner are.
    pub fn is_complete(&self, owner: Address) -> bool {
        self.erc721.state.is_complete(owner)
    }
}
