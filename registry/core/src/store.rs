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
    /// A field of 1 byte.
    pub fn u8<const AT: usize>(&self) -> u8 {
        const { assert!(AT < 32) };
        self.number(AT, 1) as u8
    }

    /// Sets a field of 1 byte.
    pub fn set_u8<const AT: usize>(&mut self, value: u8) {
        const { assert!(AT < 32) };
        self.set_number(AT, 1, value.into());
    }

    /// A field of 2 bytes.
    pub fn u16<const AT: usize>(&self) -> u16 {
        const { assert!(AT + 2 <= 32) };
        self.number(AT, 2) as u16
    }

    /// Sets a field of 2 bytes.
    pub fn set_u16<const AT: usize>(&mut self, value: u16) {
        const { assert!(AT + 2 <= 32) };
        self.set_number(AT, 2, value.into());
    }

    /// A field of 4 bytes.
    pub fn u32<const AT: usize>(&self) -> u32 {
        const { assert!(AT + 4 <= 32) };
        self.number(AT, 4) as u32
    }

    /// Sets a field of 4 bytes.
    pub fn set_u32<const AT: usize>(&mut self, value: u32) {
        const { assert!(AT + 4 <= 32) };
        self.set_number(AT, 4, value.into());
    }

    /// A field of 8 bytes.
    pub fn u64<const AT: usize>(&self) -> u64 {
        const { assert!(AT + 8 <= 32) };
        self.number(AT, 8)
    }

    /// Sets a field of 8 bytes.
    pub fn set_u64<const AT: usize>(&mut self, value: u64) {
        const { assert!(AT + 8 <= 32) };
        self.set_number(AT, 8, value);
    }

    /// A field of 20 bytes.
    pub fn address<const AT: usize>(&self) -> Address {
        const { assert!(AT + 20 <= 32) };
        let mut address = Address::ZERO;
        address.copy_from_slice(&self.0[AT..AT + 20]);
        address
    }

    /// Sets a field of 20 bytes.
    pub fn set_address<const AT: usize>(&mut self, address: Address) {
        const { assert!(AT + 20 <= 32) };
        self.0[AT..AT + 20].copy_from_slice(address.as_slice());
    }

    /// All of it.
    pub fn b256(self) -> B256 {
        B256::new(self.0)
    }

    // One body for all widths and places: a byte swap for each is what takes room.

    #[inline(never)]
    fn number(&self, at: usize, width: usize) -> u64 {
        let field = self.0.iter().skip(at).take(width);
        field.fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    #[inline(never)]
    fn set_number(&mut self, at: usize, width: usize, number: u64) {
        let field = self.0.iter_mut().skip(at).take(width);
        for (place, byte) in field.rev().enumerate() {
            *byte = (number >> (8 * place)) as u8;
        }
    }
}

impl From<B256> for Word {
    fn from(word: B256) -> Self {
        Self(word.0)
    }
}
