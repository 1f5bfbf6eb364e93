//! Values of plain types: how they read, what one is as a key of a mapping, and how that is hashed.

use crate::client::show;
use alloy::dyn_abi::{DynSolType, DynSolValue};
use alloy::primitives::{B256, U256, hex, keccak256};
use std::borrow::Cow;
use stylus_layout::{Layout, Members, TypeItem};

/// Bytes of a word.
const WORD: usize = 32;
/// Aliases of a type that are followed, at most.
const DEEPEST: u8 = 4;

/// What a mapping is keyed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyType {
    /// As the ABI has it; any number where the type is not known here.
    ty: DynSolType,
    /// Whether the rest of a negative number's word is zero nevertheless (stylus-sdk).
    is_zero_extended: bool,
}

impl KeyType {
    /// By what a layout says of a mapping.
    pub fn of_mapping(layout: &Layout, mapping: &TypeItem) -> Self {
        let is_zero_extended = mapping.key_extension.as_deref() == Some("zero");
        let key = mapping.key.as_ref().and_then(|id| layout.types.get(id));
        let label = match key.and_then(|key| underlying(layout, key)) {
            Some(key) if matches!(key.members, Some(Members::Enum(_))) => "uint8",
            Some(key) => &key.label,
            None => "",
        };
        Self::of_label(label, is_zero_extended)
    }

    /// By the name of the type.
    pub fn of_label(label: &str, is_zero_extended: bool) -> Self {
        Self {
            ty: known(label).unwrap_or(DynSolType::Uint(256)),
            is_zero_extended,
        }
    }

    /// Whether it is bytes of any number, hashed as they are.
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

/// What a type is that may have a name of its own.
pub(super) fn underlying<'l>(layout: &'l Layout, mut kind: &'l TypeItem) -> Option<&'l TypeItem> {
    for _ in 0..DEEPEST {
        match &kind.underlying {
            Some(below) => kind = layout.types.get(below)?,
            None => return Some(kind),
        }
    }
    None
}

/// What the bytes of a value say, the high-order one first. Bytes of a type that is not known are shown as they are.
pub(super) fn value(layout: &Layout, kind: Option<&TypeItem>, bytes: &[u8]) -> String {
    let words = kind.and_then(|kind| in_words(underlying(layout, kind)?, bytes));
    words.unwrap_or_else(|| hex::encode_prefixed(bytes))
}

fn in_words(kind: &TypeItem, bytes: &[u8]) -> Option<String> {
    let number = U256::try_from_be_slice(bytes)?;
    if let Some(Members::Enum(names)) = &kind.members {
        let at = usize::try_from(number).ok();
        let name = at.and_then(|at| names.get(at)).cloned();
        return Some(name.unwrap_or_else(|| format!("{number}, which is unknown")));
    }
    // With more bytes than the type has, some would not be seen.
    let is_whole = size_of(&kind.label)? == bytes.len() as u64;
    let kind = KeyType::of_label(&kind.label, true);
    match kind.ty {
        DynSolType::Bool if number > U256::ONE => Some(format!("{number}, which is no bool")),
        DynSolType::FixedBytes(_) => None,
        _ => is_whole.then(|| kind.show(bytes)),
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

/// Where a mapping has the entry of a key.
pub fn entry(key: &[u8], mapping: U256) -> U256 {
    let preimage = [key, &mapping.to_be_bytes::<WORD>()].concat();
    U256::from_be_bytes(keccak256(preimage).0)
}
