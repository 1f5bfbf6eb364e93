//! What can be wrong with layouts, and why a version may not take over another one's storage.

use super::check::NOT_COMPARED;
use super::live::Dirty;
use crate::error::{Exit, Explain};
use crate::text::shell_word;
use alloy::primitives::B256;
use std::path::PathBuf;
use thiserror::Error;

/// What can be wrong with layouts, and why a version may not take over another one's storage.
#[derive(Debug, Error)]
pub enum LayoutError {
    /// A file that should hold a layout does not.
    #[error("{} holds no storage layout: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A contract that does not declare one.
    #[error("{source_name} does not say how its storage is laid out")]
    Undeclared {
        /// The contract.
        source_name: String,
    },
    /// Two layouts for one contract.
    #[error("{what} has another storage layout than the one that was given")]
    Differs {
        /// Whose layout.
        what: String,
        /// The hash of the layout that it has.
        has: B256,
        /// The hash of the layout that was given.
        given: B256,
    },
    /// A file of the store whose content does not have its hash.
    #[error("{} does not hold what its name says", path.display())]
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
    Refused {
        /// The definition.
        name: String,
        /// The version before.
        from: String,
        /// The new version.
        to: String,
        /// Every finding that stands in the way, as `--allow-layout` names it.
        findings: Vec<String>,
        /// The report.
        lines: Vec<String>,
    },
    /// The layouts of two versions differ, and cannot be compared.
    #[error(
        "{} may misread the storage of {from}: the layouts cannot be compared ({})",
        label(name, to),
        reasons.join("; ")
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
    /// Fields of the new version that would begin with what an older version left.
    #[error(
        "{} begins with what lies where it uses storage anew:\n{}",
        label(name, to),
        dirty.iter().map(|one| format!("  {}", one.line())).collect::<Vec<_>>().join("\n")
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
    Asks {
        /// The definition.
        name: String,
        /// The version before.
        from: String,
        /// The new version.
        to: String,
        /// Every finding that asks, as `--allow-layout` names it.
        findings: Vec<String>,
        /// The report.
        lines: Vec<String>,
    },
    /// `--allow-layout` names what was not found.
    #[error("nothing was found that is named {id}")]
    NoSuchFinding {
        /// What was named.
        id: String,
        /// What could be allowed.
        known: Vec<String>,
    },
    /// `--rename` or `--retype` that cannot be understood.
    #[error("{option} {text:?} cannot be understood: {reason}")]
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
    Compare(stylus_layout::LayoutError),
    /// No migration can be written.
    #[error("no migration can be written: {0}")]
    Unsupported(#[from] stylus_layout::Unsupported),
    /// A file could not be read or written.
    #[error("{} {}: {reason}", action, path.display())]
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
    /// Whether a version may not take over the storage of another one, which can be allowed by name.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. }
                | Self::Asks { .. }
                | Self::NotCompared { .. }
                | Self::Dirty { .. }
        )
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

impl Explain for LayoutError {
    fn name(&self) -> String {
        match self {
            Self::Unreadable { .. } => "LayoutUnreadable",
            Self::Undeclared { .. } => "LayoutUnknown",
            Self::Differs { .. } => "LayoutDiffers",
            Self::Tampered { .. } => "LayoutTampered",
            Self::Refused { .. } => "LayoutRefused",
            Self::Asks { .. } => "LayoutUndeclared",
            Self::NotCompared { .. } => "LayoutNotCompared",
            Self::Dirty { .. } => "DirtyField",
            Self::TooLarge { .. } => "LayoutTooLarge",
            Self::NoSuchFinding { .. } => "NoSuchFinding",
            Self::Declaration { .. } => "LayoutDeclaration",
            Self::Compare(_) => "LayoutIncomparable",
            Self::Unsupported(_) => "MigrationUnsupported",
            Self::File { .. } => "File",
        }
        .to_owned()
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Refused { lines, .. } | Self::Asks { lines, .. } => lines.clone(),
            _ => Vec::new(),
        }
    }

    fn expected(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable { .. } => {
                "JSON of solc (storageLayout), of @openzeppelin/upgrades-core, or of `layout show --json`".into()
            }
            Self::Undeclared { .. } => "#[derive(StorageLayout)] on the entrypoint's struct".into(),
            Self::Differs { has, .. } => format!("the layout with the hash {has}"),
            Self::Tampered { .. } => "a layout whose hash is the file's name".into(),
            Self::Refused { from, .. } => {
                format!("every field of {from} in its place, or a migration that declares what it moves")
            }
            Self::Asks { .. } => "a declaration for each".into(),
            Self::NotCompared { from, to, .. } => format!("the layouts of {from} and of {to}"),
            Self::Dirty { .. } => "zeros where the new version uses storage anew".into(),
            Self::TooLarge { limit, .. } => format!("at most {limit} bytes"),
            Self::NoSuchFinding { known, .. } if known.is_empty() => "nothing to allow".into(),
            Self::NoSuchFinding { known, .. } => format!("one of: {}", known.join(", ")),
            Self::Declaration { option, .. } => match *option {
                "--rename" => "old=new".into(),
                "--retype" => "a field of the new version".into(),
                _ => "field=expression, field=@old-field or field=empty".into(),
            },
            Self::Compare(_) => "layouts that a compiler could have written".into(),
            Self::Unsupported(_) => "fields whose bytes can be carried over".into(),
            Self::File { action, .. } => format!("a file to {action}"),
        })
    }

    fn found(&self) -> Option<String> {
        Some(match self {
            Self::Differs { given, .. } => format!("a layout with the hash {given}"),
            Self::Tampered { holds, .. } => holds.to_string(),
            Self::Refused { findings, .. } | Self::Asks { findings, .. } => findings.join(", "),
            Self::NotCompared { reasons, .. } => reasons.join("; "),
            Self::Dirty { dirty, .. } => {
                let lines: Vec<String> = dirty.iter().map(Dirty::line).collect();
                lines.join("; ")
            }
            Self::TooLarge { size, .. } => format!("{size} bytes"),
            Self::NoSuchFinding { id, .. } => id.clone(),
            Self::Declaration { text, .. } => text.clone(),
            Self::Unreadable { reason, .. } | Self::File { reason, .. } => reason.clone(),
            Self::Undeclared { .. } => "no layout".into(),
            Self::Compare(error) => error.to_string(),
            Self::Unsupported(error) => error.to_string(),
        })
    }

    fn next(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable { .. } => {
                "compile with outputSelection `storageLayout`; FILE:NAME chooses one contract of several".into()
            }
            Self::Undeclared { .. } => "derive it, or give it with --layout FILE".into(),
            Self::Differs { .. } => "leave --layout out, or give the layout of this very code".into(),
            Self::Tampered { .. } => "delete the file, then: stylus-upgrades layout show --keep <crate of that version>".into(),
            Self::Refused { findings, .. } => format!(
                "keep the old fields where they are, or write a migration (stylus-upgrades layout migration); \
                 if you know better: {}",
                allow(findings)
            ),
            Self::Asks { findings, .. } => format!(
                "--rename old=new, --retype field, or #[layout(renamed_from, retyped_from)] in the contract; \
                 else: {}",
                allow(findings)
            ),
            Self::NotCompared { .. } => format!(
                "register versions whose code derives StorageLayout, or give --layout FILE; if you know better: {}",
                allow(&[NOT_COMPARED.into()])
            ),
            Self::Dirty { dirty, .. } => {
                let mut ids: Vec<String> = dirty.iter().map(Dirty::id).collect();
                ids.sort();
                ids.dedup();
                format!(
                    "put the field where nothing was, or clear it in a migration before; if its migration \
                     sets it: {}",
                    allow(&ids)
                )
            }
            Self::TooLarge { .. } => "declare fewer types: a document lists each struct once".into(),
            Self::NoSuchFinding { .. } => "stylus-upgrades layout diff <old> <new> names what is found".into(),
            Self::Declaration { .. } => "stylus-upgrades layout diff --help".into(),
            Self::Compare(_) => "correct the layout, or the declaration".into(),
            Self::Unsupported(_) => "--override the field that is named, or migrate it by hand".into(),
            Self::File { .. } => "check the path, its permissions and the space on the disk".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NoSuchFinding { .. } | Self::Declaration { .. } => Exit::Usage,
            _ => Exit::Refused,
        }
    }
}

/// A version of a definition; layouts that are compared by themselves have no definition.
fn label(definition: &str, version: &str) -> String {
    format!("{definition} {version}").trim_start().to_owned()
}

fn allow(findings: &[String]) -> String {
    let flags = findings
        .iter()
        .map(|id| format!("--allow-layout {}", shell_word(id)));
    flags.collect::<Vec<_>>().join(" ")
}
