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

mod alias;
mod save;

pub use alias::check_alias;

use crate::address::{self, AddressError, Checked};
use crate::error::{Exit, Explain};
use crate::own_file::{self, FileError};
use crate::secret::{Secret, redacted};
use alloy::primitives::Address;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The file's name.
pub const FILE: &str = crate::file_names::MANIFEST;
/// A manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The RPC URL, unless one is given by flag or environment.
    pub rpc: Option<Secret>,
    /// The registry, unless one is given by flag or environment.
    pub registry: Option<Address>,
    /// Names for addresses, in arguments and in policies.
    pub aliases: BTreeMap<String, Address>,
}

/// A manifest as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    rpc: Option<Secret>,
    registry: Option<Checked>,
    #[serde(default)]
    aliases: BTreeMap<String, Checked>,
}

/// What can go wrong with a manifest.
#[derive(Debug, Error, Explain)]
#[explain(exit = Exit::Usage)]
pub enum ManifestError {
    /// The file cannot be had, or others may have written it.
    #[error("the manifest cannot be used: {0}")]
    #[explain(
        name = match _0.is_io() {
            true => "ManifestUnreadable",
            false => "ManifestUntrusted",
        },
        of = _0
    )]
    File(#[from] FileError),
    /// The file cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    #[explain(
        name = "ManifestUnreadable",
        expected = "a file that can be read",
        found = "{reason}",
        next = "check the path and its permissions"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        reason: String,
    },
    /// The file is no manifest.
    #[error("{} line {line}, column {column}: {reason}", path.display())]
    #[explain(
        name = "ManifestSyntax",
        expected = "rpc, registry and [aliases] in TOML",
        found = "{excerpt}",
        next = "correct line {line}"
    )]
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
    #[error("{}: {alias:?} cannot be an alias: {reason}", path.display())]
    #[explain(
        name = "ManifestAlias",
        expected = "a letter, then letters, digits, '_', '-' or '.': no address, no word of policies",
        found = match alias.is_empty() {
            true => "an empty name".to_owned(),
            false => alias.clone(),
        },
        next = "give it another name"
    )]
    Alias {
        /// The file.
        path: PathBuf,
        /// The alias.
        alias: String,
        /// Why not.
        reason: &'static str,
    },
    /// An address whose checksum does not hold.
    #[error(transparent)]
    #[explain(of = _0)]
    Address(#[from] AddressError),
    /// Another address stands there already.
    #[error("{} has another {entry}", path.display())]
    #[explain(
        name = "ManifestDiffers",
        expected = "{offered}",
        found = "{held}",
        next = "remove {entry} there, or save under another name"
    )]
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
    /// The alias stands for an address already, and a new one was to be saved under it.
    #[error("{} has {alias} already", path.display())]
    #[explain(
        name = "ManifestDiffers",
        expected = "an alias that is not taken",
        found = "{held}",
        next = "remove {alias} there, or save under another name"
    )]
    Taken {
        /// The file.
        path: PathBuf,
        /// The alias.
        alias: String,
        /// Its address.
        held: String,
    },
    /// A name that the manifest does not have.
    #[error("{name:?} is neither an address nor an alias")]
    #[explain(
        expected = match known.is_empty() {
            true => "0x and 40 hexadecimal digits; there are no aliases".to_owned(),
            false => format!("0x and 40 hexadecimal digits, or one of {}", known.join(", ")),
        },
        found = "{name}",
        next = "add {name} to [aliases] in {FILE}"
    )]
    UnknownAlias {
        /// The name.
        name: String,
        /// The aliases there are.
        known: Vec<String>,
    },
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

    /// The nearest manifest from `folder` upwards, as git finds a repository: not above the user's
    /// home, and not on another file system. Whatever has its name counts: what is no file, or
    /// somebody else's, is refused when it is read, not passed over.
    pub fn nearest(folder: &Path) -> Option<PathBuf> {
        let home = std::env::home_dir().and_then(|home| home.canonicalize().ok());
        nearest_below(folder, home.as_deref())
    }

    /// Reads the manifest at `path`.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        match own_file::read(path)? {
            Some(source) => Self::parse(path, &source),
            None => Err(ManifestError::Unreadable {
                path: path.to_owned(),
                reason: "there is none".into(),
            }),
        }
    }

    fn parse(path: &Path, source: &str) -> Result<Self, ManifestError> {
        let written: Written =
            toml::from_str(source).map_err(|error| syntax(path, source, &error))?;
        for alias in written.aliases.keys() {
            check_alias(path, alias)?;
        }
        let aliases = written.aliases.into_iter();
        Ok(Self {
            rpc: written.rpc,
            registry: written.registry.map(|checked| checked.0),
            aliases: aliases.map(|(alias, checked)| (alias, checked.0)).collect(),
        })
    }

    /// The address that `name` stands for: itself, or an alias.
    pub fn address(&self, name: &str) -> Result<Address, ManifestError> {
        if address::is_address(name) {
            return Ok(address::parse(name)?);
        }
        let known = self.aliases.get(name).copied();
        known.ok_or_else(|| ManifestError::UnknownAlias {
            name: name.to_owned(),
            known: self.aliases.keys().cloned().collect(),
        })
    }

    /// A policy with every alias in it replaced by its address. What else is in it is the
    /// registry's to check.
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
        let is_other = is_number && !address::is_address(word);
        if is_other || alias::POLICY_WORDS.contains(&word) {
            return Ok(word.to_owned());
        }
        Ok(format!("{:#x}", self.address(word)?))
    }
}

fn nearest_below(folder: &Path, home: Option<&Path>) -> Option<PathBuf> {
    let device = |folder: &Path| folder.metadata().ok().map(|found| found.dev());
    let ours = device(folder);
    for parent in folder.ancestors() {
        if device(parent) != ours {
            return None;
        }
        let path = parent.join(FILE);
        if path.symlink_metadata().is_ok() {
            return Some(path);
        }
        if home == Some(parent) {
            return None;
        }
    }
    None
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
        reason: redacted(error.message()),
        excerpt: redacted(source.lines().nth(line - 1).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
