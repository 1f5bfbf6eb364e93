//! ERC-721 Enumerable. A collection that was not comes here by a full migration: somebody
//! gathers its tokens from events, `erc721-enumerate` checks them, and whoever finds a token that
//! was left out adds it by `include`. `totalSupply` counts the tokens that are included.
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

#[path = "../../erc721_basic/src/approvals.rs"]
pub mod approvals;
pub mod enumerable;
#[path = "../../erc721_basic/src/error.rs"]
pub mod error;
pub mod state;

use enumerable::EnumerableError;
use state::FullState;

/// The collection.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Collection {
    state: FullState,
}

#[upgradeable]
#[public]
impl Collection {
    /// There are no tokens; `minter` makes them.
    #[initializer("2.0")]
    pub fn initialize(&mut self, proof: Proof, minter: Address) -> Result<(), EnumerableError> {
        self.state.initialize(proof, minter);
        Ok(())
    }

    /// ERC-165.
    pub fn supports_interface(&self, interface_id: FixedBytes<4>) -> bool {
        approvals::is_supported(interface_id) || interface_id.0 == enumerable::INTERFACE
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
    pub fn balance_of(&self, owner: Address) -> Result<U256, EnumerableError> {
        self.state.balance_of(owner)
    }

    /// ERC-721.
    pub fn owner_of(&self, token_id: U256) -> Result<Address, EnumerableError> {
        self.state.owner_of(token_id)
    }

    /// ERC-721.
    pub fn get_approved(&self, token_id: U256) -> Result<Address, EnumerableError> {
        self.state.owner_of(token_id)?;
        Ok(self.state.approvals.of(token_id))
    }

    /// ERC-721.
    pub fn is_approved_for_all(&self, owner: Address, operator: Address) -> bool {
        self.state.approvals.is_operator(owner, operator)
    }

    /// ERC-721.
    pub fn approve(&mut self, to: Address, token_id: U256) -> Result<(), EnumerableError> {
        let (caller, owner) = (self.vm().msg_sender(), self.state.owner_of(token_id)?);
        Ok(self.state.approvals.approve(caller, owner, to, token_id)?)
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
    ) -> Result<(), EnumerableError> {
        let caller = self.vm().msg_sender();
        self.state.transfer(caller, from, to, token_id)
    }

    /// ERC-721.
    pub fn safe_transfer_from(
        &mut self,
        from: Address,
        to: Address,
        token_id: U256,
    ) -> Result<(), EnumerableError> {
        self.transfer_from(from, to, token_id)?;
        Ok(approvals::ask_receiver(self, from, to, token_id, &[])?)
    }

    /// ERC-721.
    #[selector(name = "safeTransferFrom")]
    pub fn safe_transfer_from_with_data(
        &mut self,
        from: Address,
        to: Address,
        token_id: U256,
        data: Bytes,
    ) -> Result<(), EnumerableError> {
        self.transfer_from(from, to, token_id)?;
        Ok(approvals::ask_receiver(self, from, to, token_id, &data)?)
    }

    /// Makes a token for each of these ids, by the minter.
    pub fn mint(&mut self, to: Address, token_ids: Vec<U256>) -> Result<(), EnumerableError> {
        let caller = self.vm().msg_sender();
        for token_id in token_ids {
            self.state.mint(caller, to, token_id)?;
        }
        Ok(())
    }

    /// Destroys a token, by its owner or who may transfer it.
    pub fn burn(&mut self, token_id: U256) -> Result<(), EnumerableError> {
        let caller = self.vm().msg_sender();
        self.state.burn(caller, token_id)
    }

    /// ERC-721 Enumerable: how many tokens are included.
    pub fn total_supply(&self) -> U256 {
        U256::from(self.state.supply())
    }

    /// ERC-721 Enumerable, over the included tokens.
    pub fn token_by_index(&self, index: U256) -> Result<U256, EnumerableError> {
        self.state.token_at(index)
    }

    /// ERC-721 Enumerable, over the owner's included tokens.
    pub fn token_of_owner_by_index(
        &self,
        owner: Address,
        index: U256,
    ) -> Result<U256, EnumerableError> {
        self.state.token_of(owner, index)
    }

    /// Adds tokens that the migration left out; anybody may, at any time. Those that are included
    /// already are passed over, as others may include them at the same moment; a call that includes
    /// nothing new reverts `AlreadyIncluded`.
    pub fn include(&mut self, token_ids: Vec<U256>) -> Result<(), EnumerableError> {
        self.state.include_all(&token_ids)
    }

    /// Whether a token is enumerated.
    pub fn is_included(&self, token_id: U256) -> bool {
        self.state.is_included(token_id)
    }

    /// Whether all tokens of an owner are.
    pub fn is_complete(&self, owner: Address) -> bool {
        self.state.is_complete(owner)
    }
}
