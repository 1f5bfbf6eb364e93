//! Whether the registry's views say what its events say.

use crate::client::{ChainError, Client};
use crate::model::{self, Definition, Difference, Slice};
use alloy::primitives::Address;

/// Every difference between what follows from the events of a definition and the registry's views, all read at one
/// block: of some of the versions and instances. How many there are is compared in any case.
///
/// # Errors
/// What the chain says.
pub async fn differences(
    client: &Client,
    registry: Address,
    events: &Definition,
    part: &Slice,
) -> Result<Vec<Difference>, ChainError> {
    let client = client.at_one_block().await?;
    let seen = client.registry(registry).seen(events, part).await?;
    Ok(model::differences(events, &seen))
}
