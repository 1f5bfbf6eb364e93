//! `[networks.NAME]`: a chain by name.

use super::check_alias;
use crate::address;
use crate::error::Refusal;
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The chain's id. Whatever endpoint is asked must have it.
    pub chain_id: u64,
    /// The RPC URL, as it is written: `${VARIABLE}` is not yet replaced.
    pub rpc_url: Option<Secret>,
    /// The URL that takes transactions, where another one answers questions; written as `rpc_url` is.
    pub send_url: Option<Secret>,
    /// The URL that gives events, where `rpc_url` gives those of few blocks; written as `rpc_url` is.
    pub logs_url: Option<Secret>,
    /// The registry.
    #[serde(default, deserialize_with = "address::optional")]
    pub registry: Option<Address>,
    /// The block in which the registry was created: its events are not looked for before, once that is checked.
    pub registry_block: Option<u64>,
    /// Instances that came from elsewhere and that the project has looked at.
    #[serde(default, deserialize_with = "address::list")]
    pub arrivals: Vec<Address>,
    /// Names for addresses there.
    #[serde(default, deserialize_with = "address::by_name")]
    pub aliases: BTreeMap<String, Address>,
    /// The explorer, without a slash at its end.
    pub explorer: Option<String>,
    /// The key that signs there.
    #[serde(default)]
    pub key: KeyPlace,
}

impl Network {
    /// Refuses what nobody could use. The paths of a key are from the manifest's folder from then on.
    pub(super) fn check(&mut self, path: &Path, name: &str) -> Result<(), Refusal> {
        let is_in_it = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let is_word = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !is_word || name.len() > NAME_MAX || !name.chars().all(is_in_it) {
            return Err(refused(
                path,
                &format!("networks.{name:?}"),
                "a name of letters, digits, '_' and '-'",
                "it cannot be given on a command line",
            ));
        }
        for alias in self.aliases.keys() {
            check_alias(path, alias)?;
        }
        let entry = format!("explorer of networks.{name}");
        self.explorer = explorer(path, &entry, self.explorer.take())?;
        self.key = std::mem::take(&mut self.key).beside(path);
        Ok(())
    }
}

fn refused(path: &Path, entry: &str, expected: &str, reason: &str) -> Refusal {
    Refusal::new(
        "ManifestNetwork",
        format!("{}: {entry}: {reason}", path.display()),
    )
    .with(expected, reason, format!("correct {entry}"))
    .usage()
}

/// An explorer whose address can be printed with a path after it.
pub(super) fn explorer(
    path: &Path,
    entry: &str,
    written: Option<String>,
) -> Result<Option<String>, Refusal> {
    let Some(written) = written else {
        return Ok(None);
    };
    let is_good = |url: &Url| {
        let is_site = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
        let has_user = !url.username().is_empty() || url.password().is_some();
        is_site && !has_user && url.query().is_none() && url.fragment().is_none()
    };
    match written.parse().ok().filter(is_good) {
        Some(url) => Ok(Some(url.as_str().trim_end_matches('/').to_owned())),
        None => Err(refused(
            path,
            entry,
            "https://host, perhaps with a path: no user, no query",
            "no path can be appended to it, or it has a user or a password, which links would show",
        )),
    }
}
