//! The identical call that each approver sends: it approves, or it completes the policy and
//! executes. Sent again by the same approver it changes nothing and tells how far the action is.

use super::blame::blame;
use super::error::GovernanceError;
use super::pending::{Readiness, readiness};
use crate::client::{ChainError, Client, Sent};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolEvent;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// How far an action is after one's own call.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// The transaction; `None` where one's approval was there already.
    pub sent: Option<Sent>,
    /// The action.
    pub action: B256,
    /// Approvals that count so far.
    pub approvals: u16,
    /// These and the fewest that are missing.
    pub required: u16,
    /// Whether it was executed.
    pub executed: bool,
    /// Who is missing and until when, where it was not executed.
    pub readiness: Option<Readiness>,
}

/// Sends `call` with `value` wei to the registry: the very bytes that were shown. `what` names it
/// in a few words.
///
/// # Errors
/// The registry's refusal, before anything is sent.
pub async fn submit(
    client: &Client,
    registry: Address,
    what: &str,
    call: &Bytes,
    value: U256,
) -> Result<Submitted, GovernanceError> {
    let sender = client.sender(what)?;
    let action = client
        .call(registry, &abi::actionOfCall { call: call.clone() })
        .await?;
    let request = TransactionRequest::default()
        .with_to(registry)
        .with_input(call.clone())
        .with_value(value);
    let tried = client
        .provider()
        .call(request.clone().with_from(sender))
        .await
        .map_err(|error| client.error(what, error));
    match tried {
        Ok(_) => {}
        Err(error) if is_refused_as(&error, "AlreadyApproved") => {
            let readiness = readiness(client, registry, action).await?;
            return Ok(Submitted::waiting(None, action, readiness));
        }
        Err(error) => return Err(blame(client, registry, sender, call, error).await),
    }
    let sent = client.transact(what, request).await?;
    if let Some(executed) = executed_by(client, registry, &sent).await? {
        return Ok(executed);
    }
    let readiness = readiness(client, registry, action).await?;
    Ok(Submitted::waiting(Some(sent), action, readiness))
}

/// What a transaction executed that sent such a call; `None` if it only approved.
///
/// # Errors
/// Trouble with the chain.
pub async fn executed_by(
    client: &Client,
    registry: Address,
    sent: &Sent,
) -> Result<Option<Submitted>, GovernanceError> {
    let Some(executed) = sent.event::<abi::Executed>() else {
        return Ok(None);
    };
    let (approvals, required) = match sent.event::<abi::Approved>() {
        Some(approved) => (approved.approvals, approved.required),
        None => executed_later(client, registry, executed.action, sent).await?,
    };
    Ok(Some(Submitted {
        sent: Some(sent.clone()),
        action: executed.action,
        approvals,
        required,
        executed: true,
        readiness: None,
    }))
}

impl Submitted {
    fn waiting(sent: Option<Sent>, action: B256, readiness: Readiness) -> Self {
        Self {
            sent,
            action,
            approvals: readiness.approvals,
            required: readiness.required,
            executed: false,
            readiness: Some(readiness),
        }
    }
}

/// How many had approved an action that ran when only its delay was missing: its last approval
/// tells.
async fn executed_later(
    client: &Client,
    registry: Address,
    action: B256,
    sent: &Sent,
) -> Result<(u16, u16), GovernanceError> {
    let topics = [Some(abi::Approved::SIGNATURE_HASH), None, Some(action)];
    let newest = sent.receipt.block_number.unwrap_or_default();
    let logs = crate::history::logs(client, registry, topics, 0, newest).await?;
    let last = logs.iter().rev().find_map(|log| {
        let event = log.log_decode::<abi::Approved>().ok()?;
        Some((event.inner.approvals, event.inner.required))
    });
    Ok(last.unwrap_or_default())
}

fn is_refused_as(error: &ChainError, name: &str) -> bool {
    error.revert().is_some_and(|revert| revert.name == name)
}
