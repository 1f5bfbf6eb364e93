//! What the contracts of the version graphs write down: one word per step that ran.

extern crate alloc;

use stylus_sdk::{
    alloy_primitives::U256,
    prelude::*,
    storage::{StorageU256, StorageVec},
};

/// Labels of versions, by their number.
pub const LABELS: [&str; 10] = [
    "0.1", "0.9", "1.0", "1.0.1", "1.1", "2.0", "2.0-rc.1", "3.0", "10.0", "main",
];

/// Slot 0.
#[storage]
pub struct Log {
    /// What ran, in its order.
    pub steps: StorageVec<StorageU256>,
}

impl Log {
    /// Writes down a step: its kind, and the numbers of the labels that it connects.
    pub fn note(&mut self, kind: u8, from: u8, to: u8) {
        self.steps.push(word(kind, from, to));
    }

    /// Whether that was the last step.
    pub fn ends_with(&self, kind: u8, from: u8, to: u8) -> bool {
        let last = self.steps.len().checked_sub(1);
        last.and_then(|last| self.steps.get(last)) == Some(word(kind, from, to))
    }
}

fn word(kind: u8, from: u8, to: u8) -> U256 {
    U256::from(u32::from_be_bytes([0, kind, from, to]))
}
