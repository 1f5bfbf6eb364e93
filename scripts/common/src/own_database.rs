//! Databases that keep what the chain has anyway: a new one replaces one that is damaged.

use crate::own_file::{self, FileError};
use redb::{Database, DatabaseError, StorageError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use thiserror::Error;

/// The reason why a database is not opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file or its folder is not the user's alone.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another process has it open.
    #[error("another run has it open")]
    Busy,
    /// A file cannot be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It cannot be opened.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Opens it, or makes an empty one where there is none or where it cannot be read. `cache` is how many bytes of it
/// are kept in memory.
///
/// # Errors
/// [`OpenError`] if it is not the user's alone, is open elsewhere, or cannot be made.
pub fn open(path: &Path, cache: usize) -> Result<Database, OpenError> {
    if let Some(folder) = path.parent() {
        own_file::folder(folder)?;
    }
    match whole(path, cache) {
        Err(OpenError::Database(DatabaseError::DatabaseAlreadyOpen)) => Err(OpenError::Busy),
        Err(OpenError::Database(DatabaseError::Storage(_))) => {
            std::fs::remove_file(path)?;
            whole(path, cache)
        }
        opened => opened,
    }
}

/// One that is whole.
fn whole(path: &Path, cache: usize) -> Result<Database, OpenError> {
    let file = own_file::open_or_create(path)?;
    let opened = move || {
        let mut database = Database::builder()
            .set_cache_size(cache)
            .create_file(file)?;
        let is_whole = database.check_integrity()?;
        Ok::<_, DatabaseError>(is_whole.then_some(database))
    };
    // What redb reads before it has checked anything of a file may lead nowhere.
    let opened = catch_unwind(AssertUnwindSafe(opened)).unwrap_or(Ok(None))?;
    let damaged = || StorageError::Corrupted("it is damaged".into());
    Ok(opened.ok_or_else(|| DatabaseError::from(damaged()))?)
}
