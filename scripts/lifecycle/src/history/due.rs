//! State that follows from a definition's events at hand, such as the instances that a rollout moves: the number of requests
//! to the endpoint does not grow with the number of events.

use crate::client::ChainError;
use crate::model::{Definition, definition_id, head_differences};
use crate::registry::{self, Registry, Topics, logs_at_hand};
use alloy::primitives::Address;
use alloy::sol_types::SolEventInterface;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;

/// Returns the state that follows from a definition's events, without the times of its actions; nothing where they are not
/// at hand, or the endpoint does not show all that the registry's views tell of.
///
/// # Errors
/// What the chain says.
pub async fn read_events_at_hand(
    registry: Registry<'_>,
    name: &str,
) -> Result<Option<Definition>, ChainError> {
    let topics: Topics<'_> = [&[], &[definition_id(name).0], &[]];
    let at_hand = logs_at_hand(registry.client, registry.address, topics).await;
    let Some(whole) = at_hand.ok().filter(|found| found.unread_from.is_none()) else {
        return Ok(None);
    };
    let mut definition = Definition::before_events(name);
    for log in &whole.logs {
        if let Ok(event) = Event::decode_raw_log(log.topics(), &log.data().data) {
            definition.feed(&event, 0);
        }
    }
    let head = registry.head(name).await?;
    Ok(head_differences(&definition, &head)
        .is_empty()
        .then_some(definition))
}

/// The instances of a definition that a rollout moves now: in a paused one those that are live; else those that are
/// paused, and older ones whose complex migration was not rolled back since the last `migrate`.
///
/// # Errors
/// What the chain says.
pub async fn due(registry: Registry<'_>, name: &str) -> Result<Vec<Address>, ChainError> {
    match read_events_at_hand(registry, name).await? {
        Some(definition) => Ok(definition.waiting()),
        None => registry::due(registry, name).await,
    }
}

/// Returns true if an instance stays at an older version because its complex migration was rolled back since the last
/// `migrate`.
///
/// # Errors
/// What the chain says.
pub async fn is_one_held(registry: Registry<'_>, name: &str) -> Result<bool, ChainError> {
    if let Some(definition) = read_events_at_hand(registry, name).await? {
        return Ok(!definition.held.is_empty());
    }
    let mut definition = Definition::named(name);
    definition.current = registry.head(name).await?.current;
    definition.versions = registry.versions(name).await?;
    definition.instances = registry.instances(name).await?;
    Ok(!registry::rolled_back(registry, &definition)
        .await?
        .is_empty())
}
