//! `[networks.NAME]`: a chain by name.

use super::{ManifestError, check_alias};
use crate::address::Checked;
use crate::keys::KeyPlace;
use crate::secret::Secret;
use alloy::primitives::Address;
use alloy::transports::http::reqwest::Url;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Characters of a network's name, at most.
const NAME_MAX: usize = 64;

/// A network of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The chain's id. Whatever endpoint is asked must have it.
    pub chain_id: u64,
    /// The RPC URL, as it is written: `${VARIABLE}` is not yet replaced.
    pub rpc_url: Option<Secret>,
    /// The registry.
    pub registry: Option<Address>,
    /// Names for addresses there.
    pub aliases: BTreeMap<String, Address>,
    /// The explorer, without a slash at its end.
    pub explorer: Option<String>,
    /// The key that signs there.
    pub key: KeyPlace,
}

/// A network as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    chain_id: Option<u64>,
    rpc_url: Option<Secret>,
    registry: Option<Checked>,
    explorer: Option<String>,
    #[serde(default)]
    key: KeyPlace,
    #[serde(default)]
    aliases: BTreeMap<String, Checked>,
}

impl Written {
    pub(super) fn checked(self, path: &Path, name: &str) -> Result<Network, ManifestError> {
        check_name(path, name)?;
        let entry = format!("explorer of networks.{name}");
        Ok(Network {
            chain_id: self.chain_id.ok_or_else(|| ManifestError::NoChainId {
                path: path.to_owned(),
                network: name.to_owned(),
            })?,
            rpc_url: self.rpc_url,
            registry: self.registry.map(|checked| checked.0),
            aliases: aliases(path, self.aliases)?,
            explorer: explorer(path, &entry, self.explorer)?,
            key: self.key.beside(path),
        })
    }
}

/// Aliases that can be used.
pub(super) fn aliases(
    path: &Path,
    written: BTreeMap<String, Checked>,
) -> Result<BTreeMap<String, Address>, ManifestError> {
    for alias in written.keys() {
        check_alias(path, alias)?;
    }
    let aliases = written.into_iter();
    Ok(aliases.map(|(alias, checked)| (alias, checked.0)).collect())
}

/// An explorer whose address can be printed with a path behind it.
pub(super) fn explorer(
    path: &Path,
    entry: &str,
    written: Option<String>,
) -> Result<Option<String>, ManifestError> {
    let Some(written) = written else {
        return Ok(None);
    };
    let refused = |reason: &str| ManifestError::Network {
        path: path.to_owned(),
        entry: entry.to_owned(),
        expected: "https://host, perhaps with a path: no user, no query",
        reason: reason.to_owned(),
    };
    let url: Url = written
        .parse()
        .map_err(|error| refused(&format!("it cannot be read: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(refused("it is no address of a web site"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused(
            "it has a user or a password, which links would show",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused(
            "it has a query or a fragment, so that no path fits behind it",
        ));
    }
    Ok(Some(url.as_str().trim_end_matches('/').to_owned()))
}

fn check_name(path: &Path, name: &str) -> Result<(), ManifestError> {
    let is_in_it = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let is_word = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if is_word && name.len() <= NAME_MAX && name.chars().all(is_in_it) {
        return Ok(());
    }
    Err(ManifestError::Network {
        path: path.to_owned(),
        entry: format!("networks.{name:?}"),
        expected: "a name of letters, digits, '_' and '-'",
        reason: "it cannot be given on a command line".to_owned(),
    })
}
