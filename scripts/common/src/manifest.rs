//! `stylus-upgrades.toml`: names for addresses, the registry, the RPC URL. A convenience and
//! nothing more: the chain is the truth.
//!
//! ```toml
//! network = "local"
//! proxy = "evm"
//!
//! [aliases]
//! Admin = "0x…"
//!
//! [networks.local]
//! chain_id = 412346
//! rpc_url = "http://127.0.0.1:8547"
//! key = { unlocked = "0x…" }
//!
//! [networks.sepolia]
//! chain_id = 421614
//! rpc_url = "https://sepolia.example/v2/${SEPOLIA_KEY}"
//! registry = "0x…"
//! explorer = "https://sepolia.arbiscan.io"
//! key = { account = "ana" }
//!
//! [networks.sepolia.aliases]
//! counter = "0x…"
//!
//! [fuzz.Counter]
//! differs = ["fee()"]
//! holds = ["solvent()"]
//! ```

mod alias;
mod error;
mod key;
mod kind;
mod network;
mod save;
mod variables;

pub use alias::check_alias;
pub use error::ManifestError;
pub use kind::Kind;
pub use network::Network;

use crate::address::{self, Checked};
use crate::keys::KeyPlace;
use crate::own_file;
use crate::secret::{Secret, redacted, without_values, without_values_of};
use alloy::primitives::Address;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The file's name.
pub const FILE: &str = crate::file_names::MANIFEST;
/// A manifest, as it holds on one network: without a name, on what stands above the tables of
/// networks; see [`Self::on`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The network that was named, here or by the caller.
    pub network: Option<String>,
    /// The chain that is meant.
    pub chain_id: Option<u64>,
    /// The RPC URL, unless one is given by flag or environment. Variables in it are not yet
    /// replaced: see [`Self::rpc_url`].
    pub rpc: Option<Secret>,
    /// The registry, unless one is given by flag or environment.
    pub registry: Option<Address>,
    /// The explorer whose pages transactions are linked to, without a slash at its end.
    pub explorer: Option<String>,
    /// The key that signs, unless one is given by flag or environment.
    pub key: KeyPlace,
    /// The kind of proxies, unless one is given by flag; the same on every network.
    pub proxy: Option<Kind>,
    /// Names for addresses, in arguments and in policies.
    pub aliases: BTreeMap<String, Address>,
    /// The networks by name.
    pub networks: BTreeMap<String, Network>,
    /// What the fuzzer is told of upgrades, by definition; the same on every network.
    pub fuzz: BTreeMap<String, Declared>,
}

/// What an author declares of the upgrades of a definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Declared {
    /// Functions, events and variables that are meant to differ.
    pub differs: Vec<String>,
    /// Functions that must answer true.
    pub holds: Vec<String>,
}

/// A manifest as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(alias = "rpc_url")]
    rpc: Option<Secret>,
    /// The network of whoever names none.
    network: Option<String>,
    chain_id: Option<u64>,
    registry: Option<Checked>,
    explorer: Option<String>,
    proxy: Option<Kind>,
    #[serde(default)]
    key: KeyPlace,
    #[serde(default)]
    aliases: BTreeMap<String, Checked>,
    #[serde(default)]
    networks: BTreeMap<String, network::Written>,
    #[serde(default)]
    fuzz: BTreeMap<String, Declared>,
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

    /// The manifest whose text is `source`.
    ///
    /// # Errors
    /// [`ManifestError`] if the text is no manifest or holds a key.
    pub fn parse(path: &Path, source: &str) -> Result<Self, ManifestError> {
        key::require_no_secret(path, source)?;
        let written: Written =
            toml::from_str(source).map_err(|error| syntax(path, source, &error))?;
        let mut networks = BTreeMap::new();
        for (name, network) in written.networks {
            let network = network.checked(path, &name)?;
            networks.insert(name, network);
        }
        let manifest = Self {
            network: None,
            chain_id: written.chain_id,
            rpc: written.rpc,
            registry: written.registry.map(|checked| checked.0),
            explorer: network::explorer(path, "explorer", written.explorer)?,
            key: written.key.beside(path),
            proxy: written.proxy,
            aliases: network::aliases(path, written.aliases)?,
            networks,
            fuzz: written.fuzz,
        };
        match written.network {
            Some(name) => manifest.on(&name),
            None => Ok(manifest),
        }
    }

    /// The manifest as it holds on the network called `name`. Nothing of what stands above the
    /// tables counts there but the proxies' kind, what the fuzzer is told and the aliases, and of two with one name the
    /// network's counts.
    ///
    /// # Errors
    /// [`ManifestError::UnknownNetwork`].
    pub fn on(mut self, name: &str) -> Result<Self, ManifestError> {
        let Some(network) = self.networks.get(name).cloned() else {
            return Err(ManifestError::UnknownNetwork {
                name: redacted(name),
                known: self.networks.into_keys().collect(),
            });
        };
        self.aliases.extend(network.aliases);
        Ok(Self {
            network: Some(name.to_owned()),
            chain_id: Some(network.chain_id),
            rpc: network.rpc_url,
            registry: network.registry,
            explorer: network.explorer,
            key: network.key,
            proxy: self.proxy,
            aliases: self.aliases,
            networks: self.networks,
            fuzz: self.fuzz,
        })
    }

    /// The RPC URL with the environment's variables in it, and their values, which may be keys.
    /// Neither is kept anywhere but in memory.
    ///
    /// # Errors
    /// [`ManifestError::Variable`] where one is not set.
    pub fn rpc_url(&self) -> Result<Option<(Secret, Vec<String>)>, ManifestError> {
        let Some(rpc) = &self.rpc else {
            return Ok(None);
        };
        variables::expand(rpc.expose(), |name| std::env::var(name).ok()).map(Some)
    }

    /// The address that `name` stands for: itself, or an alias.
    pub fn address(&self, name: &str) -> Result<Address, ManifestError> {
        if address::is_address(name) {
            return Ok(address::parse(name)?);
        }
        let known = self.aliases.get(name).copied();
        // What is no name may be a key that was put in the wrong place.
        known.ok_or_else(|| ManifestError::UnknownAlias {
            name: redacted(name),
            known: self.aliases.keys().cloned().collect(),
        })
    }

    /// A policy with every alias in it replaced by its address, and the words of the language in the
    /// spelling that the registry takes. What else is in it is the registry's to check.
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
        if is_other {
            return Ok(word.to_owned());
        }
        let mut operators = alias::POLICY_WORDS.iter();
        if let Some(operator) = operators.find(|operator| operator.eq_ignore_ascii_case(word)) {
            return Ok((*operator).to_owned());
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
    let shown = source.lines().nth(line - 1).unwrap_or_default();
    ManifestError::Syntax {
        path: path.to_owned(),
        line,
        column,
        reason: without_values_of(shown, error.message()),
        excerpt: without_values(shown),
    }
}

#[cfg(test)]
mod tests;
