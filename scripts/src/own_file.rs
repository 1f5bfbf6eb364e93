//! Files that nobody else can have written, and how a file that others may have written is explained.

use crate::app_error::Error;
use crate::error::{Exit, Explain};
use crate::text::shell_word;
use std::path::Path;
pub use stylus_devnode::own_file::*;

/// Writes a file that a command was given a path for. What is there is replaced only if `is_ours` says that the same
/// command wrote it.
///
/// # Errors
/// [`Error::FileExists`], and as [`write()`].
pub fn replace(path: &Path, content: &[u8], is_ours: impl Fn(&str) -> bool) -> Result<(), Error> {
    require(path, is_ours)?;
    Ok(write(path, content)?)
}

/// Whether [`replace`] would write there.
///
/// # Errors
/// [`Error::FileExists`], and as [`read_bytes`].
pub fn require(path: &Path, is_ours: impl Fn(&str) -> bool) -> Result<(), Error> {
    let there = read_bytes(path)?;
    let is_free = there.is_none_or(|there| std::str::from_utf8(&there).is_ok_and(is_ours));
    if is_free {
        return Ok(());
    }
    let path = path.to_owned();
    Err(Error::FileExists { path })
}

impl Explain for FileError {
    fn name(&self) -> String {
        let name = match self {
            Self::Io { .. } => "Io",
            Self::Kind { .. } => "Kind",
            Self::Owner { .. } => "Owner",
            Self::Writable { .. } => "Writable",
        };
        name.to_owned()
    }

    fn expected(&self) -> Option<String> {
        let expected = match self {
            Self::Io { .. } => "a file that can be read and written",
            Self::Kind { .. } => "a regular file in a folder, without links",
            Self::Owner { .. } => "a file and a folder of one's own, or of root",
            Self::Writable { .. } => "a file and a folder that only their owner may write",
        };
        Some(expected.to_owned())
    }

    fn found(&self) -> Option<String> {
        Some(match self {
            Self::Io { source, .. } => source.to_string(),
            Self::Kind { found, .. } => (*found).to_owned(),
            Self::Owner { owner, .. } => format!("the owner {owner}"),
            Self::Writable { mode, .. } => format!("mode {mode:03o}"),
        })
    }

    fn next(&self) -> Option<String> {
        Some(match self {
            Self::Io { .. } => "check the path and its permissions".to_owned(),
            Self::Kind { path, .. } => format!(
                "look at who put it there; put the file itself at {}",
                path.display()
            ),
            Self::Owner { path, owner, .. } => format!(
                "look at what is in {}; then take it over (chown), or set {TRUSTED_UIDS}={owner}",
                path.display()
            ),
            Self::Writable { path, .. } => format!(
                "look at what is in it; then: chmod go-w {}",
                shell_word(&path.display().to_string())
            ),
        })
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}
