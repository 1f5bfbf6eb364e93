//! Version 2 of the ledger: hundredths of a cent, and when an account was last written. There
//! may be any number of accounts, so each is migrated lazily: read in the new form at once,
//! converted when it is written, or when anybody sweeps it.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use stylus_sdk::{alloy_primitives::Address, prelude::*};
use stylus_upgradeable::lazy::{Lazy, LazyCell, LazyMap, lazy_maps};
use stylus_upgradeable::prelude::*;

pub mod account;

use account::{Amount, Cents};

/// What the ledger refuses.
#[derive(SolidityError, Debug)]
pub enum LedgerError {
    /// An initializer or a migration may not run now.
    Migratable(MigratableError),
}

/// Slots 0 and 1 as in version 1; the new form of each lies in a namespace of its own.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Ledger {
    #[layout(
        opaque = "lazy mapping(address => Amount)",
        retyped_from = "mapping(address => uint256)"
    )]
    accounts: LazyMap<Address, Cents, Amount>,
    #[layout(opaque = "lazy Amount", retyped_from = "uint256")]
    fee: LazyCell<Cents, Amount>,
}

lazy_maps!(Ledger { accounts, fee });

#[upgradeable]
#[public]
#[implements(Lazy)]
impl Ledger {
    /// Nothing is converted here; `accounts` is how many there are, for `remaining`.
    #[migration(from = "1.0", to = "2.0")]
    pub fn migrate(&mut self, proof: Proof, accounts: u64) -> Result<(), LedgerError> {
        self.accounts.begin(proof, accounts);
        Ok(())
    }

    /// What an account has, in hundredths of a cent, and since when.
    pub fn account(&self, account: Address) -> (u128, u64) {
        let Amount { hundredths, since } = self.accounts.get(&account);
        (hundredths, since)
    }

    /// Whether an account has no old form any more.
    pub fn is_converted(&self, account: Address) -> bool {
        self.accounts.is_converted(&account)
    }

    /// The fee, in hundredths of a cent, and since when.
    pub fn fee(&self) -> (u128, u64) {
        let Amount { hundredths, since } = self.fee.get();
        (hundredths, since)
    }

    /// Sets what an account has, in hundredths of a cent.
    pub fn write(&mut self, account: Address, hundredths: u128) {
        let amount = self.now(hundredths);
        self.accounts.insert(&account, &amount);
    }

    /// Deletes an account.
    pub fn close(&mut self, account: Address) {
        self.accounts.remove(&account);
    }

    /// Sets the fee, in hundredths of a cent.
    pub fn set_fee(&mut self, hundredths: u128) {
        let amount = self.now(hundredths);
        self.fee.set(&amount);
    }
}

impl Ledger {
    fn now(&self, hundredths: u128) -> Amount {
        Amount {
            hundredths,
            since: self.vm().block_timestamp(),
        }
    }
}
