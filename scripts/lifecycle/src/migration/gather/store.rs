//! Tokens and owners on disk, with what is needed to go back: who owned a token before, and the
//! last block of every page. A page goes in as a whole or not at all.

use super::super::MigrationError;
use super::super::items::Item;
use crate::own_database;
use alloy::primitives::{Address, B256};
use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};
use std::ops::Bound;
use std::path::{Path, PathBuf};

/// Bytes of the store that are kept in memory.
const CACHE: usize = 8 << 20;

/// Token → owner.
const TOKENS: TableDefinition<'_, [u8; 32], [u8; 20]> = TableDefinition::new("tokens");
/// Block and index of a log → token and its owner before, zero if it had none.
const BEFORE: TableDefinition<'_, (u64, u64), ([u8; 32], [u8; 20])> =
    TableDefinition::new("before");
/// Last block of a page → its hash.
const PAGES: TableDefinition<'_, u64, [u8; 32]> = TableDefinition::new("pages");
/// The block that it begins at, under the key 0.
const BEGIN: TableDefinition<'_, u8, u64> = TableDefinition::new("begin");

/// A token that has moved.
pub(super) struct Moved {
    pub(super) block: u64,
    pub(super) index: u64,
    pub(super) token: B256,
    /// Zero if it was burnt.
    pub(super) to: Address,
}

/// Tokens and owners on disk.
pub(super) struct Store {
    database: Database,
    path: PathBuf,
}

impl Store {
    /// Opens it, or makes an empty one where there is none, where it cannot be read, or where it
    /// begins at another block.
    pub(super) fn open(path: &Path, from: u64) -> Result<Self, MigrationError> {
        let database = own_database::open(path, CACHE).map_err(|error| MigrationError::Store {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        let store = Self {
            database,
            path: path.to_owned(),
        };
        store.prepare(from).map_err(|error| store.failed(error))?;
        Ok(store)
    }

    /// Adds a page that ends with that block. What lies up to `last_final` need not be undone.
    pub(super) fn add(
        &self,
        moves: &[Moved],
        end: (u64, B256),
        last_final: u64,
    ) -> Result<(), MigrationError> {
        self.write_page(moves, end, last_final)
            .map_err(|error| self.failed(error))
    }

    /// The last block of the last page, and its hash.
    pub(super) fn last_page(&self) -> Result<Option<(u64, B256)>, MigrationError> {
        let read = || -> Result<_, redb::Error> {
            let pages = self.database.begin_read()?.open_table(PAGES)?;
            Ok(pages
                .last()?
                .map(|(block, hash)| (block.value(), B256::from(hash.value()))))
        };
        read().map_err(|error| self.failed(error))
    }

    /// Undoes the last page; where what was before it is not known any more, everything.
    pub(super) fn go_back(&self) -> Result<(), MigrationError> {
        self.undo().map_err(|error| self.failed(error))
    }

    /// How many tokens there are.
    pub(super) fn count(&self) -> Result<u64, MigrationError> {
        let read = || -> Result<_, redb::Error> {
            Ok(self.database.begin_read()?.open_table(TOKENS)?.len()?)
        };
        read().map_err(|error| self.failed(error))
    }

    /// Tokens with ids above `after`, without the first `skip` of them.
    pub(super) fn read(
        &self,
        after: Option<B256>,
        skip: u64,
        count: u64,
    ) -> Result<Vec<Item>, MigrationError> {
        let read = || -> Result<Vec<Item>, redb::Error> {
            let tokens = self.database.begin_read()?.open_table(TOKENS)?;
            let begin = after.map_or(Bound::Unbounded, |id| Bound::Excluded(id.0));
            let range = tokens.range::<[u8; 32]>((begin, Bound::Unbounded))?;
            let skip = usize::try_from(skip).unwrap_or(usize::MAX);
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            let rows = range.skip(skip).take(count).map(|row| {
                let (token, owner) = row?;
                let owner = Address::from(owner.value()).into_word();
                Ok(vec![B256::from(token.value()), owner])
            });
            rows.collect()
        };
        read().map_err(|error| self.failed(error))
    }

    /// Removes the file.
    pub(super) fn remove(self) {
        let Self { database, path } = self;
        drop(database);
        // One that stays is found to hold, or gone on from, by the next migration.
        let _ = std::fs::remove_file(&path);
        let _ = path.parent().map(std::fs::remove_dir);
    }

    fn prepare(&self, from: u64) -> Result<(), redb::Error> {
        let write = self.database.begin_write()?;
        let begins = {
            let mut begin = write.open_table(BEGIN)?;
            let before = begin.insert(0, from)?;
            before.map(|before| before.value())
        };
        if begins.is_some_and(|begins| begins != from) {
            write.delete_table(TOKENS)?;
            write.delete_table(BEFORE)?;
            write.delete_table(PAGES)?;
        }
        write.open_table(TOKENS)?;
        write.open_table(BEFORE)?;
        write.open_table(PAGES)?;
        Ok(write.commit()?)
    }

    fn write_page(
        &self,
        moves: &[Moved],
        (end, hash): (u64, B256),
        last_final: u64,
    ) -> Result<(), redb::Error> {
        let write = self.database.begin_write()?;
        {
            let mut tokens = write.open_table(TOKENS)?;
            let mut before = write.open_table(BEFORE)?;
            let mut pages = write.open_table(PAGES)?;
            for moved in moves {
                let owner = if moved.to.is_zero() {
                    tokens.remove(moved.token.0)?
                } else {
                    tokens.insert(moved.token.0, moved.to.0.0)?
                };
                if moved.block > last_final {
                    let owner = owner.map_or([0; 20], |owner| owner.value());
                    before.insert((moved.block, moved.index), (moved.token.0, owner))?;
                }
            }
            pages.insert(end, hash.0)?;
            before.retain(|(block, _), _| block > last_final)?;
            // The newest page that is final stays: that is how far one can go back.
            let keep = pages.range(..=last_final)?.next_back();
            let keep = keep.transpose()?.map(|(block, _)| block.value());
            pages.retain(|block, _| keep.is_none_or(|keep| block >= keep))?;
        }
        Ok(write.commit()?)
    }

    fn undo(&self) -> Result<(), redb::Error> {
        let write = self.database.begin_write()?;
        {
            let mut tokens = write.open_table(TOKENS)?;
            let mut before = write.open_table(BEFORE)?;
            let mut pages = write.open_table(PAGES)?;
            pages.pop_last()?;
            match pages.last()?.map(|(block, _)| block.value()) {
                Some(last) => {
                    let newest = |before: &redb::Table<'_, _, _>| -> Result<_, redb::Error> {
                        let newest = before.last()?;
                        Ok(newest.map(|(place, owned)| (place.value(), owned.value())))
                    };
                    while let Some((place, (token, owner))) = newest(&before)?
                        && place.0 > last
                    {
                        before.remove(place)?;
                        if owner == [0; 20] {
                            tokens.remove(token)?;
                        } else {
                            tokens.insert(token, owner)?;
                        }
                    }
                }
                None => {
                    tokens.retain(|_, _| false)?;
                    before.retain(|_, _| false)?;
                }
            }
        }
        Ok(write.commit()?)
    }

    fn failed(&self, error: impl std::fmt::Display) -> MigrationError {
        MigrationError::Store {
            path: self.path.clone(),
            reason: error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
