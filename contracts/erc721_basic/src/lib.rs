//! An ERC-721 collection that knows owners and balances only: nobody can ask it for its tokens.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::{string::String, vec::Vec};

use stylus_sdk::{
    abi::Bytes,
    alloy_primitives::{Address, FixedBytes, U256},
    prelude::*,
};
use stylus_upgradeable::prelude::*;

pub mod approvals;
pub mod error;
pub mod state;

use error::Erc721Error;
use state::BasicState;

/// The collection.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Collection {
    state: BasicState,
}

#[upgradeable]
#[public]
impl Collection {
    /// There are no tokens; `minter` makes them.
    #[initializer("1.0")]
    pub fn initialize(&mut self, proof: Proof, minter: Address) -> Result<(), Erc721Error> {
        self.state.initialize(proof, minter);
        Ok(())
    }

    /// ERC-165.
    pub fn supports_interface(&self, interface_id: FixedBytes<4>) -> bool {
        approvals::is_supported(interface_id)
    }

    /// ERC-721.
    pub fn name(&self) -> String {
        "Acorn".into()
    }

    /// ERC-721.
    pub fn symbol(&self) -> String {
        "ACN".into()
    }

    /// ERC-721.
    pub fn balance_of(&self, owner: Address) -> Result<U256, Erc721Error> {
        self.state.balance_of(owner)
    }

    /// ERC-721.
    pub fn owner_of(&self, token_id: U256) -> Result<Address, Erc721Error> {
        self.state.owner_of(token_id)
    }

    /// ERC-721.
    pub fn get_approved(&self, token_id: U256) -> Result<Address, Erc721Error> {
        self.state.owner_of(token_id)?;
        Ok(self.state.approvals.of(token_id))
    }

    /// ERC-721.
    pub fn is_approved_for_all(&self, owner: Address, operator: Address) -> bool {
        self.state.approvals.is_operator(owner, operator)
    }

    /// ERC-721.
    pub fn approve(&mut self, to: Address, token_id: U256) -> Result<(), Erc721Error> {
        let (caller, owner) = (self.vm().msg_sender(), self.state.owner_of(token_id)?);
        self.state.approvals.approve(caller, owner, to, token_id)
    }

    /// ERC-721.
    pub fn set_approval_for_all(&mut self, operator: Address, approved: bool) {
        let owner = self.vm().msg_sender();
        self.state.approvals.approve_all(owner, operator, approved);
    }

    /// ERC-721.
    pub fn transfer_from(
        &mut self,
        from: Address,
        to: Address,
        token_id: U256,
    ) -> Result<(), Erc721Error> {
        let caller = self.vm().msg_sender();
        self.state.transfer(caller, from, to, token_id)
    }

    /// ERC-721.
    pub fn safe_transfer_from(
        &mut self,
        from: Address,
        to: Address,
        token_id: U256,
    ) -> Result<(), Erc721Error> {
        self.transfer_from(from, to, token_id)?;
        approvals::ask_receiver(self, from, to, token_id, &[])
    }

    /// ERC-721.
    #[selector(name = "safeTransferFrom")]
    pub fn safe_transfer_from_with_data(
        &mut self,
        from: Address,
        to: Address,
        token_id: U256,
        data: Bytes,
    ) -> Result<(), Erc721Error> {
        self.transfer_from(from, to, token_id)?;
        approvals::ask_receiver(self, from, to, token_id, &data)
    }

    /// Makes a token for each of these ids, by the minter.
    pub fn mint(&mut self, to: Address, token_ids: Vec<U256>) -> Result<(), Erc721Error> {
        let caller = self.vm().msg_sender();
        for token_id in token_ids {
            self.state.mint(caller, to, token_id)?;
        }
        Ok(())
    }

    /// Destroys a token, by its owner or who may transfer it.
    pub fn burn(&mut self, token_id: U256) -> Result<(), Erc721Error> {
        let caller = self.vm().msg_sender();
        self.state.burn(caller, token_id)
    }
}
