//! A call that an earlier run sent.

use super::already::already;
use super::error::is_not_open;
use super::governed::GovernedCall;
use super::send_call::{CallOutcome, outcome};
use crate::client::{ChainError, Client, Sent};
use crate::names::Names;

impl GovernedCall {
    /// Returns the outcome of the same bytes, sent by an earlier run; `None` where that is over: the action ended without
    /// being executed, or what it did does not hold any more.
    ///
    /// # Errors
    /// What the chain says.
    pub async fn sent_before(
        &self,
        client: &Client,
        sent: &Sent,
        names: &Names,
    ) -> Result<Option<CallOutcome>, ChainError> {
        let registry = client.registry(self.registry);
        let submitted = match outcome(registry, sent).await {
            Err(error) if is_not_open(&error) => return Ok(None),
            submitted => submitted?,
        };
        let is_executed = submitted.execution().is_some();
        let holds = !is_executed || already(registry, self, names).await?.is_some();
        Ok(holds.then_some(submitted))
    }
}
