//! A program as the SDK's users write it, without the framework: whoever calls its initializers first decides.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::vec::Vec;

use stylus_sdk::{
    alloy_primitives::{Address, U256},
    prelude::*,
    storage::{StorageAddress, StorageBool, StorageU256},
};

/// Slots 0 to 3.
#[storage]
#[entrypoint]
pub struct Unguarded {
    initialized: StorageBool,
    keeper: StorageAddress,
    logic: StorageAddress,
    fee: StorageU256,
}

#[public]
impl Unguarded {
    /// Usual, and open.
    pub fn initialize(
        &mut self,
        keeper: Address,
        logic: Address,
        fee: U256,
    ) -> Result<(), Vec<u8>> {
        if self.initialized.get() {
            return Err(b"initialized".to_vec());
        }
        self.initialized.set(true);
        self.keeper.set(keeper);
        self.logic.set(logic);
        self.fee.set(fee);
        Ok(())
    }

    /// The keeper alone.
    pub fn set_fee(&mut self, fee: U256) -> Result<(), Vec<u8>> {
        if self.vm().msg_sender() != self.keeper.get() {
            return Err(b"keeper".to_vec());
        }
        self.fee.set(fee);
        Ok(())
    }

    /// The fee.
    pub fn fee(&self) -> U256 {
        self.fee.get()
    }
}
