//! The storage of the enumerable collection: owners, balances and lists of the tokens.
//!
//! Including a token stores two new words and changes two that exist. A token's positions in the
//! lists lie in the twelve bytes beside its owner. The number of an owner's included tokens lies in
//! the upper half of the word of his balance. Both are zero in the data of a basic collection,
//! which means that the token is not included.

use stylus_sdk::{
    alloy_primitives::{Address, U128, U256, aliases::U48},
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU128, StorageU256, StorageUint},
};
use stylus_upgradeable::prelude::*;

use super::{
    Approvals, CollectionState,
    enumerable::{AlreadyIncluded, ERC721OutOfBoundsIndex, EnumerableError, Included},
    error::ERC721NonexistentToken,
};

/// One word: the owner, and the token's positions in both lists, counted from 1. A position of 0
/// means that the token is not included.
#[storage]
#[derive(StorageLayout)]
pub struct Token {
    owner: StorageAddress,
    in_all: StorageUint<48, 1>,
    in_owned: StorageUint<48, 1>,
}

/// One word: a balance, and how many of these tokens are included.
#[storage]
#[derive(StorageLayout)]
pub struct Holder {
    balance: StorageU128,
    included: StorageU128,
}

/// Slots 0 to 7; 0 to 4 are those of a basic collection.
#[storage]
#[derive(StorageLayout)]
pub struct FullState {
    // A word of a basic collection is read unchanged: its token is not included.
    #[layout(renamed_from = "owners", retyped_from = "mapping(uint256 => address)")]
    tokens: StorageMap<U256, Token>,
    #[layout(
        renamed_from = "balances",
        retyped_from = "mapping(address => uint256)"
    )]
    holders: StorageMap<Address, Holder>,
    /// Slots 2 and 3.
    approvals: Approvals,
    minter: StorageAddress,
    supply: StorageU256,
    all: StorageMap<U256, StorageU256>,
    owned: StorageMap<Address, StorageMap<U256, StorageU256>>,
}

impl CollectionState for FullState {
    fn owner(&self, token: U256) -> Address {
        self.tokens.getter(token).owner.get()
    }

    fn balance(&self, owner: Address) -> U256 {
        U256::from(self.held(owner))
    }

    fn add(&mut self, owner: Address, token: U256) {
        let more = self.held(owner).saturating_add(1);
        self.set_balance(owner, more);
        self.tokens.setter(token).owner.set(owner);
        self.append(token, owner);
    }

    /// A token that the migration left out is included first.
    fn remove(&mut self, owner: Address, token: U256) {
        if !self.is_included(token) {
            self.include_owned(token, owner);
        }
        self.unlist(token, owner);
        let less = self.held(owner).saturating_sub(1); // it has one
        self.set_balance(owner, less);
    }

    fn delete(&mut self, token: U256) {
        self.tokens.setter(token).owner.set(Address::ZERO);
    }

    fn approvals(&self) -> &Approvals {
        &self.approvals
    }

    fn approvals_mut(&mut self) -> &mut Approvals {
        &mut self.approvals
    }

    fn minter(&self) -> &StorageAddress {
        &self.minter
    }

    fn minter_mut(&mut self) -> &mut StorageAddress {
        &mut self.minter
    }
}

impl FullState {
    /// How many tokens an owner has.
    pub fn held(&self, owner: Address) -> u64 {
        self.holders.getter(owner).balance.get().saturating_to()
    }

    /// How many tokens are included.
    pub fn supply(&self) -> u64 {
        self.supply.get().saturating_to()
    }

    /// How many of an owner's tokens are included.
    pub fn included(&self, owner: Address) -> u64 {
        self.holders.getter(owner).included.get().saturating_to()
    }

    /// Whether a token is included.
    pub fn is_included(&self, token: U256) -> bool {
        !self.tokens.getter(token).in_all.get().is_zero()
    }

    /// Whether all tokens of an owner are included.
    pub fn is_complete(&self, owner: Address) -> bool {
        self.included(owner) == self.held(owner)
    }

    /// The included token at an index.
    ///
    /// # Errors
    /// `ERC721OutOfBoundsIndex`.
    pub fn token_at(&self, index: U256) -> Result<U256, EnumerableError> {
        check_bounds(Address::ZERO, index, self.supply())?;
        Ok(self.all.get(index))
    }

    /// The owner's included token at an index.
    ///
    /// # Errors
    /// `ERC721OutOfBoundsIndex`.
    pub fn token_of(&self, owner: Address, index: U256) -> Result<U256, EnumerableError> {
        check_bounds(owner, index, self.included(owner))?;
        Ok(self.owned.getter(owner).get(index))
    }

    /// Includes a token that exists.
    ///
    /// # Errors
    /// `ERC721NonexistentToken`, `AlreadyIncluded`.
    pub fn include(&mut self, token: U256) -> Result<(), EnumerableError> {
        let owner = self.owner(token);
        if owner.is_zero() {
            return Err(ERC721NonexistentToken { tokenId: token }.into());
        }
        if self.is_included(token) {
            return Err(AlreadyIncluded { tokenId: token }.into());
        }
        self.include_owned(token, owner);
        Ok(())
    }

    /// Includes those of these tokens that are not included yet.
    ///
    /// # Errors
    /// `ERC721NonexistentToken`; `AlreadyIncluded` where there are tokens and none of them is new.
    pub fn include_all(&mut self, tokens: &[U256]) -> Result<(), EnumerableError> {
        let mut is_new = false;
        for token in tokens {
            if !self.is_included(*token) {
                self.include(*token)?;
                is_new = true;
            }
        }
        match tokens.first() {
            Some(token) if !is_new => Err(AlreadyIncluded { tokenId: *token }.into()),
            _ => Ok(()),
        }
    }

    /// Removes the token that was included last, for a migration that turns back.
    pub fn exclude_last(&mut self) {
        let Some(last) = self.supply().checked_sub(1) else {
            return;
        };
        let token = self.all.get(U256::from(last));
        let owner = self.tokens.getter(token).owner.get();
        self.unlist(token, owner);
    }

    /// Includes a token that is not included.
    fn include_owned(&mut self, token: U256, owner: Address) {
        self.append(token, owner);
        self.vm().log(Included {
            tokenId: token,
            owner,
        });
    }

    fn set_balance(&mut self, owner: Address, balance: u64) {
        self.holders.setter(owner).balance.set(U128::from(balance));
    }

    /// Appends a token to both lists.
    fn append(&mut self, token: U256, owner: Address) {
        let (in_all, in_owned) = (self.supply(), self.included(owner));
        self.all.insert(U256::from(in_all), token);
        self.owned.setter(owner).insert(U256::from(in_owned), token);
        self.set_positions(token, in_all + 1, in_owned + 1);
        self.set_counts(owner, in_all + 1, in_owned + 1);
    }

    /// Removes a token from both lists: the last token of each moves to its position.
    fn unlist(&mut self, token: U256, owner: Address) {
        let (last_in_all, last_in_owned) = (self.supply(), self.included(owner));
        let (in_all, in_owned) = self.positions(token);
        if in_all != last_in_all {
            let last = self.all.get(index(last_in_all));
            self.all.insert(index(in_all), last);
            let (_, owned) = self.positions(last);
            self.set_positions(last, in_all, owned);
        }
        if in_owned != last_in_owned {
            let last = self.owned.getter(owner).get(index(last_in_owned));
            self.owned.setter(owner).insert(index(in_owned), last);
            let (all, _) = self.positions(last);
            self.set_positions(last, all, in_owned);
        }
        self.all.delete(index(last_in_all));
        self.owned.setter(owner).delete(index(last_in_owned));
        self.set_positions(token, 0, 0);
        self.set_counts(owner, last_in_all - 1, last_in_owned - 1);
    }

    fn positions(&self, token: U256) -> (u64, u64) {
        let token = self.tokens.getter(token);
        (
            token.in_all.get().saturating_to(),
            token.in_owned.get().saturating_to(),
        )
    }

    fn set_positions(&mut self, token: U256, in_all: u64, in_owned: u64) {
        let mut token = self.tokens.setter(token);
        token.in_all.set(U48::saturating_from(in_all));
        token.in_owned.set(U48::saturating_from(in_owned));
    }

    fn set_counts(&mut self, owner: Address, supply: u64, included: u64) {
        self.supply.set(U256::from(supply));
        self.holders
            .setter(owner)
            .included
            .set(U128::from(included));
    }
}

/// The index, from 0, of a position, which counts from 1.
fn index(n: u64) -> U256 {
    U256::from(n.saturating_sub(1))
}

fn check_bounds(owner: Address, index: U256, count: u64) -> Result<(), EnumerableError> {
    if index < U256::from(count) {
        Ok(())
    } else {
        Err(ERC721OutOfBoundsIndex { owner, index }.into())
    }
}
