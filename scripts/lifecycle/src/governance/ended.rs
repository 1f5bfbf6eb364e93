//! What came of an action that is not open any more: executed by another's approval, or cancelled.

use super::error::GovernanceError;
use super::submit::{Approved, Submitted};
use crate::client::{Client, Sent};
use crate::ids::ActionId;
use crate::registry::{self, Topics};
use alloy::primitives::Address;
use alloy::sol_types::SolEvent;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The action as executed by another's approval, in block `from` or later; `None` if it ended in another way.
pub(super) async fn ended(
    client: &Client,
    registry: Address,
    action: ActionId,
    from: u64,
) -> Result<Option<Submitted>, GovernanceError> {
    let topics: Topics<'_> = [&[abi::Executed::SIGNATURE_HASH], &[], &[action.0]];
    let logs = registry::logs_since(client, registry, topics, from).await?;
    let Some(tx) = logs.last().and_then(|log| log.transaction_hash) else {
        return Ok(None);
    };
    let sent = client.mined(tx.into(), "the execution").await?;
    let approved = approved(client, registry, action, &sent).await?;
    Ok(Some(Submitted::by_another(action, approved, sent)))
}

/// How many had approved an action that was executed. Where only its delay was missing, its last approval tells.
pub(super) async fn approved(
    client: &Client,
    registry: Address,
    action: ActionId,
    execution: &Sent,
) -> Result<Approved, GovernanceError> {
    if let Some(approved) = execution.last_event_of::<abi::Approved>(registry) {
        return Ok(Approved::from(&approved));
    }
    let topics: Topics<'_> = [&[abi::Approved::SIGNATURE_HASH], &[], &[action.0]];
    let newest = execution.receipt.block_number.unwrap_or_default();
    let logs = registry::logs(client, registry, topics, 0, newest).await?;
    let last = logs.iter().rev().find_map(|log| {
        let event = log.log_decode::<abi::Approved>().ok()?;
        Some(Approved::from(&event.inner.data))
    });
    Ok(last.unwrap_or_default())
}

/// What came of `action`, which ended before one's own call could approve it: nothing was approved.
///
/// # Errors
/// [`GovernanceError::NotOpen`], with who cancelled it, where it was not executed.
pub async fn instead(
    client: &Client,
    registry: Address,
    action: ActionId,
) -> Result<Submitted, GovernanceError> {
    if let Some(executed) = ended(client, registry, action, 0).await? {
        return Ok(executed);
    }
    let topics: Topics<'_> = [&[abi::Cancelled::SIGNATURE_HASH], &[], &[action.0]];
    let logs = registry::all_logs(client, registry, topics).await?;
    let Some(tx) = logs.last().and_then(|log| log.transaction_hash) else {
        return Err(GovernanceError::not_open(action));
    };
    let sent = client.mined(tx.into(), "the cancellation").await?;
    let block = sent.receipt.block_number.unwrap_or_default();
    let how = format!("was cancelled by {} in block {block}", sent.receipt.from);
    Err(GovernanceError::NotOpen { action, how })
}
