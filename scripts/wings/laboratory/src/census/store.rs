//! The collected data, on disk: slots in the order of their hashes, what keys there may be, and how far
//! collecting is. A page goes in as a whole or not at all.

use super::error;
use super::slot_difference::SlotDifference;
use crate::client::ChainError;
use crate::own_database::{self, OpenError};
use alloy::primitives::{B256, U256, keccak256};
use alloy::rlp;
use alloy_trie::{HashBuilder, Nibbles};
use redb::{
    Database, MultimapTableDefinition, ReadTransaction, ReadableDatabase, ReadableTable,
    ReadableTableMetadata, Table, TableDefinition, WriteTransaction,
};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Bytes of the store that are kept in memory.
const CACHE: usize = 64 << 20;

/// A slot as it is kept: its value, and the slot where that is known.
pub(super) type StoredLeaf = ([u8; 32], Option<[u8; 32]>);

/// Hash of a slot → its value, and the slot where that is known.
pub(super) const LEAVES: TableDefinition<'_, [u8; 32], StoredLeaf> = TableDefinition::new("leaves");
/// Hash of a slot → which of its bytes are explained, a bit each from the low-order end.
pub(super) const MARKS: TableDefinition<'_, [u8; 32], u32> = TableDefinition::new("marks");
/// Root of a mapping → keys of it, as they were hashed with it.
pub(super) const KEYS: MultimapTableDefinition<'_, [u8; 32], &[u8]> =
    MultimapTableDefinition::new("keys");
/// Values that stood together in an event, a call or a line of a file.
pub(super) const RECORDS: TableDefinition<'_, &[u8], ()> = TableDefinition::new("values");
/// Keys of an entry → its value: the items of a migration, while they are put in order.
pub(super) const ENTRIES: TableDefinition<'_, &[u8], [u8; 32]> = TableDefinition::new("entries");
/// The table of how far it is.
const STATE: TableDefinition<'_, &str, [u8; 32]> = TableDefinition::new("state");

/// The block whose slots are there.
const BLOCK: &str = "block";
/// The hash of a slot that collecting continues from.
const CURSOR: &str = "cursor";
/// A slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StorageLeaf {
    /// keccak256 of the slot.
    pub hash: B256,
    /// The slot, where the endpoint has it.
    pub slot: Option<B256>,
    /// The value that it holds.
    pub value: B256,
}

impl StorageLeaf {
    /// Decodes a leaf of the store.
    pub(super) fn from_stored(hash: [u8; 32], stored: StoredLeaf) -> Self {
        let (value, slot) = stored;
        Self {
            hash: hash.into(),
            value: value.into(),
            slot: slot.map(B256::from),
        }
    }
}

/// The data that were collected of one account.
pub(super) struct CensusStore {
    database: Database,
    path: PathBuf,
}

impl CensusStore {
    /// Opens it, or makes an empty one where there is none or where it cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self, ChainError> {
        let database = own_database::open(path, CACHE).map_err(|error| match error {
            OpenError::File(error) => error.into(),
            error => error::store(path, error),
        })?;
        let store = Self {
            database,
            path: path.to_owned(),
        };
        store.write(|write| {
            write.open_table(LEAVES)?;
            write.open_multimap_table(KEYS)?;
            write.open_table(RECORDS)?;
            write.open_table(STATE)?;
            Ok(())
        })?;
        Ok(store)
    }

    /// Reads.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, ChainError> {
        let read = || work(&self.database.begin_read()?);
        read().map_err(|error| self.failed(&error))
    }

    /// Writes all of it or nothing.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, ChainError> {
        let write = || {
            let write = self.database.begin_write()?;
            let done = work(&write)?;
            write.commit()?;
            Ok(done)
        };
        write().map_err(|error| self.failed(&error))
    }

    /// Works with tables on disk that are dropped afterwards: marks of what is explained, and entries.
    pub(super) fn with_scratch_tables<T>(
        &self,
        work: impl FnOnce(
            Table<'_, [u8; 32], u32>,
            Table<'_, &'static [u8], [u8; 32]>,
        ) -> Result<T, redb::Error>,
    ) -> Result<T, redb::Error> {
        let write = self.database.begin_write()?;
        let done = work(write.open_table(MARKS)?, write.open_table(ENTRIES)?)?;
        write.abort()?;
        Ok(done)
    }

    /// Continues with the slots of a block: where collecting is in the order of their hashes, if it has begun
    /// there. Slots of another block are dropped, unless they are `kept` to be compared.
    pub(super) fn resume(&self, block: B256, kept: bool) -> Result<Option<B256>, ChainError> {
        self.write(|write| {
            let mut state = write.open_table(STATE)?;
            let before = state.insert(BLOCK, block.0)?.map(|found| found.value());
            if before == Some(block.0) {
                return Ok(state.get(CURSOR)?.map(|found| found.value().into()));
            }
            state.remove(CURSOR)?;
            if !kept {
                write.delete_table(LEAVES)?;
                write.open_table(LEAVES)?;
            }
            Ok(None)
        })
    }

    /// Adds slots, and where collecting continues after them.
    pub(super) fn add(&self, leaves: &[StorageLeaf], cursor: B256) -> Result<(), ChainError> {
        self.write(|write| {
            let mut table = write.open_table(LEAVES)?;
            for leaf in leaves {
                table.insert(leaf.hash.0, (leaf.value.0, leaf.slot.map(|slot| slot.0)))?;
            }
            write.open_table(STATE)?.insert(CURSOR, cursor.0)?;
            Ok(())
        })
    }

    /// Replaces values by those that were proven, and removes slots that are proven to be empty.
    pub(super) fn correct(&self, differences: &[SlotDifference]) -> Result<(), ChainError> {
        self.write(|write| {
            let mut table = write.open_table(LEAVES)?;
            for difference in differences {
                let hash = difference.hash.0;
                let slot = table.remove(hash)?.and_then(|found| found.value().1);
                if let Some(value) = difference.proven {
                    table.insert(hash, (value.0, slot))?;
                }
            }
            Ok(())
        })
    }

    /// Adds values that may be keys.
    pub(super) fn add_records(&self, records: &[Vec<u8>]) -> Result<(), ChainError> {
        self.write(|write| {
            let mut table = write.open_table(RECORDS)?;
            for record in records {
                table.insert(record.as_slice(), ())?;
            }
            Ok(())
        })
    }

    /// Adds keys of mappings, with the roots that they were hashed with.
    pub(super) fn add_keys(&self, keys: &[(B256, Vec<u8>)]) -> Result<(), ChainError> {
        self.write(|write| {
            let mut table = write.open_multimap_table(KEYS)?;
            for (root, key) in keys {
                table.insert(root.0, key.as_slice())?;
            }
            Ok(())
        })
    }

    /// A hash that is kept under that name.
    pub(super) fn state(&self, name: &str) -> Result<Option<B256>, ChainError> {
        self.read(|read| {
            let found = read.open_table(STATE)?.get(name)?;
            Ok(found.map(|found| found.value().into()))
        })
    }

    /// Keeps a hash under a name.
    pub(super) fn set_state(&self, name: &str, hash: B256) -> Result<(), ChainError> {
        self.write(|write| {
            write.open_table(STATE)?.insert(name, hash.0)?;
            Ok(())
        })
    }

    /// Returns how many slots there are.
    pub(super) fn count(&self) -> Result<u64, ChainError> {
        self.read(|read| Ok(read.open_table(LEAVES)?.len()?))
    }

    /// Visits the slots whose hashes begin so, as long as `look` wants more.
    fn visit(
        &self,
        prefix: &Nibbles,
        mut look: impl FnMut(StorageLeaf) -> bool,
    ) -> Result<(), ChainError> {
        self.read(|read| {
            for row in read.open_table(LEAVES)?.range(range(prefix))? {
                let (hash, kept) = row?;
                if !look(StorageLeaf::from_stored(hash.value(), kept.value())) {
                    break;
                }
            }
            Ok(())
        })
    }

    /// The root of the trie of the slots whose hashes begin so, by the rest of their hashes.
    pub(super) fn root(&self, prefix: &Nibbles) -> Result<B256, ChainError> {
        let mut builder = HashBuilder::default();
        self.visit(prefix, |leaf| {
            let rest = Nibbles::unpack(leaf.hash).slice(prefix.len()..);
            builder.add_leaf(rest, &rlp::encode(U256::from_be_bytes(leaf.value.0)));
            true
        })?;
        Ok(builder.root())
    }

    /// The slots whose hashes begin so.
    pub(super) fn under(&self, prefix: &Nibbles) -> Result<Vec<StorageLeaf>, ChainError> {
        let mut all = Vec::new();
        self.visit(prefix, |leaf| {
            all.push(leaf);
            true
        })?;
        Ok(all)
    }

    /// Reads what a slot holds, where it is there.
    pub(super) fn value(&self, slot: B256) -> Result<Option<B256>, ChainError> {
        let found = self.under(&Nibbles::unpack(keccak256(slot)))?.pop();
        Ok(found.map(|leaf| leaf.value))
    }

    /// One slot that is known and whose hash begins so.
    pub(super) fn slot_under(&self, prefix: &Nibbles) -> Result<Option<B256>, ChainError> {
        let mut slot = None;
        self.visit(prefix, |leaf| {
            slot = leaf.slot;
            slot.is_none()
        })?;
        Ok(slot)
    }

    fn failed(&self, error: &redb::Error) -> ChainError {
        error::store(&self.path, error)
    }
}

/// The hashes that begin so.
pub(super) fn range(prefix: &Nibbles) -> std::ops::RangeInclusive<[u8; 32]> {
    let with_all = |digit| {
        let rest = Nibbles::from_nibbles([digit; 64]).slice(prefix.len()..);
        B256::from_slice(&prefix.join(&rest).pack()).0
    };
    with_all(0)..=with_all(0xf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_trie::EMPTY_ROOT_HASH;

    fn leaf(slot: u64) -> StorageLeaf {
        let slot = B256::from(U256::from(slot));
        StorageLeaf {
            hash: keccak256(slot),
            value: B256::with_last_byte(7),
            slot: Some(slot),
        }
    }

    fn store(folder: &tempfile::TempDir) -> CensusStore {
        CensusStore::open(&folder.path().join("census").join("one.redb")).expect("a store")
    }

    #[test]
    fn the_root_is_that_of_the_trie_and_every_part_has_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        assert_eq!(store.root(&Nibbles::new()).expect("read"), EMPTY_ROOT_HASH);
        let leaves: Vec<StorageLeaf> = (0..200).map(leaf).collect();
        store
            .add(&leaves, B256::repeat_byte(0xff))
            .expect("written");
        let expected = leaves.iter().map(|leaf| {
            let value = U256::from_be_bytes(leaf.value.0);
            (leaf.slot.expect("known"), value)
        });
        let expected = alloy_trie::root::storage_root_unhashed(expected);
        assert_eq!(store.root(&Nibbles::new()).expect("read"), expected);
        let one = Nibbles::unpack(leaves[3].hash);
        for digits in [1, 2, 3] {
            let prefix = one.slice(..digits);
            let found = store.under(&prefix).expect("read");
            let is_below = |leaf: &&StorageLeaf| Nibbles::unpack(leaf.hash).starts_with(&prefix);
            assert_eq!(found.len(), leaves.iter().filter(is_below).count());
            assert!(found.contains(&leaves[3]));
        }
    }

    #[test]
    fn a_store_continues_with_its_block_and_drops_the_slots_of_another_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        let (one, other) = (B256::repeat_byte(1), B256::repeat_byte(2));
        assert_eq!(store.resume(one, false).expect("written"), None);
        store
            .add(&[leaf(1)], B256::repeat_byte(9))
            .expect("written");
        let cursor = store.resume(one, false).expect("written");
        assert_eq!(cursor, Some(B256::repeat_byte(9)));
        assert_eq!(store.resume(other, true).expect("written"), None);
        assert_eq!(store.count().expect("read"), 1);
        assert_eq!(store.resume(one, false).expect("written"), None);
        assert_eq!(store.count().expect("read"), 0);
    }

    #[test]
    fn what_is_kept_under_a_name_is_found_under_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        let block = B256::repeat_byte(3);
        assert_eq!(store.state("one").expect("read"), None);
        store.set_state("one", block).expect("written");
        assert_eq!(store.state("one").expect("read"), Some(block));
        assert_eq!(store.state("other").expect("read"), None);
    }

    #[test]
    fn a_damaged_store_is_made_again_or_is_whole_and_never_ends_the_program() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("census").join("one.redb");
        let leaves: Vec<StorageLeaf> = (0..500).map(leaf).collect();
        let first = store(&folder);
        first.add(&leaves, B256::ZERO).expect("written");
        let root = first.root(&Nibbles::new()).expect("read");
        drop(first);
        let whole = std::fs::read(&path).expect("a file");
        for at in (0..whole.len()).step_by(whole.len() / 97) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            std::fs::write(&path, &damaged).expect("written");
            let store = CensusStore::open(&path).expect("a store");
            let found = store.root(&Nibbles::new()).expect("read");
            assert!(found == root || found == EMPTY_ROOT_HASH, "byte {at}");
            store.add(&leaves, B256::ZERO).expect("written");
        }
    }

    #[test]
    fn what_is_proven_takes_the_place_of_what_was_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        store.add(&[leaf(1), leaf(2)], B256::ZERO).expect("written");
        let (changed, gone, new) = (leaf(1).hash, leaf(2).hash, leaf(3).hash);
        let value = B256::with_last_byte(9);
        let proven = [(changed, Some(value)), (gone, None), (new, Some(value))];
        let proven = proven.map(|(hash, proven)| SlotDifference {
            hash,
            given: None,
            proven,
        });
        store.correct(&proven).expect("written");
        let mut found = store.under(&Nibbles::new()).expect("read");
        found.sort_by_key(|leaf| leaf.slot);
        let slots: Vec<_> = found.iter().map(|leaf| (leaf.hash, leaf.slot)).collect();
        assert_eq!(slots, [(new, None), (changed, leaf(1).slot)]);
    }
}
