//! An ERC-721 collection that knows owners and balances, and cannot list its tokens.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use shared::erc721::{BasicState, Erc721, Erc721Error};
use stylus_sdk::{
    alloy_primitives::{Address, FixedBytes},
    prelude::*,
};
use stylus_upgradeable::prelude::*;

/// The collection.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Collection {
    #[borrow]
    erc721: Erc721<BasicState>,
}

#[upgradeable]
#[public]
#[inherit(Erc721<BasicState>)]
impl Collection {
    /// The collection starts without tokens; `minter` mints them.
    #[initializer("1.0")]
    pub fn initialize(&mut self, proof: Proof, minter: Address) -> Result<(), Erc721Error> {
        self.erc721.initialize(proof, minter);
        Ok(())
    }

    /// ERC-165.
    pub fn supports_interface(&self, interface_id: FixedBytes<4>) -> bool {
        shared::erc721::supports_interface(interface_id)
    }
}
