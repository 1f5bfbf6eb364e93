//! How much gas a transaction gets.

use super::{ChainError, Client, with_margin};
use alloy::eips::BlockId;
use alloy::network::TransactionBuilder;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;

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
        let answer = self.provider.call(request).block(BlockId::pending()).await;
        match answer {
            Ok(_) => Ok(units),
            Err(error) => Err(self.refused(what, error).of_call(what)),
        }
    }
}
