//! A plan carried out: what generated code does.

use alloy_primitives::{B256, U256, keccak256};

use stylus_layout::{Conversion, Entries, Plan, Value};

/// Storage of one account.
pub trait Storage {
    /// The word of a slot; zero if it was never written.
    fn load(&self, slot: U256) -> B256;
    /// Sets the word of a slot.
    fn store(&mut self, slot: U256, word: B256);
}

/// Carries a plan out that has no code of an author.
pub fn apply(plan: &Plan, storage: &mut impl Storage) {
    let number = |word: B256| U256::from_be_bytes(word.0);
    let old: Vec<U256> = plan
        .reads
        .iter()
        .map(|read| {
            (number(storage.load(read.slot)) >> (8 * read.offset as usize)) & ones(read.bytes)
        })
        .collect();
    let texts: Vec<Vec<B256>> = plan
        .takes
        .iter()
        .map(|take| take_text(storage, take.slot))
        .collect();
    for write in &plan.writes {
        let mut word = number(storage.load(write.slot)) & write.keep;
        for part in &write.parts {
            if let Value::Old(read, conversion) = part.value {
                let value = convert(old.get(read).copied().unwrap_or_default(), conversion);
                word |= (value & ones(part.bytes)) << (8 * part.offset as usize);
            }
        }
        storage.store(write.slot, B256::from(word));
    }
    for put in &plan.puts {
        put_text(
            storage,
            put.slot,
            texts.get(put.take).map_or(&[], Vec::as_slice),
        );
    }
}

/// Carries an entry over, by its keys from the outermost on.
pub fn apply_entry(one: &Entries, storage: &mut impl Storage, keys: &[B256]) {
    let at = |map: U256| {
        keys.iter().fold(map, |map, key| {
            let preimage = [key.0, map.to_be_bytes()].concat();
            U256::from_be_bytes(keccak256(preimage).0)
        })
    };
    for word in 0..one.words {
        let [from, to] = [one.from, one.to].map(|map| at(map).wrapping_add(U256::from(word)));
        let old = U256::from_be_bytes(storage.load(from).0);
        if !old.is_zero() {
            storage.store(from, B256::ZERO);
            storage.store(to, B256::from(convert(old, one.conversion)));
        }
    }
}

fn convert(value: U256, conversion: Conversion) -> U256 {
    match conversion {
        Conversion::Same => value,
        Conversion::Left(bytes) => value << (8 * bytes as usize),
        Conversion::Signed { from, to } if value.bit(8 * from as usize - 1) => {
            value | (ones(to) ^ ones(from))
        }
        Conversion::Signed { .. } => value,
    }
}

/// Reads and clears the root of a `bytes` or `string` and its data words, the root first.
fn take_text(storage: &mut impl Storage, slot: U256) -> Vec<B256> {
    let root = storage.load(slot);
    let mut words = vec![root];
    storage.store(slot, B256::ZERO);
    let data = U256::from_be_bytes(keccak256(B256::from(slot)).0);
    for word in 0..words_of(root) {
        let location = data.wrapping_add(U256::from(word));
        words.push(storage.load(location));
        storage.store(location, B256::ZERO);
    }
    words
}

fn put_text(storage: &mut impl Storage, slot: U256, words: &[B256]) {
    let data = U256::from_be_bytes(keccak256(B256::from(slot)).0);
    for (at, word) in words.iter().enumerate() {
        match at {
            0 => storage.store(slot, *word),
            _ => storage.store(data.wrapping_add(U256::from(at - 1)), *word),
        }
    }
}

/// Data words of a `bytes` or `string`: none in the short form, whose length is even.
fn words_of(root: B256) -> u64 {
    let root = U256::from_be_bytes(root.0);
    let length: U256 = root >> 1;
    if root.bit(0) {
        length.saturating_to::<u64>().div_ceil(32)
    } else {
        0
    }
}

/// As many low-order bytes set.
fn ones(bytes: u64) -> U256 {
    match bytes {
        0 => U256::ZERO,
        _ => U256::MAX >> (256 - 8 * bytes as usize),
    }
}
