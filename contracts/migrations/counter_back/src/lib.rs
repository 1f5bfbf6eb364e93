//! Migration script: the counter from version 2 back to the data of version 1.
//!
//! The proxy delegatecalls it, once, in a step of kind 2; the proxy sets the marks. Whatever the
//! calldata, it zeroes the slot of the step that version 2 added, and version 1's data stays.
//!
//! What was written at version 2: the value keeps all that was counted, in steps or not; the step
//! itself is lost, and from here on the counter counts in ones. Where nothing was counted, forward
//! and back leaves every slot as version 1 wrote it.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::vec::Vec;

use stylus_sdk::{alloy_primitives::U256, prelude::*, storage::StorageU256};

/// The storage of version 2, as far as its layout goes.
#[storage]
#[entrypoint]
pub struct CounterBack {
    _value: StorageU256,
    step: StorageU256,
}

#[public]
impl CounterBack {
    /// Removes the step.
    #[fallback]
    pub fn back(&mut self, _calldata: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
        self.step.set(U256::ZERO);
        Ok(Vec::new())
    }
}
