//! What can be wrong with layouts, and with files that hold them.

use crate::client::ChainError;
use crate::error::Refusal;
use std::fmt::Display;
use std::path::Path;

/// A file that should hold a layout does not.
pub fn unreadable(path: &Path, reason: impl Into<String>) -> ChainError {
    let reason = reason.into();
    let message = format!("{} holds no storage layout: {reason}", path.display());
    let refusal = Refusal::new("LayoutUnreadable", message).with(
        "JSON of solc (storageLayout), of @openzeppelin/upgrades-core, or of `layout show --json`",
        reason,
        "compile with outputSelection `storageLayout`; FILE:NAME chooses one contract of several",
    );
    refusal.into()
}

/// A contract that does not declare one.
pub fn undeclared(contract: impl Display) -> ChainError {
    let message = format!("{contract} does not say how its storage is laid out");
    let refusal = Refusal::new("LayoutUnknown", message).with(
        "#[derive(StorageLayout)] on the entrypoint's struct",
        "no layout",
        "derive it, or give it with --layout FILE; `layout diff BEFORE AFTER` derives it of a crate that `init` has \
         not changed yet",
    );
    refusal.into()
}

/// A file of the store whose content does not have its hash.
pub(super) fn tampered(path: &Path, holds: impl Display) -> ChainError {
    let message = format!("{} does not hold what its name says", path.display());
    let refusal = Refusal::new("LayoutTampered", message).with(
        "a layout whose hash is the file's name",
        holds.to_string(),
        "delete the file, then: stylus-upgrades layout show --keep CRATE, of that version",
    );
    refusal.into()
}

/// The layouts cannot be compared.
pub fn incomparable(error: stylus_layout::LayoutError) -> ChainError {
    let message = format!("the layouts cannot be compared: {error}");
    let refusal = Refusal::new("LayoutIncomparable", message).with(
        "layouts that a compiler could have written",
        error.to_string(),
        "correct the layout, or the declaration",
    );
    refusal.into()
}

/// A file could not be read or written, as `action` says.
pub(super) fn file(action: &str, path: &Path, reason: impl Display) -> ChainError {
    let message = format!("{action} {}: {reason}", path.display());
    let refusal = Refusal::new("File", message).with(
        format!("a file to {action}"),
        reason.to_string(),
        "check the path, its permissions and the space on the disk",
    );
    refusal.into()
}
