//! Whether the registry's views say what its events say.

use super::replay::Rebuilt;
use crate::client::{ChainError, Client};
use crate::registry::{labels, open_actions, proxies};
use alloy::primitives::Address;
use alloy::providers::Provider;
use serde::Serialize;
use std::fmt::Debug;
use stylus_upgrades_interface::reasons::{definition_state, instance_state};
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
    let mut found = Differences::default();
    if !name.is_empty() {
        definition(client, registry, name, rebuilt, &mut found).await?;
        versions(client, registry, name, rebuilt, &mut found).await?;
        instances(client, registry, name, rebuilt, &mut found).await?;
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

async fn definition(
    client: &Client,
    registry: Address,
    name: &str,
    rebuilt: &Rebuilt,
    found: &mut Differences,
) -> Result<(), ChainError> {
    let view = client
        .call(registry, &abi::definitionCall { name: name.into() })
        .await?;
    let frozen = rebuilt.policies.get("migrate").map(String::as_str) == Some("NONE");
    let state = if rebuilt.paused {
        definition_state::PAUSED
    } else if frozen {
        definition_state::FROZEN
    } else {
        definition_state::LIVE
    };
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
    found.compare("state", &state, &view.state);
    Ok(())
}

async fn versions(
    client: &Client,
    registry: Address,
    name: &str,
    rebuilt: &Rebuilt,
    found: &mut Differences,
) -> Result<(), ChainError> {
    let labels = labels(client, registry, name).await?;
    let known: Vec<_> = rebuilt.versions.iter().map(|v| v.version.clone()).collect();
    found.compare("versions", &known, &labels);
    for version in &rebuilt.versions {
        let call = abi::getVersionCall {
            name: name.into(),
            version: version.version.clone(),
        };
        let view = client.call(registry, &call).await?;
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
    rebuilt: &Rebuilt,
    found: &mut Differences,
) -> Result<(), ChainError> {
    let proxies = proxies(client, registry, name).await?;
    let known: Vec<_> = rebuilt.instances.iter().map(|i| i.proxy).collect();
    found.compare("instances", &known, &proxies);
    for instance in &rebuilt.instances {
        let call = abi::instanceOfCall {
            proxy: instance.proxy,
        };
        let view = client.call(registry, &call).await?;
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
