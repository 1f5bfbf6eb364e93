//! Version 1 of the smallest upgradeable contract.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use shared::counter::{CounterError, CounterState};
use stylus_sdk::{alloy_primitives::U256, prelude::*};
use stylus_upgradeable::prelude::*;

/// A counter.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Counter {
    state: CounterState,
}

#[upgradeable]
#[public]
impl Counter {
    /// Starts at `value`, once, when the instance is created.
    #[initializer("1.0")]
    pub fn initialize(&mut self, proof: Proof, value: U256) -> Result<(), CounterError> {
        self.state.initialize(proof, value);
        Ok(())
    }

    /// The value.
    pub fn value(&self) -> U256 {
        self.state.value.get()
    }

    /// Adds one.
    pub fn increment(&mut self) -> Result<(), CounterError> {
        Ok(self.state.add(U256::ONE)?)
    }
}
