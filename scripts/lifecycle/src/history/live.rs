//! Comparison of the chain with the records: code, scripts, and the slots of every instance.

use super::read::History;
use crate::assess::{Finding, FindingKind, Part, Severity};
use crate::build::evm;
use crate::client::{ChainError, Client};
use crate::expect::Asks;
use crate::governance::pause_stub;
use crate::ids::CodeHash;
use crate::model::{Definition, Instance, InstanceState, ProxyKind, Slice, Version};
use crate::program_code::is_program;
use crate::questions::ask_all;
use crate::registry::{Named, Registry, decides, given_to, named, newest_logs};
use crate::text::{count, shell_word};
use alloy::primitives::Address;
use alloy::sol_types::SolEvent;
use futures::try_join;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use stylus_upgrades_framework::{
    ORDERS, Program, REGISTRY, UPGRADEABILITY_PROXY, UPGRADEABILITY_STORAGE, program,
};
use stylus_upgrades_interface::chain::{ARB_WASM, DESIGNATOR_PREFIX, IArbWasm};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::Upgraded;
use stylus_upgrades_interface::slots;

/// Something that was recorded, and what the chain holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveCheck {
    /// The subject of the check.
    pub what: String,
    /// True if it holds.
    pub ok: bool,
    /// The recorded value.
    pub expected: String,
    /// The value on the chain.
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
        let Self {
            what,
            expected,
            found,
            ..
        } = self;
        if self.ok {
            format!("✓ {what}: {found}")
        } else {
            format!("✗ {what}: expected {expected}, found {found}")
        }
    }
}

/// A comparison of live code and slots with what the events recorded.
#[derive(Debug, Default)]
pub(super) struct LiveChecks {
    /// The comparisons that were made.
    pub(super) checks: Vec<LiveCheck>,
    /// The proxies whose code nobody could compare.
    pub(super) not_compared: Option<Finding>,
}

/// Compares live code and slots to what the events recorded, of some of the versions and instances.
///
/// # Errors
/// What the chain says; a check that fails is no error.
pub(super) async fn live_checks(
    registry: Registry<'_>,
    history: &History,
    part: &Slice,
) -> Result<LiveChecks, ChainError> {
    let (client, rebuilt) = (registry.client, &history.definition);
    let (versions, instances) = (part.versions_of(rebuilt), part.instances_of(rebuilt));
    let all = rebuilt.instances.iter();
    let in_use: BTreeSet<_> = all.map(|instance| instance.version.as_str()).collect();
    let is_used = |version: &&Version| {
        version.version == rebuilt.current || in_use.contains(version.version.as_str())
    };
    let slots = instances
        .iter()
        .map(|instance| InstanceSlots::read(registry, &rebuilt.name, instance));
    let proxies = async {
        let own = pinned(REGISTRY)?.codehash.into();
        let is_pinned = client.codehash(registry.address).await? == Some(own);
        let codes = instances
            .iter()
            .map(|instance| proxy_code(client, is_pinned, instance));
        ask_all(codes).await
    };
    let runs = versions.iter().filter(is_used).map(|version| {
        let what = format!("activation of {}", version.version);
        activation(client, what, version.code.implementation)
    });
    let (own, codes, slots, announced, proxies, runs) = try_join!(
        activation(
            client,
            "activation of the registry".into(),
            registry.address
        ),
        ask_all(versions.iter().map(|version| of_version(client, version))),
        ask_all(slots),
        announced(client, &history.moved_at, instances),
        proxies,
        ask_all(runs),
    )?;
    let mut not_known = Vec::new();
    let mut checks: Vec<LiveCheck> = own.into_iter().collect();
    checks.extend(codes.into_iter().flatten());
    for ((instance, slots), code) in instances.iter().zip(slots).zip(proxies) {
        let announced = announced.get(&instance.proxy).copied();
        checks.extend(slots.checks(registry, rebuilt, instance, announced.unwrap_or_default()));
        match code {
            Some(check) => checks.push(check),
            None if instance.kind.is_adopted() => {} // others chose it
            None => not_known.push(instance.proxy),
        }
    }
    let shown: BTreeSet<Address> = instances.iter().map(|instance| instance.proxy).collect();
    let next = format!("stylus-upgrades upgrade {}", shell_word(&rebuilt.name));
    let unlike = rebuilt.unlike().into_iter();
    let unlike = unlike.filter(|difference| shown.contains(&difference.proxy));
    checks.extend(unlike.map(|difference| LiveCheck {
        what: format!("state of {}", difference.proxy),
        ok: false,
        expected: format!("{}, as its definition is", difference.wanted),
        found: format!("{}; next: {next}", difference.state),
    }));
    checks.extend(runs.into_iter().flatten());
    Ok(LiveChecks {
        checks,
        not_compared: not_compared(&not_known),
    })
}

/// Reports that the code of these proxies was not compared.
fn not_compared(proxies: &[Address]) -> Option<Finding> {
    let first = proxies.first()?;
    let says = format!(
        "the proxy code of {}, {first} among them, was not compared: the registry is of another release, and which \
         code that gives its proxies is not known",
        count(proxies.len(), "instance")
    );
    let next = "stylus-upgrades verify --framework --framework-from DIR compares it with the sources of that release";
    Some(Finding {
        next: Some(next.into()),
        ..Finding::named(
            Part::Instances,
            Severity::Unknown,
            FindingKind::ProxyCode,
            says,
        )
    })
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
        let expects =
            expects.map(|words| LiveCheck::compare(format!("{what} expects"), &words, &words));
        checks.push(hash(client, what, step.script, step.scriptCodehash.into()).await?);
        checks.extend(expects);
    }
    Ok(checks)
}

/// The slots of an instance.
struct InstanceSlots {
    implementation: Address,
    beacon: Address,
    /// Its registry; of an adopted one, who decides what it runs.
    admin: Address,
}

impl InstanceSlots {
    async fn read(
        registry: Registry<'_>,
        name: &str,
        instance: &Instance,
    ) -> Result<Self, ChainError> {
        let (client, proxy) = (registry.client, instance.proxy);
        let words =
            client.storage_words(proxy, [slots::IMPLEMENTATION, slots::BEACON, slots::ADMIN]);
        let decides = async {
            if !instance.kind.is_adopted() {
                return Ok(None);
            }
            match decides(client, proxy).await {
                // only its code knows
                Err(error) if error.is_no_answer() => Ok(Some(given_to(registry.address, name))),
                found => found.map(Some),
            }
        };
        let (words, decides) = try_join!(words, decides)?;
        let [implementation, beacon, admin] = words.map(Address::from_word);
        Ok(Self {
            implementation,
            beacon,
            admin: decides.unwrap_or(admin),
        })
    }

    /// Compares them with what was recorded, and with what the instance `announced` last.
    fn checks(
        &self,
        registry: Registry<'_>,
        rebuilt: &Definition,
        instance: &Instance,
        announced: Address,
    ) -> Vec<LiveCheck> {
        let mut checks = Vec::new();
        let named = |slot: &str| format!("{slot} of {}", instance.proxy);
        let found = self.implementation;
        if instance.state == InstanceState::Paused {
            let stub = pause_stub(registry.address, instance.kind);
            checks.push(LiveCheck::compare(named("pause stub"), &stub, &found));
        } else if !instance.state.is_migrating() {
            let mut versions = rebuilt.versions.iter();
            let version = versions.find(|version| version.version == instance.version);
            checks.extend(version.map(|version| {
                let expected = version.code.implementation;
                LiveCheck::compare(named("implementation"), &expected, &found)
            }));
        }
        let what = named("last Upgraded");
        checks.push(LiveCheck::compare(what, &found, &announced));
        let (what, expected) = if instance.kind.is_adopted() {
            ("admin", given_to(registry.address, &rebuilt.name))
        } else {
            ("registry", registry.address)
        };
        checks.push(LiveCheck::compare(named(what), &expected, &self.admin));
        let none = |beacon: Address| {
            if beacon.is_zero() {
                "none".to_owned()
            } else {
                beacon.to_string()
            }
        };
        checks.push(LiveCheck::compare(
            named("beacon"),
            &none(Address::ZERO),
            &none(self.beacon),
        ));
        checks
    }
}

/// Compares the code of a proxy with the code that registries of this release give to those of its kind, where its registry
/// `is_pinned`: of this release. Nothing where that code is not known.
async fn proxy_code(
    client: &Client,
    is_pinned: bool,
    instance: &Instance,
) -> Result<Option<LiveCheck>, ChainError> {
    let what = format!("proxy code of {}", instance.proxy);
    let Some(code) = client.codehash(instance.proxy).await? else {
        return Ok(Some(LiveCheck {
            what,
            ok: false,
            expected: "the code of a proxy".into(),
            found: format!(
                "an account without code; next: stylus-upgrades transfer {} --remove",
                instance.proxy
            ),
        }));
    };
    let expected = if is_pinned {
        given_code(instance.kind)?
    } else {
        None
    };
    Ok(expected.map(|expected| LiveCheck::compare(what, &expected, &code)))
}

/// The code that registries of this release give to proxies of a kind.
fn given_code(kind: ProxyKind) -> Result<Option<CodeHash>, ChainError> {
    Ok(match kind {
        ProxyKind::Wasm => Some(pinned(UPGRADEABILITY_PROXY)?.codehash.into()),
        ProxyKind::Evm => {
            let places = (
                pinned(ORDERS)?.address,
                pinned(UPGRADEABILITY_STORAGE)?.address,
            );
            let places = places.0.zip(places.1);
            places.map(|(orders, storage)| CodeHash::of(evm::evm_proxy_code(orders, storage)))
        }
        _ => None,
    })
}

/// A program of the framework.
fn pinned(name: &'static str) -> Result<&'static Program, ChainError> {
    program(name).map_err(|error| ChainError::unexpected_answer(Address::ZERO, name, error))
}

/// Reads the implementations that the last ERC-1967 events of these instances name, by instance.
async fn announced(
    client: &Client,
    moved_at: &BTreeMap<Address, u64>,
    instances: &[Instance],
) -> Result<BTreeMap<Address, Address>, ChainError> {
    let accounts = instances.iter().map(|instance| {
        let block = moved_at.get(&instance.proxy).copied();
        (instance.proxy, block.unwrap_or_default())
    });
    let logs = newest_logs(client, Upgraded::SIGNATURE_HASH, accounts.collect()).await?;
    let announced = logs.into_iter().filter_map(|(proxy, log)| {
        let log = log.log_decode::<Upgraded>().ok()?;
        Some((proxy, log.inner.data.implementation))
    });
    Ok(announced.collect())
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
        Ok(seconds) => (true, format!("{} left", count(seconds / 86_400, "day"))),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_of_a_registry_of_another_release_are_told_as_not_compared() {
        for kind in [ProxyKind::Wasm, ProxyKind::Evm] {
            assert!(given_code(kind).expect("it").is_some());
        }
        assert_eq!(given_code(ProxyKind::from(9)).expect("it"), None);
        assert_eq!(not_compared(&[]), None);
        let proxies = [2, 3].map(Address::repeat_byte);
        let told = not_compared(&proxies).expect("a finding");
        assert_eq!(told.severity, Severity::Unknown);
        let says = format!("the proxy code of 2 instances, {} among them", proxies[0]);
        assert!(told.message.starts_with(&says), "{}", told.message);
    }
}
