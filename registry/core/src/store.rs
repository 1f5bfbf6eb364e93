//! Slots of the records that [`registry_storage`] declares.
//!
//! [`registry_storage`]: stylus_upgrades_interface::registry_storage

use alloc::vec::Vec;

use alloy_primitives::B256;
use stylus_upgrades_host::storage;
use stylus_upgrades_interface::{
    registry_storage::{At, Find, Whole, Word, root},
    slots,
};

use crate::chain;

/// A record's first slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageSlot(B256);

impl Find for StorageSlot {
    fn find(table: u8, first: B256, second: B256) -> Self {
        let mut key = [0; 97];
        key[..32].copy_from_slice(slots::REGISTRY.as_slice());
        key[32] = table;
        key[33..65].copy_from_slice(first.as_slice());
        key[65..].copy_from_slice(second.as_slice());
        Self(chain::keccak(&key))
    }
}

impl StorageSlot {
    /// The `n`th word of the registry's root.
    pub const fn root(n: u8) -> Self {
        Self(root(n))
    }

    /// The `n`th word after this one. Only the low eight bytes count up: enough for any record,
    /// and as far from every other hash.
    pub fn plus(self, n: u64) -> Self {
        let mut slot = self.0.0;
        let (_, low) = slot.split_at_mut(24);
        let mut word = [0; 8];
        word.copy_from_slice(low);
        low.copy_from_slice(&u64::from_be_bytes(word).wrapping_add(n).to_be_bytes());
        Self(B256::new(slot))
    }

    /// The first word of an entry of the record that starts here.
    #[inline(always)]
    pub fn at<T>(self, at: At<T>) -> Self {
        match at.first() {
            0 => self,
            n => self.plus(n),
        }
    }

    /// Reads an entry of the record that starts here.
    #[inline(always)]
    pub fn read<T: Whole>(self, at: At<T>) -> T {
        T::from_word(&self.at(at).load())
    }

    /// Sets an entry of the record that starts here.
    #[inline(always)]
    pub fn write<T: Whole>(self, at: At<T>, value: &T) {
        self.at(at).store(value.to_word());
    }

    /// Reads the word that it holds.
    pub fn load(self) -> Word {
        Word(storage::load(&self.0))
    }

    /// Sets it.
    pub fn store(self, word: Word) {
        storage::store(&self.0, &word.0);
    }

    /// Reads `len` bytes that start here.
    pub fn load_bytes(self, len: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(len);
        let mut slot = self;
        while bytes.len() < len {
            let word = slot.load().0;
            let take = (len - bytes.len()).min(32);
            bytes.extend(word.iter().take(take));
            slot = slot.plus(1);
        }
        bytes
    }

    /// Stores bytes from here on.
    pub fn store_bytes(self, bytes: &[u8]) {
        let mut slot = self;
        for chunk in bytes.chunks(32) {
            let mut word = [0; 32];
            word.iter_mut()
                .zip(chunk)
                .for_each(|(to, from)| *to = *from);
            slot.store(Word(word));
            slot = slot.plus(1);
        }
    }
}
