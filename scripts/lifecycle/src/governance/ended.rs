//! What came of an action that is not open any more: executed by another's approval, or cancelled.

use super::calls::Call;
use super::error::GovernanceError;
use super::governed::GovernedCall;
use super::submit::{Approved, Submitted};
use crate::client::{ChainError, Client, Sent};
use crate::ids::{ActionId, CalldataHash, TxHash};
use crate::names::Names;
use crate::registry::{self, Topics, definition_id};
use alloy::primitives::Address;
use alloy::sol_types::SolEvent;
use serde::Serialize;
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

/// An action that somebody else's transaction executed.
#[derive(Debug, Clone, Serialize)]
pub struct Executed {
    /// The action.
    #[serde(skip)]
    pub action: ActionId,
    /// How many approved it.
    #[serde(skip)]
    pub approved: Approved,
    /// Who sent the transaction.
    pub approver: Address,
    /// The transaction.
    pub tx: TxHash,
    /// The same as it was mined.
    #[serde(skip)]
    pub sent: Sent,
}

impl Executed {
    /// By whom, in which transaction.
    pub fn by(&self, names: &Names) -> String {
        format!("by {} in {}", names.long(self.approver), self.tx)
    }
}

impl From<Executed> for Submitted {
    fn from(by: Executed) -> Self {
        let by = Box::new(by);
        Self::ExecutedByAnother { by, sent: None }
    }
}

/// The action as executed by another's approval, in block `from` or later; `None` if it ended in another way.
pub(super) async fn ended(
    client: &Client,
    registry: Address,
    action: ActionId,
    from: u64,
) -> Result<Option<Executed>, GovernanceError> {
    let topics: Topics<'_> = [&[abi::Executed::SIGNATURE_HASH], &[], &[action.0]];
    let logs = registry::logs_since(client, registry, topics, from).await?;
    let Some(tx) = logs.last().and_then(|log| log.transaction_hash) else {
        return Ok(None);
    };
    let sent = client.mined(tx.into(), "the execution").await?;
    let approved = match sent.last_event_of::<abi::Approved>(registry) {
        Some(approved) => Approved::from(&approved),
        None => last_approval(client, registry, action, &sent).await?,
    };
    Ok(Some(Executed {
        action,
        approved,
        approver: sent.receipt.from,
        tx: sent.tx,
        sent,
    }))
}

/// How many had approved an action that ran when only its delay was missing: its last approval
/// tells.
pub(super) async fn last_approval(
    client: &Client,
    registry: Address,
    action: ActionId,
    execution: &Sent,
) -> Result<Approved, GovernanceError> {
    let topics: Topics<'_> = [&[abi::Approved::SIGNATURE_HASH], &[], &[action.0]];
    let newest = execution.receipt.block_number.unwrap_or_default();
    let logs = registry::logs(client, registry, topics, 0, newest).await?;
    let last = logs.iter().rev().find_map(|log| {
        let event = log.log_decode::<abi::Approved>().ok()?;
        Some(Approved::from(&event.inner.data))
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
) -> Result<Executed, GovernanceError> {
    if let Some(executed) = ended(client, registry, action, 0).await? {
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
            let executed = ended(client, registry, ActionId(*action), 0).await?;
            return executed.map(Submitted::from).ok_or_else(|| error.into());
        }
    }
    Err(error.into())
}
