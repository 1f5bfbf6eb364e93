//! The one decoder: reads a word as a value of its type, or reports that it cannot be one.

use std::collections::BTreeMap;
use std::fmt;

use alloy_primitives::{Address, B256, I256, U256, hex, keccak256};

use super::{Storage, TypeId, TypeKind, ValuePlace, WORD_BYTES};

/// Slots of one text that are read, at most.
const TEXT_SLOTS_MAX: u64 = 8;

/// The length of a `bytes` or `string` in bytes, and the place of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextLength {
    /// In the slot itself.
    Here(u64),
    /// From the slot's hash on.
    Elsewhere(u64),
    /// A word that no compiler writes: its number of bytes does not fit its form.
    Malformed,
}

/// Reads the length of a `bytes` or `string`: the lowest bit of its word selects the form.
pub fn text_length(word: B256) -> TextLength {
    let number = U256::from_be_bytes(word.0);
    let half = |number: U256| u64::try_from(number / U256::from(2)).unwrap_or(u64::MAX);
    let length = if number.bit(0) {
        TextLength::Elsewhere(half(number - U256::ONE))
    } else {
        TextLength::Here(half(U256::from(word[31])))
    };
    match length {
        TextLength::Here(WORD_BYTES..) | TextLength::Elsewhere(..WORD_BYTES) => {
            TextLength::Malformed
        }
        fits => fits,
    }
}

/// The slot where the elements of an array, or the bytes of a long text, begin.
pub fn elements_begin(slot: U256) -> U256 {
    U256::from_be_bytes(keccak256(B256::from(slot)).0)
}

/// The value that a word holds. `Display` shows it in the notation of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodedValue {
    /// An unsigned number.
    Uint(U256),
    /// A signed number.
    Int(I256),
    /// A `bool`.
    Bool(bool),
    /// An address.
    Address(Address),
    /// The member of an enum.
    Member(String),
    /// Bytes of any other type.
    Bytes(Vec<u8>),
    /// A `bytes` or `string`.
    Text {
        /// Its bytes, as far as they were read.
        bytes: Vec<u8>,
        /// True if it is a `string`.
        is_string: bool,
        /// True if it has more bytes.
        is_cut: bool,
    },
    /// The number of bytes of a long `bytes` or `string` that was not read.
    LongText(u64),
    /// A mapping: only a key leads to an entry.
    Mapping,
    /// The number of elements of an array that grows.
    Elements(U256),
    /// The number of slots of a value that takes more than one word.
    Slots(u64),
    /// The word cannot be a value of its type.
    Invalid {
        /// The type.
        expected: &'static str,
        /// The number, or the whole word of a text.
        found: String,
    },
}

impl DecodedValue {
    /// Returns true if the word can be a value of its type.
    pub const fn is_valid(&self) -> bool {
        !matches!(self, Self::Invalid { .. })
    }
}

impl fmt::Display for DecodedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uint(number) => write!(f, "{number}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Address(address) => write!(f, "{address}"),
            Self::Member(name) => f.write_str(name),
            Self::Bytes(bytes) => f.write_str(&hex::encode_prefixed(bytes)),
            Self::Text {
                bytes,
                is_string,
                is_cut,
            } => {
                match std::str::from_utf8(bytes).ok().filter(|_| *is_string) {
                    Some(text) => write!(f, "{text:?}")?,
                    None => f.write_str(&hex::encode_prefixed(bytes))?,
                }
                if *is_cut { f.write_str("…") } else { Ok(()) }
            }
            Self::LongText(length) => write!(f, "{length} bytes, which were not read"),
            Self::Mapping => f.write_str("a mapping: its entries are read by their keys"),
            Self::Elements(count) => write!(f, "{count} elements"),
            Self::Slots(count) => write!(f, "{count} slots from here on"),
            Self::Invalid { expected, found } => write!(f, "{found}, which is no {expected}"),
        }
    }
}

impl Storage {
    /// The further slots of a text that does not fit into its word, as far as they are read.
    pub fn text_slots(&self, place: &ValuePlace, word: B256) -> impl Iterator<Item = U256> + use<> {
        let is_text = matches!(self.kind(place.ty), TypeKind::Bytes | TypeKind::String);
        let count = match text_length(word) {
            TextLength::Elsewhere(bytes) if is_text => {
                bytes.div_ceil(WORD_BYTES).min(TEXT_SLOTS_MAX)
            }
            _ => 0,
        };
        let first = elements_begin(place.slot);
        (0..count).map(move |part| first.wrapping_add(U256::from(part)))
    }

    /// Decodes the word of a slot. `texts` has the words of the further slots of long texts, as far as they were read.
    pub fn decode(
        &self,
        place: &ValuePlace,
        word: B256,
        texts: &BTreeMap<U256, B256>,
    ) -> DecodedValue {
        match self.kind(place.ty) {
            TypeKind::Mapping(_) => DecodedValue::Mapping,
            TypeKind::Vector(_) => DecodedValue::Elements(U256::from_be_bytes(word.0)),
            TypeKind::Bytes => decode_text(place.slot, word, texts, false),
            TypeKind::String => decode_text(place.slot, word, texts, true),
            _ if place.bytes_taken() > WORD_BYTES => {
                DecodedValue::Slots(place.bytes_taken().div_ceil(WORD_BYTES))
            }
            _ => self.decode_bytes(place, place.bytes_of(&word)),
        }
    }

    /// Returns true if each word that is a value of a type here is the same value of a type of another storage.
    pub fn decodes_alike(&self, ty: TypeId, other: &Self, other_ty: TypeId) -> bool {
        match (self.kind(self.plain(ty)), other.kind(other.plain(other_ty))) {
            (TypeKind::Enum(Some(before)), TypeKind::Enum(Some(after))) => {
                after.starts_with(before)
            }
            (TypeKind::Enum(None), TypeKind::Enum(Some(_))) => false,
            // The number stays: `true` is 1, and a member is its position.
            (TypeKind::Bool | TypeKind::Enum(_), TypeKind::Uint(_)) => true,
            (TypeKind::Uint(before), TypeKind::Uint(after))
            | (TypeKind::Int(before), TypeKind::Int(after))
            | (TypeKind::FixedBytes(before), TypeKind::FixedBytes(after)) => before == after,
            (before, after) => std::mem::discriminant(before) == std::mem::discriminant(after),
        }
    }

    /// Decodes the bytes of a value that takes at most one word. If the type has another number of bytes, they are
    /// shown as they are.
    fn decode_bytes(&self, place: &ValuePlace, bytes: &[u8]) -> DecodedValue {
        let plain = self.plain(place.ty);
        let as_bytes = || DecodedValue::Bytes(bytes.to_vec());
        let Some(number) = U256::try_from_be_slice(bytes) else {
            return as_bytes();
        };
        let invalid = |expected| DecodedValue::Invalid {
            expected,
            found: number.to_string(),
        };
        let size = |bits: usize| bytes.len() * 8 == bits;
        match self.kind(plain) {
            TypeKind::Enum(Some(names)) => {
                let at = usize::try_from(number).ok();
                let name = at.and_then(|at| names.get(at)).cloned();
                name.map_or_else(|| invalid("member of its enum"), DecodedValue::Member)
            }
            TypeKind::Enum(None) => DecodedValue::Uint(number),
            TypeKind::Bool if size(8) && number > U256::ONE => invalid("bool"),
            TypeKind::Bool if size(8) => DecodedValue::Bool(!number.is_zero()),
            TypeKind::Uint(bits) if size(*bits) => DecodedValue::Uint(number),
            TypeKind::Int(bits) if size(*bits) => {
                let missing = 256 - bits;
                DecodedValue::Int(I256::from_raw((number << missing).arithmetic_shr(missing)))
            }
            TypeKind::Address if size(160) => DecodedValue::Address(Address::from_slice(bytes)),
            _ => as_bytes(),
        }
    }
}

fn decode_text(
    slot: U256,
    word: B256,
    texts: &BTreeMap<U256, B256>,
    is_string: bool,
) -> DecodedValue {
    let first = elements_begin(slot);
    let (length, mut bytes) = match text_length(word) {
        TextLength::Malformed => {
            return DecodedValue::Invalid {
                expected: if is_string { "string" } else { "bytes" },
                found: word.to_string(),
            };
        }
        TextLength::Here(length) => (length, word.to_vec()),
        TextLength::Elsewhere(length) if !texts.contains_key(&first) => {
            return DecodedValue::LongText(length);
        }
        TextLength::Elsewhere(length) => {
            let slots = length.div_ceil(WORD_BYTES).min(TEXT_SLOTS_MAX);
            let slots = (0..slots).map(|part| first.wrapping_add(U256::from(part)));
            let words = slots.filter_map(|slot| texts.get(&slot));
            (length, words.flat_map(|part| part.0).collect())
        }
    };
    bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
    let is_cut = (bytes.len() as u64) < length;
    DecodedValue::Text {
        bytes,
        is_string,
        is_cut,
    }
}
