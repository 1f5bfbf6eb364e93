//! What is live: read from the chain alone.

use super::called_back::called_back;
use super::instance::registry_of;
use super::logs::{Topics, all_logs, definition_id};
use super::pages::{labels, proxies};
use super::step::{named, runs};
use super::waiting::{Waiting, waiting};
use crate::client::{ChainError, Client};
use crate::ids::CodeHash;
use alloy::primitives::Address;
use alloy::sol_types::SolEvent;
use serde::Serialize;
use stylus_upgrades_interface::ids::StepKind;
use stylus_upgrades_interface::reasons::{definition_state, instance_state, proxy_kind, step};
use stylus_upgrades_interface::registry::{IRegistry as abi, Step};
use stylus_upgrades_interface::slots;

/// A definition, all of it.
#[derive(Debug, Clone, Serialize)]
pub struct DefinitionStatus {
    /// Its name.
    pub name: String,
    /// The version that is current; empty before the first one.
    pub current: String,
    /// Rises with every version added and policy changed.
    pub sequence: u64,
    /// `live`, `paused` or `frozen`.
    pub state: &'static str,
    /// The policy of role `migrate`; `None` if the registry does not say.
    pub migrate: Option<String>,
    /// Its versions in order of registration.
    pub versions: Vec<VersionStatus>,
    /// Its instances in order of creation.
    pub instances: Vec<InstanceStatus>,
    /// Those that are not what it is: paused or live, or older than what is current.
    pub waiting: Vec<Waiting>,
}

/// A version.
#[derive(Debug, Clone, Serialize)]
pub struct VersionStatus {
    /// Its label.
    pub version: String,
    /// The account that holds its code.
    pub implementation: Address,
    /// keccak256 of its code.
    pub codehash: CodeHash,
    /// The definition's sequence when it was added.
    pub sequence: u64,
    /// The versions that it can be reached from.
    pub from: Vec<String>,
    /// The same, with what runs on the way.
    pub steps: Vec<StepStatus>,
}

/// A step into a version.
#[derive(Debug, Clone, Serialize)]
pub struct StepStatus {
    /// The version before; empty where instances are created at it.
    pub from: String,
    /// `none`, `call`, `script`, `complex` or `foreign-call`.
    pub kind: &'static str,
    /// What the contract is that it names: `script` or `check`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<&'static str>,
    /// That contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<Address>,
    /// Whether `migrate` leaves an instance whose upgrade reverts to the rollout.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub skips_failing: bool,
}

/// An instance.
#[derive(Debug, Clone, Serialize)]
pub struct InstanceStatus {
    /// The proxy's address.
    pub proxy: Address,
    /// The definition it belongs to.
    pub definition: String,
    /// The version it is at, as the registry knows it.
    pub version: String,
    /// `wasm`, `evm`, `transparent-4`, `transparent-5` or `uups`.
    pub kind: &'static str,
    /// `live`, `migrating`, `turning-back` or `paused`.
    pub state: &'static str,
    /// What the proxy's implementation slot holds.
    pub implementation: Address,
    /// The registry that the proxy itself names.
    pub registry: Address,
}

/// Everything about a definition.
pub async fn definition_status(
    client: &Client,
    registry: Address,
    name: &str,
) -> Result<DefinitionStatus, ChainError> {
    let found = client
        .call(registry, &abi::definitionCall { name: name.into() })
        .await?;
    let policy = abi::policyCall {
        name: name.into(),
        role: "migrate".into(),
    };
    let versions = versions(client, registry, name).await?;
    let instances = instances(client, registry, name).await?;
    let mut waits = unlike(&found, &versions, &instances);
    if !waits.is_empty() {
        let called_back = called_back(client, registry, name).await?;
        waits.retain(|proxy| !called_back.contains(proxy)); // no rollout touches those
    }
    Ok(DefinitionStatus {
        waiting: waiting(client, registry, name, &waits).await?,
        name: name.into(),
        current: found.current,
        sequence: found.sequence,
        state: state_name(found.state),
        migrate: client.call(registry, &policy).await.ok(),
        versions,
        instances,
    })
}

/// The instances that are not what their definition is. Those in a complex migration are between two versions.
fn unlike(
    definition: &abi::definitionReturn,
    versions: &[VersionStatus],
    instances: &[InstanceStatus],
) -> Vec<Address> {
    let wanted = match definition.state {
        definition_state::PAUSED => instance_state_name(instance_state::PAUSED),
        _ => instance_state_name(instance_state::LIVE),
    };
    let position = |label: &str| versions.iter().position(|one| one.version == label);
    let moves = [instance_state::MIGRATING, instance_state::TURNING_BACK].map(instance_state_name);
    let is_older = |one: &InstanceStatus| {
        definition.state != definition_state::PAUSED
            && position(&one.version) < position(&definition.current)
    };
    let own = instances.iter().filter(|one| !moves.contains(&one.state));
    own.filter(|one| one.state != wanted || is_older(one))
        .map(|one| one.proxy)
        .collect()
}

/// An instance, as its registry and its own slots have it.
pub async fn instance_status(
    client: &Client,
    registry: Address,
    proxy: Address,
) -> Result<InstanceStatus, ChainError> {
    let found = client
        .call(registry, &abi::instanceOfCall { proxy })
        .await?;
    let implementation = client.storage(proxy, slots::IMPLEMENTATION).await?;
    let implementation = Address::from_word(implementation);
    Ok(InstanceStatus {
        proxy,
        definition: found.name,
        version: found.version,
        kind: kind_name(found.kind),
        state: instance_state_name(found.state),
        implementation,
        registry: registry_of(client, proxy).await?,
    })
}

/// The names of all definitions, from the registry's events. Where there is no registry there are
/// no events either, so it is asked first: it must not look like an empty one.
pub async fn definitions(client: &Client, registry: Address) -> Result<Vec<String>, ChainError> {
    let itself = abi::definitionCall {
        name: String::new(),
    };
    client.call(registry, &itself).await?;
    let topics: Topics<'_> = [&[abi::DefinitionCreated::SIGNATURE_HASH], &[], &[]];
    let logs = all_logs(client, registry, topics).await?;
    let created = logs
        .iter()
        .filter_map(|log| log.log_decode::<abi::DefinitionCreated>().ok());
    Ok(created
        .map(|log| log.inner.data)
        .filter(|event| event.definition == definition_id(&event.name).0)
        .map(|event| event.name)
        .collect())
}

async fn versions(
    client: &Client,
    registry: Address,
    name: &str,
) -> Result<Vec<VersionStatus>, ChainError> {
    let mut all = Vec::new();
    for version in labels(client, registry, name).await? {
        let call = abi::getVersionCall {
            name: name.into(),
            version: version.clone(),
        };
        let found = client.call(registry, &call).await?;
        all.push(VersionStatus {
            version,
            implementation: found.code.implementation,
            codehash: found.code.codehash.into(),
            sequence: found.sequence,
            from: found.steps.iter().map(|step| step.from.clone()).collect(),
            steps: found.steps.iter().map(step_status).collect(),
        });
    }
    Ok(all)
}

async fn instances(
    client: &Client,
    registry: Address,
    name: &str,
) -> Result<Vec<InstanceStatus>, ChainError> {
    let mut all = Vec::new();
    for proxy in proxies(client, registry, name).await? {
        all.push(instance_status(client, registry, proxy).await?);
    }
    Ok(all)
}

fn step_status(found: &Step) -> StepStatus {
    StepStatus {
        from: found.from.clone(),
        kind: step_kind_name(runs(found)),
        named: Some(named(found).word()).filter(|word| !word.is_empty()),
        script: Some(found.script).filter(|script| !script.is_zero()),
        skips_failing: StepKind(found.kind).skips_failing(),
    }
}

/// What runs in a step of that kind, in a word.
pub fn step_kind_name(kind: u8) -> &'static str {
    match kind {
        step::NONE => "none",
        step::CALL => "call",
        step::SCRIPT => "script",
        step::COMPLEX => "complex",
        step::FOREIGN_CALL => "foreign-call",
        _ => "unknown",
    }
}

/// A definition's state, in a word.
pub fn state_name(state: u8) -> &'static str {
    match state {
        definition_state::LIVE => "live",
        definition_state::PAUSED => "paused",
        definition_state::FROZEN => "frozen",
        _ => "unknown",
    }
}

/// An instance's state, in a word.
pub fn instance_state_name(state: u8) -> &'static str {
    match state {
        instance_state::LIVE => "live",
        instance_state::MIGRATING => "migrating",
        instance_state::TURNING_BACK => "turning-back",
        instance_state::PAUSED => "paused",
        _ => "unknown",
    }
}

/// An instance's kind, in a word.
pub fn kind_name(kind: u8) -> &'static str {
    match kind {
        proxy_kind::WASM => "wasm",
        proxy_kind::EVM => "evm",
        proxy_kind::TRANSPARENT_4 => "transparent-4",
        proxy_kind::TRANSPARENT_5 => "transparent-5",
        proxy_kind::UUPS => "uups",
        _ => "unknown",
    }
}
