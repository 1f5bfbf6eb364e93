//! The storage of version 1 and the rules of ERC-20. Version 2 compiles this very file, see
//! `counter_v1`.

use stylus_sdk::{
    alloy_primitives::{Address, U256},
    alloy_sol_types::sol,
    prelude::*,
    storage::{StorageMap, StorageU256},
};
use stylus_upgradeable::prelude::*;

sol! {
    /// ERC-20.
    #[derive(Debug)]
    event Transfer(address indexed from, address indexed to, uint256 value);
    /// ERC-20.
    #[derive(Debug)]
    event Approval(address indexed owner, address indexed spender, uint256 value);

    /// ERC-6093: `sender` does not have `needed`.
    #[derive(Debug)]
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    /// ERC-6093: `spender` was not given `needed`.
    #[derive(Debug)]
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    /// ERC-6093: nobody has the zero address.
    #[derive(Debug)]
    error ERC20InvalidReceiver(address receiver);
    /// ERC-6093: nobody has the zero address.
    #[derive(Debug)]
    error ERC20InvalidSpender(address spender);
}

/// What ERC-20 refuses (ERC-6093).
#[derive(SolidityError, Debug)]
pub enum Erc20Error {
    /// The sender has less.
    Balance(ERC20InsufficientBalance),
    /// The spender may spend less.
    Allowance(ERC20InsufficientAllowance),
    /// The receiver is the zero address.
    Receiver(ERC20InvalidReceiver),
    /// The spender is the zero address.
    Spender(ERC20InvalidSpender),
    /// An initializer or a migration may not run now.
    Migratable(MigratableError),
}

/// Slots 0 to 2.
#[storage]
#[derive(StorageLayout)]
pub struct Erc20State {
    /// The sum of all balances.
    pub total_supply: StorageU256,
    /// Who has how much.
    pub balances: StorageMap<Address, StorageU256>,
    /// Owner → spender → how much the spender may take.
    pub allowances: StorageMap<Address, StorageMap<Address, StorageU256>>,
}

impl Erc20State {
    /// Gives the whole supply to `owner`.
    ///
    /// # Errors
    /// `ERC20InvalidReceiver` if that is the zero address.
    #[initializing]
    pub fn initialize(&mut self, _: Proof, owner: Address, supply: U256) -> Result<(), Erc20Error> {
        self.total_supply.set(supply);
        self.receive(Address::ZERO, owner, supply)
    }

    /// Moves `value` from `from` to `to`.
    ///
    /// # Errors
    /// `ERC20InsufficientBalance`, `ERC20InvalidReceiver`.
    pub fn transfer(&mut self, from: Address, to: Address, value: U256) -> Result<(), Erc20Error> {
        let balance = self.balances.get(from);
        let rest = balance.checked_sub(value).ok_or(ERC20InsufficientBalance {
            sender: from,
            balance,
            needed: value,
        })?;
        self.balances.insert(from, rest);
        self.receive(from, to, value)
    }

    /// Takes `value` off what `spender` may take from `owner`; the highest value never shrinks.
    ///
    /// # Errors
    /// `ERC20InsufficientAllowance`.
    pub fn spend(
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

    /// Lets `spender` take `value` from `owner`.
    ///
    /// # Errors
    /// `ERC20InvalidSpender`.
    pub fn approve(
        &mut self,
        owner: Address,
        spender: Address,
        value: U256,
    ) -> Result<(), Erc20Error> {
        if spender.is_zero() {
            return Err(ERC20InvalidSpender { spender }.into());
        }
        self.allowances.setter(owner).insert(spender, value);
        self.vm().log(Approval {
            owner,
            spender,
            value,
        });
        Ok(())
    }

    /// Adds `value`, which was taken off `from` or is new; the sum of all balances fits a word.
    fn receive(&mut self, from: Address, to: Address, value: U256) -> Result<(), Erc20Error> {
        if to.is_zero() {
            return Err(ERC20InvalidReceiver { receiver: to }.into());
        }
        let balance = self.balances.get(to);
        self.balances.insert(to, balance.wrapping_add(value));
        self.vm().log(Transfer { from, to, value });
        Ok(())
    }
}
