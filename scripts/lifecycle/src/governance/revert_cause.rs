//! Finds the instance that makes a migration revert. `migrate` upgrades up to four instances atomically; the revert
//! data has the error of the first failure, not its address.

use super::error::because;
use super::governed::GovernedCall;
use super::policy::not_an_approver;
use crate::call_tree::{self, Frame};
use crate::client::{ChainError, Client, StepEnd};
use crate::simulation::failed_upgrade;
use alloy::network::TransactionBuilder;
use alloy::primitives::Address;
use alloy::providers::Provider;
use alloy::sol_types::SolCall;
use serde_json::json;
use serde_json::value::RawValue;
use stylus_upgrades_interface::limits::INSTANCES_AT_ONCE;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::MigrationNotApplied;
use stylus_upgrades_interface::registry::IRegistry::{NotAnApprover, migrateCall};

/// How others are upgraded without an instance that cannot be.
pub fn leave_behind() -> String {
    format!(
        "to upgrade the others without it: migrate upgrades instances itself only if at most {INSTANCES_AT_ONCE} are \
         outdated; with more (stylus-upgrades create-proxy at the old version adds some) it only activates, and \
         stylus-upgrades upgrade NAME skips instances that fail"
    )
}

impl GovernedCall {
    /// The refusal of the call, with the instance that it is about where the endpoint can trace calls.
    pub(super) async fn with_cause(
        &self,
        client: &Client,
        sender: Address,
        error: ChainError,
    ) -> ChainError {
        if error.is_refused_as::<NotAnApprover>() {
            let role = (self.call.definition(), self.call.role());
            return not_an_approver(client.registry(self.registry), role, error).await;
        }
        let is_migration = self.input().starts_with(&migrateCall::SELECTOR);
        let is_step = error.is_refused_as::<MigrationNotApplied>();
        if error.revert().is_none() || !(is_migration || is_step) {
            return error;
        }
        let (error, why, next) = match self.traced(client, sender).await {
            Some(frames) => {
                let error = error.ended(StepEnd::of(&frames, None));
                let Some(proxy) = failed_upgrade(&frames, self.registry) else {
                    return error;
                };
                let next = format!(
                    "correct the migration for {proxy} (stylus-upgrades plan tries it), or {}",
                    leave_behind()
                );
                (error, format!("; instance {proxy} fails"), next)
            }
            None if is_migration => (
                error,
                ", and which instance fails is unknown: the endpoint has no debug_traceCall".into(),
                "stylus-upgrades plan tries the migration and each instance on a copy, and needs no tracing".into(),
            ),
            None => return error,
        };
        because(&error, &why, next).into()
    }

    /// The calls, where the call is tried once more; nothing where the endpoint does not trace calls.
    async fn traced(&self, client: &Client, sender: Address) -> Option<Vec<Frame>> {
        let request = self.request().with_from(sender);
        let query = (request, "latest", json!({ "tracer": "callTracer" }));
        let provider = client.provider();
        let traced = provider.raw_request::<_, Box<RawValue>>("debug_traceCall".into(), query);
        call_tree::read(&traced.await.ok()?).ok()
    }
}
