//! Precompiles that a call moves or overrides.

use crate::{ChainError, Overrides};
use alloy_primitives::{
    Address,
    map::{AddressSet, HashMap},
};

/// The precompiles that a call overrides.
#[derive(Clone, Debug, Default)]
pub(crate) struct PrecompileOverrides {
    /// Accounts whose state is overridden: a precompile among them is none.
    accounts: AddressSet,
    /// The own addresses of the precompiles that were moved, by those where they stand.
    moved: HashMap<Address, Address>,
}

impl PrecompileOverrides {
    /// The overrides of a call, in go-ethereum's words where they cannot be (`StateOverride.Apply`).
    ///
    /// # Errors
    /// [`ChainError::BadOverride`] for an account that is moved and no precompile, and for one that is overridden and
    /// where a precompile is moved to.
    pub(crate) fn new(overrides: &Overrides, precompiles: &AddressSet) -> Result<Self, ChainError> {
        let mut moved = HashMap::default();
        for (address, account) in &overrides.accounts {
            let Some(to) = account.move_precompile_to else {
                continue;
            };
            if !precompiles.contains(address) {
                let words = format!("account {address} is not a precompile");
                return Err(ChainError::BadOverride(words));
            }
            if overrides.accounts.contains_key(&to) {
                let words = format!("account {to} is already overridden");
                return Err(ChainError::BadOverride(words));
            }
            moved.insert(to, *address);
        }
        let accounts = overrides.accounts.keys().copied().collect();
        Ok(Self { accounts, moved })
    }

    /// The own address of the precompile that may stand at an address; `None` where there is none any more.
    pub(crate) fn origin(&self, address: Address) -> Option<Address> {
        let is_there = !self.accounts.contains(&address);
        let moved = self.moved.get(&address).copied();
        moved.or(Some(address).filter(|_| is_there))
    }
}
