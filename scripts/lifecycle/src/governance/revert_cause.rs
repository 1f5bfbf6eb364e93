//! Who keeps a migration from going through: `migrate` upgrades up to four instances, all or
//! nothing, and reverts with what the first one says that fails, but without its name.

use super::authority::deciding_policy;
use super::calls::Call;
use super::error::GovernanceError;
use crate::call_tree::{self, Frame};
use crate::client::{ChainError, Client, StepEnd};
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
    let (error, why, next) = match traced(client, registry, sender, call).await {
        Some(frames) => {
            let error = error.ended(StepEnd::of(&frames, None));
            let Some(proxy) = failed_upgrade(&frames, registry) else {
                return error.into();
            };
            let next = format!(
                "correct the migration for {proxy} (stylus-upgrades plan tries it), or {}",
                leave_behind()
            );
            (error, format!(", and what fails is instance {proxy}"), next)
        }
        None if is_migration => (
            error,
            ", and which instance fails is unknown: the endpoint has no debug_traceCall".into(),
            "stylus-upgrades plan tries the migration and each instance on a copy, and needs no tracing".into(),
        ),
        None => return error.into(),
    };
    GovernanceError::ChainRefused {
        error: Box::new(error),
        why,
        expected: None,
        next,
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
    match deciding_policy(client, registry, name, role).await {
        Ok((role, policy)) => GovernanceError::ChainRefused {
            error: Box::new(error),
            why: format!(": the policy of {role} does not name that address"),
            expected: Some(format!("an approver of role {role}: {policy}")),
            next: "use the key of an approver; stylus-upgrades policy explain tells who decides"
                .into(),
        },
        Err(_) => error.into(), // what was refused is told at least
    }
}

/// The calls, where the call is tried once more; nothing where the endpoint does not trace calls.
async fn traced(
    client: &Client,
    registry: Address,
    sender: Address,
    call: &Bytes,
) -> Option<Vec<Frame>> {
    let request = TransactionRequest::default()
        .with_from(sender)
        .with_to(registry)
        .with_input(call.clone());
    let query = (request, "latest", json!({ "tracer": "callTracer" }));
    let provider = client.provider();
    let traced = provider.raw_request::<_, Box<RawValue>>("debug_traceCall".into(), query);
    call_tree::read(&traced.await.ok()?).ok()
}
