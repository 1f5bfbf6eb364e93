//! Tokens and owners on disk, with the last block that was read. A page goes in as a whole or not at all.

use super::super::items::{Items, items_file};
use crate::client::ChainError;
use crate::own_database;
use alloy::primitives::{Address, B256};
use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};
use std::path::{Path, PathBuf};

/// Bytes of the store that are kept in memory.
const CACHE: usize = 8 << 20;

/// Token → owner.
const TOKENS: TableDefinition<'_, [u8; 32], [u8; 20]> = TableDefinition::new("tokens");
/// The block that it begins at → the last block that was read, and its hash.
const READ: TableDefinition<'_, u64, (u64, [u8; 32])> = TableDefinition::new("read");

/// A token that has moved.
pub(super) struct Moved {
    pub(super) token: B256,
    /// Zero if it was burnt.
    pub(super) to: Address,
}

/// Tokens and owners on disk.
pub(super) struct Store {
    database: Database,
    path: PathBuf,
    from: u64,
}

impl Store {
    /// Opens it, or makes an empty one where there is none, where it cannot be read, or where it
    /// begins at another block.
    pub(super) fn open(path: &Path, from: u64) -> Result<Self, ChainError> {
        let database = own_database::open(path, CACHE).map_err(|error| items_file(path, error))?;
        let store = Self {
            database,
            path: path.to_owned(),
            from,
        };
        store.prepare(false).map_err(|error| store.failed(error))?;
        Ok(store)
    }

    /// Adds a page that ends with that block.
    pub(super) fn add(&self, moves: &[Moved], end: (u64, B256)) -> Result<(), ChainError> {
        let (block, hash) = end;
        self.write_page(moves, block, hash)
            .map_err(|error| self.failed(error))
    }

    /// The last block of the last page, and its hash.
    pub(super) fn last_page(&self) -> Result<Option<(u64, B256)>, ChainError> {
        let read = || -> Result<_, redb::Error> {
            let read = self.database.begin_read()?.open_table(READ)?;
            let last = read.get(self.from)?.map(|last| last.value());
            Ok(last.map(|(block, hash)| (block, B256::from(hash))))
        };
        read().map_err(|error| self.failed(error))
    }

    /// Forgets everything.
    pub(super) fn clear(&self) -> Result<(), ChainError> {
        self.prepare(true).map_err(|error| self.failed(error))
    }

    /// Returns the number of tokens.
    pub(super) fn count(&self) -> Result<u64, ChainError> {
        let read = || -> Result<_, redb::Error> {
            Ok(self.database.begin_read()?.open_table(TOKENS)?.len()?)
        };
        read().map_err(|error| self.failed(error))
    }

    /// The tokens in the order of their ids, each with its owner.
    pub(super) fn items(&self) -> Result<Items, ChainError> {
        let mut items = Items::new(&self.path, 2)?;
        let read =
            || -> Result<_, redb::Error> { Ok(self.database.begin_read()?.open_table(TOKENS)?) };
        let tokens = read().map_err(|error| self.failed(error))?;
        for row in tokens.iter().map_err(|error| self.failed(error))? {
            let (token, owner) = row.map_err(|error| self.failed(error))?;
            let owner = Address::from(owner.value()).into_word();
            items.add(&[token.value().into(), owner], 0)?;
        }
        Ok(items)
    }

    /// Makes the tables, again where they begin at another block.
    fn prepare(&self, clear: bool) -> Result<(), redb::Error> {
        let write = self.database.begin_write()?;
        let begins_here = write.open_table(READ)?.get(self.from)?.is_some();
        if clear || !begins_here {
            write.delete_table(TOKENS)?;
            write.delete_table(READ)?;
        }
        write.open_table(TOKENS)?;
        write.open_table(READ)?;
        Ok(write.commit()?)
    }

    fn write_page(&self, moves: &[Moved], end: u64, hash: B256) -> Result<(), redb::Error> {
        let write = self.database.begin_write()?;
        {
            let mut tokens = write.open_table(TOKENS)?;
            for moved in moves {
                if moved.to.is_zero() {
                    tokens.remove(moved.token.0)?
                } else {
                    tokens.insert(moved.token.0, moved.to.0.0)?
                };
            }
            write.open_table(READ)?.insert(self.from, (end, hash.0))?;
        }
        Ok(write.commit()?)
    }

    fn failed(&self, error: impl std::fmt::Display) -> ChainError {
        items_file(&self.path, error)
    }
}

#[cfg(test)]
mod tests;
