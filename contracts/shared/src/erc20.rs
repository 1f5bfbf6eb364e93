//! An ERC-20 token: its storage, its rules and its public methods. Both versions of the contract
//! inherit them from here.
//!
//! The methods are `#[inline]`, so that they are compiled together with the contract and share
//! generic code with it. Without that, a program is 3 % larger.

use alloc::{string::String, vec::Vec};

use stylus_sdk::{
    alloy_primitives::{Address, U256},
    prelude::*,
    storage::{StorageMap, StorageU256},
};
use stylus_upgradeable::prelude::*;

mod error;

pub use error::{
    Approval, ERC20InsufficientAllowance, ERC20InsufficientBalance, ERC20InvalidReceiver,
    ERC20InvalidSpender, Erc20Error, Transfer,
};

/// The token's name.
pub const NAME: &str = "Walnut";

/// A token with a fixed supply. Slots 0 to 2.
#[storage]
#[derive(StorageLayout)]
pub struct Erc20 {
    /// The sum of all balances.
    total_supply: StorageU256,
    /// Balances by owner.
    balances: StorageMap<Address, StorageU256>,
    /// Allowances by owner and spender.
    allowances: StorageMap<Address, StorageMap<Address, StorageU256>>,
}

#[inheritable]
#[public]
impl Erc20 {
    /// ERC-20.
    #[inline]
    pub fn name(&self) -> String {
        NAME.into()
    }

    /// ERC-20.
    #[inline]
    pub fn symbol(&self) -> String {
        "WAL".into()
    }

    /// ERC-20: 18, as ether.
    #[inline]
    pub fn decimals(&self) -> u8 {
        18
    }

    /// ERC-20.
    #[inline]
    pub fn total_supply(&self) -> U256 {
        self.total_supply.get()
    }

    /// ERC-20.
    #[inline]
    pub fn balance_of(&self, owner: Address) -> U256 {
        self.balances.get(owner)
    }

    /// ERC-20.
    #[inline]
    pub fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.getter(owner).get(spender)
    }

    /// ERC-20.
    #[inline]
    pub fn transfer(&mut self, to: Address, value: U256) -> Result<bool, Erc20Error> {
        self.move_balance(self.vm().msg_sender(), to, value)?;
        Ok(true)
    }

    /// ERC-20.
    #[inline]
    pub fn approve(&mut self, spender: Address, value: U256) -> Result<bool, Erc20Error> {
        self.set_allowance(self.vm().msg_sender(), spender, value)?;
        Ok(true)
    }

    /// ERC-20.
    #[inline]
    pub fn transfer_from(
        &mut self,
        from: Address,
        to: Address,
        value: U256,
    ) -> Result<bool, Erc20Error> {
        self.spend_allowance(from, self.vm().msg_sender(), value)?;
        self.move_balance(from, to, value)?;
        Ok(true)
    }
}

impl Erc20 {
    /// Gives the whole supply to `owner`.
    ///
    /// # Errors
    /// `ERC20InvalidReceiver` if that is the zero address.
    #[initializing]
    #[inline]
    pub fn initialize(&mut self, _: Proof, owner: Address, supply: U256) -> Result<(), Erc20Error> {
        self.total_supply.set(supply);
        self.add_balance(Address::ZERO, owner, supply)
    }

    /// Lets `spender` take `value` from `owner`.
    ///
    /// # Errors
    /// `ERC20InvalidSpender`.
    #[inline]
    pub fn set_allowance(
        &mut self,
        owner: Address,
        spender: Address,
        value: U256,
    ) -> Result<(), ERC20InvalidSpender> {
        if spender.is_zero() {
            return Err(ERC20InvalidSpender { spender });
        }
        self.allowances.setter(owner).insert(spender, value);
        self.vm().log(Approval {
            owner,
            spender,
            value,
        });
        Ok(())
    }

    /// Moves `value` from `from` to `to`.
    #[inline]
    fn move_balance(&mut self, from: Address, to: Address, value: U256) -> Result<(), Erc20Error> {
        let balance = self.balances.get(from);
        let rest = balance.checked_sub(value).ok_or(ERC20InsufficientBalance {
            sender: from,
            balance,
            needed: value,
        })?;
        self.balances.insert(from, rest);
        self.add_balance(from, to, value)
    }

    /// Takes `value` off the allowance of `spender`; an allowance of 2^256 - 1 is unlimited.
    #[inline]
    fn spend_allowance(
        &mut self,
        owner: Address,
        spender: Address,
        value: U256,
    ) -> Result<(), Erc20Error> {
        let allowance = self.allowances.getter(owner).get(spender);
        if allowance == U256::MAX {
            return Ok(());
        }
        let rest = allowance
            .checked_sub(value)
            .ok_or(ERC20InsufficientAllowance {
                spender,
                allowance,
                needed: value,
            })?;
        self.allowances.setter(owner).insert(spender, rest);
        Ok(())
    }

    /// Adds `value`, which was taken off `from` or is new. It cannot overflow: the sum of all
    /// balances fits a word.
    #[inline]
    fn add_balance(&mut self, from: Address, to: Address, value: U256) -> Result<(), Erc20Error> {
        if to.is_zero() {
            return Err(ERC20InvalidReceiver { receiver: to }.into());
        }
        let balance = self.balances.get(to);
        self.balances.insert(to, balance.wrapping_add(value));
        self.vm().log(Transfer { from, to, value });
        Ok(())
    }
}
