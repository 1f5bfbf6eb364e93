//! The Contract ABI, as much as the registry speaks: one decoder and one encoder for all its
//! calls. alloy's are generic over the types, and 30 calls of them do not fit a program of
//! 24,576 bytes (they took 57 kB together); the tests compare every encoding with alloy's.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use stylus_upgrades_interface::registry_storage::number;

use crate::chain::{RevertData, Reverts};

/// Arguments or a struct: words, and what their offsets point to.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    data: &'a [u8],
}

/// Data that do not decode revert without data, as in Solidity.
const fn malformed() -> RevertData {
    RevertData(Vec::new())
}

impl<'a> Reader<'a> {
    /// Reads the arguments of a call.
    pub fn arguments(calldata: &'a [u8]) -> Self {
        Self::new(calldata.get(4..).unwrap_or_default())
    }

    /// Reads values that are encoded as a sequence.
    pub const fn new(data: &'a [u8]) -> Self {
        Self { data }
    }

    /// The `n`th word.
    pub fn word(&self, n: usize) -> Reverts<B256> {
        let word = self.data.get(32 * n..).and_then(<[u8]>::first_chunk);
        word.map(|word| B256::new(*word)).ok_or_else(malformed)
    }

    /// A number of at most eight bytes.
    pub fn number(&self, n: usize, max: u64) -> Reverts<u64> {
        let word = self.word(n)?;
        let (high, low) = word.split_at(24);
        let number = low.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        if high.iter().any(|byte| *byte != 0) || number > max {
            return Err(malformed());
        }
        Ok(number)
    }

    /// A `uint8`.
    pub fn u8(&self, n: usize) -> Reverts<u8> {
        self.number(n, u8::MAX.into()).map(|number| number as u8)
    }

    /// A `uint32` (or less, with that bound).
    pub fn u32(&self, n: usize, max: u32) -> Reverts<u32> {
        self.number(n, max.into()).map(|number| number as u32)
    }

    /// An `address`.
    pub fn address(&self, n: usize) -> Reverts<Address> {
        let word = self.word(n)?;
        if word.iter().take(12).any(|byte| *byte != 0) {
            return Err(malformed());
        }
        Ok(Address::from_word(word))
    }

    /// What the offset in the `n`th word points to.
    pub fn at(&self, n: usize) -> Reverts<Self> {
        let offset = self.number(n, u32::MAX.into())? as usize;
        let data = self.data.get(offset..).ok_or_else(malformed)?;
        Ok(Self { data })
    }

    /// A `string` or `bytes`.
    pub fn bytes(&self, n: usize) -> Reverts<&'a [u8]> {
        let (len, rest) = self.at(n)?.sequence()?;
        rest.data.get(..len).ok_or_else(malformed)
    }

    /// An `address[]`.
    pub fn addresses(&self, n: usize) -> Reverts<Vec<Address>> {
        let (len, rest) = self.at(n)?.sequence()?;
        if len > rest.data.len() / 32 {
            return Err(malformed());
        }
        (0..len).map(|n| rest.address(n)).collect()
    }

    /// The length of a dynamic type and what stands behind it.
    fn sequence(&self) -> Reverts<(usize, Self)> {
        let len = self.number(0, u32::MAX.into())? as usize;
        let data = self.data.get(32..).ok_or_else(malformed)?;
        Ok((len, Self { data }))
    }
}

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

/// Encodes values as a sequence, behind a selector if there is one.
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

#[cfg(test)]
mod tests;
