//! What a run has cost.

use crate::text::grouped;
use alloy::primitives::U256;
use alloy::primitives::utils::format_ether;
use serde::Serialize;

/// What a run has cost so far.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Spent {
    /// Transactions that were mined.
    pub transactions: u64,
    /// Those among them that failed.
    pub failed: u64,
    /// Items that they migrated, or brought back.
    pub items: u64,
    /// Units of gas.
    pub gas: u64,
    /// Wei.
    pub wei: U256,
}

impl Spent {
    /// Counts a transaction.
    pub fn add(&mut self, gas: u64, price: u128, items: Option<u64>) {
        self.transactions += 1;
        self.gas = self.gas.saturating_add(gas);
        self.wei = self.wei.saturating_add(U256::from(gas) * U256::from(price));
        match items {
            Some(items) => self.items = self.items.saturating_add(items),
            None => self.failed += 1,
        }
    }

    /// In a few words.
    pub fn summary(&self) -> String {
        format!("{} gas, {} ETH", grouped(self.gas), format_ether(self.wei))
    }
}
