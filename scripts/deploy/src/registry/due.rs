//! The instances that a rollout moves: those that do not follow their definition.

use super::Registry;
use super::rolled_back::rolled_back;
use crate::client::ChainError;
use crate::model::Definition;
use alloy::primitives::Address;
use futures::try_join;

/// The instances of a definition that a rollout moves now, in the order of their creation: in a paused one those that
/// are live; else those that are paused, and older ones whose complex migration was not rolled back since the last
/// `migrate`.
///
/// # Errors
/// What the chain says.
pub async fn due(registry: Registry<'_>, name: &str) -> Result<Vec<Address>, ChainError> {
    let mut definition = Definition::named(name);
    let (head, versions, instances) = try_join!(
        registry.head(name),
        registry.versions(name),
        registry.instances(name)
    )?;
    (definition.current, definition.state) = (head.current, head.state);
    (definition.versions, definition.instances) = (versions, instances);
    due_of(registry, &definition).await
}

/// The same of a definition whose versions and instances were read before.
pub(super) async fn due_of(
    registry: Registry<'_>,
    definition: &Definition,
) -> Result<Vec<Address>, ChainError> {
    if definition.waiting().is_empty() {
        return Ok(Vec::new());
    }
    let held = rolled_back(registry, definition).await?;
    let mut definition = definition.clone();
    definition.held = held.into_iter().collect();
    Ok(definition.waiting())
}
