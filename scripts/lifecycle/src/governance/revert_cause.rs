//! Causes of a governed call's refusal, where the revert data alone does not name them: who may approve, and how a step of
//! an instance ended.

use super::governed::GovernedCall;
use super::policy::not_an_approver;
use crate::call_tree::{self, Frame};
use crate::client::{ChainError, Client, StepEnd};
use alloy::network::TransactionBuilder;
use alloy::primitives::Address;
use alloy::providers::Provider;
use serde_json::json;
use serde_json::value::RawValue;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::MigrationNotApplied;
use stylus_upgrades_interface::registry::IRegistry::NotAnApprover;

impl GovernedCall {
    /// The refusal of the call, with how its step ended where the endpoint can trace calls.
    pub(super) async fn with_cause(
        &self,
        client: &Client,
        sender: Address,
        error: ChainError,
    ) -> ChainError {
        if error.is_refused_as::<NotAnApprover>() {
            let (name, role) = (self.call.definition(), self.call.role());
            return not_an_approver(client.registry(self.registry), name, role, error).await;
        }
        if !error.is_refused_as::<MigrationNotApplied>() {
            return error;
        }
        match self.traced(client, sender).await {
            Some(frames) => error.ended(StepEnd::of(&frames, None)),
            None => error,
        }
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
