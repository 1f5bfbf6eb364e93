//! The errors that prevent a check. A guard whose test does not fail is a verdict, not an error.

use std::path::PathBuf;

use thiserror::Error;

/// What keeps the guards from being tried.
#[derive(Debug, Error)]
pub enum GuardError {
    /// A file could not be read, written or copied.
    #[error("{action} {}: {source}", path.display())]
    File {
        /// What was attempted, a verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The list is no list of guards.
    #[error("{}: {reason}; expected a list of [[guard]]", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The text of a guard stands in its file not at all or more than once.
    #[error(
        "`{guard}`: expected its text once in {file}, found it {found} times; bring the list up to date with the source"
    )]
    Text {
        /// The guard.
        guard: String,
        /// Its file.
        file: String,
        /// How often the text stands there.
        found: usize,
    },
    /// No guard has a name with that in it.
    #[error("no guard's name contains `{name}`; `--list` shows them all")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The named tests do not pass although nothing is disabled.
    #[error("with nothing disabled the tests do not pass: {reason}")]
    Baseline {
        /// What they said.
        reason: String,
    },
    /// A program could not be started.
    #[error("{program} could not be started: {source}; install it and put it into the PATH")]
    ToolMissing {
        /// The program.
        program: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The binary of the tests was not built.
    #[error("the tests were not built:\n{said}")]
    NotBuilt {
        /// The end of cargo's words.
        said: String,
    },
}

impl GuardError {
    /// For `map_err` on file operations.
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
