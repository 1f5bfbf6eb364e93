//! The limit of what a command spends. Before a transaction is signed, its highest possible cost is added: the endpoint
//! names gas, prices and data fees, and could name any.

use crate::cost::in_ether;
use crate::error::{Exit, Refusal};
use alloy::primitives::{Address, U256};
use alloy::rpc::types::TransactionRequest;
use std::sync::{Mutex, PoisonError};

/// The default limit in wei: 1 ether.
pub const MAX_SPENDING: u128 = 1_000_000_000_000_000_000;

/// The limit of a command in wei, and the highest possible cost of the transactions that it signed.
#[derive(Debug)]
pub(super) struct SpendingLedger {
    limit: U256,
    signed: Mutex<U256>,
}

/// The default limit, with nothing signed yet.
impl Default for SpendingLedger {
    fn default() -> Self {
        Self::new(U256::from(MAX_SPENDING))
    }
}

impl SpendingLedger {
    /// A ledger with a limit in wei.
    pub(super) const fn new(limit: U256) -> Self {
        Self {
            limit,
            signed: Mutex::new(U256::ZERO),
        }
    }

    /// Adds the highest possible cost of a transaction. It is never subtracted, whatever an endpoint reports later.
    /// Returns a line with the limit for the first transaction.
    ///
    /// # Errors
    /// `SpendingLimit` if all of them together could cost more than the limit.
    pub(super) fn add(
        &self,
        what: &str,
        sender: Address,
        most: U256,
    ) -> Result<Option<String>, Refusal> {
        let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = signed.saturating_add(most);
        if sum > self.limit {
            return Err(self.refusal(what, *signed, most));
        }
        let is_first = signed.is_zero();
        *signed = sum;
        let limit = in_ether(self.limit);
        Ok(is_first.then(|| {
            format!("at most {limit} leaves {sender} in all, fees and values (--max-spend)")
        }))
    }

    fn refusal(&self, what: &str, signed: U256, most: U256) -> Refusal {
        let limit = self.limit;
        let message = format!("{what} was not sent: it can cost up to {}", in_ether(most));
        let mut found = format!("up to {most} wei");
        if !signed.is_zero() {
            found = format!("{found}, after up to {signed} wei for what this command sent before");
        }
        let refusal = Refusal::new("SpendingLimit", message).with(
            format!("at most {limit} wei for all transactions of a command (--max-spend)"),
            found,
            "compare price and gas with another endpoint; if they are right, run the command again with --max-spend WEI: \
             it continues where it stopped",
        );
        refusal.exiting(Exit::Refused)
    }
}

/// The highest possible cost of a request in wei, at a price for a unit of gas. Without a gas limit it has no bound.
pub(super) fn highest_cost(request: &TransactionRequest, price: u128) -> U256 {
    let gas = U256::from(request.gas.unwrap_or(u64::MAX));
    let fee = gas.saturating_mul(U256::from(price));
    fee.saturating_add(request.value.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::network::TransactionBuilder;

    const SENDER: Address = Address::ZERO;

    #[test]
    fn all_transactions_of_a_command_count_together() {
        let ledger = SpendingLedger::new(U256::from(10));
        let first = ledger.add("first", SENDER, U256::from(4)).unwrap();
        assert!(first.is_some_and(|line| line.starts_with("at most 0.00000000000000001 ETH")));
        assert_eq!(ledger.add("second", SENDER, U256::from(6)).unwrap(), None);
        let refusal = ledger.add("third", SENDER, U256::from(1)).unwrap_err();
        assert!(refusal.is("SpendingLimit"));
        let refused = ledger.add("endless", SENDER, U256::MAX);
        assert!(refused.is_err(), "a sum does not overflow");
    }

    #[test]
    fn a_refused_transaction_does_not_count() {
        let ledger = SpendingLedger::new(U256::from(10));
        assert!(ledger.add("too much", SENDER, U256::from(11)).is_err());
        assert!(ledger.add("all", SENDER, U256::from(10)).is_ok());
    }

    #[test]
    fn gas_and_value_count_and_a_request_without_a_limit_can_cost_anything() {
        let request = TransactionRequest::default()
            .with_gas_limit(5)
            .with_value(U256::from(3));
        assert_eq!(highest_cost(&request, 2), U256::from(13));
        let open = TransactionRequest::default();
        assert!(highest_cost(&open, u128::MAX) > U256::from(u128::MAX));
    }
}
