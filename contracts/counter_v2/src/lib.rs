//! Version 2 of the counter: a step, and the migration to it.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use shared::counter::{CounterError, CounterState};
use stylus_sdk::{alloy_primitives::U256, prelude::*, storage::StorageU256};
use stylus_upgradeable::prelude::*;

/// A counter that counts in steps. Version 1's storage comes first, in the same slots; new
/// fields follow.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Counter {
    state: CounterState,
    step: StorageU256,
}

#[upgradeable]
#[public]
impl Counter {
    /// Starts at `value` and counts in steps of `step`, for an instance that is created at 2.0.
    #[initializer("2.0")]
    pub fn initialize(
        &mut self,
        proof: Proof,
        value: U256,
        step: U256,
    ) -> Result<(), CounterError> {
        self.state.initialize(proof, value);
        self.step.set(step);
        Ok(())
    }

    /// Counts in steps of `step` from now on; the value stays.
    #[migration(from = "1.0", to = "2.0")]
    pub fn migrate(&mut self, step: U256) -> Result<(), CounterError> {
        self.step.set(step);
        Ok(())
    }

    /// The value.
    pub fn value(&self) -> U256 {
        self.state.value.get()
    }

    /// The step.
    pub fn step(&self) -> U256 {
        self.step.get()
    }

    /// Adds the step.
    pub fn increment(&mut self) -> Result<(), CounterError> {
        Ok(self.state.add(self.step.get())?)
    }
}
