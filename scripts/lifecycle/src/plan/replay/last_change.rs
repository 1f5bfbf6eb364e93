//! When the code of a definition's instances last changed. What happened before was done by other
//! code, and the step that is tried does not begin at that version.

use super::super::error::PlanError;
use crate::client::Client;
use crate::registry::{Topics, definition_id, logs};
use alloy::primitives::Address;
use alloy::sol_types::SolEventInterface;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;

/// The last change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LastChange {
    /// Its block.
    pub(super) block: u64,
    /// What changed, in words that go on with the block.
    what: String,
}

impl LastChange {
    /// What changed, and when.
    pub(super) fn words(&self) -> String {
        format!("{} in block {}", self.what, self.block)
    }
}

/// The last change in these blocks, the first and the last one included.
pub(super) async fn last_change(
    client: &Client,
    registry: Address,
    name: &str,
    (from, to): (u64, u64),
) -> Result<Option<LastChange>, PlanError> {
    let topics: Topics<'_> = [&[], &[definition_id(name).0], &[]];
    let logs = logs(client, registry, topics, from, to).await?;
    let changes = logs.iter().rev().filter_map(|log| {
        let event = Event::decode_raw_log(log.topics(), &log.data().data).ok()?;
        let what = changed(&event)?;
        let block = log.block_number?;
        Some(LastChange { block, what })
    });
    Ok(changes.into_iter().next())
}

/// What an event changes about the code of instances, if it does.
fn changed(event: &Event) -> Option<String> {
    Some(match event {
        Event::InstanceUpgraded(event) => {
            format!("instance {} reached its version", event.proxy)
        }
        Event::InstanceAdopted(event) => format!("instance {} was adopted", event.proxy),
        Event::MigrationStarted(event) => {
            format!("the migration of instance {} began", event.proxy)
        }
        Event::MigrationEnded(event) => format!("the migration of instance {} ended", event.proxy),
        Event::MigrationAborted(event) => {
            format!("the migration of instance {} was aborted", event.proxy)
        }
        Event::CurrentChanged(event) => format!("{} became the current version", event.version),
        _ => return None,
    })
}
