//! What can be wrong with layouts, and why a version may not take over another one's storage.

use super::live::Dirty;
use crate::assess::FindingId;
use crate::error::{Exit, Explain};
use crate::ids::LayoutHash;
use alloy::primitives::B256;
use std::collections::BTreeSet;
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
        next = "derive it, or give it with --layout FILE"
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
    /// The new version would misread the storage.
    #[error(
        "{} would misread the storage of {from}:\n{}",
        label(name, to),
        lines.join("\n")
    )]
    #[explain(
        name = "LayoutRefused",
        details = lines.clone(),
        expected = "every field of {from} in its place, or a migration that declares what it moves",
        found = joined(findings),
        next = format!(
            "keep the old fields where they are, or write a migration (stylus-upgrades layout migration); \
             if you know better: {}",
            FindingId::flag(findings)
        )
    )]
    Refused {
        /// The definition.
        name: String,
        /// The version before.
        from: String,
        /// The new version.
        to: String,
        /// Every finding that stands in the way, as `--accept` takes it.
        findings: Vec<FindingId>,
        /// The report.
        lines: Vec<String>,
    },
    /// The layouts of two versions differ, and cannot be compared.
    #[error(
        "{} may misread the storage of {from}: the layouts cannot be compared ({})",
        label(name, to),
        reasons.join("; ")
    )]
    #[explain(
        name = "LayoutNotCompared",
        expected = "the layouts of {from} and of {to}",
        found = reasons.join("; "),
        next = format!(
            "register versions whose code derives StorageLayout, or give --layout FILE; if you know better: {}",
            FindingId::flag([&FindingId::NOT_COMPARED])
        )
    )]
    NotCompared {
        /// The definition.
        name: String,
        /// The version before.
        from: String,
        /// The new version.
        to: String,
        /// Why not, for each of the two that is missing.
        reasons: Vec<String>,
    },
    /// A layout that lists no ERC-7201 namespaces, where the contract may have some.
    #[error(
        "{} may misread what {from} keeps in ERC-7201 namespaces: the layout of {} lists none",
        label(name, to),
        versions.join(" and of ")
    )]
    #[explain(
        name = "NamespacesNotListed",
        expected = "layouts that list every namespace: what solc and foundry call storageLayout does not",
        found = format!("no list of namespaces in the layout of {}", versions.join(" and of ")),
        next = format!(
            "give the layout that @openzeppelin/upgrades-core writes, with `namespaces`, or solc's build-info \
             with its AST; if the contract has no namespace, or you compared them: {}",
            FindingId::flag([&FindingId::NAMESPACES_NOT_LISTED])
        )
    )]
    NamespacesNotListed {
        /// The definition.
        name: String,
        /// The version before.
        from: String,
        /// The new version.
        to: String,
        /// Those of the two whose layout lists none.
        versions: Vec<String>,
    },
    /// Fields of the new version that would begin with what an older version left.
    #[error(
        "new fields of {} begin with values that an older version left there:\n{}",
        label(name, to),
        dirty.iter().map(|one| format!("  {}", one.line())).collect::<Vec<_>>().join("\n")
    )]
    #[explain(
        name = "DirtyField",
        details = dirty.iter().map(|one| format!("  {}", one.line())).collect(),
        expected = "zeros where the new version uses storage anew",
        found = dirty.iter().map(Dirty::line).collect::<Vec<_>>().join("; "),
        next = format!(
            "put the field where nothing was, or clear it in a migration before; if its own migration sets it, declare migrates = [\"dirty:FIELD\"] in Cargo.toml, or: {}",
            FindingId::flag(&ids(dirty))
        )
    )]
    Dirty {
        /// The definition.
        name: String,
        /// The new version.
        to: String,
        /// Each field that was found.
        dirty: Vec<Dirty>,
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
    /// Renames or retypes that nobody declared.
    #[error(
        "{} has fields that {from} had under another name or type, and nobody declared that they are the same:\n{}",
        label(name, to),
        lines.join("\n")
    )]
    #[explain(
        name = "LayoutUndeclared",
        details = lines.clone(),
        expected = "a declaration for each",
        found = joined(findings),
        next = format!(
            "--rename old=new, --retype field, or #[layout(renamed_from, retyped_from)] in the contract; else: {}",
            FindingId::flag(findings)
        )
    )]
    Asks {
        /// The definition.
        name: String,
        /// The version before.
        from: String,
        /// The new version.
        to: String,
        /// Every finding that asks, as `--accept` takes it.
        findings: Vec<FindingId>,
        /// The report.
        lines: Vec<String>,
    },
    /// `--accept` names what was not found.
    #[error("nothing was found that is named {id}")]
    #[explain(
        expected = match known.is_empty() {
            true => "nothing to accept".to_owned(),
            false => format!("one of: {}", joined(known)),
        },
        found = "{id}",
        next = "stylus-upgrades layout diff <old> <new> names what is found",
        exit = Exit::Usage
    )]
    NoSuchFinding {
        /// What was named.
        id: FindingId,
        /// What could be accepted.
        known: Vec<FindingId>,
    },
    /// `--rename` or `--retype` that cannot be understood.
    #[error("{option} {text:?} cannot be understood: {reason}")]
    #[explain(
        name = "LayoutDeclaration",
        expected = match *option {
            "--rename" => "old=new".to_owned(),
            "--retype" => "a field of the new version".to_owned(),
            _ => "field=expression, field=@old-field or field=empty".to_owned(),
        },
        found = "{text}",
        next = "stylus-upgrades layout diff --help",
        exit = Exit::Usage
    )]
    Declaration {
        /// `--rename`, `--retype` or `--override`.
        option: &'static str,
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
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
    /// What `--accept` takes for it; nothing where it cannot be accepted.
    pub fn ids(&self) -> Vec<FindingId> {
        match self {
            Self::Refused { findings, .. } | Self::Asks { findings, .. } => findings.clone(),
            Self::NotCompared { .. } => vec![FindingId::NOT_COMPARED],
            Self::NamespacesNotListed { .. } => vec![FindingId::NAMESPACES_NOT_LISTED],
            Self::Dirty { dirty, .. } => ids(dirty),
            _ => Vec::new(),
        }
    }

    /// Whether a version may not take over the storage of another one, which can be accepted.
    pub fn is_refusal(&self) -> bool {
        !self.ids().is_empty()
    }

    /// Why what comes behind the comparison of two layouts was not looked at, in a sentence.
    pub fn why_unchecked(&self) -> String {
        let found = match self {
            Self::Refused { .. } => "the new layout contradicts the old one",
            Self::Asks { .. } => "fields have another name or type, and nobody declared it",
            Self::NotCompared { .. } => "the two layouts cannot be compared",
            Self::NamespacesNotListed { .. } => "a layout lists no namespaces",
            Self::Dirty { .. } => "new fields begin with old values",
            _ => "the layouts are refused",
        };
        let name = self.name();
        format!("{found} ({name}); it is looked at when that is mended, as its `next` says")
    }

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

/// A version of a definition; layouts that are compared by themselves have no definition.
fn label(definition: &str, version: &str) -> String {
    format!("{definition} {version}").trim_start().to_owned()
}

fn joined(ids: &[FindingId]) -> String {
    let ids: Vec<String> = ids.iter().map(FindingId::to_string).collect();
    ids.join(", ")
}

fn ids(dirty: &[Dirty]) -> Vec<FindingId> {
    let ids: BTreeSet<FindingId> = dirty.iter().map(Dirty::id).collect();
    ids.into_iter().collect()
}
