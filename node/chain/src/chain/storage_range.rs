//! The slots of an account in the order of their hashes, as geth's `debug_storageRangeAt` pages them.

use super::Chain;
use crate::{BlockId, ChainError, arbos::history};
use alloy_primitives::{Address, B256, U256, keccak256};

/// A page of an account's slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorageRange {
    /// Hash of the slot, slot and value, in the order of the hashes; slots that are zero are left out.
    pub slots: Vec<(B256, U256, U256)>,
    /// The hash at which the next page begins, if there is one.
    pub next: Option<B256>,
}

impl Chain {
    /// At most `most` slots of an account, from the hash `first` on, in the state before a
    /// transaction of a block: before its first one in a block without any.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`]; [`ChainError::BadIndex`] for a transaction that the block does not
    /// have; [`ChainError::NotSupported`] for storage of the forked block, of which only the slots
    /// that were read are known, and for EIP-2935's contract.
    pub fn storage_range(
        &self,
        address: Address,
        id: BlockId,
        transaction: usize,
        first: B256,
        most: usize,
    ) -> Result<StorageRange, ChainError> {
        let at = self.version_before(self.resolve(id)?, transaction)?;
        if address == history::ADDRESS {
            return Err(ChainError::NotSupported(
                "the slots of EIP-2935's contract, which are no part of the state here,",
            ));
        }
        let slots = self.state_db.slots_at(address, at).ok_or(ChainError::NotSupported(
            "the whole storage of an account that the forked chain has: ask its endpoint for a block up to the fork;",
        ))?;
        let mut hashed: Vec<_> = slots
            .map(|(slot, value)| (keccak256(slot.to_be_bytes::<32>()), slot, value))
            .filter(|(hash, ..)| *hash >= first)
            .collect();
        self.check_time()?;
        let next = if hashed.len() > most {
            Some(hashed.select_nth_unstable(most).1.0)
        } else {
            None
        };
        hashed.truncate(most);
        hashed.sort_unstable();
        Ok(StorageRange {
            slots: hashed,
            next,
        })
    }

    /// The version of the state before a transaction of a block.
    fn version_before(&self, number: u64, transaction: usize) -> Result<u64, ChainError> {
        let record = self.ledger.between(number, number).next();
        let before = record.map(|record| &record.before[..]).unwrap_or_default();
        match before.get(transaction) {
            Some(version) => return Ok(*version),
            None if before.is_empty() && transaction == 0 && number > self.ledger.first() => {}
            None => {
                return Err(ChainError::BadIndex {
                    block: number,
                    transaction,
                });
            }
        }
        // Without transactions: what the block before left, changes from outside since included.
        let parent = BlockId::from(number - 1);
        Ok(self.view(parent, None)?.at)
    }
}
