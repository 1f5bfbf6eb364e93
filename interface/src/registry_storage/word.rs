//! Words of storage: 32 bytes that one value fills, or that several fields share.

use core::marker::PhantomData;

use alloy_primitives::{Address, B256};

use crate::ids::{
    ActionId, Authority, CodeHash, DefinitionId, InstanceState, StepKind, VersionIndex,
};

/// 32 bytes of storage. A field of it has an offset, in bytes from the most significant one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word(pub [u8; 32]);

impl Word {
    /// All of it.
    pub const fn b256(self) -> B256 {
        B256::new(self.0)
    }

    // One body for all widths and offsets: a byte swap for each is what takes room.

    #[inline(never)]
    fn number(&self, at: usize, width: usize) -> u64 {
        let field = self.0.get(at..at + width).unwrap_or_default();
        let bytes = field.iter();
        bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    #[inline(never)]
    fn set_number(&mut self, at: usize, width: usize, mut number: u64) {
        let field = self.0.get_mut(at..at + width).unwrap_or_default();
        for byte in field.iter_mut().rev() {
            *byte = number as u8;
            number >>= 8;
        }
    }
}

impl From<B256> for Word {
    fn from(word: B256) -> Self {
        Self(word.0)
    }
}

/// A type that storage holds, with the bytes that it takes of a word.
pub trait Type {
    /// Its name in Solidity.
    const NAME: &'static str;
    /// Bytes that it takes.
    const WIDTH: usize;
}

/// A type of which several fit a word.
pub trait Field: Type + Copy {
    /// Reads the one at that offset.
    fn get(word: &Word, at: usize) -> Self;

    /// Sets the one at that offset.
    fn set(self, word: &mut Word, at: usize);
}

/// The place of a field of type `T` in its word.
#[derive(Debug)]
pub struct Offset<T> {
    at: usize,
    holds: PhantomData<fn() -> T>,
}

impl<T: Field> Offset<T> {
    /// Makes the offset of so many bytes from the most significant one.
    pub const fn new(at: usize) -> Self {
        assert!(at + T::WIDTH <= 32);
        let holds = PhantomData;
        Self { at, holds }
    }

    /// Reads the field.
    #[inline(always)]
    pub fn get(self, word: &Word) -> T {
        T::get(word, self.at)
    }

    /// Sets the field.
    #[inline(always)]
    pub fn set(self, word: &mut Word, value: T) {
        value.set(word, self.at);
    }
}

/// A type that has a word for itself.
pub trait Whole: Copy {
    /// Reads the value that the word holds.
    fn from_word(word: &Word) -> Self;

    /// The word that holds it.
    fn to_word(&self) -> Word;
}

macro_rules! numbers {
    ($($type:ty = $name:literal, $width:literal;)*) => {
        $(
            impl Type for $type {
                const NAME: &'static str = $name;
                const WIDTH: usize = $width;
            }

            impl Field for $type {
                #[inline(always)]
                fn get(word: &Word, at: usize) -> Self {
                    word.number(at, $width) as $type
                }

                #[inline(always)]
                fn set(self, word: &mut Word, at: usize) {
                    word.set_number(at, $width, self.into());
                }
            }
        )*
    };
}

numbers! {
    u8 = "uint8", 1;
    u16 = "uint16", 2;
    u32 = "uint32", 4;
    u64 = "uint64", 8;
}

/// Types that are stored as what they wrap.
macro_rules! wrapped {
    ($($name:ident($inner:ty) as $trait:ident;)+) => {$(
        impl Type for $name {
            const NAME: &'static str = <$inner as Type>::NAME;
            const WIDTH: usize = <$inner as Type>::WIDTH;
        }

        wrapped!(@$trait $name($inner));
    )+};
    (@Field $name:ident($inner:ty)) => {
        impl Field for $name {
            #[inline(always)]
            fn get(word: &Word, at: usize) -> Self {
                Self(<$inner>::get(word, at))
            }

            #[inline(always)]
            fn set(self, word: &mut Word, at: usize) {
                self.0.set(word, at);
            }
        }
    };
    (@Whole $name:ident($inner:ty)) => {
        impl Whole for $name {
            #[inline(always)]
            fn from_word(word: &Word) -> Self {
                Self(<$inner>::from_word(word))
            }

            #[inline(always)]
            fn to_word(&self) -> Word {
                self.0.to_word()
            }
        }
    };
}

wrapped! {
    DefinitionId(B256) as Whole;
    ActionId(B256) as Whole;
    CodeHash(B256) as Whole;
    VersionIndex(u32) as Field;
    StepKind(u8) as Field;
    Authority(u8) as Field;
    InstanceState(u8) as Field;
}

impl Type for bool {
    const NAME: &'static str = "bool";
    const WIDTH: usize = 1;
}

impl Field for bool {
    #[inline(always)]
    fn get(word: &Word, at: usize) -> Self {
        word.number(at, 1) != 0
    }

    #[inline(always)]
    fn set(self, word: &mut Word, at: usize) {
        word.set_number(at, 1, self.into());
    }
}

impl Type for Address {
    const NAME: &'static str = "address";
    const WIDTH: usize = 20;
}

impl Field for Address {
    #[inline(always)]
    fn get(word: &Word, at: usize) -> Self {
        let mut address = Self::ZERO;
        address.copy_from_slice(&word.0[at..at + Self::len_bytes()]);
        address
    }

    #[inline(always)]
    fn set(self, word: &mut Word, at: usize) {
        word.0[at..at + Self::len_bytes()].copy_from_slice(self.as_slice());
    }
}

/// An address that has a word for itself stands at its end, as everywhere in the ABI.
impl Whole for Address {
    #[inline(always)]
    fn from_word(word: &Word) -> Self {
        <Self as Field>::get(word, 12)
    }

    #[inline(always)]
    fn to_word(&self) -> Word {
        self.into_word().into()
    }
}

impl Type for B256 {
    const NAME: &'static str = "bytes32";
    const WIDTH: usize = 32;
}

impl Whole for B256 {
    #[inline(always)]
    fn from_word(word: &Word) -> Self {
        word.b256()
    }

    #[inline(always)]
    fn to_word(&self) -> Word {
        (*self).into()
    }
}

/// A number that takes the whole word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uint256(pub B256);

impl Type for Uint256 {
    const NAME: &'static str = "uint256";
    const WIDTH: usize = 32;
}

impl Whole for Uint256 {
    #[inline(always)]
    fn from_word(word: &Word) -> Self {
        Self(word.b256())
    }

    #[inline(always)]
    fn to_word(&self) -> Word {
        self.0.into()
    }
}

/// Bytes from one word on, 32 in each; the last word is filled with zeros.
#[derive(Clone, Copy, Debug)]
pub enum Bytes {}

impl Type for Bytes {
    const NAME: &'static str = "bytes";
    const WIDTH: usize = 32;
}

/// One bit for each of 256 numbers: that of number `n` is bit `n % 8`, counted from the least
/// significant one, of byte `n / 8`.
#[derive(Clone, Copy, Debug)]
pub enum Bits {}

impl Type for Bits {
    const NAME: &'static str = "bit[256]";
    const WIDTH: usize = 32;
}

impl Type for [VersionIndex; 8] {
    const NAME: &'static str = "uint32[8]";
    const WIDTH: usize = 32;
}

impl Type for [u64; 4] {
    const NAME: &'static str = "uint64[4]";
    const WIDTH: usize = 32;
}
