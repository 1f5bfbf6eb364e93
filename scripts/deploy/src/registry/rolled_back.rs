//! Instances whose complex migration to what is current was rolled back: no rollout touches them.

use super::Registry;
use super::definition_id;
use super::logs::{Topics, logs_since};
use crate::client::ChainError;
use crate::model::InstanceState;
use alloy::primitives::{Address, B256};
use alloy::rpc::types::Log;
use alloy::sol_types::SolEvent;
use std::collections::BTreeSet;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The instances that were rolled back since the current version is current, and are live at an
/// older one.
///
/// # Errors
/// What the chain says.
pub async fn rolled_back(registry: Registry<'_>, name: &str) -> Result<Vec<Address>, ChainError> {
    let client = registry.client;
    let id: &[B256] = &[definition_id(name).0];
    let place = |log: &Log| (log.block_number, log.log_index);
    let topics: Topics<'_> = [&[abi::CurrentChanged::SIGNATURE_HASH], id, &[]];
    let changed = logs_since(client, registry.address, topics, 0).await?.pop();
    let from = changed.as_ref().and_then(|log| log.block_number);
    let topics: Topics<'_> = [&[abi::MigrationAborted::SIGNATURE_HASH], id, &[]];
    let aborted = logs_since(client, registry.address, topics, from.unwrap_or_default()).await?;
    let proxies: BTreeSet<Address> = aborted
        .iter()
        .filter(|log| {
            changed
                .as_ref()
                .is_none_or(|changed| place(log) > place(changed))
        })
        .filter_map(|log| log.log_decode::<abi::MigrationAborted>().ok())
        .map(|log| log.inner.data.proxy)
        .collect();
    let current = registry.head(name).await?.current;
    let mut rolled_back = Vec::new();
    for proxy in proxies {
        let found = registry.instance(proxy).await?;
        if found.state == InstanceState::Live && found.version != current {
            rolled_back.push(proxy);
        }
    }
    Ok(rolled_back)
}
