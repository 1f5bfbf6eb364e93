//! What is written down: one word per step that ran.

use stylus_sdk::{alloy_primitives::U256, prelude::*, storage::StorageVec};

/// Labels of versions, by their number.
pub const LABELS: [&str; 10] = [
    "0.1", "0.9", "1.0", "1.0.1", "1.1", "2.0", "2.0-rc.1", "3.0", "10.0", "main",
];

/// Slot 0: what ran, in its order.
#[storage]
pub struct Log {
    steps: StorageVec<stylus_sdk::storage::StorageU256>,
}

impl Log {
    /// Writes down a step: its kind, and the numbers of the labels that it connects.
    pub fn note(&mut self, kind: u8, from: u8, to: u8) {
        self.steps
            .push(U256::from(u32::from_be_bytes([0, kind, from, to])));
    }
}
