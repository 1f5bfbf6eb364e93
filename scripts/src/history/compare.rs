//! Whether the registry's views say what its events say.

use super::part::{AT_ONCE, Part};
use super::replay::{AcceptedTransfer, Rebuilt};
use crate::client::{ChainError, Client};
use crate::registry::{labels, labels_in, open_actions, proxies, proxies_in};
use alloy::primitives::Address;
use alloy::providers::Provider;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use std::fmt::Debug;
use stylus_upgrades_interface::reasons::instance_state;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Something that a view tells otherwise than the events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is about.
    pub what: String,
    /// What follows from the events.
    pub events: String,
    /// What the view says.
    pub view: String,
}

/// Every difference between the events of the definition `name` and the registry's views.
///
/// # Errors
/// What the chain says.
pub async fn differences(
    client: &Client,
    registry: Address,
    name: &str,
    rebuilt: &Rebuilt,
) -> Result<Vec<Difference>, ChainError> {
    differences_in(client, registry, name, rebuilt, &Part::whole(rebuilt)).await
}

/// As [`differences`], with some of the versions and instances alone. How many there are is compared
/// in any case.
///
/// # Errors
/// What the chain says.
pub async fn differences_in(
    client: &Client,
    registry: Address,
    name: &str,
    rebuilt: &Rebuilt,
    part: &Part,
) -> Result<Vec<Difference>, ChainError> {
    let mut found = Differences::default();
    if !name.is_empty() {
        found.0 = counts(client, registry, name, rebuilt).await?;
        versions(client, registry, name, (rebuilt, part), &mut found).await?;
        instances(client, registry, name, (rebuilt, part), &mut found).await?;
        transfers(client, registry, name, rebuilt, &mut found).await?;
    }
    for (role, expression) in &rebuilt.policies {
        let call = abi::policyCall {
            name: name.into(),
            role: role.clone(),
        };
        let view = client.call(registry, &call).await?;
        found.compare(&format!("policy of {role}"), expression, &view);
    }
    let now = head_time(client).await?;
    let mut events: Vec<_> = rebuilt.pending(now).map(|(id, _)| id).collect();
    let mut view = open_actions(client, registry, name).await?;
    events.sort_unstable();
    view.sort_unstable();
    found.compare("open actions", &events, &view);
    Ok(found.0)
}

#[derive(Default)]
struct Differences(Vec<Difference>);

impl Differences {
    fn compare<T: PartialEq + Debug>(&mut self, what: &str, events: &T, view: &T) {
        if events != view {
            self.0.push(Difference {
                what: what.into(),
                events: format!("{events:?}"),
                view: format!("{view:?}"),
            });
        }
    }
}

/// What one question tells: the current version, the state, and how many versions and instances there
/// are.
///
/// # Errors
/// What the chain says.
pub async fn counts(
    client: &Client,
    registry: Address,
    name: &str,
    rebuilt: &Rebuilt,
) -> Result<Vec<Difference>, ChainError> {
    let mut found = Differences::default();
    let view = client
        .call(registry, &abi::definitionCall { name: name.into() })
        .await?;
    found.compare("current version", &rebuilt.current, &view.current);
    found.compare("sequence", &rebuilt.sequence, &view.sequence);
    found.compare(
        "number of versions",
        &rebuilt.versions.len(),
        &(view.versions as usize),
    );
    found.compare(
        "number of instances",
        &rebuilt.instances.len(),
        &(view.instances as usize),
    );
    found.compare("state", &rebuilt.state(), &view.state);
    Ok(found.0)
}

async fn versions(
    client: &Client,
    registry: Address,
    name: &str,
    (rebuilt, part): (&Rebuilt, &Part),
    found: &mut Differences,
) -> Result<(), ChainError> {
    let shown = part.versions_of(rebuilt);
    let labels = match shown.len() == rebuilt.versions.len() {
        true => labels(client, registry, name).await?,
        false => labels_in(client, registry, name, part.versions.clone()).await?,
    };
    let known: Vec<_> = shown.iter().map(|one| one.version.clone()).collect();
    found.compare("versions", &known, &labels);
    let views = shown.iter().map(async |version| {
        let call = abi::getVersionCall {
            name: name.into(),
            version: version.version.clone(),
        };
        client.call(registry, &call).await
    });
    let views: Vec<_> = stream::iter(views).buffered(AT_ONCE).try_collect().await?;
    for (version, view) in shown.iter().zip(views) {
        let label = &version.version;
        found.compare(
            &format!("code of {label}"),
            &version.code.into(),
            &view.code,
        );
        found.compare(
            &format!("sequence of {label}"),
            &version.sequence,
            &view.sequence,
        );
        let steps: Vec<_> = view
            .steps
            .into_iter()
            .filter(|step| !step.from.is_empty())
            .collect();
        found.compare(&format!("ways into {label}"), &version.steps, &steps);
    }
    Ok(())
}

async fn instances(
    client: &Client,
    registry: Address,
    name: &str,
    (rebuilt, part): (&Rebuilt, &Part),
    found: &mut Differences,
) -> Result<(), ChainError> {
    let shown = part.instances_of(rebuilt);
    let proxies = match shown.len() == rebuilt.instances.len() {
        true => proxies(client, registry, name).await?,
        false => proxies_in(client, registry, name, part.instances.clone()).await?,
    };
    let known: Vec<_> = shown.iter().map(|one| one.proxy).collect();
    found.compare("instances", &known, &proxies);
    let views = shown.iter().map(async |instance| {
        let proxy = instance.proxy;
        client.call(registry, &abi::instanceOfCall { proxy }).await
    });
    let views: Vec<_> = stream::iter(views).buffered(AT_ONCE).try_collect().await?;
    for (instance, view) in shown.iter().zip(views) {
        found.compare(
            &format!("instance {}", instance.proxy),
            &(
                name,
                instance.version.as_str(),
                instance.kind,
                instance.paused,
            ),
            &(
                view.name.as_str(),
                view.version.as_str(),
                view.kind,
                view.state == instance_state::PAUSED,
            ),
        );
    }
    Ok(())
}

/// What is accepted, and what is relayed.
async fn transfers(
    client: &Client,
    registry: Address,
    name: &str,
    rebuilt: &Rebuilt,
    found: &mut Differences,
) -> Result<(), ChainError> {
    for (proxy, accepted) in &rebuilt.accepted {
        let call = abi::acceptedTransferCall {
            name: name.into(),
            proxy: *proxy,
        };
        let view = client.call(registry, &call).await?;
        let view = AcceptedTransfer {
            registry: view.registry,
            kind: view.kind,
            version: view.version,
        };
        found.compare(&format!("accepted transfer of {proxy}"), accepted, &view);
    }
    for (proxy, relayed) in &rebuilt.relayed {
        let call = abi::transferOfCall { proxy: *proxy };
        let view = client.call(registry, &call).await?.registry;
        found.compare(&format!("relay of {proxy}"), relayed, &view);
    }
    Ok(())
}

async fn head_time(client: &Client) -> Result<u64, ChainError> {
    let block = client
        .provider()
        .get_block_by_number(client.block())
        .await
        .map_err(|error| client.error("eth_getBlockByNumber", error))?;
    Ok(block
        .map(|block| block.header.timestamp)
        .unwrap_or_default())
}
