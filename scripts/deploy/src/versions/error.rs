//! Why what was registered cannot be kept, or is not used.

use crate::error::{Exit, Explain};
use crate::ids::CodeHash;
use crate::own_file::FileError;
use std::path::PathBuf;
use thiserror::Error;

/// Why what was registered cannot be kept, or is not used.
#[derive(Debug, Error, Explain)]
pub enum VersionsError {
    /// The file cannot be had, or others may have written it.
    #[error("what was registered cannot be used: {0}")]
    #[explain(name = "VersionsUntrusted", of = _0)]
    Own(#[from] FileError),
    /// A file is not what this program writes.
    #[error("{} cannot be read: {reason}", path.display())]
    #[explain(
        name = "VersionsUnreadable",
        expected = "a file as this version of the program writes it",
        found = "{reason}",
        next = "take the file from version control again"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The parser's words.
        reason: String,
    },
    /// A file is not what was recorded.
    #[error("{} does not hold what was registered", path.display())]
    #[explain(
        name = "VersionsTampered",
        expected = "{expected}",
        found = "{found}",
        next = "take the folder from version control again, or remove it and run the command that registered the version"
    )]
    Tampered {
        /// The file.
        path: PathBuf,
        /// What was recorded: a hash, a name.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The registry has another code hash for the version.
    #[error("what is kept of {name} {version} is not what the registry has")]
    #[explain(
        name = "VersionsDiffer",
        expected = "code with the hash {registered}, which the registry has",
        found = "code with the hash {kept}",
        next = "it is of another chain or registry: remove its folder, and register or migrate again to keep it"
    )]
    OtherCode {
        /// The definition.
        name: String,
        /// The version.
        version: String,
        /// The code hash in the folder.
        kept: CodeHash,
        /// The code hash in the registry.
        registered: CodeHash,
    },
    /// Nothing is kept under that name.
    #[error("nothing is kept of {name} {version} in {}", folder.display())]
    #[explain(
        name = "VersionUnknown",
        expected = "a version that was registered from this project",
        found = "none",
        next = "name its sources by git:REVISION, or look for the folder in version control",
        exit = Exit::Usage
    )]
    Unknown {
        /// The definition.
        name: String,
        /// The version.
        version: String,
        /// The folder.
        folder: PathBuf,
    },
    /// Two networks have other code under the same name.
    #[error("{name} {version} is another program on {} than on {}", networks[0], networks[1])]
    #[explain(
        name = "VersionAmbiguous",
        expected = "one program with that name",
        found = networks.join(" and "),
        next = "name the network: NETWORK/{name}@{version}",
        exit = Exit::Usage
    )]
    Ambiguous {
        /// The definition.
        name: String,
        /// The version.
        version: String,
        /// Two of the networks.
        networks: [String; 2],
    },
    /// A name that no folder can have.
    #[error("{name:?} cannot be the name of a folder")]
    #[explain(
        name = "VersionName",
        expected = "a name of 1 to 200 bytes",
        found = "{name:?}",
        next = "choose a shorter name",
        exit = Exit::Usage
    )]
    Name {
        /// The name.
        name: String,
    },
}
