//! The storage of the basic collection: owners and balances, without a list of the tokens.

use stylus_sdk::{
    alloy_primitives::{Address, U256},
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU256},
};
use stylus_upgradeable::prelude::*;

use super::{Approvals, CollectionState};

/// Slots 0 to 4.
#[storage]
#[derive(StorageLayout)]
pub struct BasicState {
    owners: StorageMap<U256, StorageAddress>,
    balances: StorageMap<Address, StorageU256>,
    /// Slots 2 and 3.
    approvals: Approvals,
    minter: StorageAddress,
}

impl CollectionState for BasicState {
    fn owner(&self, token: U256) -> Address {
        self.owners.get(token)
    }

    fn balance(&self, owner: Address) -> U256 {
        self.balances.get(owner)
    }

    fn add(&mut self, owner: Address, token: U256) {
        let balance = self.balances.get(owner);
        self.balances.insert(owner, balance.wrapping_add(U256::ONE)); // below the number of ids
        self.owners.insert(token, owner);
    }

    fn remove(&mut self, owner: Address, _: U256) {
        let balance = self.balances.get(owner);
        self.balances.insert(owner, balance.wrapping_sub(U256::ONE)); // it has one
    }

    fn delete(&mut self, token: U256) {
        self.owners.delete(token);
    }

    fn approvals(&self) -> &Approvals {
        &self.approvals
    }

    fn approvals_mut(&mut self) -> &mut Approvals {
        &mut self.approvals
    }

    fn minter(&self) -> &StorageAddress {
        &self.minter
    }

    fn minter_mut(&mut self) -> &mut StorageAddress {
        &mut self.minter
    }
}
