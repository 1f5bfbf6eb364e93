//! Version 1 of an upgradeable ERC-20 token.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use shared::erc20::{Erc20, Erc20Error};
use stylus_sdk::{
    alloy_primitives::{Address, U256},
    prelude::*,
};
use stylus_upgradeable::prelude::*;

/// A token with a fixed supply.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Token {
    #[borrow]
    erc20: Erc20,
}

#[upgradeable]
#[public]
#[inherit(Erc20)]
impl Token {
    /// Gives the whole supply to `owner`, once, when the instance is created.
    #[initializer("1.0")]
    pub fn initialize(
        &mut self,
        proof: Proof,
        owner: Address,
        supply: U256,
    ) -> Result<(), Erc20Error> {
        self.erc20.initialize(proof, owner, supply)
    }
}
