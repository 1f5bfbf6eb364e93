//! A contract whose steps declare what must hold after them, and leave behind what their caller
//! says, right or wrong.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::{string::String, vec::Vec};

use stylus_sdk::{
    abi::Bytes,
    alloy_primitives::{Address, U256},
    alloy_sol_types::sol,
    prelude::*,
    storage::{StorageAddress, StorageString, StorageU256, StorageVec},
};
use stylus_upgradeable::prelude::*;
use stylus_upgrades_host::call;

sol! {
    /// The steward may not be 1.
    #[derive(Debug)]
    error WrongSteward();
}

/// What the vault refuses.
#[derive(SolidityError, Debug)]
pub enum VaultError {
    /// A refusal of the body itself.
    Steward(WrongSteward),
    /// An initializer or a migration may not run now, or left something behind that is wrong.
    Migratable(MigratableError),
}

/// Slots 0 to 4.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Vault {
    rate: StorageU256,
    keeper: Keeper,
    total: StorageU256,
    deposits: StorageVec<StorageU256>,
}

/// Who looks after it.
#[storage]
#[derive(StorageLayout)]
pub struct Keeper {
    /// Account.
    pub steward: StorageAddress,
    /// Name.
    pub name: StorageString,
}

#[upgradeable]
#[public]
impl Vault {
    /// Sets everything but the rate.
    #[initializer("1.0", nonzero(keeper.steward, keeper.name), holds(Self::is_balanced))]
    pub fn initialize(
        &mut self,
        steward: Address,
        name: String,
        deposits: Vec<U256>,
        total: U256,
    ) -> Result<(), VaultError> {
        self.keeper.steward.set(steward);
        self.keeper.name.set_str(name);
        for deposit in deposits {
            self.deposits.push(deposit);
        }
        self.total.set(total);
        if steward == Address::with_last_byte(1) {
            return Err(WrongSteward {}.into());
        }
        if steward == Address::with_last_byte(2) {
            return Ok(()); // what was declared must hold here, too
        }
        Ok(())
    }

    /// Sets the rate, the steward and the total.
    #[migration(
        from = "1.0",
        to = "2.0",
        nonzero(rate, keeper.steward),
        holds(Self::is_balanced, is_small)
    )]
    pub fn migrate(
        &mut self,
        rate: U256,
        steward: Address,
        total: U256,
    ) -> Result<U256, VaultError> {
        self.rate.set(rate);
        self.keeper.steward.set(steward);
        self.total.set(total);
        Ok(rate)
    }

    /// Sets the rate and looks at it, and then has foreign code do something to its storage
    /// without telling the SDK.
    #[migration(from = "1.0", to = "2.1", nonzero(rate))]
    pub fn migrate_with(
        &mut self,
        rate: U256,
        meddler: Address,
        data: Bytes,
    ) -> Result<(), VaultError> {
        self.rate.set(rate);
        stylus_upgrades_host::storage::flush(false);
        let _ = self.rate.get();
        call::delegate_call(&meddler.into(), &data, u64::MAX);
        Ok(())
    }

    /// For a script: this program, delegatecalled by the proxy of another version.
    #[ensures(nonzero(rate), holds(Self::is_balanced))]
    pub fn repair(&mut self, rate: U256, total: U256) -> Result<U256, VaultError> {
        self.rate.set(rate);
        self.total.set(total);
        Ok(rate)
    }
}

impl Vault {
    /// The deposits are what there is in total.
    fn is_balanced(&self) -> bool {
        let deposits = (0..self.deposits.len()).filter_map(|location| self.deposits.get(location));
        deposits.fold(U256::ZERO, U256::wrapping_add) == self.total.get()
    }
}

/// The rate is one of the rates that there are.
fn is_small(vault: &Vault) -> bool {
    vault.rate.get() < U256::from(100)
}
