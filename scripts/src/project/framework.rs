//! Where a project takes our crates from.

use super::error::ProjectError;
use crate::build::is_framework;
use std::path::{Path, PathBuf};
use toml_edit::{InlineTable, Value};

/// Where a project takes our crates from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Framework {
    /// A clone, by its absolute path: a checkout of an older revision of the project finds it too.
    Folder(PathBuf),
    /// A repository of git.
    Git {
        /// Where cargo finds it.
        url: String,
        /// A commit, tag or branch; the newest commit if `None`.
        revision: Option<String>,
    },
    /// A version, in a registry or by `[patch]`.
    Version(String),
}

impl Framework {
    /// A clone in `folder`.
    ///
    /// # Errors
    /// [`ProjectError::NoFramework`] if it is none.
    pub fn folder(folder: &Path) -> Result<Self, ProjectError> {
        let none = || ProjectError::NoFramework {
            path: folder.to_owned(),
        };
        let folder = folder.canonicalize().map_err(|_| none())?;
        match is_framework(&folder) {
            true => Ok(Self::Folder(folder)),
            false => Err(none()),
        }
    }

    /// What stands behind `=` in Cargo.toml for the crate at that path of the framework.
    pub(super) fn dependency(&self, place: &str) -> String {
        let mut table = InlineTable::new();
        match self {
            Self::Folder(folder) => {
                let path = folder.join(place).display().to_string();
                table.insert("path", Value::from(path));
            }
            Self::Git { url, revision } => {
                table.insert("git", Value::from(url.as_str()));
                if let Some(revision) = revision {
                    table.insert("rev", Value::from(revision.as_str()));
                }
            }
            Self::Version(version) => return Value::from(version.as_str()).to_string(),
        }
        table.to_string().trim().to_owned()
    }

    /// The lock file of the framework: the versions of dependencies that it is tested with.
    pub(super) fn lock_file(&self) -> Option<PathBuf> {
        match self {
            Self::Folder(folder) => Some(folder.join("Cargo.lock")),
            Self::Git { .. } | Self::Version(_) => None,
        }
    }
}
