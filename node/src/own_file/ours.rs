//! Files that a command writes where somebody names a path: another file that is there stays.

use super::{FileError, read_bytes, write};
use std::path::Path;

/// Writes a file. What is there is replaced only if `is_ours` says that the same command wrote it.
///
/// # Errors
/// [`FileError::Exists`], and as [`write()`].
pub fn replace(
    path: &Path,
    content: &[u8],
    is_ours: impl Fn(&str) -> bool,
) -> Result<(), FileError> {
    require(path, is_ours)?;
    write(path, content)
}

/// Whether [`replace`] would write there.
///
/// # Errors
/// [`FileError`].
pub fn require(path: &Path, is_ours: impl Fn(&str) -> bool) -> Result<(), FileError> {
    let there = read_bytes(path)?;
    let is_free = there.is_none_or(|there| std::str::from_utf8(&there).is_ok_and(is_ours));
    if is_free {
        return Ok(());
    }
    let path = path.to_owned();
    Err(FileError::Exists { path })
}
