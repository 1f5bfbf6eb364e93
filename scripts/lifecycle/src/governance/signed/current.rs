//! Epoch and round of the action that a call would approve now. No view tells them, so they are
//! read from the registry's storage by its declaration, and compared with the action that it names.

use super::super::authority::deciding_policy;
use super::super::calls::Call;
use super::super::error::GovernanceError;
use super::{Approval, outdated};
use crate::client::Client;
use crate::registry::stored;
use alloy::primitives::{Address, Bytes};

/// What an approver would sign for that call now.
///
/// # Errors
/// What the chain says; `ApprovalOutdated` where the registry names another action than its
/// storage does.
pub async fn current(
    client: &Client,
    registry: Address,
    call: &Bytes,
    deadline: u64,
) -> Result<Approval, GovernanceError> {
    let decoded = Call::decode(call)?;
    let (name, role) = (decoded.definition(), decoded.role());
    let (role, _) = deciding_policy(client, registry, name, role).await?;
    let action = client.registry(registry).action_of(call).await?;
    let mut approval = Approval {
        chain_id: client.chain_id(),
        registry,
        epoch: stored::epoch(client, registry, name, &role).await?,
        round: stored::round(client, registry, call).await?,
        call: call.clone(),
        deadline,
    };
    if approval.action() != action {
        approval.round += 1; // what has expired or is about an earlier step is still in storage
    }
    match approval.action() == action {
        true => Ok(approval),
        false => Err(outdated(action, approval.action())),
    }
}
