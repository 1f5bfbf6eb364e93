//! The state of a running migration: one word.
//!
//! ```text
//! byte 0 flags | 1..6 done | 6..11 total | 12..32 handler
//! ```

use alloy_primitives::Address;
use stylus_upgrades_host::storage;
use stylus_upgrades_interface::slots;

const RUNNING: u8 = 1;
const BACK: u8 = 2;

/// Most items that a migration counts: 2^40 - 1.
pub const ITEMS_MAX: u64 = (1 << 40) - 1;

/// A running migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// True if it is turning back.
    pub back: bool,
    /// Items in the new form.
    pub done: u64,
    /// Items that there are.
    pub total: u64,
    /// The account that supplies the batches.
    pub handler: Address,
}

impl State {
    /// The one that runs, if one does.
    pub fn load() -> Option<Self> {
        Self::decode(&storage::load(&slots::COMPLEX.0))
    }

    /// Stores it, at once.
    pub fn save(&self) {
        store(&self.encode());
    }

    /// None runs any more.
    pub fn clear() {
        store(&[0; 32]);
    }

    /// Returns true if nothing is left to do in its direction.
    pub fn is_finished(&self) -> bool {
        self.done == if self.back { 0 } else { self.total }
    }

    fn decode(word: &[u8; 32]) -> Option<Self> {
        let [flags, rest @ ..] = word;
        let (done, rest) = rest.split_first_chunk::<5>()?;
        let (total, rest) = rest.split_first_chunk::<5>()?;
        (flags & RUNNING != 0).then_some(Self {
            back: flags & BACK != 0,
            done: number(done),
            total: number(total),
            handler: Address::from_slice(rest.last_chunk::<20>()?),
        })
    }

    fn encode(&self) -> [u8; 32] {
        let mut word = [0; 32];
        word[0] = if self.back { RUNNING | BACK } else { RUNNING };
        word[1..6].copy_from_slice(&self.done.to_be_bytes()[3..]);
        word[6..11].copy_from_slice(&self.total.to_be_bytes()[3..]);
        word[12..].copy_from_slice(self.handler.as_slice());
        word
    }
}

fn number(bytes: &[u8; 5]) -> u64 {
    bytes
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

fn store(word: &[u8; 32]) {
    storage::store(&slots::COMPLEX.0, word);
    storage::flush(true);
}

#[cfg(test)]
mod tests;
