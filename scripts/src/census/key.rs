//! Keys of mappings: what a value is as a key of a type, how it is hashed, and how it reads.

use alloy::primitives::{Address, B256, U256, hex, keccak256};
use std::borrow::Cow;
use stylus_layout::{Layout, Members, TypeItem};

/// Bytes of a word.
const WORD: usize = 32;
/// Names behind names that are followed.
const DEEPEST: u8 = 4;

/// What a mapping is keyed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyType {
    /// Bytes of any number, hashed as they are.
    Text { is_string: bool },
    /// A number of so many bits; the rest of the word is zero.
    Unsigned { bits: usize },
    /// A number of so many bits with a sign, and whether the rest of the word is zero all the same (stylus-sdk).
    Signed { bits: usize, is_zero_extended: bool },
    /// So many bytes; the rest of the word behind them is zero.
    Bytes(usize),
    /// An account.
    Account,
    /// A word of a type that is not known here.
    Word,
}

impl KeyType {
    /// By what a layout says of a mapping.
    pub(super) fn of_mapping(layout: &Layout, mapping: &TypeItem) -> Self {
        let is_zero_extended = mapping.key_extension.as_deref() == Some("zero");
        let mut key = mapping.key.as_ref().and_then(|id| layout.types.get(id));
        for _ in 0..DEEPEST {
            match key.and_then(|one| one.underlying.as_ref()) {
                Some(below) => key = layout.types.get(below),
                None => break,
            }
        }
        match key {
            Some(key) if matches!(key.members, Some(Members::Enum(_))) => {
                Self::Unsigned { bits: 8 }
            }
            Some(key) => Self::of_label(&key.label, is_zero_extended),
            None => Self::Word,
        }
    }

    /// By the name of the type.
    pub(super) fn of_label(label: &str, is_zero_extended: bool) -> Self {
        let number = |prefix: &str, most: usize| {
            let number = label.strip_prefix(prefix)?.parse::<usize>().ok()?;
            (1..=most).contains(&number).then_some(number)
        };
        match label {
            "string" => return Self::Text { is_string: true },
            "bytes" => return Self::Text { is_string: false },
            "bool" => return Self::Unsigned { bits: 1 },
            "address" | "address payable" => return Self::Account,
            _ if label.starts_with("contract ") => return Self::Account,
            _ if label.starts_with("enum ") => return Self::Unsigned { bits: 8 },
            _ => {}
        }
        if let Some(bits) = number("uint", 256) {
            return Self::Unsigned { bits };
        }
        if let Some(bits) = number("int", 256) {
            return Self::Signed {
                bits,
                is_zero_extended,
            };
        }
        number("bytes", WORD).map_or(Self::Word, Self::Bytes)
    }

    /// The bytes that a value of such a name takes in storage; nothing where it is no plain one.
    pub(super) fn size_of(label: &str) -> Option<u64> {
        let bytes = match Self::of_label(label, false) {
            Self::Unsigned { bits } | Self::Signed { bits, .. } => bits.div_ceil(8),
            Self::Bytes(count) => count,
            Self::Account => 20,
            Self::Text { .. } | Self::Word => return None,
        };
        Some(bytes as u64)
    }

    /// A value as such a key, as it is hashed; nothing where it can be none.
    pub(super) fn encode<'v>(&self, value: &'v [u8]) -> Option<Cow<'v, [u8]>> {
        if let Self::Text { .. } = self {
            return Some(value.into());
        }
        if let Self::Bytes(count) = *self {
            let (kept, rest) = value.split_at_checked(count)?;
            let fits = value.len() <= WORD && rest.iter().all(|byte| *byte == 0);
            return fits.then(|| B256::right_padding_from(kept).to_vec().into());
        }
        let word = (value.len() <= WORD).then(|| B256::left_padding_from(value))?;
        let number = U256::from_be_bytes(word.0);
        let word = match *self {
            Self::Unsigned { bits } if number.bit_len() > bits => return None,
            Self::Account if number.bit_len() > 160 => return None,
            Self::Signed {
                bits,
                is_zero_extended,
            } => {
                let low = number << (256 - bits) >> (256 - bits);
                let sign = number.arithmetic_shr(bits - 1);
                if sign != U256::ZERO && sign != U256::MAX && low != number {
                    return None;
                }
                match is_zero_extended {
                    true => low.into(),
                    false => low
                        .wrapping_shl(256 - bits)
                        .arithmetic_shr(256 - bits)
                        .into(),
                }
            }
            _ => word,
        };
        Some(word.to_vec().into())
    }

    /// A key in the words of its type.
    pub(super) fn show(&self, key: &[u8]) -> String {
        let number = || U256::from_be_slice(key.get(..WORD).unwrap_or_default());
        match *self {
            Self::Text { is_string: true } => match std::str::from_utf8(key) {
                Ok(text) => format!("{text:?}"),
                Err(_) => hex::encode_prefixed(key),
            },
            Self::Account if key.len() == WORD => {
                Address::from_word(B256::from_slice(key)).to_string()
            }
            Self::Unsigned { bits: 1 } => (!number().is_zero()).to_string(),
            Self::Unsigned { .. } => number().to_string(),
            Self::Signed { bits, .. } => {
                let missing = 256 - bits;
                let signed = alloy::primitives::I256::from_raw(number() << missing);
                signed.asr(missing).to_string()
            }
            Self::Bytes(count) => hex::encode_prefixed(key.get(..count).unwrap_or(key)),
            _ => hex::encode_prefixed(key),
        }
    }
}

/// Where a mapping has the entry of a key.
pub(super) fn entry(key: &[u8], mapping: U256) -> U256 {
    let preimage = [key, &mapping.to_be_bytes::<WORD>()].concat();
    U256::from_be_bytes(keccak256(preimage).0)
}
