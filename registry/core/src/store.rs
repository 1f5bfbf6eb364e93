//! Slots and packed words. A slot of the registry is
//! `keccak256(root ++ table ++ a ++ b) + n`, where `n` counts the words of one record.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use stylus_upgrades_host::storage;
use stylus_upgrades_interface::slots;

use crate::chain;

/// A record's first slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(B256);

impl Slot {
    /// The record of table `table` under the keys `a` and `b`.
    pub fn of(table: u8, a: B256, b: B256) -> Self {
        let mut key = [0; 97];
        key[..32].copy_from_slice(slots::REGISTRY.as_slice());
        key[32] = table;
        key[33..65].copy_from_slice(a.as_slice());
        key[65..].copy_from_slice(b.as_slice());
        Self(chain::keccak(&key))
    }

    /// The `n`th word of the registry's root.
    pub const fn root(n: u8) -> Self {
        let mut slot = slots::REGISTRY.0;
        slot[31] = n; // the root of an ERC-7201 namespace ends in a zero byte
        Self(B256::new(slot))
    }

    /// The word `n` behind this one. Only the low eight bytes count up: enough for any record,
    /// and as far from every other hash.
    pub fn plus(self, n: u64) -> Self {
        let mut slot = self.0.0;
        let (_, low) = slot.split_at_mut(24);
        let mut word = [0; 8];
        word.copy_from_slice(low);
        low.copy_from_slice(&u64::from_be_bytes(word).wrapping_add(n).to_be_bytes());
        Self(B256::new(slot))
    }

    /// What it holds.
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

/// 32 bytes that several fields share; each says its own offset, in bytes from the left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word(pub [u8; 32]);

impl Word {
    /// The bytes of a field.
    pub fn get<const AT: usize, const N: usize>(&self) -> [u8; N] {
        const { assert!(AT + N <= 32) };
        let mut field = [0; N];
        field.copy_from_slice(&self.0[AT..AT + N]);
        field
    }

    /// Sets the bytes of a field.
    pub fn set<const AT: usize, const N: usize>(&mut self, field: [u8; N]) {
        const { assert!(AT + N <= 32) };
        self.0[AT..AT + N].copy_from_slice(&field);
    }

    /// A field of one byte.
    pub fn u8<const AT: usize>(&self) -> u8 {
        let [byte] = self.get::<AT, 1>();
        byte
    }

    /// A field of four bytes.
    pub fn u32<const AT: usize>(&self) -> u32 {
        u32::from_be_bytes(self.get::<AT, 4>())
    }

    /// A field of eight bytes.
    pub fn u64<const AT: usize>(&self) -> u64 {
        u64::from_be_bytes(self.get::<AT, 8>())
    }

    /// A field of twenty bytes.
    pub fn address<const AT: usize>(&self) -> Address {
        Address::new(self.get::<AT, 20>())
    }

    /// All of it.
    pub fn b256(self) -> B256 {
        B256::new(self.0)
    }
}

impl From<B256> for Word {
    fn from(word: B256) -> Self {
        Self(word.0)
    }
}
