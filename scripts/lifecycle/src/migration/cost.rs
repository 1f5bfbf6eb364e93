//! What a run has cost, and how fast it is.

use crate::text::{duration, grouped};
use alloy::primitives::U256;
use alloy::primitives::utils::format_ether;
use serde::Serialize;
use std::time::{Duration, Instant};

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
            Some(items) => self.items += items,
            None => self.failed += 1,
        }
    }

    /// In a few words.
    pub fn summary(&self) -> String {
        format!("{} gas, {} ETH", grouped(self.gas), format_ether(self.wei))
    }
}

/// How fast a run is.
#[derive(Debug, Clone)]
pub struct Throughput {
    begun: Instant,
}

impl Throughput {
    /// From now on.
    pub fn begin() -> Self {
        Self {
            begun: Instant::now(),
        }
    }

    /// How long it has taken.
    pub fn taken(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Items a second.
    pub fn rate(&self, items: u64) -> f64 {
        items as f64 / self.taken().as_secs_f64().max(0.001)
    }

    /// Rate, cost and time left, in a line.
    pub fn summary(&self, spent: &Spent, left: u64) -> String {
        let rate = self.rate(spent.items);
        let left = if rate > 0.0 {
            match (left as f64 / rate) as u64 {
                0 if left > 0 => "less than 1 s".into(),
                seconds => duration(seconds),
            }
        } else {
            "?".into()
        };
        format!("{rate:.0} items/s, {}, {left} left", spent.summary())
    }
}
