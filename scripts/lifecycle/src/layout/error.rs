//! Errors about layouts, and about files that hold them.

use super::json::NotJson;
use crate::client::ChainError;
use crate::error::Refusal;
use std::fmt::Display;
use std::path::Path;

/// The reason why no layout is read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It is a file of a tool that keeps layouts elsewhere: what it is, and where they are.
    Elsewhere(&'static str, String),
    /// It has none.
    NoLayout,
    /// It has those of several contracts, by their names.
    Several(Vec<String>),
    /// It has none of that contract, but those.
    NotOf(String, Vec<String>),
    /// Its AST nests deeper than is followed.
    TooDeep,
    /// Its layout is malformed, or cannot be laid out.
    Malformed(String),
}

/// A file that should hold a layout does not.
pub fn unreadable(path: &Path, why: Unreadable) -> ChainError {
    let file = path.display();
    let refusal = |message: String| Refusal::new("LayoutUnreadable", message);
    let expected =
        "JSON of solc (storageLayout), of @openzeppelin/upgrades-core, or of `layout show --json`";
    let refusal = match why {
        Unreadable::Elsewhere(what, next) => {
            refusal(format!("{file} is {what}, which holds no storage layout"))
                .with(expected, what, next)
        }
        Unreadable::NoLayout => refusal(format!(
            "{file} holds no storage layout: nothing in it has `storage` and `types`"
        ))
        .with(
            expected,
            "no layout",
            "compile with outputSelection `storageLayout`",
        ),
        Unreadable::Several(names) => {
            let names = names.join(", ");
            refusal(format!("{file} has several contracts: {names}")).with(
                "one contract",
                names,
                format!("name it: {file}:NAME, or {file}:SOURCE:NAME where two have one name"),
            )
        }
        Unreadable::NotOf(name, names) => {
            let names = if names.is_empty() { "no layout".to_owned() } else { names.join(", ") };
            refusal(format!("{file} has no contract {name} with a storage layout")).with(
                name,
                names,
                format!("name one that it has: {file}:NAME"),
            )
        }
        Unreadable::TooDeep => refusal(format!("{file} cannot be read: {}", NotJson::TooDeep))
            .with("at most 127 values within each other", "more", NotJson::ADVICE),
        Unreadable::Malformed(reason) => refusal(format!("{file} cannot be read: {reason}")).with(
            "what a compiler writes of a contract whose storage can be laid out",
            reason,
            "correct what it names, in the sources where they are the cause, and compile them again",
        ),
    };
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
