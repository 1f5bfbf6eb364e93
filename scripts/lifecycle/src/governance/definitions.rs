//! The definitions of a registry. Events alone tell of them, so what an endpoint keeps back is noticed.

use super::error::events_hidden;
use crate::client::ChainError;
use crate::questions::ask_all;
use crate::registry::{self, Created, Registry, Topics, all_logs, counted, definition_id};
use crate::text::count;
use alloy::primitives::B256;
use alloy::sol_types::{SolEvent, SolEventInterface};
use std::collections::BTreeMap;
use std::time::Duration;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;
use stylus_upgrades_interface::registry_storage::definition::Head;

/// The number of times that incomplete events are read again: a node that lags has them later.
pub(crate) const READ_AGAIN: usize = 3;
/// Pause before that.
const PAUSE: Duration = Duration::from_millis(200);

/// The names of all definitions.
///
/// # Errors
/// `EventsHidden` where the registry has more events than the endpoint shows; what
/// the chain says.
pub async fn definitions(registry: Registry<'_>) -> Result<Vec<String>, ChainError> {
    let mut left = READ_AGAIN;
    loop {
        let names = registry::definitions(registry).await?;
        let Some(what) = hidden(registry, &names).await? else {
            return Ok(names);
        };
        if !again(registry, &mut left).await {
            return Err(events_hidden(registry, &what));
        }
    }
}

/// Returns the same as [`definitions`], without reading for long; with the first block of which the events were not read,
/// where the endpoint wants many requests for them.
///
/// # Errors
/// As [`definitions`].
pub(super) async fn definitions_at_hand(
    registry: Registry<'_>,
) -> Result<(Vec<String>, Option<u64>), ChainError> {
    match registry::definitions_at_hand(registry).await? {
        (names, unread_from @ Some(_)) => Ok((names, unread_from)),
        (_, None) => Ok((definitions(registry).await?, None)),
    }
}

/// Waits and returns true if incomplete events should be read again; `left` retries are left. What was kept of them is
/// forgotten: the endpoint of an earlier command may have kept some back.
pub(crate) async fn again(registry: Registry<'_>, left: &mut usize) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    registry.client.read_anew();
    if let Some(store) = registry.client.events_of(registry.address) {
        store.forget().await;
    }
    tokio::time::sleep(PAUSE).await;
    true
}

/// Finds an event that must exist and that the endpoint does not show: the registry's own creation, something that its nonce
/// counts, or instances that a definition counts.
async fn hidden(registry: Registry<'_>, names: &[String]) -> Result<Option<String>, ChainError> {
    let client = registry.client;
    let itself: Topics<'_> = [&[], &[definition_id("").0], &[]];
    if names.is_empty() && all_logs(client, registry.address, itself).await?.is_empty() {
        return Ok(Some("itself".into()));
    }
    let (counted, definitions) = tokio::try_join!(
        counted(registry),
        registry::stored::definition_count(registry)
    )?;
    let missing = definitions.saturating_sub(names.len() as u64);
    if missing > 0 {
        return Ok(Some(format!("{missing} of {definitions} definitions")));
    }
    let stored = names
        .iter()
        .map(|name| registry::stored::counts(registry, definition_id(name)));
    let stored: Vec<Head> = ask_all(stored).await?;
    if counted == 0 && stored.iter().all(|head| head.instances == 0) {
        return Ok(None);
    }
    let mut told: BTreeMap<B256, i64> = names
        .iter()
        .map(|name| (definition_id(name).0, 0))
        .collect();
    let mut created = Created::default();
    let creations: Topics<'_> = [
        &[
            abi::ProxyCreated::SIGNATURE_HASH,
            abi::InstanceAdopted::SIGNATURE_HASH,
            abi::AdminCreated::SIGNATURE_HASH,
            abi::InstanceTransferred::SIGNATURE_HASH,
            abi::InstanceRemoved::SIGNATURE_HASH,
        ],
        &[],
        &[],
    ];
    for log in all_logs(client, registry.address, creations).await? {
        let id = log.topics().get(1).copied().unwrap_or_default();
        let Some(instances) = told.get_mut(&id) else {
            return Ok(Some(format!("the creation of the definition {id}")));
        };
        if let Ok(event) = Event::decode_raw_log(log.topics(), &log.data().data) {
            created.feed(&event);
            *instances += instance_change(&event);
        }
    }
    let missing = counted.saturating_sub(created.count);
    if missing > 0 {
        let what = format!("{missing} of {counted} proxies that it created");
        return Ok(Some(what));
    }
    let mut instances = names.iter().zip(stored).map(|(name, head)| {
        let told = told.get(&definition_id(name).0).copied();
        (name, i64::from(head.instances), told.unwrap_or_default())
    });
    let differs = instances.find(|(_, counted, told)| counted != told);
    Ok(differs.map(|(name, counted, told)| match counted - told {
        missing @ 1.. => {
            let counted = count(counted, "instance");
            format!("{missing} of {counted} of {name:?}")
        }
        left => format!("how {} of {name:?} left it", count(-left, "instance")),
    }))
}

/// Returns the change in a definition's number of instances by an event.
fn instance_change(event: &Event) -> i64 {
    match event {
        Event::ProxyCreated(_) | Event::InstanceAdopted(_) => 1,
        Event::InstanceTransferred(_) | Event::InstanceRemoved(_) => -1,
        _ => 0,
    }
}
