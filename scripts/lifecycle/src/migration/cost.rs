//! Costs of a run.

use crate::cost::Cost;
use serde::Serialize;

/// The costs of a run so far.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Spent {
    /// Transactions that were mined.
    pub transactions: u64,
    /// The number of transactions that failed among them.
    pub failed: u64,
    /// Items that they migrated, or brought back.
    pub items: u64,
    /// The cost of the transactions.
    #[serde(flatten)]
    pub cost: Cost,
}

impl Spent {
    /// Counts a transaction.
    pub fn add(&mut self, cost: Cost, items: Option<u64>) {
        self.transactions += 1;
        self.cost = self.cost + cost;
        match items {
            Some(items) => self.items = self.items.saturating_add(items),
            None => self.failed += 1,
        }
    }
}
