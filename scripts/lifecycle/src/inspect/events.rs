//! What the registry said about an instance.

use crate::client::Client;
use crate::governance::GovernanceError;
use crate::history::{Entry, of_instance};
use crate::names::Names;
use alloy::primitives::Address;

/// The registry's events about an instance, in their order.
///
/// # Errors
/// `EventsHidden` where no event tells how the registry got the instance, which it has: the endpoint keeps events
/// back. What the chain says.
pub async fn events(
    client: &Client,
    registry: Address,
    name: &str,
    proxy: Address,
    names: &Names,
) -> Result<Vec<Entry>, GovernanceError> {
    let entries = of_instance(client, registry, name, proxy, names).await?;
    let is_origin = |entry: &Entry| ["ProxyCreated", "InstanceAdopted"].contains(&entry.event);
    if !entries.iter().any(is_origin) {
        let what = format!("how {proxy} became an instance of {name}");
        return Err(GovernanceError::events_hidden(client, registry, &what));
    }
    Ok(entries)
}
