//! The registry of a command. A manifest, a variable or a proxy can name any address. It is used only after first
//! contact, which derives the address from the registry's origin.

use super::Context;
use crate::build::Framework;
use crate::checks::ReadAt;
use crate::client::{ChainError, Client};
use crate::deploy::registry_release;
use crate::manifest::FILE;
use crate::prelude::*;
use crate::registry::origin::{self, Release};
use crate::registry::{Key, Origin, Registry, Remembered};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{MutexGuard, PoisonError};

/// The field of every document of a command that used a registry without a verified origin.
const UNVERIFIED: &str = "unverified_registries";
/// The field of every document with a verdict: where the facts were read.
const READ_AT: &str = "read_at";

/// A registry that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unverified(Address);

impl Unverified {
    /// The registry that an account names as its own.
    pub(crate) fn of_account(registry: Address) -> Self {
        Self(registry)
    }

    /// The address before first contact: to show it, or as a key; its answers are not trusted.
    pub fn address(self) -> Address {
        self.0
    }
}

impl Context {
    /// The registry, if one was named.
    pub fn named_registry(&self) -> Result<Option<Unverified>> {
        let found = match &self.global.registry {
            Some(name) => Some(self.manifest.address(name)?),
            None => self.manifest.registry,
        };
        Ok(found.map(Unverified))
    }

    /// The registry that was named.
    pub fn registry(&self) -> Result<Unverified> {
        self.named_registry()?.ok_or_else(|| Error::Usage {
            message: "no registry is given".into(),
            expected: match self.network() {
                Some(network) => format!(
                    "--registry, STYLUS_UPGRADES_REGISTRY, or registry in [networks.{network}]"
                ),
                None => "--registry, STYLUS_UPGRADES_REGISTRY, or registry in the manifest".into(),
            },
            found: if self.manifest_file().exists() { "none of them".into() } else { format!("none of them, and no {FILE} in this folder or above") },
            next: if self.manifest.networks.is_empty() || self.manifest.network.is_some() { "--registry ADDRESS names one that is there, such as the one whose action you approve; \
                     stylus-upgrades registry deploy --save deploys a new one and names it in the manifest"
                    .into() } else {
                    let known: Vec<_> = self.manifest.networks.keys().cloned().collect();
                    format!("give --network ({}), or --registry", known.join(", "))
                },
        })
    }

    /// First contact: the address of a registry whose origin was derived, or that `--trust-registry` names.
    ///
    /// # Errors
    /// If its origin is not verified, before anything of it is trusted or sent.
    pub async fn verified<'a>(
        &self,
        client: &'a Client,
        unverified: Unverified,
    ) -> Result<Registry<'a>> {
        let registry = client.registry(unverified.0);
        if self.known().contains_key(&registry.address) {
            return Ok(registry);
        }
        let origin = match self.origin(registry).await {
            Ok(origin) => Some(origin),
            Err(Error::Refusal(error))
                if origin::may_be_trusted(&error) && self.trusts(registry.address) =>
            {
                self.warn_unverified(registry.address, &error);
                None
            }
            Err(error) => return Err(error),
        };
        self.known().insert(registry.address, origin);
        Ok(registry)
    }

    /// The registry that a refusal comes from: the named one if this command has asked it, else the one that it has
    /// asked; with whether it was named.
    pub(crate) fn asked_registry(&self) -> Option<(Address, bool)> {
        let named = self.named_registry().ok().flatten();
        let known = self.known();
        let named = named.filter(|named| known.contains_key(&named.0));
        let other = || Some((*known.keys().next()?, false));
        named.map(|named| (named.0, true)).or_else(other)
    }

    /// The registry that was named, after first contact, and the chain, which this command reads at one block.
    ///
    /// # Errors
    /// The errors of [`Self::verified`]; if none was named.
    pub async fn verified_snapshot(&self) -> Result<Registry<'_>> {
        let (registry, ()) = self.verified_snapshot_while(async |_| ()).await?;
        Ok(registry)
    }

    /// The same, with what `read` finds in the registry meanwhile. It is dropped where the origin is not verified.
    ///
    /// # Errors
    /// The errors of [`Self::verified_snapshot`].
    pub(crate) async fn verified_snapshot_while<'a, T>(
        &'a self,
        read: impl AsyncFnOnce(Registry<'a>) -> T,
    ) -> Result<(Registry<'a>, T)> {
        let unverified = self.registry()?;
        let client = match self.pinned.get() {
            Some(client) => client,
            None => {
                let client = self.snapshot().await?;
                self.pinned.get_or_init(|| client)
            }
        };
        let found = async { Ok(read(client.registry(unverified.0)).await) };
        futures::try_join!(self.verified(client, unverified), found)
    }

    /// The registry that was named, after first contact, and the chain for a command that sends.
    ///
    /// # Errors
    /// The errors of [`Self::verified`]; if none was named.
    pub(crate) async fn verified_working(&self, what: &str) -> Result<Registry<'_>> {
        let unverified = self.registry()?;
        let client = self.working_client(what).await?;
        let client = self.working.get_or_init(|| client);
        self.verified(client, unverified).await
    }

    /// The origin of a registry, once it is verified; `None` if it is not.
    pub fn origin_of(&self, registry: Address) -> Option<Origin> {
        self.known().get(&registry).cloned().flatten()
    }

    /// Reports where the facts of a verdict are read: in every document; to people once in a command that compares
    /// two versions.
    pub fn say_read_at(&self, at: ReadAt, compares: bool) {
        self.output.add_to_all(READ_AT, json!(at));
        let ReadAt {
            registry,
            chain_id: chain,
            block,
        } = at;
        if compares && self.told_read_at.set(()).is_ok() {
            let block = block.map_or_else(|| "latest".into(), |block| block.to_string());
            self.note(format!(
                "read from  registry {registry} on chain {chain} at block {block}"
            ));
        }
    }

    /// Remembers what a registry was deployed with.
    pub(crate) async fn remember(&self, registry: Registry<'_>, origin: &Origin) {
        if let Some(key) = key(registry).await {
            Remembered::of_user().remember(key, origin);
        }
    }

    async fn origin(&self, registry: Registry<'_>) -> Result<Origin> {
        let release = self.release(registry);
        let (release, key) = futures::join!(release, key(registry));
        let release = release?;
        let remembered = Remembered::of_user();
        // The file is trusted only as far as the address follows from it.
        let known = key.and_then(|key| remembered.recall(key));
        if let Some(origin) = known.filter(|known| known.address(release) == registry.address) {
            return Ok(origin);
        }
        let origin = origin::find(registry, release).await?;
        if let Some(key) = key {
            remembered.remember(key, &origin);
        }
        Ok(origin)
    }

    /// The release that the registry is of: one that this program knows, or that of the sources which
    /// `--framework-from` names on the command line.
    async fn release(&self, registry: Registry<'_>) -> Result<Release> {
        let of = |framework: &Framework| registry_release(&framework.registry);
        let known = origin::releases(&[of(Framework::pinned()?)]);
        match origin::release_of(registry, &known).await {
            Err(error)
                if error.is_told(origin::OTHER_CODE) && self.global.has_typed_framework() =>
            {
                let built = self.builder()?.framework()?;
                Ok(origin::release_of(registry, &[of(&built)]).await?)
            }
            found => Ok(found?),
        }
    }

    fn trusts(&self, registry: Address) -> bool {
        self.global.trust_registry.contains(&registry)
    }

    fn warn_unverified(&self, registry: Address, error: &Refusal) {
        let Report { message, found, .. } = Report::of(error);
        let found = found.unwrap_or_default();
        let mut all = BTreeSet::from([registry]);
        let known = self.known().clone().into_iter();
        all.extend(
            known
                .filter(|(_, origin)| origin.is_none())
                .map(|(one, _)| one),
        );
        let all: Vec<_> = all.iter().map(Address::to_string).collect();
        if self.output.add_to_all(UNVERIFIED, all) {
            self.note(format!(
                "warning: {message} (found {found}); this command continues because of --trust-registry: it may hold \
                 forged approvals, policies and versions"
            ));
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Address, Option<Origin>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Under what is remembered; `None` where the endpoint does not have block 0.
pub async fn key(registry: Registry<'_>) -> Option<Key> {
    let genesis: Result<_, ChainError> = registry.client.genesis().await;
    Some(Key {
        chain_id: registry.client.chain_id(),
        genesis: genesis.ok().flatten()?,
        registry: registry.address,
    })
}
