//! The storage of version 1, and what version 1 does with it. Version 2 compiles this very
//! file: a crate with an `#[entrypoint]` cannot be a dependency of another one, because both
//! would define the symbol `user_entrypoint`.

use stylus_sdk::{alloy_primitives::U256, alloy_sol_types::sol, prelude::*, storage::StorageU256};
use stylus_upgradeable::prelude::*;

sol! {
    /// The counter does not go beyond 2^256 - 1.
    #[derive(Debug)]
    error Overflow(uint256 value, uint256 step);
}

/// Slot 0: the value.
#[storage]
#[derive(StorageLayout)]
pub struct CounterState {
    /// What is counted.
    pub value: StorageU256,
}

impl CounterState {
    /// Starts at `value`.
    #[initializing]
    pub fn initialize(&mut self, _: Proof, value: U256) {
        self.value.set(value);
    }

    /// Adds `step` to the value.
    ///
    /// # Errors
    /// [`Overflow`] beyond 2^256 - 1.
    pub fn add(&mut self, step: U256) -> Result<(), Overflow> {
        let value = self.value.get();
        let sum = value.checked_add(step).ok_or(Overflow { value, step })?;
        self.value.set(sum);
        Ok(())
    }
}
