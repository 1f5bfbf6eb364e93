//! Keys of mappings: their types, how they are written and read, and how they are hashed.

use crate::client::show;
use alloy::dyn_abi::{DynSolType, DynSolValue};
use alloy::primitives::{B256, U256, keccak256};
use std::borrow::Cow;
use stylus_layout::{MappingType, Storage, TypeKind};

/// Bytes of a word.
const WORD: usize = 32;

/// The type of a mapping's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyType {
    /// The type in the ABI; any number where the type is not known here.
    ty: DynSolType,
    /// True if the rest of a negative number's word is zero nevertheless (stylus-sdk).
    is_zero_extended: bool,
}

impl KeyType {
    /// The type of the keys of a mapping in a storage.
    pub fn of_mapping(storage: &Storage, mapping: &MappingType) -> Self {
        let ty = match storage.kind(storage.plain(mapping.key)) {
            TypeKind::Uint(bits) => DynSolType::Uint(*bits),
            TypeKind::Int(bits) => DynSolType::Int(*bits),
            TypeKind::Bool => DynSolType::Bool,
            TypeKind::Address => DynSolType::Address,
            TypeKind::FixedBytes(count) => DynSolType::FixedBytes(*count),
            TypeKind::Enum(_) => DynSolType::Uint(8),
            TypeKind::String => DynSolType::String,
            TypeKind::Bytes => DynSolType::Bytes,
            _ => DynSolType::Uint(256),
        };
        Self {
            ty,
            is_zero_extended: mapping.is_zero_extended,
        }
    }

    /// By the name of the type.
    pub fn of_label(label: &str, is_zero_extended: bool) -> Self {
        Self {
            ty: known(label).unwrap_or(DynSolType::Uint(256)),
            is_zero_extended,
        }
    }

    /// Returns true if it is bytes of any number, hashed as they are.
    pub fn is_text(&self) -> bool {
        matches!(self.ty, DynSolType::String | DynSolType::Bytes)
    }

    /// A value as such a key, as it is hashed; nothing where it can be none.
    pub fn encode<'v>(&self, value: &'v [u8]) -> Option<Cow<'v, [u8]>> {
        if self.is_text() {
            return Some(value.into());
        }
        if let DynSolType::FixedBytes(count) = self.ty {
            let (kept, rest) = value.split_at_checked(count)?;
            let fits = value.len() <= WORD && rest.iter().all(|byte| *byte == 0);
            return fits.then(|| B256::right_padding_from(kept).to_vec().into());
        }
        let number = U256::try_from_be_slice(value)?;
        let (low, signed) = self.extended(number);
        let fits = number == low || number == signed;
        let word = if self.is_zero_extended { low } else { signed };
        fits.then(|| word.to_be_bytes_vec().into())
    }

    /// The bits of a number that it has, with zeros and with its sign in front.
    fn extended(&self, number: U256) -> (U256, U256) {
        let bits = match self.ty {
            DynSolType::Bool => 1,
            DynSolType::Address => 160,
            DynSolType::Uint(bits) | DynSolType::Int(bits) => bits,
            _ => 256,
        };
        let missing = 256 - bits;
        let high = number << missing;
        let low = high >> missing;
        match self.ty {
            DynSolType::Int(_) => (low, high.arithmetic_shr(missing)),
            _ => (low, low),
        }
    }

    /// A key in the words of its type.
    pub fn show(&self, key: &[u8]) -> String {
        let number = || U256::try_from_be_slice(key).unwrap_or_default();
        show(&match &self.ty {
            DynSolType::String => match std::str::from_utf8(key) {
                Ok(text) => DynSolValue::String(text.into()),
                Err(_) => DynSolValue::Bytes(key.into()),
            },
            DynSolType::Bytes => DynSolValue::Bytes(key.into()),
            ty => {
                let word = self.extended(number()).1.to_be_bytes::<WORD>();
                ty.abi_decode(&word)
                    .unwrap_or_else(|_| DynSolValue::Bytes(key.into()))
            }
        })
    }
}

/// A type of one word or a text by the name that a layout gives it.
fn known(label: &str) -> Option<DynSolType> {
    let first = label.split(' ').next().unwrap_or_default();
    let ty = match first {
        "contract" => DynSolType::Address,
        "enum" => DynSolType::Uint(8),
        _ => DynSolType::parse(first).ok()?,
    };
    let is_plain = matches!(
        ty,
        DynSolType::Bool
            | DynSolType::Address
            | DynSolType::Uint(_)
            | DynSolType::Int(_)
            | DynSolType::FixedBytes(_)
            | DynSolType::String
            | DynSolType::Bytes
    );
    is_plain.then_some(ty)
}

/// The bytes that a value of such a name takes in storage; nothing where it is no plain one.
pub fn size_of(label: &str) -> Option<u64> {
    let bytes = match known(label)? {
        DynSolType::Bool => 1,
        DynSolType::Address => 20,
        DynSolType::Uint(bits) | DynSolType::Int(bits) => bits / 8,
        DynSolType::FixedBytes(count) => count,
        _ => return None,
    };
    Some(bytes as u64)
}

/// Computes the slot of a mapping's entry for a key.
pub fn entry(key: &[u8], mapping: U256) -> U256 {
    let preimage = [key, &mapping.to_be_bytes::<WORD>()].concat();
    U256::from_be_bytes(keccak256(preimage).0)
}
