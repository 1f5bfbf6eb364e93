//! How much gas a transaction gets.

use super::{Backoff, ChainError, Client, with_margin};
use alloy::eips::BlockId;
use alloy::network::TransactionBuilder;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::transports::TransportResult;
use std::time::Duration;

/// How long a node may lag that refuses what a newer block takes.
const LAG_MAX: Duration = Duration::from_secs(5);
/// First pause between two questions for that; doubled each time.
const PAUSE: Duration = Duration::from_millis(50);
/// Longest pause between them.
const PAUSE_LONGEST: Duration = Duration::from_millis(500);

/// How much gas a transaction gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GasLimit {
    /// What the estimate says.
    Estimate,
    /// That with the margin of this program's transactions.
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

    /// What the endpoint answers as of its next block. One of several nodes may lag, and refuse what the newest block takes:
    /// a refusal counts where the newest block that was seen refuses, too.
    ///
    /// # Errors
    /// Why it refuses.
    pub async fn at_pending<T>(
        &self,
        what: &str,
        ask: impl AsyncFn(BlockId) -> TransportResult<T>,
    ) -> Result<T, ChainError> {
        let newest = async || {
            let answer = ask(BlockId::pending()).await;
            answer.map_err(|error| self.refused(what, error).of_call(what))
        };
        let refused = match newest().await {
            Err(error) if error.revert().is_some() && self.seen.is_some() => error,
            other => return other,
        };
        let again = async || {
            let seen = self.read(what, &ask).await;
            seen.map_err(|error| error.of_call(what))?;
            match newest().await {
                Err(error) if error.revert().is_some() => Ok(None),
                other => other.map(Some),
            }
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
