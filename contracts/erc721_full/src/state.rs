//! Owners, balances and lists of tokens. The lists are kept so that including a token stores two
//! new words and changes two that are there: where a token stands goes into the twelve bytes
//! that its owner leaves free, an owner's count into the half that his balance leaves free. Both
//! are zero in the data of a basic collection, which means: not included.

use stylus_sdk::{
    alloy_primitives::{Address, U128, U256, aliases::U48},
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU128, StorageU256, StorageUint},
};
use stylus_upgradeable::prelude::*;

use crate::{
    approvals::Approvals,
    enumerable::{AlreadyIncluded, ERC721OutOfBoundsIndex, EnumerableError, Included},
    error::{
        ERC721IncorrectOwner, ERC721InvalidOwner, ERC721InvalidReceiver, ERC721InvalidSender,
        ERC721NonexistentToken, NotMinter, Transfer,
    },
};

/// One word: owner, and where the token stands, both counted from 1 on; 0 if it is not included.
#[storage]
#[derive(StorageLayout)]
pub struct Token {
    owner: StorageAddress,
    in_all: StorageUint<48, 1>,
    in_owned: StorageUint<48, 1>,
}

/// One word.
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
    // The words of a basic collection are read as they are, as not included yet.
    #[layout(renamed_from = "owners", retyped_from = "mapping(uint256 => address)")]
    tokens: StorageMap<U256, Token>,
    #[layout(
        renamed_from = "balances",
        retyped_from = "mapping(address => uint256)"
    )]
    holders: StorageMap<Address, Holder>,
    /// Slots 2 and 3.
    pub approvals: Approvals,
    minter: StorageAddress,
    supply: StorageU256,
    all: StorageMap<U256, StorageU256>,
    owned: StorageMap<Address, StorageMap<U256, StorageU256>>,
}

impl FullState {
    /// There are no tokens; `minter` makes them.
    #[initializing]
    pub fn initialize(&mut self, _: Proof, minter: Address) {
        self.minter.set(minter);
    }

    /// Who has the token.
    ///
    /// # Errors
    /// `ERC721NonexistentToken`.
    pub fn owner_of(&self, token: U256) -> Result<Address, EnumerableError> {
        let owner = self.tokens.getter(token).owner.get();
        if owner.is_zero() {
            return Err(ERC721NonexistentToken { tokenId: token }.into());
        }
        Ok(owner)
    }

    /// How many tokens somebody has.
    ///
    /// # Errors
    /// `ERC721InvalidOwner` for the zero address.
    pub fn balance_of(&self, owner: Address) -> Result<U256, EnumerableError> {
        if owner.is_zero() {
            return Err(ERC721InvalidOwner { owner }.into());
        }
        Ok(U256::from(self.balance(owner)))
    }

    /// How many tokens somebody has.
    pub fn balance(&self, owner: Address) -> u64 {
        self.holders.getter(owner).balance.get().saturating_to()
    }

    /// How many tokens are included.
    pub fn supply(&self) -> u64 {
        self.supply.get().saturating_to()
    }

    /// How many of somebody's tokens are included.
    pub fn included(&self, owner: Address) -> u64 {
        self.holders.getter(owner).included.get().saturating_to()
    }

    /// Whether a token is included.
    pub fn is_included(&self, token: U256) -> bool {
        !self.tokens.getter(token).in_all.get().is_zero()
    }

    /// Whether all tokens of an owner are included.
    pub fn is_complete(&self, owner: Address) -> bool {
        self.included(owner) == self.balance(owner)
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

    /// Includes a token that exists; its owner.
    ///
    /// # Errors
    /// `ERC721NonexistentToken`, `AlreadyIncluded`.
    pub fn include(&mut self, token: U256) -> Result<Address, EnumerableError> {
        let owner = self.owner_of(token)?;
        if self.is_included(token) {
            return Err(AlreadyIncluded { tokenId: token }.into());
        }
        self.append(token, owner);
        self.vm().log(Included {
            tokenId: token,
            owner,
        });
        Ok(owner)
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

    /// Takes the last included token out again, for a migration that turns back.
    pub fn exclude_last(&mut self) {
        let Some(last) = self.supply().checked_sub(1) else {
            return;
        };
        let token = self.all.get(U256::from(last));
        let owner = self.tokens.getter(token).owner.get();
        self.remove(token, owner);
    }

    /// Makes a token.
    ///
    /// # Errors
    /// `NotMinter`, `ERC721InvalidReceiver`, `ERC721InvalidSender` if there is one.
    pub fn mint(
        &mut self,
        caller: Address,
        to: Address,
        token: U256,
    ) -> Result<(), EnumerableError> {
        let minter = self.minter.get();
        if caller != minter {
            return Err(NotMinter { caller, minter }.into());
        }
        if !self.tokens.getter(token).owner.get().is_zero() {
            let sender = Address::ZERO;
            return Err(ERC721InvalidSender { sender }.into());
        }
        self.give(Address::ZERO, to, token)
    }

    /// Moves a token; one that was left out is included first.
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
    ) -> Result<(), EnumerableError> {
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
        self.take(owner, token)?;
        self.give(owner, to, token)
    }

    /// Destroys a token; one that was left out is included first.
    ///
    /// # Errors
    /// `ERC721NonexistentToken`, `ERC721InsufficientApproval`.
    pub fn burn(&mut self, caller: Address, token: U256) -> Result<(), EnumerableError> {
        let owner = self.owner_of(token)?;
        self.approvals.spend(caller, owner, token)?;
        self.take(owner, token)?;
        self.tokens.setter(token).owner.set(Address::ZERO);
        self.vm().log(Transfer {
            from: owner,
            to: Address::ZERO,
            tokenId: token,
        });
        Ok(())
    }

    fn take(&mut self, from: Address, token: U256) -> Result<(), EnumerableError> {
        if !self.is_included(token) {
            self.include(token)?;
        }
        self.remove(token, from);
        let less = self.balance(from).saturating_sub(1); // it has one
        self.set_balance(from, less);
        Ok(())
    }

    fn give(&mut self, from: Address, to: Address, token: U256) -> Result<(), EnumerableError> {
        if to.is_zero() {
            return Err(ERC721InvalidReceiver { receiver: to }.into());
        }
        let more = self.balance(to).saturating_add(1);
        self.set_balance(to, more);
        self.tokens.setter(token).owner.set(to);
        self.append(token, to);
        self.vm().log(Transfer {
            from,
            to,
            tokenId: token,
        });
        Ok(())
    }

    fn set_balance(&mut self, owner: Address, balance: u64) {
        self.holders.setter(owner).balance.set(U128::from(balance));
    }

    /// Puts a token at the end of both lists.
    fn append(&mut self, token: U256, owner: Address) {
        let (in_all, in_owned) = (self.supply(), self.included(owner));
        self.all.insert(U256::from(in_all), token);
        self.owned.setter(owner).insert(U256::from(in_owned), token);
        self.place(token, in_all + 1, in_owned + 1);
        self.count(owner, in_all + 1, in_owned + 1);
    }

    /// Takes a token out of both lists: the last one of each takes its place.
    fn remove(&mut self, token: U256, owner: Address) {
        let (last_in_all, last_in_owned) = (self.supply(), self.included(owner));
        let (in_all, in_owned) = self.places(token);
        if in_all != last_in_all {
            let last = self.all.get(position(last_in_all));
            self.all.insert(position(in_all), last);
            let (_, owned) = self.places(last);
            self.place(last, in_all, owned);
        }
        if in_owned != last_in_owned {
            let last = self.owned.getter(owner).get(position(last_in_owned));
            self.owned.setter(owner).insert(position(in_owned), last);
            let (all, _) = self.places(last);
            self.place(last, all, in_owned);
        }
        self.all.delete(position(last_in_all));
        self.owned.setter(owner).delete(position(last_in_owned));
        self.place(token, 0, 0);
        self.count(owner, last_in_all - 1, last_in_owned - 1);
    }

    fn places(&self, token: U256) -> (u64, u64) {
        let token = self.tokens.getter(token);
        (
            token.in_all.get().saturating_to(),
            token.in_owned.get().saturating_to(),
        )
    }

    fn place(&mut self, token: U256, in_all: u64, in_owned: u64) {
        let mut token = self.tokens.setter(token);
        token.in_all.set(U48::saturating_from(in_all));
        token.in_owned.set(U48::saturating_from(in_owned));
    }

    fn count(&mut self, owner: Address, supply: u64, included: u64) {
        self.supply.set(U256::from(supply));
        self.holders
            .setter(owner)
            .included
            .set(U128::from(included));
    }
}

/// Where a list keeps its `n`th token, counted from 1 on.
fn position(n: u64) -> U256 {
    U256::from(n.saturating_sub(1))
}

fn check_bounds(owner: Address, index: U256, count: u64) -> Result<(), EnumerableError> {
    if index < U256::from(count) {
        Ok(())
    } else {
        Err(ERC721OutOfBoundsIndex { owner, index }.into())
    }
}
