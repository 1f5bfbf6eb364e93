//! Files that nobody else can have written, and how a file that others may have written is explained.

mod files;
#[cfg(test)]
mod tests;

pub use files::*;

use crate::error::{Exit, Explain};
use crate::text::shell_word;

impl Explain for FileError {
    fn name(&self) -> String {
        let name = match self {
            Self::Io { .. } => "Io",
            Self::Kind { .. } => "Kind",
            Self::Owner { .. } => "Owner",
            Self::Writable { .. } => "Writable",
            Self::Exists { .. } => "FileExists",
        };
        name.to_owned()
    }

    fn expected(&self) -> Option<String> {
        let expected = match self {
            Self::Io { .. } => "a file that can be read and written",
            Self::Kind { .. } => "a regular file in a folder, without links",
            Self::Owner { .. } => "a file and a folder of one's own, or of root",
            Self::Writable { .. } => "a file and a folder that only their owner may write",
            Self::Exists { .. } => "no file, or an earlier one of the same command",
        };
        Some(expected.to_owned())
    }

    fn found(&self) -> Option<String> {
        Some(match self {
            Self::Io { source, .. } => source.to_string(),
            Self::Kind { found, .. } => (*found).to_owned(),
            Self::Owner { owner, .. } => format!("the owner {owner}"),
            Self::Writable { mode, .. } => format!("mode {mode:03o}"),
            Self::Exists { .. } => "another file".to_owned(),
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
            Self::Exists { .. } => {
                "nothing was written; choose another name, or remove the file".to_owned()
            }
        })
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}
