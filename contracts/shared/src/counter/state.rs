//! The storage of version 1, with which the storage of version 2 begins.

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
    #[inline]
    pub fn initialize(&mut self, _: Proof, value: U256) {
        self.value.set(value);
    }

    /// Adds `step` to the value.
    ///
    /// # Errors
    /// [`Overflow`] beyond 2^256 - 1.
    #[inline]
    pub fn add(&mut self, step: U256) -> Result<(), Overflow> {
        let value = self.value.get();
        let sum = value.checked_add(step).ok_or(Overflow { value, step })?;
        self.value.set(sum);
        Ok(())
    }
}
