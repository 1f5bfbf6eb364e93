//! Whether the chain still holds what was recorded: code, scripts, and the slots of every
//! instance.

use super::proxies::ProxyCodes;
use crate::build::evm;
use crate::client::{ChainError, Client};
use crate::expect::Asks;
use crate::ids::CodeHash;
use crate::model::{Definition, Instance, InstanceState, ProxyKind, Slice, Unlike, Version};
use crate::program_code::is_program;
use crate::registry::{Named, Topics, all_logs, decides, given_to, named};
use crate::text::shell_word;
use alloy::primitives::Address;
use alloy::sol_types::SolEvent;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use stylus_upgrades_framework::{PAUSE_STUB, Program, program};
use stylus_upgrades_interface::chain::{ARB_WASM, DESIGNATOR_PREFIX, IArbWasm};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::Upgraded;
use stylus_upgrades_interface::slots;

/// Questions that are asked at once: an endpoint with limits says when it is too many.
const AT_ONCE: usize = 16;

/// Something that was recorded, and what the chain holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveCheck {
    /// What it is about.
    pub what: String,
    /// Whether it holds.
    pub ok: bool,
    /// What was recorded.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl LiveCheck {
    /// Of what was recorded and what is there.
    pub fn compare<T: PartialEq + ToString>(what: String, expected: &T, found: &T) -> Self {
        Self {
            what,
            ok: expected == found,
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    /// A line for people.
    pub fn line(&self) -> String {
        if self.ok {
            format!("✓ {}: {}", self.what, self.found)
        } else {
            format!(
                "✗ {}: expected {}, found {}",
                self.what, self.expected, self.found
            )
        }
    }
}

/// Compares live code and slots to what the events recorded, of some of the versions and instances.
///
/// # Errors
/// What the chain says; a check that fails is no error.
pub async fn live_checks(
    client: &Client,
    registry: Address,
    rebuilt: &Definition,
    part: &Slice,
) -> Result<Vec<LiveCheck>, ChainError> {
    let mut checks = Vec::new();
    checks.extend(activation(client, "activation of the registry".into(), registry).await?);
    let versions = part.versions_of(rebuilt);
    let codes = versions.iter().map(|one| of_version(client, one));
    checks.extend(at_once(codes).await?.into_iter().flatten());
    let definition = DefinitionFacts {
        client,
        registry,
        name: &rebuilt.name,
        at: rebuilt
            .versions
            .iter()
            .map(|version| (version.version.as_str(), version.code.implementation))
            .collect(),
        stub: stub()?,
    };
    let instances = part.instances_of(rebuilt);
    let slots = instances.iter().map(|one| definition.of_instance(one));
    let mut codes = ProxyCodes::of(client, registry, rebuilt).await?;
    for (instance, (slots, code)) in instances.iter().zip(at_once(slots).await?) {
        checks.extend(slots);
        checks.push(codes.check(instance, code).await?);
    }
    let shown: BTreeSet<Address> = instances.iter().map(|one| one.proxy).collect();
    for Unlike {
        proxy,
        state,
        wanted,
    } in rebuilt.unlike()
    {
        if !shown.contains(&proxy) {
            continue;
        }
        checks.push(LiveCheck {
            what: format!("state of {proxy}"),
            ok: false,
            expected: format!("{wanted}, as its definition is"),
            found: format!(
                "{state}; next: stylus-upgrades upgrade {}",
                shell_word(&rebuilt.name)
            ),
        });
    }
    let all = rebuilt.instances.iter();
    let in_use: BTreeSet<_> = all.map(|one| one.version.as_str()).collect();
    for version in versions {
        if version.version == rebuilt.current || in_use.contains(version.version.as_str()) {
            let what = format!("activation of {}", version.version);
            checks.extend(activation(client, what, version.code.implementation).await?);
        }
    }
    Ok(checks)
}

/// The answers of several questions, in their order.
async fn at_once<T>(
    questions: impl Iterator<Item = impl Future<Output = Result<T, ChainError>>>,
) -> Result<Vec<T>, ChainError> {
    stream::iter(questions)
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

/// The code of a version and of the scripts into it.
async fn of_version(client: &Client, version: &Version) -> Result<Vec<LiveCheck>, ChainError> {
    let label = &version.version;
    let code = &version.code;
    let what = format!("code of {label}");
    let mut checks = vec![hash(client, what, code.implementation, code.codehash).await?];
    for step in version.steps.iter().filter(|step| !step.script.is_zero()) {
        let what = format!("{} {} → {label}", named(step).word(), step.from);
        let asks = match named(step) {
            Named::Check(check) => Asks::of(step, &client.code(check).await?),
            _ => None,
        };
        let expects = asks.map(|asks| asks.words().join(", "));
        let expects = expects.map(|it| LiveCheck::compare(format!("{what} expects"), &it, &it));
        checks.push(hash(client, what, step.script, step.scriptCodehash.into()).await?);
        checks.extend(expects);
    }
    Ok(checks)
}

/// What the slots of an instance are compared with.
struct DefinitionFacts<'a> {
    client: &'a Client,
    registry: Address,
    name: &'a str,
    /// The code of each version.
    at: BTreeMap<&'a str, Address>,
    stub: Address,
}

impl DefinitionFacts<'_> {
    /// The slots of an instance, and the hash of its code.
    async fn of_instance(
        &self,
        instance: &Instance,
    ) -> Result<(Vec<LiveCheck>, Option<CodeHash>), ChainError> {
        let Self {
            client,
            registry,
            name,
            at,
            stub,
        } = self;
        let mut checks = Vec::new();
        let proxy = instance.proxy;
        let named = |slot: &str| format!("{slot} of {proxy}");
        let slot = async |slot| client.storage(proxy, slot).await.map(Address::from_word);
        let found = slot(slots::IMPLEMENTATION).await?;
        let is_adopted = instance.kind.is_adopted();
        let stub = match instance.kind {
            ProxyKind::Uups => evm::uups_stub_address(*registry),
            _ => *stub,
        };
        let code = if instance.state == InstanceState::Paused {
            Some(&stub)
        } else {
            at.get(instance.version.as_str())
        };
        let beacon = slot(slots::BEACON).await?;
        if let Some(expected) = code
            && !instance.state.is_migrating()
        {
            let what = match instance.state == InstanceState::Paused {
                true => named("pause stub"),
                false => named("implementation"),
            };
            checks.push(LiveCheck::compare(what, expected, &found));
        }
        let announced = announced(client, proxy).await?;
        checks.push(LiveCheck::compare(
            named("last Upgraded"),
            &found,
            &announced,
        ));
        let (what, expected) = match is_adopted {
            true => ("admin", given_to(*registry, name)),
            false => ("registry", *registry),
        };
        let admin = match is_adopted {
            true => match decides(client, proxy).await {
                Err(error) if error.revert().is_some() => expected, // only its code knows
                found => found?,
            },
            false => slot(slots::ADMIN).await?,
        };
        checks.push(LiveCheck::compare(named(what), &expected, &admin));
        let none = |beacon: Address| match beacon.is_zero() {
            true => "none".to_owned(),
            false => beacon.to_string(),
        };
        checks.push(LiveCheck::compare(
            named("beacon"),
            &none(Address::ZERO),
            &none(beacon),
        ));
        Ok((checks, client.codehash(proxy).await?))
    }
}

/// The pause stub: where every chain has it.
fn stub() -> Result<Address, ChainError> {
    let stub = pinned(PAUSE_STUB)?;
    stub.address
        .ok_or_else(|| unknown(PAUSE_STUB, "it has no address".into()))
}

/// A program of the framework.
pub(super) fn pinned(name: &'static str) -> Result<&'static Program, ChainError> {
    program(name).map_err(|error| unknown(name, error.to_string()))
}

fn unknown(what: &str, reason: String) -> ChainError {
    ChainError::UnexpectedAnswer {
        account: Address::ZERO,
        what: what.into(),
        reason,
    }
}

/// What the last ERC-1967 event of a proxy says that it runs; nobody when there is none.
async fn announced(client: &Client, proxy: Address) -> Result<Address, ChainError> {
    let topics: Topics<'_> = [&[Upgraded::SIGNATURE_HASH], &[], &[]];
    let logs = all_logs(client, proxy, topics).await?;
    let last = logs
        .last()
        .and_then(|log| log.log_decode::<Upgraded>().ok());
    Ok(last
        .map(|log| log.inner.data.implementation)
        .unwrap_or_default())
}

async fn hash(
    client: &Client,
    what: String,
    account: Address,
    expected: CodeHash,
) -> Result<LiveCheck, ChainError> {
    let code = client.code(account).await?;
    let found = CodeHash::of(&code);
    let mut check = LiveCheck::compare(what, &expected, &found);
    if code.starts_with(&DESIGNATOR_PREFIX) {
        check.ok = false;
        check.found = format!("{found}, an EIP-7702 designator");
    }
    Ok(check)
}

/// Seconds that a Stylus program has left; nothing for EVM code.
async fn activation(
    client: &Client,
    what: String,
    program: Address,
) -> Result<Option<LiveCheck>, ChainError> {
    if !is_program(&client.code(program).await?) {
        return Ok(None);
    }
    let query = client
        .call(ARB_WASM, &IArbWasm::programTimeLeftCall { program })
        .await;
    let (ok, found) = match query {
        Ok(seconds) => (
            true,
            format!("{} left", crate::text::count(seconds / 86_400, "day")),
        ),
        Err(ChainError::Refused { revert, .. }) => (false, revert.to_string()),
        Err(error) => return Err(error),
    };
    Ok(Some(LiveCheck {
        what,
        ok,
        expected: "activated, current, unexpired".into(),
        found,
    }))
}
