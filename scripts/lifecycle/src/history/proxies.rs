//! Whether proxies have the code that their registry gives to those of their kind.

use super::live::{LiveCheck, pinned};
use crate::build::evm;
use crate::client::{ChainError, Client};
use crate::ids::CodeHash;
use crate::model::{Definition, Instance, ProxyKind};
use crate::registry::relay_of;
use alloy::primitives::Address;
use std::collections::BTreeMap;
use stylus_upgrades_framework::{REGISTRY, UPGRADEABILITY_PROXY, UPGRADEABILITY_STORAGE};

/// What the code of proxies is compared with.
pub(super) struct ProxyCodes<'a> {
    client: &'a Client,
    registry: Address,
    rebuilt: &'a Definition,
    /// By kind: what a registry of this release gives to its proxies; of another one nothing is known.
    known: BTreeMap<ProxyKind, CodeHash>,
    /// By kind: the definition's first proxy and its code, where nothing better is known.
    first: BTreeMap<ProxyKind, (Address, CodeHash)>,
}

impl<'a> ProxyCodes<'a> {
    pub(super) async fn of(
        client: &'a Client,
        registry: Address,
        rebuilt: &'a Definition,
    ) -> Result<Self, ChainError> {
        let found = client.codehash(registry).await?;
        let known = match found == Some(pinned(REGISTRY)?.codehash.into()) {
            true => given_by(registry)?,
            false => BTreeMap::new(),
        };
        Ok(Self {
            client,
            registry,
            rebuilt,
            known,
            first: BTreeMap::new(),
        })
    }

    /// Whether a proxy has the code of its kind, however few of the others are looked at.
    pub(super) async fn check(
        &mut self,
        instance: &Instance,
        code: Option<CodeHash>,
    ) -> Result<LiveCheck, ChainError> {
        let what = format!("proxy code of {}", instance.proxy);
        let Some(code) = code else {
            return Ok(LiveCheck {
                what,
                ok: false,
                expected: "the code of a proxy".into(),
                found: "an account without code".into(),
            });
        };
        if instance.kind == ProxyKind::Evm
            && let Some(relay) = relay_of(self.client, self.registry, instance.proxy).await?
        {
            return relayed(what, relay, code);
        }
        let expected = match self.known.get(&instance.kind) {
            Some(known) => Some(*known),
            // compilers and admins of others differ
            None if instance.kind.is_adopted() => None,
            None => {
                let (first, expected) = self.first(instance, code).await?;
                Some(expected).filter(|_| first != instance.proxy)
            }
        };
        Ok(match expected {
            Some(expected) => LiveCheck::compare(what, &expected, &code),
            None => LiveCheck {
                what,
                ok: true,
                expected: "the code of a proxy".into(),
                found: format!("{code}, compared with nothing"),
            },
        })
    }

    /// The definition's first proxy of the kind.
    async fn first(
        &mut self,
        instance: &Instance,
        code: CodeHash,
    ) -> Result<(Address, CodeHash), ChainError> {
        let kind = instance.kind;
        if let Some(known) = self.first.get(&kind) {
            return Ok(*known);
        }
        let mut all = self.rebuilt.instances.iter();
        let first = all.find(|one| one.kind == kind).unwrap_or(instance).proxy;
        let code = match first == instance.proxy {
            true => code,
            false => self.client.codehash(first).await?.unwrap_or_default(),
        };
        self.first.insert(kind, (first, code));
        Ok((first, code))
    }
}

/// Whether a proxy has the code that the registry `relay` gives to its EVM proxies.
fn relayed(what: String, relay: Address, code: CodeHash) -> Result<LiveCheck, ChainError> {
    let known = given_by(relay)?.get(&ProxyKind::Evm).copied();
    Ok(LiveCheck {
        what,
        ok: known.is_none_or(|known| known == code),
        expected: known.unwrap_or(code).to_string(),
        found: format!("{code}, which the registry {relay} relays to"),
    })
}

/// The code hashes of what a registry of this release creates.
fn given_by(registry: Address) -> Result<BTreeMap<ProxyKind, CodeHash>, ChainError> {
    let storage = pinned(UPGRADEABILITY_STORAGE)?;
    let mut known = BTreeMap::from([(
        ProxyKind::Wasm,
        pinned(UPGRADEABILITY_PROXY)?.codehash.into(),
    )]);
    if let Some(storage) = storage.address {
        let evm = evm::evm_proxy_code(registry, storage);
        known.insert(ProxyKind::Evm, CodeHash::of(evm));
    }
    Ok(known)
}
