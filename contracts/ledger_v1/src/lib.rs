//! Version 1 of a ledger: every account has cents. Who may change what is not its subject:
//! everybody changes his own account, and the fee.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::vec::Vec;

use stylus_sdk::{
    alloy_primitives::{Address, U256},
    prelude::*,
    storage::{StorageMap, StorageU256},
};
use stylus_upgradeable::prelude::*;

/// What the ledger refuses.
#[derive(SolidityError, Debug)]
pub enum LedgerError {
    /// An initializer or a migration may not run now.
    Migratable(MigratableError),
}

/// Slots 0 and 1, all in cents.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Ledger {
    accounts: StorageMap<Address, StorageU256>,
    fee: StorageU256,
}

#[upgradeable]
#[public]
impl Ledger {
    /// Nobody has anything.
    #[initializer("1.0")]
    pub fn initialize(&mut self, fee: u64) -> Result<(), LedgerError> {
        self.fee.set(U256::from(fee));
        Ok(())
    }

    /// What an account has, in cents.
    pub fn balance(&self, account: Address) -> U256 {
        self.accounts.get(account)
    }

    /// The fee, in cents.
    pub fn fee(&self) -> U256 {
        self.fee.get()
    }

    /// Sets what these accounts have, in cents.
    pub fn write(&mut self, accounts: Vec<Address>, cents: u64) {
        for account in accounts {
            self.accounts.insert(account, U256::from(cents));
        }
    }

    /// Deletes an account.
    pub fn close(&mut self, account: Address) {
        self.accounts.delete(account);
    }
}
