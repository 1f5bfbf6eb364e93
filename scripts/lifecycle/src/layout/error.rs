//! What can be wrong with layouts, and why a version may not take over another one's storage.

use crate::assess::FindingId;
use crate::error::{Exit, Explain};
use crate::ids::LayoutHash;
use alloy::primitives::B256;
use std::path::PathBuf;
use thiserror::Error;

/// What can be wrong with layouts, and why a version may not take over another one's storage.
#[derive(Debug, Error, Explain)]
pub enum LayoutError {
    /// A file that should hold a layout does not.
    #[error("{} holds no storage layout: {reason}", path.display())]
    #[explain(
        name = "LayoutUnreadable",
        expected = "JSON of solc (storageLayout), of @openzeppelin/upgrades-core, or of `layout show --json`",
        found = "{reason}",
        next = "compile with outputSelection `storageLayout`; FILE:NAME chooses one contract of several"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A contract that does not declare one.
    #[error("{source_name} does not say how its storage is laid out")]
    #[explain(
        name = "LayoutUnknown",
        expected = "#[derive(StorageLayout)] on the entrypoint's struct",
        found = "no layout",
        next = "derive it, or give it with --layout FILE; `layout diff BEFORE AFTER` derives it of a crate that `init` has not changed yet"
    )]
    Undeclared {
        /// The contract.
        source_name: String,
    },
    /// Two layouts for one contract.
    #[error("{what} has another storage layout than the one that was given")]
    #[explain(
        name = "LayoutDiffers",
        expected = "the layout with the hash {has}",
        found = "a layout with the hash {given}",
        next = "leave --layout out, or give the layout of this very code"
    )]
    Differs {
        /// Whose layout.
        what: String,
        /// The hash of the layout that it has.
        has: LayoutHash,
        /// The hash of the layout that was given.
        given: LayoutHash,
    },
    /// A file that is about something else than what it was given for.
    #[error("{} is not of the {part} of {what}", path.display())]
    #[explain(
        name = "LayoutOfOther",
        expected = "{has}",
        found = "{given}",
        next = "give the build-info of what was deployed; FILE:NAME chooses one contract of several"
    )]
    OfOther {
        /// The file.
        path: PathBuf,
        /// What of it differs.
        part: &'static str,
        /// Whose it should be.
        what: String,
        /// What that has.
        has: String,
        /// What the file has.
        given: String,
    },
    /// A file of the store whose content does not have its hash.
    #[error("{} does not hold what its name says", path.display())]
    #[explain(
        name = "LayoutTampered",
        expected = "a layout whose hash is the file's name",
        found = "{holds}",
        next = "delete the file, then: stylus-upgrades layout show --keep <crate of that version>"
    )]
    Tampered {
        /// The file.
        path: PathBuf,
        /// The hash of what it holds.
        holds: B256,
    },
    /// A layout document that no registry publishes.
    #[error("the layout document has {size} bytes")]
    #[explain(
        name = "LayoutTooLarge",
        expected = "at most {limit} bytes",
        found = "{size} bytes",
        next = "declare fewer types: a document lists each struct once"
    )]
    TooLarge {
        /// Its size.
        size: usize,
        /// Bytes at most.
        limit: usize,
    },
    /// `--accept` names what was not found.
    #[error("nothing was found that is named {id}")]
    #[explain(
        expected = match known.is_empty() {
            true => "nothing to accept".to_owned(),
            false => format!("one of: {}", joined(known)),
        },
        found = "{id}",
        next = "leave it out: what refuses a command is named by its id",
        exit = Exit::Usage
    )]
    NoSuchFinding {
        /// What was named.
        id: FindingId,
        /// What could be accepted.
        known: Vec<FindingId>,
    },
    /// An `--override` that cannot be understood.
    #[error("--override {text:?} cannot be understood: there is no =")]
    #[explain(
        name = "LayoutDeclaration",
        expected = "field=expression, field=@old-field or field=empty",
        found = "{text}",
        next = "stylus-upgrades layout migration --help",
        exit = Exit::Usage
    )]
    Override {
        /// What was given.
        text: String,
    },
    /// The layouts cannot be compared.
    #[error("the layouts cannot be compared: {0}")]
    #[explain(
        name = "LayoutIncomparable",
        expected = "layouts that a compiler could have written",
        found = "{_0}",
        next = "correct the layout, or the declaration"
    )]
    Compare(stylus_layout::LayoutError),
    /// No migration can be written.
    #[error("no migration can be written: {0}")]
    #[explain(
        name = "MigrationUnsupported",
        expected = "fields whose bytes can be carried over",
        found = "{_0}",
        next = "--override the field that is named, or migrate it by hand"
    )]
    Unsupported(#[from] stylus_layout::Unsupported),
    /// A file could not be read or written.
    #[error("{} {}: {reason}", action, path.display())]
    #[explain(
        expected = "a file to {action}",
        found = "{reason}",
        next = "check the path, its permissions and the space on the disk"
    )]
    File {
        /// What was attempted, a verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        reason: String,
    },
}

impl LayoutError {
    pub(super) fn file(
        action: &'static str,
        path: &std::path::Path,
        reason: impl ToString,
    ) -> Self {
        Self::File {
            action,
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}

fn joined(ids: &[FindingId]) -> String {
    let ids: Vec<String> = ids.iter().map(FindingId::to_string).collect();
    ids.join(", ")
}
