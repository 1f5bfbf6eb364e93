//! Instances whose complex migration was rolled back since the last `migrate`: no rollout touches them.

use super::Registry;
use crate::client::ChainError;
use crate::model::Definition;
use crate::questions::ask_all;
use alloy::primitives::Address;

/// Lists those of a definition's instances, which were read before, that are older than its current version and held
/// there.
///
/// # Errors
/// What the chain says.
pub async fn rolled_back(
    registry: Registry<'_>,
    definition: &Definition,
) -> Result<Vec<Address>, ChainError> {
    let older = definition.older().filter(|one| !one.state.is_migrating());
    let asked = older.map(async |one| {
        let details = registry.details(one.proxy).await?;
        Ok::<_, ChainError>(details.held.then_some(one.proxy))
    });
    Ok(ask_all(asked).await?.into_iter().flatten().collect())
}
