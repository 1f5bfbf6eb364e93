//! An ERC-721 collection: its public methods, its rules, and two forms of its storage. The basic
//! and the enumerable collection inherit the methods from here. The migration between them
//! depends on this crate as well.

use alloc::{string::String, vec::Vec};
use core::borrow::BorrowMut;

use stylus_sdk::{
    abi::Bytes,
    alloy_primitives::{Address, FixedBytes, U256},
    prelude::*,
    storage::{StorageAddress, StorageType},
    stylus_core::storage::TopLevelStorage,
};
use stylus_upgradeable::prelude::*;

mod approvals;
mod basic;
pub mod enumerable;
pub mod error;
mod full;
mod receiver;

pub use approvals::Approvals;
pub use basic::BasicState;
pub use enumerable::EnumerableError;
pub use error::Erc721Error;
pub use full::FullState;

use error::{
    ERC721IncorrectOwner, ERC721InvalidOwner, ERC721InvalidReceiver, ERC721InvalidSender,
    ERC721NonexistentToken, NotMinter, Transfer,
};

/// The identifiers (ERC-165) of ERC-165 itself and of ERC-721.
const INTERFACES: [[u8; 4]; 2] = [[0x01, 0xff, 0xc9, 0xa7], [0x80, 0xac, 0x58, 0xcd]];

/// The storage of a collection, in the form of one version.
pub trait CollectionState: StorageType {
    /// The owner of a token; zero where there is no such token.
    fn owner(&self, token: U256) -> Address;

    /// How many tokens an owner has.
    fn balance(&self, owner: Address) -> U256;

    /// Adds a token to an owner.
    fn add(&mut self, owner: Address, token: U256);

    /// Removes a token from its owner's balance. [`CollectionState::add`] or [`CollectionState::delete`]
    /// follows, which writes the token's new owner.
    fn remove(&mut self, owner: Address, token: U256);

    /// Writes that a token has no owner.
    fn delete(&mut self, token: U256);

    /// Who may transfer whose tokens.
    fn approvals(&self) -> &Approvals;

    /// The same, to be changed.
    fn approvals_mut(&mut self) -> &mut Approvals;

    /// Who mints.
    fn minter(&self) -> &StorageAddress;

    /// The same, to be changed.
    fn minter_mut(&mut self) -> &mut StorageAddress;
}

/// An ERC-721 collection.
#[storage]
#[derive(StorageLayout)]
pub struct Erc721<C: CollectionState> {
    /// Its storage.
    pub state: C,
}

#[inheritable]
#[public]
impl<C: CollectionState> Erc721<C> {
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
        if owner.is_zero() {
            return Err(ERC721InvalidOwner { owner }.into());
        }
        Ok(self.state.balance(owner))
    }

    /// ERC-721.
    pub fn owner_of(&self, token_id: U256) -> Result<Address, Erc721Error> {
        let owner = self.state.owner(token_id);
        if owner.is_zero() {
            return Err(ERC721NonexistentToken { tokenId: token_id }.into());
        }
        Ok(owner)
    }

    /// ERC-721.
    pub fn get_approved(&self, token_id: U256) -> Result<Address, Erc721Error> {
        self.owner_of(token_id)?;
        Ok(self.state.approvals().of(token_id))
    }

    /// ERC-721.
    pub fn is_approved_for_all(&self, owner: Address, operator: Address) -> bool {
        self.state.approvals().is_operator(owner, operator)
    }

    /// ERC-721.
    pub fn approve(&mut self, to: Address, token_id: U256) -> Result<(), Erc721Error> {
        let (caller, owner) = (self.vm().msg_sender(), self.owner_of(token_id)?);
        self.state
            .approvals_mut()
            .approve(caller, owner, to, token_id)
    }

    /// ERC-721.
    pub fn set_approval_for_all(&mut self, operator: Address, approved: bool) {
        let owner = self.vm().msg_sender();
        self.state
            .approvals_mut()
            .approve_all(owner, operator, approved);
    }

    /// ERC-721.
    pub fn transfer_from(
        &mut self,
        from: Address,
        to: Address,
        token_id: U256,
    ) -> Result<(), Erc721Error> {
        let owner = self.remove(token_id)?;
        if owner != from {
            return Err(ERC721IncorrectOwner {
                sender: from,
                tokenId: token_id,
                owner,
            }
            .into());
        }
        self.add(owner, to, token_id)
    }

    /// ERC-721.
    pub fn safe_transfer_from<S: TopLevelStorage + BorrowMut<Self>>(
        storage: &mut S,
        from: Address,
        to: Address,
        token_id: U256,
    ) -> Result<(), Erc721Error> {
        Self::safe_transfer_from_with_data(storage, from, to, token_id, Bytes::new())
    }

    /// ERC-721.
    #[selector(name = "safeTransferFrom")]
    pub fn safe_transfer_from_with_data<S: TopLevelStorage + BorrowMut<Self>>(
        storage: &mut S,
        from: Address,
        to: Address,
        token_id: U256,
        data: Bytes,
    ) -> Result<(), Erc721Error> {
        let this: &mut Self = storage.borrow_mut();
        this.transfer_from(from, to, token_id)?;
        let vm = this.vm().clone();
        receiver::check(storage, &vm, from, to, token_id, &data)
    }

    /// Mints a token for each of these ids. Only the minter may.
    pub fn mint(&mut self, to: Address, token_ids: Vec<U256>) -> Result<(), Erc721Error> {
        let (caller, minter) = (self.vm().msg_sender(), self.state.minter().get());
        for token_id in token_ids {
            if caller != minter {
                return Err(NotMinter { caller, minter }.into());
            }
            if !self.state.owner(token_id).is_zero() {
                let sender = Address::ZERO;
                return Err(ERC721InvalidSender { sender }.into());
            }
            self.add(Address::ZERO, to, token_id)?;
        }
        Ok(())
    }

    /// Burns a token. Its owner may, and all who may transfer it.
    pub fn burn(&mut self, token_id: U256) -> Result<(), Erc721Error> {
        let owner = self.remove(token_id)?;
        self.state.delete(token_id);
        self.vm().log(Transfer {
            from: owner,
            to: Address::ZERO,
            tokenId: token_id,
        });
        Ok(())
    }
}

impl<C: CollectionState> Erc721<C> {
    /// The collection starts without tokens; `minter` mints them.
    #[initializing]
    pub fn initialize(&mut self, _: Proof, minter: Address) {
        self.state.minter_mut().set(minter);
    }

    /// Removes a token from its owner, if the caller may transfer it: the owner.
    fn remove(&mut self, token: U256) -> Result<Address, Erc721Error> {
        let (caller, owner) = (self.vm().msg_sender(), self.owner_of(token)?);
        self.state.approvals_mut().spend(caller, owner, token)?;
        self.state.remove(owner, token);
        Ok(owner)
    }

    /// Gives a token, which was removed from `from` or is new, to `to`.
    fn add(&mut self, from: Address, to: Address, token: U256) -> Result<(), Erc721Error> {
        if to.is_zero() {
            return Err(ERC721InvalidReceiver { receiver: to }.into());
        }
        self.state.add(to, token);
        self.vm().log(Transfer {
            from,
            to,
            tokenId: token,
        });
        Ok(())
    }
}

/// Whether an interface (ERC-165) is one that every collection has.
pub fn supports_interface(interface: FixedBytes<4>) -> bool {
    INTERFACES.contains(&interface.0)
}
