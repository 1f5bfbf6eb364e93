//! Folders of builds.

use super::error::BuildError;
use std::io::ErrorKind;
use std::path::Path;

/// Empties a folder.
pub(super) fn empty(folder: &Path) -> Result<(), BuildError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(BuildError::file("empty", folder)(error))
        }
        _ => Ok(()),
    }
}
