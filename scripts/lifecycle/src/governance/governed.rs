//! A governed call, from its bytes to what came of it. Whoever sends one does it here: the command
//! line, the harness.
//!
//! 1. decode: strictly, or it is shown to nobody
//! 2. show: what these very bytes do, and what is known of the code that they name ([`super::ShownCall`])
//! 3. try: as a call now, and where it would only approve, behind the others' approvals
//! 4. send
//! 5. read: what the registry's logs say came of it

use super::calls::Call;
use super::calls::order;
use super::checks::require_plain_code;
use super::dry_run::{DryRun, WouldFail};
use super::error::GovernanceError;
use super::standing::still_holds;
use super::submit::{Simulated, Submitted, outcome, simulate, submit};
use crate::client::{Client, Sent};
use crate::ids::ActionId;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256};
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
    /// What they say.
    pub call: Call,
    /// The calldata that are sent in their place: signatures of approvers, see [`super::signed`].
    pub submission: Option<Bytes>,
    /// The action that is approved by its id. Where that is not open any more, the same call would
    /// propose another one, and is not sent.
    pub approves: Option<ActionId>,
    /// Whether it is sent although it would fail once everybody needed has approved.
    pub allow_failing: bool,
}

impl GovernedCall {
    /// Decodes the bytes.
    ///
    /// # Errors
    /// As [`Call::decode`].
    pub fn decode(registry: Address, bytes: Bytes, value: U256) -> Result<Self, GovernanceError> {
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

    /// Tries and sends the bytes, and reads what came of them.
    ///
    /// # Errors
    /// Code that is a proxy of somebody, the registry's refusal, or what it would fail with once it is
    /// approved, before anything is sent; what a mined transaction failed with.
    pub async fn send(&self, client: &Client) -> Result<Submitted, GovernanceError> {
        require_plain_code(client, &self.call).await?;
        submit(client, self).await
    }

    /// What the bytes would do if the client's caller sent them now. Nothing is sent.
    ///
    /// # Errors
    /// As [`Self::send`] before anything is sent; that it would fail once it is approved is in the answer.
    pub async fn simulate(&self, client: &Client) -> Result<Simulated, GovernanceError> {
        require_plain_code(client, &self.call).await?;
        simulate(client, self).await
    }

    /// Refuses what would fail once everybody needed has approved, unless that is meant.
    ///
    /// # Errors
    /// [`GovernanceError::WouldFail`].
    pub fn require_success(&self, dry_run: Option<&DryRun>) -> Result<(), GovernanceError> {
        match self.failing(dry_run) {
            Some(error) if !self.allow_failing => Err(error),
            _ => Ok(()),
        }
    }

    /// What it would fail with once everybody needed has approved.
    pub fn failing(&self, dry_run: Option<&DryRun>) -> Option<GovernanceError> {
        match dry_run? {
            DryRun::Fails(failure) => Some(WouldFail::new(self.what(), failure.clone()).into()),
            DryRun::Succeeds | DryRun::Untried(_) => None,
        }
    }

    /// The calldata that are sent.
    pub fn input(&self) -> &Bytes {
        self.submission.as_ref().unwrap_or(&self.bytes)
    }

    /// Whether it is meant for one action alone: one that is approved by its id or by signatures.
    pub(super) fn is_of_one_action(&self) -> bool {
        self.approves.is_some() || self.submission.is_some()
    }

    /// The transaction, without who sends it.
    pub(super) fn request(&self) -> TransactionRequest {
        TransactionRequest::default()
            .with_to(self.registry)
            .with_input(self.input().clone())
            .with_value(self.value)
    }

    /// What came of the same bytes, sent by an earlier run; `None` where that is over: the action ended
    /// without being executed, or what it did does not hold any more.
    ///
    /// # Errors
    /// What the chain says.
    pub async fn sent_before(
        &self,
        client: &Client,
        sent: &Sent,
    ) -> Result<Option<Submitted>, GovernanceError> {
        let submitted = match outcome(client, self.registry, sent, None).await {
            Err(GovernanceError::Ended { .. }) => return Ok(None),
            submitted => submitted?,
        };
        Ok(match submitted.execution() {
            Some(done) if !still_holds(client, self.registry, &self.call, done).await? => None,
            _ => Some(submitted),
        })
    }

    /// Whether it orders an adopted proxy: it executes only where an account without code sends it directly.
    ///
    /// # Errors
    /// What the chain says.
    pub async fn orders_adopted(&self, client: &Client) -> Result<bool, GovernanceError> {
        let proxy = match &self.call {
            Call::Adopt(_) => return Ok(true),
            Call::TransferProxy(call) => call.proxy,
            _ => return Ok(false),
        };
        let instance = client.registry(self.registry).instance(proxy).await?;
        Ok(instance.kind.is_adopted())
    }

    /// It in a few words.
    pub fn what(&self) -> String {
        order(&self.bytes)
    }
}
