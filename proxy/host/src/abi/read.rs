//! The reader.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};

/// A word of the ABI.
pub type Word = [u8; 32];

/// Data that are not what their reader expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Converts to revert data: none, as in Solidity.
impl From<Malformed> for Vec<u8> {
    fn from(_: Malformed) -> Self {
        Self::new()
    }
}

/// Arguments or a struct: words, and what their offsets point to.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    data: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads the arguments of a call, after its selector.
    pub fn arguments(calldata: &'a [u8]) -> Self {
        Self::new(calldata.get(4..).unwrap_or_default())
    }

    /// Reads values that are encoded as a sequence.
    pub const fn new(data: &'a [u8]) -> Self {
        Self { data }
    }

    /// The same, if it has exactly so many bytes.
    pub fn exactly(self, bytes: usize) -> Result<Self, Malformed> {
        if self.data.len() == bytes {
            Ok(self)
        } else {
            Err(Malformed)
        }
    }

    /// The `n`th word.
    pub fn word(&self, n: usize) -> Result<B256, Malformed> {
        self.get(n).map(|word| B256::new(*word))
    }

    fn get(&self, n: usize) -> Result<&'a Word, Malformed> {
        let word = self.data.get(32 * n..).and_then(<[u8]>::first_chunk);
        word.ok_or(Malformed)
    }

    /// A number of at most eight bytes.
    pub fn number(&self, n: usize, max: u64) -> Result<u64, Malformed> {
        let (high, low) = self.get(n)?.split_first_chunk::<24>().ok_or(Malformed)?;
        let number = low.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        if *high != [0; 24] || number > max {
            return Err(Malformed);
        }
        Ok(number)
    }

    /// A `uint8`.
    pub fn u8(&self, n: usize) -> Result<u8, Malformed> {
        self.number(n, u8::MAX.into()).map(|number| number as u8)
    }

    /// A `uint32` (or less, with that bound).
    pub fn u32(&self, n: usize, max: u32) -> Result<u32, Malformed> {
        self.number(n, max.into()).map(|number| number as u32)
    }

    /// A `uint64`.
    pub fn u64(&self, n: usize) -> Result<u64, Malformed> {
        self.number(n, u64::MAX)
    }

    /// An `address`.
    pub fn address(&self, n: usize) -> Result<Address, Malformed> {
        let word = self.word(n)?;
        if word.iter().take(12).any(|byte| *byte != 0) {
            return Err(Malformed);
        }
        Ok(Address::from_word(word))
    }

    /// Returns the data that the offset in the `n`th word points to.
    pub fn at(&self, n: usize) -> Result<Self, Malformed> {
        let offset = self.number(n, u32::MAX.into())? as usize;
        let data = self.data.get(offset..).ok_or(Malformed)?;
        Ok(Self { data })
    }

    /// A `string` or `bytes`.
    pub fn bytes(&self, n: usize) -> Result<&'a [u8], Malformed> {
        let (len, rest) = self.at(n)?.sequence()?;
        rest.get(..len).ok_or(Malformed)
    }

    /// An array of a type of one word.
    pub fn words(&self, n: usize) -> Result<&'a [Word], Malformed> {
        let (len, rest) = self.at(n)?.sequence()?;
        let (words, _) = rest.as_chunks();
        words.get(..len).ok_or(Malformed)
    }

    /// An `address[]`.
    pub fn addresses(&self, n: usize) -> Result<Vec<Address>, Malformed> {
        let (len, rest) = self.at(n)?.sequence()?;
        if len > rest.len() / 32 {
            return Err(Malformed);
        }
        let rest = Self::new(rest);
        (0..len).map(|n| rest.address(n)).collect()
    }

    /// An array of a struct with a dynamic member.
    pub fn structs(
        &self,
        n: usize,
    ) -> Result<impl Iterator<Item = Result<Self, Malformed>> + use<'a>, Malformed> {
        let (len, rest) = self.at(n)?.sequence()?;
        if len > rest.len() / 32 {
            return Err(Malformed);
        }
        let rest = Self::new(rest);
        Ok((0..len).map(move |n| rest.at(n)))
    }

    /// The length of a dynamic type and what follows it.
    fn sequence(&self) -> Result<(usize, &'a [u8]), Malformed> {
        let len = self.number(0, u32::MAX.into())? as usize;
        let data = self.data.get(32..).ok_or(Malformed)?;
        Ok((len, data))
    }
}

/// `N` arrays of words, encoded as `abi.encode(T[] a, U[] b, …)`, where `T`, `U` are types of one
/// word; `None` where the data is no such thing, or longer than it.
pub fn arrays<const N: usize>(data: &[u8]) -> Option<[&[Word]; N]> {
    let reader = Reader::new(data);
    let mut arrays = [[].as_slice(); N];
    let mut used = N * 32;
    for (n, array) in arrays.iter_mut().enumerate() {
        *array = reader.words(n).ok()?;
        used += 32 + array.len() * 32;
    }
    (used == data.len()).then_some(arrays)
}
