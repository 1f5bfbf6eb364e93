//! Owners and balances, and nothing that could list them.

use stylus_sdk::{
    alloy_primitives::{Address, U256},
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU256},
};
use stylus_upgradeable::prelude::*;

use crate::{
    approvals::Approvals,
    error::{
        ERC721IncorrectOwner, ERC721InvalidOwner, ERC721InvalidReceiver, ERC721InvalidSender,
        ERC721NonexistentToken, Erc721Error, NotMinter, Transfer,
    },
};

/// Slots 0 to 4.
#[storage]
#[derive(StorageLayout)]
pub struct BasicState {
    owners: StorageMap<U256, StorageAddress>,
    balances: StorageMap<Address, StorageU256>,
    /// Slots 2 and 3.
    pub approvals: Approvals,
    minter: StorageAddress,
}

impl BasicState {
    /// There are no tokens; `minter` makes them.
    #[initializing]
    pub fn initialize(&mut self, _: Proof, minter: Address) {
        self.minter.set(minter);
    }

    /// Who has the token.
    ///
    /// # Errors
    /// `ERC721NonexistentToken`.
    pub fn owner_of(&self, token: U256) -> Result<Address, Erc721Error> {
        let owner = self.owners.get(token);
        if owner.is_zero() {
            return Err(ERC721NonexistentToken { tokenId: token }.into());
        }
        Ok(owner)
    }

    /// How many tokens somebody has.
    ///
    /// # Errors
    /// `ERC721InvalidOwner` for the zero address.
    pub fn balance_of(&self, owner: Address) -> Result<U256, Erc721Error> {
        if owner.is_zero() {
            return Err(ERC721InvalidOwner { owner }.into());
        }
        Ok(self.balances.get(owner))
    }

    /// Makes a token.
    ///
    /// # Errors
    /// `NotMinter`, `ERC721InvalidReceiver`, `ERC721InvalidSender` if there is one.
    pub fn mint(&mut self, caller: Address, to: Address, token: U256) -> Result<(), Erc721Error> {
        let minter = self.minter.get();
        if caller != minter {
            return Err(NotMinter { caller, minter }.into());
        }
        if !self.owners.get(token).is_zero() {
            let sender = Address::ZERO;
            return Err(ERC721InvalidSender { sender }.into());
        }
        self.give(Address::ZERO, to, token)
    }

    /// Moves a token.
    ///
    /// # Errors
    /// `ERC721NonexistentToken`, `ERC721InsufficientApproval`, `ERC721IncorrectOwner`,
    /// `ERC721InvalidReceiver`.
    pub fn transfer(
        &mut self,
        caller: Address,
        from: Address,
        to: Address,
        token: U256,
    ) -> Result<(), Erc721Error> {
        let owner = self.owner_of(token)?;
        self.approvals.spend(caller, owner, token)?;
        if owner != from {
            return Err(ERC721IncorrectOwner {
                sender: from,
                tokenId: token,
                owner,
            }
            .into());
        }
        self.take(owner);
        self.give(owner, to, token)
    }

    /// Destroys a token.
    ///
    /// # Errors
    /// `ERC721NonexistentToken`, `ERC721InsufficientApproval`.
    pub fn burn(&mut self, caller: Address, token: U256) -> Result<(), Erc721Error> {
        let owner = self.owner_of(token)?;
        self.approvals.spend(caller, owner, token)?;
        self.take(owner);
        self.owners.delete(token);
        self.vm().log(Transfer {
            from: owner,
            to: Address::ZERO,
            tokenId: token,
        });
        Ok(())
    }

    fn take(&mut self, from: Address) {
        let balance = self.balances.get(from);
        self.balances.insert(from, balance.wrapping_sub(U256::ONE)); // it has one
    }

    fn give(&mut self, from: Address, to: Address, token: U256) -> Result<(), Erc721Error> {
        if to.is_zero() {
            return Err(ERC721InvalidReceiver { receiver: to }.into());
        }
        let balance = self.balances.get(to);
        self.balances.insert(to, balance.wrapping_add(U256::ONE));
        self.owners.insert(token, to);
        self.vm().log(Transfer {
            from,
            to,
            tokenId: token,
        });
        Ok(())
    }
}
