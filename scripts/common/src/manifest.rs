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
//! send_url = "https://sequencer.example/rpc"
//! logs_url = "https://archive.example/${ARCHIVE_KEY}"
//! registry = "0x…"
//! registry_block = 123456789
//! arrivals = ["0x…"]
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
mod key;
mod kind;
mod network;
mod save;
mod slip;
mod variables;

pub use alias::check_alias;
pub use kind::Kind;
pub use network::Network;
pub use save::Entry;
pub use slip::policy_slip;

use crate::address;
use crate::error::{Explain, Refusal};
use crate::error_catalogue::{WordsField, fixed_words};
use crate::keys::KeyPlace;
use crate::own_file;
use crate::secret::{Secret, redacted, without_values, without_values_of};
use crate::text::{nearest, seconds, words_of};
use alloy::primitives::Address;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The file's name.
pub const FILE: &str = crate::file_names::MANIFEST;
/// A manifest, as it holds on one network: without a name, on what stands above the tables of
/// networks; see [`Self::on`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Manifest {
    /// The network that was named, here or by the caller.
    pub network: Option<String>,
    /// The chain that is meant.
    pub chain_id: Option<u64>,
    /// The RPC URL, unless one is given by flag or environment. Variables in it are not yet
    /// replaced: see [`Self::rpc_url`].
    #[serde(alias = "rpc_url")]
    pub rpc: Option<Secret>,
    /// Another URL for transactions, as it is written.
    pub send_url: Option<Secret>,
    /// Another URL for events, as it is written.
    pub logs_url: Option<Secret>,
    /// The registry, unless one is given by flag or environment.
    #[serde(deserialize_with = "address::optional")]
    pub registry: Option<Address>,
    /// The block in which the registry was created.
    pub registry_block: Option<u64>,
    /// Instances that came from elsewhere and that the project has looked at: nobody but an approver is asked about them.
    #[serde(deserialize_with = "address::list")]
    pub arrivals: Vec<Address>,
    /// The explorer whose pages transactions are linked to, without a slash at its end.
    pub explorer: Option<String>,
    /// The key that signs, unless one is given by flag or environment.
    pub key: KeyPlace,
    /// The kind of proxies, unless one is given by flag; the same on every network.
    pub proxy: Option<Kind>,
    /// Names for addresses, in arguments and in policies.
    #[serde(deserialize_with = "address::by_name")]
    pub aliases: BTreeMap<String, Address>,
    /// The networks by name.
    pub networks: BTreeMap<String, Network>,
    /// The declarations for the fuzzer about upgrades, by definition; the same on every network.
    pub fuzz: BTreeMap<String, Declared>,
    /// The file that it was read from.
    #[serde(skip)]
    pub path: Option<PathBuf>,
}

/// The declarations of an author about the upgrades of a definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Declared {
    /// Functions, events and variables that are meant to differ.
    pub differs: Vec<String>,
    /// Functions that must answer true.
    pub holds: Vec<String>,
}

/// A URL with the environment's variables in it, and their values.
fn expanded(url: &Secret) -> Result<(Secret, Vec<String>), Refusal> {
    variables::expand(url.expose(), |name| std::env::var(name).ok())
}

impl Manifest {
    /// Reads the manifest at `path`; without one, the nearest from `folder` upwards; without any,
    /// an empty one.
    pub fn find(path: Option<&Path>, folder: &Path) -> Result<Self, Refusal> {
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
    pub fn read(path: &Path) -> Result<Self, Refusal> {
        match own_file::read(path).map_err(unusable)? {
            Some(source) => Self::parse(path, &source),
            None => Err(unreadable(path, "there is none")),
        }
    }

    /// The manifest whose text is `source`.
    ///
    /// # Errors
    /// If the text is no manifest or holds a key.
    pub fn parse(path: &Path, source: &str) -> Result<Self, Refusal> {
        key::require_no_secret(path, source)?;
        let mut manifest: Self =
            toml::from_str(source).map_err(|error| syntax(path, source, &error))?;
        for (name, network) in &mut manifest.networks {
            network.check(path, name)?;
        }
        for alias in manifest.aliases.keys() {
            check_alias(path, alias)?;
        }
        manifest.explorer = network::explorer(path, "explorer", manifest.explorer)?;
        manifest.key = manifest.key.beside(path);
        manifest.path = Some(path.to_owned());
        match manifest.network.take() {
            Some(name) => manifest.on(&name),
            None => Ok(manifest),
        }
    }

    /// The manifest as it holds on the network called `name`. Nothing of what stands above the
    /// tables counts there but the proxies' kind, what the fuzzer is told and the aliases, and of two with one name the
    /// network's counts.
    ///
    /// # Errors
    /// Where there is no such network.
    pub fn on(mut self, name: &str) -> Result<Self, Refusal> {
        let Some(network) = self.networks.get(name).cloned() else {
            let (name, file) = (redacted(name), self.file());
            let known: Vec<String> = self.networks.into_keys().collect();
            return Err(Refusal::new(
                "UnknownNetwork",
                format!("the manifest has no network {name:?}"),
            )
            .with(
                if known.is_empty() {
                    format!("a table [networks.{name}] in {file}; there is none")
                } else {
                    format!("one of {}", known.join(", "))
                },
                name,
                "give --network (or STYLUS_UPGRADES_NETWORK) another name, or add the table",
            )
            .usage());
        };
        self.aliases.extend(network.aliases);
        Ok(Self {
            network: Some(name.to_owned()),
            chain_id: Some(network.chain_id),
            rpc: network.rpc_url,
            send_url: network.send_url,
            logs_url: network.logs_url,
            registry: network.registry,
            registry_block: network.registry_block,
            arrivals: network.arrivals,
            explorer: network.explorer,
            key: network.key,
            ..self
        })
    }

    /// The RPC URL with the environment's variables in it, and their values, which may be keys.
    /// Neither is kept anywhere but in memory.
    ///
    /// # Errors
    /// Where one is not set.
    pub fn rpc_url(&self) -> Result<Option<(Secret, Vec<String>)>, Refusal> {
        self.rpc.as_ref().map(expanded).transpose()
    }

    /// Like [`Self::rpc_url`], the URL that takes transactions where another one answers questions.
    ///
    /// # Errors
    /// As [`Self::rpc_url`].
    pub fn send_url(&self) -> Result<Option<(Secret, Vec<String>)>, Refusal> {
        self.send_url.as_ref().map(expanded).transpose()
    }

    /// Like [`Self::rpc_url`], the URL that gives events where the other one gives those of few blocks.
    ///
    /// # Errors
    /// As [`Self::rpc_url`].
    pub fn logs_url(&self) -> Result<Option<(Secret, Vec<String>)>, Refusal> {
        self.logs_url.as_ref().map(expanded).transpose()
    }

    /// The address that `name` stands for: itself, or an alias; `None` where it is neither.
    pub fn known_address(&self, name: &str) -> Result<Option<Address>, Refusal> {
        if address::is_address(name) {
            address::parse(name).map(Some)
        } else {
            Ok(self.aliases.get(name).copied())
        }
    }

    /// Like [`Self::known_address`]; errors where it is neither.
    pub fn address(&self, name: &str) -> Result<Address, Refusal> {
        self.known_address(name)?.ok_or_else(|| {
            // What is no name may be a key that was put in the wrong place.
            let name = redacted(name);
            let aliases: Vec<String> = self.aliases.keys().cloned().collect();
            let known = if aliases.is_empty() { "; there are no aliases".to_owned() } else { format!(", or one of {}", aliases.join(", ")) };
            let mut networks = self.networks.iter();
            let elsewhere = networks.find(|(_, other)| other.aliases.contains_key(&name));
            let next = match (alias::reason(&name), name.strip_prefix("0x")) {
                (None, _) if let Some((network, _)) = elsewhere => {
                    format!("{name} is an alias of network {network}: give --network {network}")
                }
                (None, _) if let Some(meant) = nearest(&name, &aliases) => {
                    format!("did you mean {meant}?")
                }
                (None, _) => {
                    let table = match &self.network {
                        Some(network) => format!("networks.{network}.aliases"),
                        None => "aliases".into(),
                    };
                    format!("add {name} to [{table}] in {}", self.file())
                }
                (_, Some(digits)) => {
                    let count = digits.chars().count();
                    format!("correct the address: it has {count} characters after 0x, or others than 0-9 and a-f")
                }
                (Some(_), None) => "give an address, or an alias, which begins with a letter".into(),
            };
            Refusal::new(
                "UnknownAlias",
                format!("{name:?} is neither an address nor an alias"),
            )
            .with(
                format!("0x and 40 hexadecimal digits{known}"),
                name.as_str(),
                next,
            )
            .usage()
        })
    }

    /// The file, as people name it.
    fn file(&self) -> String {
        let folder = std::env::current_dir().unwrap_or_default();
        let is_elsewhere = |path: &&PathBuf| folder.join(path) != folder.join(FILE);
        let other = self.path.as_ref().filter(is_elsewhere);
        other.map_or_else(|| FILE.into(), |path| path.display().to_string())
    }

    /// A policy with every alias in it replaced by its address, a delay (`AFTER(2d)`) by its seconds, the words of the
    /// language in the spelling that the registry takes, and no space at a separator: approvers who mean the same send the same bytes. What else is in it
    /// is the registry's to check.
    pub fn policy(&self, expression: &str) -> Result<String, Refusal> {
        let words: Vec<_> = words_of(expression.trim(), is_word).collect();
        let after = words.iter().skip(1).map(|(before, _)| before.trim_start());
        let after = after.chain(std::iter::once(""));
        let previous = words.iter().map(|(_, word)| *word);
        let previous = std::iter::once("").chain(previous);
        (words.iter().zip(after).zip(previous))
            .map(|((&(before, word), after), previous)| {
                let separators: String = before.split_whitespace().collect();
                let before = if separators.is_empty() {
                    before
                } else {
                    &separators
                };
                let is_delay = previous.eq_ignore_ascii_case("AFTER") && before == "(";
                if let Some(seconds) = seconds(word).filter(|_| is_delay) {
                    return Ok(format!("{before}{seconds}"));
                }
                Ok(format!("{before}{}", self.policy_word(word, after)?))
            })
            .collect()
    }

    fn policy_word(&self, word: &str, after: &str) -> Result<String, Refusal> {
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        let is_other = is_number && !address::is_address(word);
        if is_other || word.is_empty() {
            return Ok(word.to_owned());
        }
        let mut operators = alias::POLICY_WORDS.iter();
        if let Some(operator) = operators.find(|operator| operator.eq_ignore_ascii_case(word)) {
            return Ok((*operator).to_owned());
        }
        let account = self.address(word).map_err(|refused| {
            let one = refused.expected().unwrap_or_default();
            let forms = fixed_words("InvalidPolicy", WordsField::Expected);
            let refused = refused.expecting(format!("{forms}; an address is {one}"));
            match nearest(word, &alias::POLICY_WORDS).filter(|_| after.starts_with('(')) {
                Some(operator) => refused.advising(format!("did you mean {operator}?")),
                None => refused,
            }
        })?;
        Ok(format!("{account:#x}"))
    }
}

/// Returns true if the policy that the registry has is `expression`, which [`Manifest::policy`] wrote. The registry
/// takes addresses with their letters in any case.
pub fn is_same_policy(stored: &str, expression: &str) -> bool {
    let stored = Manifest::default().policy(&stored.to_ascii_lowercase());
    stored.is_ok_and(|stored| stored == expression)
}

fn nearest_below(folder: &Path, home: Option<&Path>) -> Option<PathBuf> {
    let device = |folder: &Path| folder.metadata().ok().map(|found| found.dev());
    let own = device(folder);
    for parent in folder.ancestors() {
        if device(parent) != own {
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

/// The error that the file cannot be had, or that others may have written it.
fn unusable(error: Refusal) -> Refusal {
    let name = if own_file::is_io(&error) {
        "ManifestUnreadable"
    } else {
        "ManifestUntrusted"
    };
    error.renamed(name, "the manifest cannot be used")
}

fn unreadable(path: &Path, reason: &str) -> Refusal {
    Refusal::new(
        "ManifestUnreadable",
        format!("{} cannot be read: {reason}", path.display()),
    )
    .with(
        "a file that can be read",
        reason,
        "check the path and its permissions",
    )
    .usage()
}

fn syntax(path: &Path, source: &str, error: &toml::de::Error) -> Refusal {
    let offset = error.span().map_or(0, |span| span.start).min(source.len());
    let before = source.get(..offset).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default();
    let column = column.chars().count() + 1;
    let shown = source.lines().nth(line - 1).unwrap_or_default();
    let reason = without_values_of(shown, error.message());
    Refusal::new(
        "ManifestSyntax",
        format!("{} line {line}, column {column}: {reason}", path.display()),
    )
    .with(
        "network, rpc_url, send_url, logs_url, registry, registry_block, arrivals, chain_id, explorer, key, proxy, \
         [aliases] and [networks.NAME] in TOML",
        without_values(shown),
        format!("correct line {line}"),
    )
    .usage()
}

#[cfg(test)]
mod tests;
