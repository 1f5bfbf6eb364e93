//! The parts of a declaration of stored records, and the macro that makes one.

use core::marker::PhantomData;

use alloy_primitives::{Address, B256};

use crate::ids::{ActionId, DefinitionId, VersionIndex};

/// A kind of record, as documentation and tests read it. Programs use the constants and types of
/// the module that has its name.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// Its name.
    pub name: &'static str,
    /// Its description, in the source's words.
    pub about: &'static [&'static str],
    /// The location of its first word.
    pub location: Location,
    /// The keys that find one record of the kind, in this order.
    pub keys: &'static [KeyInfo],
    /// Its words, in their order.
    pub entries: &'static [Entry],
}

/// The location of a record's first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// At `keccak256(root ++ table ++ first key ++ second key)`; a key that it lacks is zero.
    Table(u8),
    /// At the root of the registry's storage.
    Root,
    /// At a transient slot.
    Transient(&'static str),
}

/// A key of a record.
#[derive(Clone, Copy, Debug)]
pub struct KeyInfo {
    /// Its name.
    pub name: &'static str,
    /// Its description, in the source's words.
    pub about: &'static [&'static str],
}

/// Words of a record that hold the same.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The first of them, counted from that of the record.
    pub first: u64,
    /// The number of words that there can be.
    pub words: u64,
    /// Its name.
    pub name: &'static str,
    /// The description of its content, in the source's words.
    pub about: &'static [&'static str],
    /// The fields that share each of its words.
    pub fields: &'static [FieldInfo],
}

/// A part of a word.
#[derive(Clone, Copy, Debug)]
pub struct FieldInfo {
    /// Its name; empty where it has the word for itself.
    pub name: &'static str,
    /// The description of its content, in the source's words.
    pub about: &'static [&'static str],
    /// Its type in Solidity.
    pub of: &'static str,
    /// Bytes in front of it, from the most significant one of the word.
    pub offset: usize,
    /// Bytes that it takes.
    pub width: usize,
}

/// The words of a record that hold values of type `T`.
#[derive(Debug)]
pub struct At<T> {
    first: u64,
    holds: PhantomData<fn() -> T>,
}

impl<T> Clone for At<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for At<T> {}

impl<T> At<T> {
    /// From that word on.
    pub const fn new(first: u64) -> Self {
        Self {
            first,
            holds: PhantomData,
        }
    }

    /// The first of them.
    pub const fn first(self) -> u64 {
        self.first
    }
}

/// A slot, derived from what finds a record.
pub trait Find {
    /// The first slot of the record of that table under two keys; the second is zero where the
    /// record has only one.
    fn find(table: u8, first: B256, second: B256) -> Self;
}

/// A value that can be a key.
pub trait KeyWord {
    /// The word that stands for it.
    fn word(self) -> B256;
}

impl KeyWord for B256 {
    #[inline(always)]
    fn word(self) -> B256 {
        self
    }
}

impl KeyWord for DefinitionId {
    #[inline(always)]
    fn word(self) -> B256 {
        self.0
    }
}

impl KeyWord for ActionId {
    #[inline(always)]
    fn word(self) -> B256 {
        self.0
    }
}

impl KeyWord for VersionIndex {
    #[inline(always)]
    fn word(self) -> B256 {
        self.0.word()
    }
}

impl KeyWord for Address {
    #[inline(always)]
    fn word(self) -> B256 {
        self.into_word()
    }
}

impl KeyWord for u64 {
    #[inline(always)]
    fn word(self) -> B256 {
        number(self)
    }
}

impl KeyWord for u32 {
    #[inline(always)]
    fn word(self) -> B256 {
        number(self as u64)
    }
}

/// A number as a word.
pub const fn number(number: u64) -> B256 {
    let mut word = [0; 32];
    let bytes = number.to_be_bytes();
    let mut n = 0;
    while n < 8 {
        word[24 + n] = bytes[n];
        n += 1;
    }
    B256::new(word)
}

impl Record {
    /// Returns true if every field lies within its word and no byte belongs to two.
    pub const fn is_disjoint(&self) -> bool {
        let mut next = 0; // the first word after the entries so far
        let mut n = 0;
        while n < self.entries.len() {
            let entry = &self.entries[n];
            if entry.first < next || entry.words == 0 {
                return false;
            }
            next = entry.first + entry.words;
            let mut end = 0; // the first byte after the fields so far
            let mut m = 0;
            while m < entry.fields.len() {
                let field = &entry.fields[m];
                if field.offset < end || field.width == 0 {
                    return false;
                }
                end = field.offset + field.width;
                m += 1;
            }
            if end > 32 {
                return false;
            }
            n += 1;
        }
        true
    }
}

/// Declares records. Each is a module: `find` finds one, a constant per entry says which words it
/// has, a struct per packed word has its fields, and a function per field says where that one lies.
///
/// ```text
/// name = table 1 (key: Type, …) {
///     0 PACKED: Packed { 0 field: u64, 8 other: u32 };      word 0, bytes 0..8 and 8..12
///     1 WHOLE: B256;                                        word 1
///     2 LIST: Bytes[4];                                     words 2 to 5
/// }
/// ```
macro_rules! records {
    ($list:ident: $(
        $(#[doc = $about:literal])+
        $name:ident = $kind:ident $location:tt ($(
            $(#[doc = $key_about:literal])+
            $key:ident: $key_type:ty
        ),*) {$(
            $(#[doc = $entry_about:literal])+
            $first:literal $entry:ident: $type:tt $([$words:expr])? $({$($fields:tt)*})?;
        )+}
    )+) => {
        $(
            $(#[doc = $about])+
            pub mod $name {
                #[allow(unused_imports, reason = "each record has other types")]
                use super::*;

                records!(@key $kind $location ($($key: $key_type),*));

                $(
                    records!(@struct $type [$($entry_about)+] $({$($fields)*})?);

                    $(#[doc = $entry_about])+
                    pub const $entry: At<$type> = At::new($first);
                )+

                /// All of it, for documentation and tests.
                pub const RECORD: Record = Record {
                    name: stringify!($name),
                    about: &[$($about),+],
                    location: records!(@location $kind $location),
                    keys: &[$(KeyInfo { name: stringify!($key), about: &[$($key_about),+] }),*],
                    entries: &[$(Entry {
                        first: $first,
                        words: records!(@words $($words)?),
                        name: stringify!($entry),
                        about: &[$($entry_about),+],
                        fields: records!(@fields $type $({$($fields)*})?),
                    }),+],
                };

                const _: () = assert!(RECORD.is_disjoint(), "two fields of a record overlap");
            }
        )+

        /// Every record, in the order of the declaration.
        pub const $list: &[Record] = &[$($name::RECORD),+];
    };

    (@key table $table:literal ($key:ident: $type:ty)) => {
        /// Finds one.
        #[inline(always)]
        pub fn find<S: Find>($key: $type) -> S {
            S::find($table, $key.word(), B256::ZERO)
        }
    };
    (@key table $table:literal ($first:ident: $first_type:ty, $second:ident: $second_type:ty)) => {
        /// Finds one.
        #[inline(always)]
        pub fn find<S: Find>($first: $first_type, $second: $second_type) -> S {
            S::find($table, $first.word(), $second.word())
        }
    };
    (@key $kind:ident $location:tt $keys:tt) => {};

    (@location table $table:literal) => { Location::Table($table) };
    (@location root ()) => { Location::Root };
    (@location transient $slot:literal) => { Location::Transient($slot) };

    (@words) => { 1 };
    (@words $words:expr) => { $words as u64 };

    (@fields $type:tt) => {
        &[FieldInfo {
            name: "",
            about: &[],
            of: <$type as Type>::NAME,
            offset: 32 - <$type as Type>::WIDTH,
            width: <$type as Type>::WIDTH,
        }]
    };
    (@fields $type:tt {$($(#[doc = $about:literal])+ $offset:literal $field:ident: $of:ty),+ $(,)?}) => {
        &[$(FieldInfo {
            name: stringify!($field),
            about: &[$($about),+],
            of: <$of as Type>::NAME,
            offset: $offset,
            width: <$of as Type>::WIDTH,
        }),+]
    };

    (@struct $type:tt [$($about:literal)+]) => {};
    (@struct $type:ident [$($about:literal)+] {$($(#[doc = $doc:literal])+ $offset:literal $field:ident: $of:ty),+ $(,)?}) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $type {$(
            $(#[doc = $doc])+
            pub $field: $of,
        )+}

        impl $type {$(
            $(#[doc = $doc])+
            #[inline(always)]
            pub const fn $field() -> Offset<$of> {
                Offset::new($offset)
            }
        )+}

        impl Whole for $type {
            #[inline(always)]
            fn from_word(word: &Word) -> Self {
                Self {$($field: Self::$field().get(word)),+}
            }

            #[inline(always)]
            fn to_word(&self) -> Word {
                let mut word = Word::default();
                $(Self::$field().set(&mut word, self.$field);)+
                word
            }
        }
    };
}

pub(super) use records;
