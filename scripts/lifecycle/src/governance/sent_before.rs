//! A call that an earlier run sent.

use super::calls::Call;
use super::error::is_not_open;
use super::governed::GovernedCall;
use super::send_call::{CallOutcome, outcome};
use crate::client::{ChainError, Client, Sent};
use crate::registry::{Topics, definition_id, logs_since};
use alloy::sol_types::SolEvent;
use stylus_upgrades_interface::registry::IRegistry as abi;

impl GovernedCall {
    /// What came of the same bytes, sent by an earlier run; `None` where that is over: the action ended
    /// without being executed, or what it did does not hold any more.
    ///
    /// # Errors
    /// What the chain says.
    pub async fn sent_before(
        &self,
        client: &Client,
        sent: &Sent,
    ) -> Result<Option<CallOutcome>, ChainError> {
        let submitted = match outcome(client.registry(self.registry), sent).await {
            Err(error) if is_not_open(&error) => return Ok(None),
            submitted => submitted?,
        };
        Ok(match submitted.execution() {
            Some(done) if !self.still_holds(client, done).await? => None,
            _ => Some(submitted),
        })
    }

    /// Whether the effect of `execution` still holds. Definitions, versions and proxies stay once they are there.
    /// Anything else may have been undone by what was executed on the definition since: it is treated as undone and
    /// sent again, and the registry rejects duplicates.
    async fn still_holds(&self, client: &Client, execution: &Sent) -> Result<bool, ChainError> {
        if matches!(
            self.call,
            Call::CreateDefinition(_) | Call::AddVersion(_) | Call::CreateProxy(_)
        ) {
            return Ok(true);
        }
        let id = definition_id(self.call.definition());
        let topics: Topics<'_> = [&[abi::Executed::SIGNATURE_HASH], &[id.0], &[]];
        let from = execution.receipt.block_number.unwrap_or_default();
        let logs = logs_since(client, self.registry, topics, from).await?;
        let last = logs.last().and_then(|log| log.transaction_hash);
        Ok(last == Some(execution.tx.0))
    }
}
