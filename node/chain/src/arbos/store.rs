//! Reading and writing ArbOS' state, metered or not.

use super::STATE;
use crate::state_db::{NOW, StateDb};
use alloy_primitives::U256;
use std::convert::Infallible;

/// ArbOS' storage as seen by some code: free for the chain itself, metered for precompiles.
pub(crate) trait Store {
    /// The error that stops an access.
    type Fail;
    fn read(&mut self, slot: U256) -> Result<U256, Self::Fail>;
    fn write(&mut self, slot: U256, value: U256) -> Result<(), Self::Fail>;
}

/// Takes the value out of a result that cannot fail.
pub(crate) fn fine<T>(result: Result<T, Infallible>) -> T {
    let Ok(value) = result;
    value
}

/// The state outside of transactions.
impl Store for StateDb {
    type Fail = Infallible;

    fn read(&mut self, slot: U256) -> Result<U256, Infallible> {
        Ok(self.slot(STATE, slot, NOW))
    }

    fn write(&mut self, slot: U256, value: U256) -> Result<(), Infallible> {
        self.set_slot(STATE, slot, value);
        Ok(())
    }
}
