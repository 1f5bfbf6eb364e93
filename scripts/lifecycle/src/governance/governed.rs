//! A governed call, from its bytes to what came of it. All that send one do it here: the command
//! line, the harness.
//!
//! 1. decode: strictly, or it is shown to nobody
//! 2. show: what these very bytes do, and what is known of the code that they name ([`super::ShownCall`])
//! 3. try: as a call now, and where it would only approve, after the others' approvals
//! 4. send
//! 5. read: what the registry's logs say came of it

use super::after_approvals::SimulatedExecution;
use super::calls::Call;
use super::calls::title;
use super::pending::readiness;
use super::policy::require_approver;
use crate::client::{ChainError, Client};
use crate::error::Refusal;
use crate::ids::ActionId;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;

/// A governed call that was decoded.
#[derive(Debug, Clone)]
pub struct GovernedCall {
    /// The registry.
    pub registry: Address,
    /// The bytes, as they are sent.
    pub bytes: Bytes,
    /// Wei that go along.
    pub value: U256,
    /// The decoded call.
    pub call: Call,
    /// The calldata that are sent in their place: signatures of approvers, see [`super::signed`].
    pub submission: Option<Bytes>,
    /// The action that is approved by its id. Where that is not open any more, the same call would
    /// propose another one, and is not sent.
    pub approves: Option<ActionId>,
    /// True if it is sent although it would fail once everybody needed has approved.
    pub allow_failing: bool,
}

impl GovernedCall {
    /// Decodes the bytes.
    ///
    /// # Errors
    /// As [`Call::decode`].
    pub fn decode(registry: Address, bytes: Bytes, value: U256) -> Result<Self, ChainError> {
        Ok(Self {
            call: Call::decode(&bytes)?,
            registry,
            bytes,
            value,
            submission: None,
            approves: None,
            allow_failing: false,
        })
    }

    /// Refuses what would fail once everybody needed has approved, unless that is meant.
    ///
    /// # Errors
    /// `WouldFail`.
    pub fn require_success(&self, simulation: Option<&SimulatedExecution>) -> Result<(), Refusal> {
        match simulation {
            Some(SimulatedExecution::Fails(refusal)) if !self.allow_failing => Err(refusal.clone()),
            _ => Ok(()),
        }
    }

    /// Refuses a key that has no part in the action, before it is looked at any further. Views tell that: the bytes are
    /// executed once when the call is simulated, and once by the endpoint when it estimates the gas.
    ///
    /// # Errors
    /// As [`require_approver`].
    pub async fn require_approver(
        &self,
        client: &Client,
        action: ActionId,
    ) -> Result<(), ChainError> {
        let registry = client.registry(self.registry);
        let open = readiness(registry, action).await?;
        let approved = open.map(|open| open.approved).unwrap_or_default();
        let role = (self.call.definition(), self.call.role());
        require_approver(registry, &self.what(), role, &approved).await
    }

    /// The calldata that are sent.
    pub fn input(&self) -> &Bytes {
        self.submission.as_ref().unwrap_or(&self.bytes)
    }

    /// The transaction, without who sends it.
    pub(super) fn request(&self) -> TransactionRequest {
        TransactionRequest::default()
            .with_to(self.registry)
            .with_input(self.input().clone())
            .with_value(self.value)
    }

    /// Returns the registry's answer to a caller.
    pub(super) async fn answer(&self, client: &Client, from: Address) -> Result<Bytes, ChainError> {
        let (what, request) = (self.what(), self.request().with_from(from));
        let answer = client.at_pending(&what, async |block| {
            client.provider().call(request.clone()).block(block).await
        });
        answer.await
    }

    /// A short title of the call.
    pub fn what(&self) -> String {
        title(&self.bytes)
    }
}
