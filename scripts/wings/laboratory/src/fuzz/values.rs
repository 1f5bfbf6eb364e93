//! Values of the types that a function takes: from the edges of their types, from what was seen, and random ones.

use super::random::SplitMix64;
use alloy::dyn_abi::{DynSolType, DynSolValue};
use alloy::primitives::{Address, B256, I256, U256};

/// Elements of a list, at most.
const ELEMENTS: usize = 4;
/// Lengths of bytes and texts around the ends of words.
const LENGTHS: [usize; 6] = [0, 1, 31, 32, 33, 100];
/// Words that are kept, at most.
const WORDS_MAX: usize = 8_192;

/// A generator of values, and the sources that it makes them from.
#[derive(Debug, Clone)]
pub(super) struct ValueGenerator {
    pub(super) random: SplitMix64,
    /// Constants of the code.
    constants: Vec<U256>,
    /// Constants of the code, words of calldata, and what functions answered.
    words: Vec<U256>,
    /// Accounts: callers, contracts, constants.
    pub(super) accounts: Vec<Address>,
    /// The values of the call itself and of the one before it: what belongs together is the same now and then.
    pub(super) near: RelatedValues,
}

/// Values of the same sequence.
#[derive(Debug, Clone, Default)]
pub(super) struct RelatedValues {
    pub(super) accounts: Vec<Address>,
    pub(super) numbers: Vec<U256>,
}

impl RelatedValues {
    /// Adds a value of a call.
    pub(super) fn add(&mut self, value: &DynSolValue) {
        match value {
            DynSolValue::Address(account) => self.accounts.push(*account),
            DynSolValue::Uint(number, _) => self.numbers.push(*number),
            _ => {}
        }
    }
}

impl ValueGenerator {
    pub(super) fn new(seed: u64, constants: Vec<U256>, accounts: Vec<Address>) -> Self {
        let random = SplitMix64::new(seed);
        Self {
            random,
            words: constants.clone(),
            constants,
            accounts,
            near: RelatedValues::default(),
        }
    }

    /// Learns the words of what a function answered.
    pub(super) fn learn(&mut self, output: &[u8]) {
        for word in output.chunks_exact(B256::len_bytes()).take(ELEMENTS) {
            let word = U256::from_be_slice(word);
            if word > U256::from(u8::MAX) && !self.words.contains(&word) {
                if self.words.len() < WORDS_MAX {
                    self.words.push(word)
                } else {
                    let at = self.random.below(WORDS_MAX);
                    self.words[at] = word;
                }
            }
        }
    }

    /// Makes a value of that type.
    pub(super) fn generate(&mut self, kind: &DynSolType) -> DynSolValue {
        match kind {
            DynSolType::Bool => DynSolValue::Bool(self.random.once_in(2)),
            DynSolType::Uint(bits) => DynSolValue::Uint(self.number(*bits), *bits),
            DynSolType::Int(bits) => {
                let raw = I256::from_raw(self.number(*bits) << (256 - bits));
                DynSolValue::Int(raw.asr(256 - bits), *bits)
            }
            DynSolType::Address => DynSolValue::Address(self.account()),
            DynSolType::FixedBytes(size) => {
                let number = if self.random.once_in(2) {
                    self.constant_of(*size)
                } else {
                    None
                };
                let number = number.unwrap_or_else(|| self.number(8 * size));
                DynSolValue::FixedBytes((number << (256 - 8 * size)).into(), *size)
            }
            DynSolType::Bytes => DynSolValue::Bytes(self.bytes()),
            DynSolType::String => {
                let bytes = self.bytes().into_iter();
                DynSolValue::String(bytes.map(|byte| char::from(b'a' + byte % 26)).collect())
            }
            DynSolType::Array(element) => {
                let count = self.random.below(ELEMENTS + 1);
                DynSolValue::Array(self.generate_several(element, count))
            }
            DynSolType::FixedArray(element, count) => {
                DynSolValue::FixedArray(self.generate_several(element, *count))
            }
            DynSolType::Tuple(all) | DynSolType::CustomStruct { tuple: all, .. } => {
                DynSolValue::Tuple(all.iter().map(|kind| self.generate(kind)).collect())
            }
            DynSolType::Function => DynSolValue::Function(Default::default()),
        }
    }

    fn generate_several(&mut self, kind: &DynSolType, count: usize) -> Vec<DynSolValue> {
        (0..count).map(|_| self.generate(kind)).collect()
    }

    /// An account: mostly one that was seen.
    fn account(&mut self) -> Address {
        match self.random.below(16) {
            0 => Address::ZERO,
            1 => Address::from_slice(&self.random.bytes(Address::len_bytes())),
            2..=5 if !self.near.accounts.is_empty() => {
                let near = self.random.choose(&self.near.accounts);
                near.copied().unwrap_or_default()
            }
            _ => self
                .random
                .choose(&self.accounts)
                .copied()
                .unwrap_or_default(),
        }
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = self.random.choose(&LENGTHS).copied().unwrap_or_default();
        match self.random.choose(&self.words) {
            Some(word) if self.random.once_in(4) => {
                let bytes = word.to_be_bytes_trimmed_vec();
                bytes
                    .into_iter()
                    .chain([0; 100])
                    .take(length.max(4))
                    .collect()
            }
            _ => self.random.bytes(length),
        }
    }

    /// A number of `bits` bits.
    fn number(&mut self, bits: usize) -> U256 {
        let most = U256::MAX >> (256 - bits.clamp(1, 256));
        let small = U256::from(self.random.below(16));
        let number = match self.random.below(16) {
            0 => U256::ZERO,
            1 | 2 if !self.near.numbers.is_empty() => {
                let near = self.random.choose(&self.near.numbers);
                near.copied().unwrap_or_default()
            }
            1..=4 => small,
            5 => most - small,
            6 => U256::ONE << self.random.below(bits),
            7 => (U256::ONE << self.random.below(bits)) - U256::ONE,
            8 | 9 => U256::from(10).pow(U256::from(self.random.below(28))) * small,
            10..=13 => self.word(),
            14 => U256::from(self.random.number() >> self.random.below(64)),
            _ => {
                U256::from_be_slice(&self.random.bytes(B256::len_bytes())) >> self.random.below(256)
            }
        };
        number & most
    }

    /// A word that was seen, or one beside it.
    fn word(&mut self) -> U256 {
        let word = self.random.choose(&self.words).copied().unwrap_or_default();
        match self.random.below(8) {
            0 => word.wrapping_add(U256::ONE),
            1 => word.wrapping_sub(U256::ONE),
            2 => word >> 1,
            _ => word,
        }
    }

    /// A constant that has about `size` bytes: a selector, a tag, a hash. A module has it in either order of bytes.
    fn constant_of(&mut self, size: usize) -> Option<U256> {
        let is_as_long = |word: &&U256| word.byte_len() <= size && word.byte_len() + 1 >= size;
        let fitting: Vec<U256> = self.constants.iter().filter(is_as_long).copied().collect();
        let word = *self.random.choose(&fitting)?;
        Some(if self.random.once_in(2) {
            U256::from_be_bytes(word.to_le_bytes::<32>()) >> (256 - 8 * size)
        } else {
            word
        })
    }

    /// Makes the value that goes along with a call that takes ether: mostly little.
    pub(super) fn ether(&mut self) -> U256 {
        self.number(80)
    }
}

/// Simpler values of the same type, the simplest first.
pub(super) fn simpler(value: &DynSolValue) -> Vec<DynSolValue> {
    let numbers = |number: U256| {
        let all = [
            U256::ZERO,
            U256::ONE,
            number >> 1,
            number.saturating_sub(U256::ONE),
        ];
        all.into_iter().filter(move |simpler| *simpler < number)
    };
    match value {
        DynSolValue::Bool(true) => vec![DynSolValue::Bool(false)],
        DynSolValue::Uint(number, bits) => numbers(*number)
            .map(|number| DynSolValue::Uint(number, *bits))
            .collect(),
        DynSolValue::Int(number, bits) => {
            let all = numbers(number.unsigned_abs());
            all.map(|number| DynSolValue::Int(I256::from_raw(number), *bits))
                .collect()
        }
        DynSolValue::FixedBytes(word, size) if !word.is_zero() => {
            vec![DynSolValue::FixedBytes(B256::ZERO, *size)]
        }
        DynSolValue::Address(account) if !account.is_zero() => {
            vec![DynSolValue::Address(Address::ZERO)]
        }
        DynSolValue::Bytes(bytes) => shorter(bytes).map(DynSolValue::Bytes).collect(),
        DynSolValue::String(text) if text.is_ascii() => {
            let texts = shorter(text.as_bytes());
            let texts = texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            texts.map(DynSolValue::String).collect()
        }
        DynSolValue::Array(all) => {
            let shorter = shorter(all).map(DynSolValue::Array);
            shorter.chain(parts(all).map(DynSolValue::Array)).collect()
        }
        DynSolValue::FixedArray(all) => parts(all).map(DynSolValue::FixedArray).collect(),
        DynSolValue::Tuple(all) => parts(all).map(DynSolValue::Tuple).collect(),
        _ => Vec::new(),
    }
}

/// Nothing, the first half, all but the last one.
fn shorter<T: Clone>(all: &[T]) -> impl Iterator<Item = Vec<T>> {
    let lengths = [0, all.len() / 2, all.len().saturating_sub(1)];
    let shorter = lengths.into_iter().filter(|length| *length < all.len());
    shorter.map(|length| all.iter().take(length).cloned().collect())
}

/// The same list with one of its values simpler.
fn parts(all: &[DynSolValue]) -> impl Iterator<Item = Vec<DynSolValue>> {
    all.iter().enumerate().flat_map(move |(at, value)| {
        let simpler = simpler(value).into_iter();
        simpler.map(move |value| {
            let mut with = all.to_vec();
            with[at] = value;
            with
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_types_and_follow_from_the_seed() {
        let types = "(uint8,int64,address,bytes4,bytes,string,bool[],uint256[2],(int8,uint128))";
        let kind = DynSolType::parse(types).expect("a type");
        let all = |seed| {
            let magic = U256::from(0xdead_beef_u32);
            let mut values = ValueGenerator::new(seed, vec![magic], vec![Address::repeat_byte(7)]);
            (0..500).map(|_| values.generate(&kind)).collect::<Vec<_>>()
        };
        let made = all(1);
        assert_eq!(made, all(1));
        assert_ne!(made, all(2));
        for value in &made {
            let encoded = value.abi_encode();
            let decoded = kind.abi_decode(&encoded).expect("one of its type");
            assert_eq!((&decoded, decoded.abi_encode()), (value, encoded));
        }
        let magic = DynSolValue::FixedBytes(B256::right_padding_from(&[0xde, 0xad, 0xbe, 0xef]), 4);
        let is_magic =
            |value: &DynSolValue| value.as_tuple().is_some_and(|all| all.contains(&magic));
        assert!(made.iter().any(is_magic), "a constant is tried");
    }

    #[test]
    fn what_is_simpler_ends() {
        let kind = DynSolType::parse("(uint256,int8,string,bytes[],address)").expect("a type");
        let mut values = ValueGenerator::new(3, vec![U256::MAX], vec![Address::repeat_byte(7)]);
        for _ in 0..50 {
            let mut value = values.generate(&kind);
            let mut steps = 0;
            while let Some(next) = simpler(&value).into_iter().next_back() {
                (value, steps) = (next, steps + 1);
                assert!(kind.matches(&value), "{value:?}");
                if steps > 2_000 {
                    break;
                }
            }
            while let Some(next) = simpler(&value).into_iter().next() {
                value = next;
            }
            assert!(simpler(&value).is_empty());
        }
    }
}
