//! What a run has cost.

use crate::cost::Cost;
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
    /// What they cost.
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
