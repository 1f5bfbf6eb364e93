//! The gas that a transaction gets.

use super::{Backoff, ChainError, Client, with_margin};
use alloy::eips::BlockId;
use alloy::network::TransactionBuilder;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::transports::TransportResult;
use std::time::Duration;

/// The time by which a node may lag that refuses what a newer block takes.
const LAG_MAX: Duration = Duration::from_secs(5);
/// First pause between two questions for that; doubled each time.
const PAUSE: Duration = Duration::from_millis(50);
/// Longest pause between them.
const PAUSE_LONGEST: Duration = Duration::from_millis(500);

/// The gas that a transaction gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GasLimit {
    /// The estimate.
    Estimate,
    /// The estimate with the margin of this program's transactions.
    Margin,
    /// This number of units.
    Exactly(u64),
}

impl GasLimit {
    /// The limit of a call that takes that much.
    pub fn of(self, estimate: u64) -> u64 {
        match self {
            Self::Estimate => estimate,
            Self::Margin => with_margin(estimate),
            Self::Exactly(units) => units,
        }
    }
}

impl Client {
    /// The same, whose transactions get that much gas: something is tried on a copy with several limits.
    pub fn with_gas_limit(&self, gas: GasLimit) -> Self {
        Self {
            gas,
            ..self.clone()
        }
    }

    /// Units of gas that the endpoint estimates for a request, or why it would fail.
    ///
    /// # Errors
    /// Why the request would fail; what the endpoint says.
    pub async fn estimate(
        &self,
        what: &str,
        request: &TransactionRequest,
    ) -> Result<u64, ChainError> {
        let estimate = async |block| {
            let gas = self.provider.estimate_gas(request.clone());
            gas.block(block).await
        };
        self.at_pending(what, estimate).await
    }

    /// Asks the endpoint as of its next block; after a transaction of this command, as of the block that was seen.
    /// One of several nodes may lag: its next block knows nothing of that transaction. So a refusal counts where both
    /// blocks refuse.
    ///
    /// # Errors
    /// Why it refuses.
    pub async fn at_pending<T>(
        &self,
        what: &str,
        ask: impl AsyncFn(BlockId) -> TransportResult<T>,
    ) -> Result<T, ChainError> {
        let next = async || {
            let answer = ask(BlockId::pending()).await;
            refusal(answer.map_err(|error| self.refused(what, error).of_call(what)))
        };
        let seen = async || {
            let answer = self.read(what, &ask).await;
            refusal(answer.map_err(|error| error.of_call(what)))
        };
        if self.has_sent() {
            return match seen().await? {
                Ok(answer) => Ok(answer),
                Err(refused) => next().await?.map_err(|_| refused),
            };
        }
        let refused = match next().await? {
            Err(refused) if self.seen.is_some() => refused,
            answer => return answer,
        };
        let again = async || match seen().await? {
            Ok(_) => Ok(next().await?.ok()),
            Err(refused) => Err(refused),
        };
        let found = Backoff::new(PAUSE, PAUSE_LONGEST).until(LAG_MAX, again);
        found.await?.ok_or(refused)
    }

    /// Units of gas that a request takes, or why it would fail, before anything is sent: with an exact limit, whether it
    /// goes through with that.
    pub(super) async fn foreseen_gas(
        &self,
        what: &str,
        request: &TransactionRequest,
    ) -> Result<u64, ChainError> {
        let GasLimit::Exactly(units) = self.gas else {
            return self.estimate(what, request).await;
        };
        let request = request.clone().with_gas_limit(units);
        let call = async |block| self.provider.call(request.clone()).block(block).await;
        self.at_pending(what, call).await?;
        Ok(units)
    }
}

/// Separates what contracts refuse from what the endpoint does not answer.
fn refusal<T>(answer: Result<T, ChainError>) -> Result<Result<T, ChainError>, ChainError> {
    match answer {
        Err(error) if error.revert().is_none() => Err(error),
        answer => Ok(answer),
    }
}
