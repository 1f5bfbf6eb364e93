//! `stylus-upgrades.toml`: names for addresses, the registry, the RPC URL. A convenience and
//! nothing more: the chain is the truth.
//!
//! ```toml
//! rpc = "http://127.0.0.1:8547"
//! registry = "0x…"
//!
//! [aliases]
//! Admin = "0x…"
//! ```

mod save;

use crate::error::{Exit, Explain};
use alloy::primitives::Address;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The file's name.
pub const FILE: &str = "stylus-upgrades.toml";
/// Words of the policy language, which no alias can be.
const POLICY_WORDS: [&str; 6] = ["AND", "OR", "OutOf", "CALL", "AFTER", "NONE"];

/// A manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// The RPC URL, unless one is given by flag or environment.
    pub rpc: Option<String>,
    /// The registry, unless one is given by flag or environment.
    pub registry: Option<Address>,
    /// Names for addresses, in arguments and in policies.
    #[serde(default)]
    pub aliases: BTreeMap<String, Address>,
}

/// What can go wrong with a manifest.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        reason: String,
    },
    /// The file is no manifest.
    #[error("{} line {line}, column {column}: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The parser's words.
        reason: String,
        /// The line itself.
        excerpt: String,
    },
    /// An alias that nobody could use.
    #[error("{}: the alias {alias:?} is a word of the policy language", path.display())]
    Reserved {
        /// The file.
        path: PathBuf,
        /// The alias.
        alias: String,
    },
    /// The file cannot be written.
    #[error("{} cannot be written: {reason}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        reason: String,
    },
    /// Another address stands there already.
    #[error("{} has another {entry}", path.display())]
    Differs {
        /// The file.
        path: PathBuf,
        /// `registry`, or the alias.
        entry: String,
        /// What was to be saved.
        offered: Address,
        /// What stands there.
        held: String,
    },
    /// A name that the manifest does not have.
    #[error("{name:?} is neither an address nor an alias")]
    UnknownAlias {
        /// The name.
        name: String,
        /// The aliases there are.
        known: Vec<String>,
    },
}

impl Explain for ManifestError {
    fn name(&self) -> String {
        match self {
            Self::Unreadable { .. } => "ManifestUnreadable",
            Self::Syntax { .. } => "ManifestSyntax",
            Self::Reserved { .. } => "ManifestAlias",
            Self::Unwritable { .. } => "ManifestUnwritable",
            Self::Differs { .. } => "ManifestDiffers",
            Self::UnknownAlias { .. } => "UnknownAlias",
        }
        .to_owned()
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Syntax { .. } => Some("rpc, registry and [aliases] in TOML".into()),
            Self::UnknownAlias { known, .. } if known.is_empty() => {
                Some("0x and 40 hexadecimal digits; there are no aliases".into())
            }
            Self::UnknownAlias { known, .. } => Some(format!(
                "0x and 40 hexadecimal digits, or one of {}",
                known.join(", ")
            )),
            Self::Differs { offered, .. } => Some(offered.to_string()),
            Self::Unreadable { .. } | Self::Unwritable { .. } => {
                Some("a file that can be read and written".into())
            }
            Self::Reserved { .. } => {
                Some("a name that is no address and no word of policies".into())
            }
        }
    }

    fn found(&self) -> Option<String> {
        match self {
            Self::Syntax { excerpt, .. } => Some(excerpt.clone()),
            Self::UnknownAlias { name, .. } => Some(name.clone()),
            Self::Differs { held, .. } => Some(held.clone()),
            Self::Unreadable { reason, .. } | Self::Unwritable { reason, .. } => {
                Some(reason.clone())
            }
            Self::Reserved { alias, .. } => Some(alias.clone()),
        }
    }

    fn next(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable { .. } | Self::Unwritable { .. } => {
                "check the path and its permissions".into()
            }
            Self::Differs { entry, .. } => {
                format!("remove {entry} there, or save under another name")
            }
            Self::Syntax { line, .. } => format!("correct line {line}"),
            Self::Reserved { .. } => "give it another name".into(),
            Self::UnknownAlias { name, .. } => format!("add {name} to [aliases] in {FILE}"),
        })
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl Manifest {
    /// Reads the manifest at `path`; without one, the nearest from `folder` upwards; without any,
    /// an empty one.
    pub fn find(path: Option<&Path>, folder: &Path) -> Result<Self, ManifestError> {
        if let Some(path) = path {
            return Self::read(path);
        }
        Self::nearest(folder).map_or_else(|| Ok(Self::default()), |path| Self::read(&path))
    }

    /// The nearest manifest from `folder` upwards.
    pub fn nearest(folder: &Path) -> Option<PathBuf> {
        folder
            .ancestors()
            .map(|parent| parent.join(FILE))
            .find(|path| path.is_file())
    }

    /// Reads the manifest at `path`.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let source = std::fs::read_to_string(path).map_err(|error| ManifestError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        Self::parse(path, &source)
    }

    fn parse(path: &Path, source: &str) -> Result<Self, ManifestError> {
        let manifest: Self =
            toml::from_str(source).map_err(|error| syntax(path, source, &error))?;
        let reserved = manifest
            .aliases
            .keys()
            .find(|alias| POLICY_WORDS.contains(&alias.as_str()));
        match reserved {
            Some(alias) => Err(ManifestError::Reserved {
                path: path.to_owned(),
                alias: alias.clone(),
            }),
            None => Ok(manifest),
        }
    }

    /// The address that `name` stands for: an alias, or itself.
    pub fn address(&self, name: &str) -> Result<Address, ManifestError> {
        if let Some(address) = self.aliases.get(name) {
            return Ok(*address);
        }
        name.parse().map_err(|_| ManifestError::UnknownAlias {
            name: name.to_owned(),
            known: self.aliases.keys().cloned().collect(),
        })
    }

    /// A policy with every alias in it replaced by its address. What else is in it is the
    /// registry's to judge.
    pub fn policy(&self, expression: &str) -> Result<String, ManifestError> {
        let mut resolved = String::with_capacity(expression.len());
        let mut rest = expression;
        while let Some(start) = rest.find(is_word) {
            let (before, word_on) = rest.split_at(start);
            let (word, after) =
                word_on.split_at(word_on.find(|c| !is_word(c)).unwrap_or(word_on.len()));
            resolved.push_str(before);
            resolved.push_str(&self.policy_word(word)?);
            rest = after;
        }
        resolved.push_str(rest);
        Ok(resolved)
    }

    fn policy_word(&self, word: &str) -> Result<String, ManifestError> {
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        if is_number || POLICY_WORDS.contains(&word) {
            return Ok(word.to_owned());
        }
        Ok(format!("{:#x}", self.address(word)?))
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn syntax(path: &Path, source: &str, error: &toml::de::Error) -> ManifestError {
    let offset = error.span().map_or(0, |span| span.start).min(source.len());
    let before = source.get(..offset).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |text| text.chars().count())
        + 1;
    ManifestError::Syntax {
        path: path.to_owned(),
        line,
        column,
        reason: error.message().to_owned(),
        excerpt: source.lines().nth(line - 1).unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests;
