//! What came of an action that is not open any more: executed by another's approval, or cancelled.

use super::display::Call;
use super::error::GovernanceError;
use super::governed::GovernedCall;
use super::submit::{ExecutedBy, Submitted};
use crate::client::{ChainError, Client, Sent};
use crate::ids::{ActionId, CalldataHash};
use crate::registry::{self, Topics, definition_id};
use alloy::primitives::Address;
use alloy::sol_types::SolEvent;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Executions of a definition that are looked through for one's own call, the newest.
const LOOKED_THROUGH: usize = 16;

/// That an action was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled {
    /// The action.
    pub action: ActionId,
    /// Who sent the cancellation.
    pub by: Address,
    /// Its block.
    pub block: u64,
}

/// The action as executed by another's approval; `None` if it ended in another way. `sent` is one's
/// own approval of it.
pub(super) async fn ended(
    client: &Client,
    registry: Address,
    action: ActionId,
    sent: Option<&Sent>,
) -> Result<Option<Submitted>, GovernanceError> {
    let from = sent.and_then(|sent| sent.receipt.block_number);
    let topics: Topics<'_> = [&[abi::Executed::SIGNATURE_HASH], &[], &[action.0]];
    let logs = registry::logs_since(client, registry, topics, from.unwrap_or_default()).await?;
    let Some(tx) = logs.last().and_then(|log| log.transaction_hash) else {
        return Ok(None);
    };
    let execution = client.mined(tx.into(), "the execution").await?;
    let (approvals, required) = match execution.last_event_of::<abi::Approved>(registry) {
        Some(approved) => (approved.approvals, approved.required),
        None => last_approval(client, registry, action, &execution).await?,
    };
    Ok(Some(Submitted {
        sent: sent.cloned(),
        action,
        approvals,
        required,
        executed: true,
        executed_by: Some(ExecutedBy {
            approver: execution.receipt.from,
            sent: execution,
        }),
        executed_before: None,
        cancelled_before: None,
        readiness: None,
        dry_run: None,
    }))
}

/// How many had approved an action that ran when only its delay was missing: its last approval
/// tells.
pub(super) async fn last_approval(
    client: &Client,
    registry: Address,
    action: ActionId,
    execution: &Sent,
) -> Result<(u16, u16), GovernanceError> {
    let topics: Topics<'_> = [&[abi::Approved::SIGNATURE_HASH], &[], &[action.0]];
    let newest = execution.receipt.block_number.unwrap_or_default();
    let logs = registry::logs(client, registry, topics, 0, newest).await?;
    let last = logs.iter().rev().find_map(|log| {
        let event = log.log_decode::<abi::Approved>().ok()?;
        Some((event.inner.approvals, event.inner.required))
    });
    Ok(last.unwrap_or_default())
}

/// Who cancelled an action, if anybody did.
pub(super) async fn cancelled(
    client: &Client,
    registry: Address,
    action: ActionId,
) -> Result<Option<Cancelled>, GovernanceError> {
    let topics: Topics<'_> = [&[abi::Cancelled::SIGNATURE_HASH], &[], &[action.0]];
    let logs = registry::all_logs(client, registry, topics).await?;
    let Some(tx) = logs.last().and_then(|log| log.transaction_hash) else {
        return Ok(None);
    };
    let sent = client.mined(tx.into(), "the cancellation").await?;
    Ok(Some(Cancelled {
        action,
        by: sent.receipt.from,
        block: sent.receipt.block_number.unwrap_or_default(),
    }))
}

/// What came of `action`, which ended before one's own call could approve it: nothing was approved.
///
/// # Errors
/// [`GovernanceError::Cancelled`]; `otherwise`, where it ended in another way.
pub async fn instead(
    client: &Client,
    registry: Address,
    action: ActionId,
    otherwise: GovernanceError,
) -> Result<Submitted, GovernanceError> {
    if let Some(executed) = ended(client, registry, action, None).await? {
        return Ok(executed);
    }
    Err(match cancelled(client, registry, action).await? {
        Some(Cancelled { action, by, block }) => GovernanceError::Cancelled { action, by, block },
        None => otherwise,
    })
}

/// The very call of `governed` as another executed it, where `error` says that what it would make is
/// there: then nothing is left to do.
///
/// # Errors
/// `error`, where something else made it.
pub(super) async fn same_call(
    client: &Client,
    governed: &GovernedCall,
    sender: Address,
    error: ChainError,
) -> Result<Submitted, GovernanceError> {
    let registry = governed.registry;
    if !matches!(governed.call, Call::AddVersion(_) | Call::CreateProxy(_)) {
        return Err(error.into());
    }
    let id = definition_id(governed.call.definition());
    let topics: Topics<'_> = [&[abi::Executed::SIGNATURE_HASH], &[id.0], &[]];
    let logs = registry::all_logs(client, registry, topics).await?;
    let call = CalldataHash::of(&governed.bytes);
    for log in logs.iter().rev().take(LOOKED_THROUGH) {
        let (Some(tx), Some(action)) = (log.transaction_hash, log.topics().get(2)) else {
            continue;
        };
        let sent = client.mined(tx.into(), "the execution").await?;
        let is_same = sent.to == Some(registry) && sent.call == call;
        if is_same && sent.receipt.from != sender {
            let executed = ended(client, registry, ActionId(*action), None).await?;
            return executed.ok_or_else(|| error.into());
        }
    }
    Err(error.into())
}
