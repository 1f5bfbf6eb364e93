//! A plan carried out on a host: what generated code does, for previews and tests.

use alloy_primitives::{B256, U256, keccak256};

use super::{Conversion, Entries, Plan, Unsupported, Value, ones};

/// Storage of one account.
pub trait Storage {
    /// The word of a slot; zero if it was never written.
    fn load(&self, slot: U256) -> B256;
    /// Sets the word of a slot.
    fn store(&mut self, slot: U256, word: B256);
}

impl Plan {
    /// Carries the plan out.
    ///
    /// # Errors
    /// [`Unsupported::Code`] if an override is Rust code, before anything is written.
    pub fn apply(&self, storage: &mut impl Storage) -> Result<(), Unsupported> {
        let parts = self.writes.iter().flat_map(|write| &write.parts);
        if let Some(part) = parts
            .into_iter()
            .find(|part| matches!(part.value, Value::Code(_)))
        {
            return Err(Unsupported::Code {
                field: part.field.clone(),
                reason: "this is not generated Rust",
            });
        }
        let number = |word: B256| U256::from_be_bytes(word.0);
        let old: Vec<U256> = self
            .reads
            .iter()
            .map(|read| {
                (number(storage.load(read.slot)) >> (8 * read.offset as usize)) & ones(read.bytes)
            })
            .collect();
        let texts: Vec<Vec<B256>> = self
            .takes
            .iter()
            .map(|take| take_text(storage, take.slot))
            .collect();
        for write in &self.writes {
            let mut word = number(storage.load(write.slot)) & write.keep;
            for part in &write.parts {
                if let Value::Old(read, conversion) = part.value {
                    let value = convert(old.get(read).copied().unwrap_or_default(), conversion);
                    word |= (value & ones(part.bytes)) << (8 * part.offset as usize);
                }
            }
            storage.store(write.slot, B256::from(word));
        }
        for put in &self.puts {
            put_text(
                storage,
                put.slot,
                texts.get(put.take).map_or(&[], Vec::as_slice),
            );
        }
        Ok(())
    }
}

impl Entries {
    /// Carries an entry over, by its keys from the outermost on.
    pub fn apply(&self, storage: &mut impl Storage, keys: &[B256]) {
        let at = |map: U256| {
            keys.iter().fold(map, |map, key| {
                let preimage = [key.0, map.to_be_bytes()].concat();
                U256::from_be_bytes(keccak256(preimage).0)
            })
        };
        for word in 0..self.words {
            let [from, to] = [self.from, self.to].map(|map| at(map).wrapping_add(U256::from(word)));
            let old = U256::from_be_bytes(storage.load(from).0);
            if !old.is_zero() {
                storage.store(from, B256::ZERO);
                storage.store(to, B256::from(convert(old, self.conversion)));
            }
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
