//! Who keeps a migration from going through: `migrate` upgrades up to four instances, all or
//! nothing, and reverts with what the first one says that fails, but without its name.

use super::authority::deciding_policy;
use super::calls::Call;
use super::error::GovernanceError;
use super::pending::{proposed, readiness};
use crate::call_tree::{self, Frame};
use crate::client::{ChainError, Client, StepEnd};
use crate::ids::ActionId;
use crate::model::BlockedBy;
use crate::simulation::failed_upgrade;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use serde_json::json;
use serde_json::value::RawValue;
use stylus_upgrades_interface::limits::INSTANCES_AT_ONCE;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::MigrationNotApplied;
use stylus_upgrades_interface::registry::IRegistry::{NotAnApprover, migrateCall};

/// How others are upgraded without an instance that cannot be.
pub fn leave_behind() -> String {
    format!(
        "leave it behind: with more than {INSTANCES_AT_ONCE} instances that lag (stylus-upgrades create-proxy at \
         the old version) migrate only activates, and rollout skips who fails"
    )
}

/// The refusal of `call`, with the instance that it is about where the endpoint can trace calls.
pub(super) async fn with_cause(
    client: &Client,
    registry: Address,
    sender: Address,
    call: &Bytes,
    error: ChainError,
) -> GovernanceError {
    if error.is_refused_as::<NotAnApprover>() {
        return not_an_approver(client, registry, call, error).await;
    }
    let is_migration = call.starts_with(&migrateCall::SELECTOR);
    let is_step = error.is_refused_as::<MigrationNotApplied>();
    if error.revert().is_none() || !(is_migration || is_step) {
        return error.into();
    }
    match traced(client, registry, sender, call).await {
        Ok(frames) => {
            let error = Box::new(error.ended(StepEnd::of(&frames, None)));
            match failed_upgrade(&frames, registry) {
                Some(proxy) => GovernanceError::InstanceFails { proxy, error },
                None => (*error).into(),
            }
        }
        Err(NotTraced) if is_migration => {
            let error = Box::new(error);
            GovernanceError::InstanceUnknown { error }
        }
        Err(NotTraced) => error.into(),
    }
}

/// The refusal of somebody without a part in a policy, with the role and the policy.
pub async fn not_an_approver(
    client: &Client,
    registry: Address,
    call: &Bytes,
    error: ChainError,
) -> GovernanceError {
    let Ok(decoded) = Call::decode(call) else {
        return error.into();
    };
    let (name, role) = (decoded.definition(), decoded.role());
    if let Ok(Some((action, not_before))) = delayed(client, registry, name, call).await {
        let error = Box::new(error);
        return GovernanceError::DelayRuns {
            action,
            not_before,
            error,
        };
    }
    match deciding_policy(client, registry, name, role).await {
        Ok((role, policy)) => GovernanceError::NoPart {
            role,
            policy,
            error: Box::new(error),
        },
        Err(_) => error.into(), // what was refused is told at least
    }
}

/// The open action with that call, where it waits for its delay alone, and until when.
async fn delayed(
    client: &Client,
    registry: Address,
    name: &str,
    call: &Bytes,
) -> Result<Option<(ActionId, u64)>, GovernanceError> {
    for action in client.registry(registry).open_actions(name).await? {
        if proposed(client, registry, action).await?.call == *call {
            let found = readiness(client, registry, action).await?;
            let is_delayed = found.blocked_by == BlockedBy::Delay;
            return Ok(is_delayed.then_some((action, found.not_before)));
        }
    }
    Ok(None)
}

/// The endpoint does not trace calls.
struct NotTraced;

/// The calls, where the call is tried once more.
async fn traced(
    client: &Client,
    registry: Address,
    sender: Address,
    call: &Bytes,
) -> Result<Vec<Frame>, NotTraced> {
    let request = TransactionRequest::default()
        .with_from(sender)
        .with_to(registry)
        .with_input(call.clone());
    let query = (request, "latest", json!({ "tracer": "callTracer" }));
    let provider = client.provider();
    let traced = provider.raw_request::<_, Box<RawValue>>("debug_traceCall".into(), query);
    let answer = traced.await.map_err(|_| NotTraced)?;
    call_tree::read(&answer).map_err(|_| NotTraced)
}
