//! Why a project cannot be made.

use crate::build::BuildError;
use crate::error::{Exit, Explain};
use std::path::PathBuf;
use thiserror::Error;

/// Why a project cannot be made.
#[derive(Debug, Error, Explain)]
#[explain(exit = Exit::Usage)]
pub enum ProjectError {
    /// A name that no project can have.
    #[error("a project cannot be called {name:?}: {reason}")]
    #[explain(
        name = "ProjectName",
        expected = "small letters, digits, - and _, a letter first, such as my-note",
        found = "{name:?}: {reason}",
        next = "choose another name"
    )]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Something is there already.
    #[error("{} is there already", path.display())]
    #[explain(
        name = "ProjectExists",
        expected = "a name that nothing in this folder has",
        found = path.display().to_string(),
        next = "choose another name; nothing was written"
    )]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// The folder does not hold the framework's sources.
    #[error("{} does not hold the framework's sources", path.display())]
    #[explain(
        name = "NoFramework",
        expected = "the root of a clone of the framework's repository",
        found = path.display().to_string(),
        next = "give the folder that holds proxy/, registry/ and migratable/"
    )]
    NoFramework {
        /// The folder.
        path: PathBuf,
    },
    /// A contract that cannot be made upgradeable by this program.
    #[error("the contract cannot be made upgradeable as it is: {reason}")]
    #[explain(
        name = "NotInitialized",
        expected = "a crate of stylus-sdk 0.10.10 with an entrypoint and #[public] blocks, without a constructor",
        found = "another crate, or a place in it where only its author can say what is meant",
        next = "change that first; nothing was written. The page on existing contracts (adopting.md) of the documentation does the whole by hand"
    )]
    NotInitialized {
        /// Why not.
        reason: String,
    },
    /// Cargo does not write the lock file.
    #[error(transparent)]
    #[explain(of = _0)]
    Lock(#[from] BuildError),
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    #[explain(
        name = "ProjectFile",
        expected = "a folder that can be written",
        found = "{source}",
        next = "check the path, its permissions and the space on the disk"
    )]
    File {
        /// What was attempted, a verb.
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
}

impl ProjectError {
    pub(super) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}
