//! A frame's storage cache: reads are remembered, writes wait for a flush.

use std::collections::BTreeMap;

use alloy_primitives::B256;

use crate::Slot;
use crate::units::Gas;

/// Gas an access may cost at most, required before it.
pub(crate) const REQUIRED_ACCESS_GAS: Gas = Gas(10);

#[derive(Clone, Copy, Debug)]
struct Word {
    value: B256,
    /// The value that the chain holds, as far as known.
    known: Option<B256>,
}

/// Values by slot, and two counters that clearing does not reset.
#[derive(Clone, Debug, Default)]
pub(crate) struct StorageCache {
    words: BTreeMap<B256, Word>,
    reads: u64,
    writes: u64,
}

impl StorageCache {
    /// Counts a read; gives its surcharge.
    pub(crate) fn count_read(&mut self) -> Gas {
        self.reads += 1;
        match self.reads {
            0..=32 => Gas(0),
            33..=128 => Gas(2),
            _ => REQUIRED_ACCESS_GAS,
        }
    }

    pub(crate) fn get(&self, key: &B256) -> Option<B256> {
        self.words.get(key).map(|word| word.value)
    }

    /// Remembers what the chain holds.
    pub(crate) fn learn(&mut self, key: B256, value: B256) {
        self.words.insert(
            key,
            Word {
                value,
                known: Some(value),
            },
        );
    }

    /// Stores a value; gives the surcharge.
    pub(crate) fn store(&mut self, key: B256, value: B256) -> Gas {
        self.writes += 1;
        let known = self.words.get(&key).and_then(|word| word.known);
        self.words.insert(key, Word { value, known });
        match self.writes {
            0..=8 => Gas(0),
            9..=64 => Gas(7),
            _ => REQUIRED_ACCESS_GAS,
        }
    }

    /// Gives the dirty slots in key order and takes them as known. A slot that was never read is
    /// dirty, also with an equal value.
    pub(crate) fn flush(&mut self, clear: bool) -> Vec<Slot> {
        let mut slots = Vec::new();
        for (key, word) in &mut self.words {
            if word.known != Some(word.value) {
                slots.push((*key, word.value));
                word.known = Some(word.value);
            }
        }
        if clear {
            self.words.clear();
        }
        slots
    }
}
