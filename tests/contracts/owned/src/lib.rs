//! A contract as the SDK's users write it: its constructor takes an owner's limit, ether and names.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::{string::String, vec, vec::Vec};

use stylus_sdk::{
    alloy_primitives::{Address, U256},
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageString, StorageU256},
};

/// Slots 0 to 4.
#[storage]
#[entrypoint]
pub struct Owned {
    owner: StorageAddress,
    limit: StorageU256,
    received: StorageU256,
    last_name: StorageString,
    credits: StorageMap<Address, StorageU256>,
}

#[public]
impl Owned {
    /// Who signed the transaction owns it. A limit of zero is refused.
    #[constructor]
    #[payable]
    pub fn constructor(&mut self, limit: U256, names: Vec<String>) -> Result<(), Vec<u8>> {
        if limit.is_zero() {
            return Err(b"no limit".to_vec());
        }
        self.owner.set(self.vm().tx_origin());
        self.limit.set(limit);
        self.received.set(self.vm().msg_value());
        if limit == U256::from(13) {
            // An unlucky number: this is no account of a person.
            let caller = self.vm().msg_sender();
            self.credits.setter(caller).set(limit);
        }
        if let Some(last) = names.last() {
            self.last_name.set_str(last);
        }
        Ok(())
    }

    /// The owner.
    pub fn owner(&self) -> Address {
        self.owner.get()
    }

    /// The limit.
    pub fn limit(&self) -> U256 {
        self.limit.get()
    }

    /// Wei that the constructor got.
    pub fn received(&self) -> U256 {
        self.received.get()
    }

    /// The last of the names.
    pub fn last_name(&self) -> String {
        self.last_name.get_string()
    }
}
