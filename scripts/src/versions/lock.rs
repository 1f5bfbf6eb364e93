//! The lock on the folder of what was registered: on the folder itself, so that no file of its own
//! lies in version control. It ends with the process that has it.

use super::VersionsError;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

/// For a process that writes: nobody else reads or writes meanwhile.
pub(super) fn exclusive(folder: &Path) -> Result<File, VersionsError> {
    let file = File::open(folder).map_err(VersionsError::file("open", folder))?;
    match file.lock() {
        Err(error) if error.kind() != ErrorKind::Unsupported => {
            Err(VersionsError::file("lock", folder)(error))
        }
        _ => Ok(file), // a file system without locks has none to keep
    }
}

/// For a process that reads. `None` where there is no folder, or none that can be locked: then what is
/// read is compared with its hashes all the same.
pub(super) fn shared(folder: &Path) -> Result<Option<File>, VersionsError> {
    let file = match File::open(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(VersionsError::file("open", folder))?,
    };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            file.lock_shared()
                .map_err(VersionsError::file("lock", folder))?;
            Ok(Some(file))
        }
        locked => Ok(locked.is_ok().then_some(file)),
    }
}
