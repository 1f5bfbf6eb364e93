//! A list of addresses with constant-time membership, as Nitro stores owners and cache managers.

use super::{Space, Store, address_of, word};
use alloy_primitives::{Address, U256};

/// A list of addresses in storage: its length at 0, members from 1, positions by address in child 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AddressSet {
    list: Space,
    positions: Space,
}

impl AddressSet {
    pub(crate) fn new(list: Space) -> Self {
        Self {
            list,
            positions: list.child(0),
        }
    }

    fn position_slot(&self, member: Address) -> U256 {
        self.positions.slot(member.into_word())
    }

    pub(crate) fn contains<S: Store>(
        &self,
        store: &mut S,
        member: Address,
    ) -> Result<bool, S::Fail> {
        Ok(!store.read(self.position_slot(member))?.is_zero())
    }

    pub(crate) fn len<S: Store>(&self, store: &mut S) -> Result<u64, S::Fail> {
        Ok(store.read(self.list.at(0))?.saturating_to())
    }

    pub(crate) fn all<S: Store>(&self, store: &mut S) -> Result<Vec<Address>, S::Fail> {
        let len = self.len(store)?;
        (1..=len)
            .map(|at| Ok(address_of(store.read(self.list.at(at))?)))
            .collect()
    }

    /// Adds a member; nothing happens if it is one already.
    pub(crate) fn add<S: Store>(&self, store: &mut S, member: Address) -> Result<(), S::Fail> {
        if self.contains(store, member)? {
            return Ok(());
        }
        let position = self.len(store)? + 1;
        store.write(self.position_slot(member), U256::from(position))?;
        store.write(self.list.at(position), word(member))?;
        // Nitro reads the length once more, for which precompiles charge.
        self.len(store)?;
        store.write(self.list.at(0), U256::from(position))
    }

    /// Removes a member: the last one takes its place. An address that is no member changes nothing.
    pub(crate) fn remove<S: Store>(&self, store: &mut S, member: Address) -> Result<(), S::Fail> {
        let position: u64 = store.read(self.position_slot(member))?.saturating_to();
        if position == 0 {
            return Ok(());
        }
        store.write(self.position_slot(member), U256::ZERO)?;
        let len = self.len(store)?;
        if position < len {
            let last = store.read(self.list.at(len))?;
            store.write(self.list.at(position), last)?;
            store.write(self.position_slot(address_of(last)), U256::from(position))?;
        }
        store.write(self.list.at(len), U256::ZERO)?;
        // Nitro reads the length once more, for which precompiles charge.
        self.len(store)?;
        store.write(self.list.at(0), U256::from(len - 1))
    }
}
