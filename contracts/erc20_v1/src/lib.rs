//! Version 1 of an upgradeable ERC-20 token.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use stylus_sdk::{
    alloy_primitives::{Address, U256},
    prelude::*,
};
use stylus_upgradeable::prelude::*;

pub mod state;

use state::{Erc20Error, Erc20State};

/// A token with a fixed supply.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Token {
    erc20: Erc20State,
}

#[upgradeable]
#[public]
impl Token {
    /// Gives the whole supply to `owner`, once, when the instance is born.
    #[initializer("1.0")]
    pub fn initialize(
        &mut self,
        proof: Proof,
        owner: Address,
        supply: U256,
    ) -> Result<(), Erc20Error> {
        self.erc20.initialize(proof, owner, supply)
    }

    /// ERC-20.
    pub fn name(&self) -> String {
        "Walnut".into()
    }

    /// ERC-20.
    pub fn symbol(&self) -> String {
        "WAL".into()
    }

    /// ERC-20: 18, as ether.
    pub fn decimals(&self) -> u8 {
        18
    }

    /// ERC-20.
    pub fn total_supply(&self) -> U256 {
        self.erc20.total_supply.get()
    }

    /// ERC-20.
    pub fn balance_of(&self, owner: Address) -> U256 {
        self.erc20.balances.get(owner)
    }

    /// ERC-20.
    pub fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.erc20.allowances.getter(owner).get(spender)
    }

    /// ERC-20.
    pub fn transfer(&mut self, to: Address, value: U256) -> Result<bool, Erc20Error> {
        self.erc20.transfer(self.vm().msg_sender(), to, value)?;
        Ok(true)
    }

    /// ERC-20.
    pub fn approve(&mut self, spender: Address, value: U256) -> Result<bool, Erc20Error> {
        self.erc20.approve(self.vm().msg_sender(), spender, value)?;
        Ok(true)
    }

    /// ERC-20.
    pub fn transfer_from(
        &mut self,
        from: Address,
        to: Address,
        value: U256,
    ) -> Result<bool, Erc20Error> {
        self.erc20.spend(from, self.vm().msg_sender(), value)?;
        self.erc20.transfer(from, to, value)?;
        Ok(true)
    }
}
