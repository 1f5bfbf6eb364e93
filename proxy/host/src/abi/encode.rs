//! The encoder.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use stylus_upgrades_interface::{
    ids::{ActionId, CodeHash, DefinitionId, InstanceState, StepKind},
    registry_storage::number,
};

/// A value to be encoded.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// One word: any static type.
    Word(B256),
    /// `string` or `bytes`.
    Bytes(&'a [u8]),
    /// A struct with a dynamic member. (A static struct is its words.)
    Struct(&'a [Value<'a>]),
    /// An array of dynamic values, or of words.
    Array(&'a [Value<'a>]),
}

/// Encodes values as a sequence, after a selector if there is one.
pub fn encode(selector: &[u8], values: &[Value<'_>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(selector.len() + size(values));
    out.extend_from_slice(selector);
    append(&mut out, values);
    out
}

fn append(out: &mut Vec<u8>, values: &[Value<'_>]) {
    let start = out.len();
    for value in values {
        match value {
            Value::Word(word) => out.extend_from_slice(word.as_slice()),
            _ => out.extend_from_slice(&[0; 32]), // its offset, once it is known
        }
    }
    for (n, value) in values.iter().enumerate() {
        let offset = number((out.len() - start) as u64);
        match value {
            Value::Word(_) => continue,
            Value::Bytes(bytes) => {
                out.extend_from_slice(number(bytes.len() as u64).as_slice());
                out.extend_from_slice(bytes);
                out.resize(out.len() + (32 - bytes.len() % 32) % 32, 0);
            }
            Value::Struct(members) => append(out, members),
            Value::Array(members) => {
                out.extend_from_slice(number(members.len() as u64).as_slice());
                append(out, members);
            }
        }
        let head = start + 32 * n;
        if let Some(head) = out.get_mut(head..head + 32) {
            head.copy_from_slice(offset.as_slice());
        }
    }
}

/// Bytes that the values take.
fn size(values: &[Value<'_>]) -> usize {
    values.iter().map(size_of).sum()
}

fn size_of(value: &Value<'_>) -> usize {
    match value {
        Value::Word(_) => 32,
        Value::Bytes(bytes) => 64 + bytes.len().next_multiple_of(32),
        Value::Struct(members) => 32 + size(members),
        Value::Array(members) => 64 + size(members),
    }
}

impl From<B256> for Value<'_> {
    fn from(word: B256) -> Self {
        Self::Word(word)
    }
}

/// Types that are encoded as what they wrap.
macro_rules! wrapped {
    ($($name:ident),+) => {$(
        impl From<$name> for Value<'_> {
            #[inline(always)]
            fn from(wrapped: $name) -> Self {
                wrapped.0.into()
            }
        }
    )+};
}

wrapped!(ActionId, CodeHash, DefinitionId, InstanceState, StepKind);

impl From<Address> for Value<'_> {
    fn from(address: Address) -> Self {
        Self::Word(address.into_word())
    }
}

impl From<u64> for Value<'_> {
    fn from(value: u64) -> Self {
        Self::Word(number(value))
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        u64::from(value).into()
    }
}

impl From<u16> for Value<'_> {
    fn from(value: u16) -> Self {
        u64::from(value).into()
    }
}

impl From<u8> for Value<'_> {
    fn from(value: u8) -> Self {
        u64::from(value).into()
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        u64::from(value).into()
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}
