//! The live state: read from the chain alone.

use super::Registry;
use super::definition_id;
use super::due::due_of;
use super::instance::registry_of;
use super::logs::{AtHand, Topics, all_logs, logs_at_hand};
use super::waiting::{Waiting, waiting};
use crate::client::{ChainError, Client};
use crate::model::{Definition, DefinitionState, INSTANCE_PAGE, Instance, ListedInstance, Version};
use crate::questions::ask_all;
use alloy::primitives::Address;
use alloy::rpc::types::Log;
use alloy::sol_types::SolEvent;
use futures::try_join;
use serde::Serialize;
use std::collections::BTreeMap;
use stylus_upgrades_interface::registry::IRegistry as abi;
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
    /// The state: live, paused or frozen.
    pub state: DefinitionState,
    /// The policy of role `migrate`; `None` if the registry does not say.
    pub migrate: Option<String>,
    /// The policies of the roles that act, by role; without those that are not set.
    pub policies: BTreeMap<String, String>,
    /// Its versions in order of registration.
    pub versions: Vec<Version>,
    /// Its instances in order of creation.
    pub instances: Vec<InstanceStatus>,
    /// The instances that are not what it is: paused or live, or older than what is current.
    pub waiting: Vec<Waiting>,
}

/// An instance, with what its own slots hold.
#[derive(Debug, Clone, Serialize)]
pub struct InstanceStatus {
    /// The instance as its registry has it.
    #[serde(flatten)]
    pub instance: Instance,
    /// The address that the proxy's implementation slot holds.
    pub implementation: Address,
    /// The registry that the proxy itself names, or whose admin decides what it runs; in a list, of the framework's own
    /// proxies, the one that lists them. `None` where it names nobody: code
    /// that gives the right by a role has no owner.
    pub registry: Option<Address>,
}

/// Everything about a definition.
pub async fn definition_status(
    registry: Registry<'_>,
    name: &str,
) -> Result<DefinitionStatus, ChainError> {
    let (head, versions, all, policies) = try_join!(
        registry.head(name),
        registry.versions(name),
        registry.listed_instances(name, 0..usize::MAX, INSTANCE_PAGE),
        policies(registry, name),
    )?;
    let mut definition = Definition::named(name);
    (definition.current, definition.state) = (head.current, head.state);
    definition.versions = versions;
    definition.instances = all.iter().map(|listed| listed.instance.clone()).collect();
    let waiting = async {
        let waits = due_of(registry, &definition).await?;
        waiting(registry, name, &waits).await
    };
    let instances = all
        .into_iter()
        .map(|listed| listed_status(registry, listed));
    let (waiting, instances) = try_join!(waiting, ask_all(instances))?;
    Ok(DefinitionStatus {
        waiting,
        name: definition.name,
        current: definition.current,
        sequence: head.sequence,
        state: definition.state,
        migrate: policies.get("migrate").cloned(),
        policies,
        versions: definition.versions,
        instances,
    })
}

/// The roles of a definition that act.
const ACTING_ROLES: [&str; 5] = ["migrate", "policy", "create", "pause", "cancel"];

/// The policies of those roles that are set.
async fn policies(
    registry: Registry<'_>,
    name: &str,
) -> Result<BTreeMap<String, String>, ChainError> {
    let all = ACTING_ROLES.map(async |role| match registry.policy(name, role).await {
        Ok(policy) => Ok(Some((role.to_owned(), policy))),
        Err(error) if error.revert().is_some() => Ok(None),
        Err(error) => Err(error),
    });
    Ok(ask_all(all).await?.into_iter().flatten().collect())
}

/// An instance, as its registry and its own slots have it.
pub async fn instance_status(
    registry: Registry<'_>,
    proxy: Address,
) -> Result<InstanceStatus, ChainError> {
    let listed = ListedInstance::from(registry.instance(proxy).await?);
    let (implementation, named) = try_join!(
        implementation_of(registry.client, &listed),
        named_registry(registry.client, proxy),
    )?;
    Ok(InstanceStatus {
        instance: listed.instance,
        implementation,
        registry: named,
    })
}

/// An instance of a list, of which only what the list does not tell is asked.
async fn listed_status(
    registry: Registry<'_>,
    listed: ListedInstance,
) -> Result<InstanceStatus, ChainError> {
    let client = registry.client;
    let named = async {
        if listed.instance.kind.is_adopted() {
            return named_registry(client, listed.instance.proxy).await;
        }
        Ok(Some(registry.address))
    };
    let (implementation, named) = try_join!(implementation_of(client, &listed), named)?;
    Ok(InstanceStatus {
        instance: listed.instance,
        implementation,
        registry: named,
    })
}

/// The registry that a proxy names, or whose admin decides what it runs; `None` where it names nobody.
async fn named_registry(client: &Client, proxy: Address) -> Result<Option<Address>, ChainError> {
    match registry_of(client, proxy).await {
        Ok(registry) => Ok(Some(registry.address).filter(|address| !address.is_zero())),
        Err(error) if error.is_no_answer() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads what an instance runs: what it answered to its registry, else what its implementation slot holds.
///
/// # Errors
/// What the chain says.
pub async fn implementation_of(
    client: &Client,
    listed: &ListedInstance,
) -> Result<Address, ChainError> {
    if let Some(implementation) = listed.implementation {
        return Ok(implementation);
    }
    let word = client
        .storage(listed.instance.proxy, slots::IMPLEMENTATION)
        .await?;
    Ok(Address::from_word(word))
}

/// The names of all definitions, from the registry's events. Where there is no registry there are
/// no events either, so it is asked first: it must not look like an empty one.
pub async fn definitions(registry: Registry<'_>) -> Result<Vec<String>, ChainError> {
    registry.require_registry().await?;
    let logs = all_logs(registry.client, registry.address, CREATIONS).await?;
    Ok(created(&logs))
}

/// Like [`definitions`], without reading for long; with the first block of which the events were not read, where the
/// endpoint wants many requests for them.
pub async fn definitions_at_hand(
    registry: Registry<'_>,
) -> Result<(Vec<String>, Option<u64>), ChainError> {
    registry.require_registry().await?;
    let AtHand { logs, unread_from } =
        logs_at_hand(registry.client, registry.address, CREATIONS).await?;
    Ok((created(&logs), unread_from))
}

/// The topics of the events that tell of definitions.
const CREATIONS: Topics<'static> = [&[abi::DefinitionCreated::SIGNATURE_HASH], &[], &[]];

fn created(logs: &[Log]) -> Vec<String> {
    let created = logs
        .iter()
        .filter_map(|log| log.log_decode::<abi::DefinitionCreated>().ok());
    created
        .map(|log| log.inner.data)
        .filter(|event| event.definition == definition_id(&event.name).0)
        .map(|event| event.name)
        .collect()
}
