//! Keys of maps.

use alloc::string::String;
use alloc::vec::Vec;

use alloy_primitives::{Address, FixedBytes, Signed, Uint};
use stylus_sdk::storage::StorageKey;

use super::{Kind, Link};

/// A map's key whose type is known.
pub trait KeyLayout: StorageKey {
    /// True if stylus-sdk fills it up with zeros where Solidity extends its sign.
    const ZERO_EXTENDED: bool = false;

    /// The kind of the key.
    const KIND: Link;
}

impl<const B: usize, const L: usize> KeyLayout for Uint<B, L> {
    const KIND: Link = Link::to(&Kind::Value {
        label: "uint",
        number: B,
        bytes: B / 8,
    });
}

impl<const B: usize, const L: usize> KeyLayout for Signed<B, L> {
    const ZERO_EXTENDED: bool = B < 256;

    const KIND: Link = Link::to(&Kind::Value {
        label: "int",
        number: B,
        bytes: B / 8,
    });
}

impl<const N: usize> KeyLayout for FixedBytes<N> {
    const KIND: Link = Link::to(&Kind::Value {
        label: "bytes",
        number: N,
        bytes: N,
    });
}

macro_rules! values {
    ($($type:ty => $label:literal, $bytes:literal, $zero_extended:literal;)*) => {$(
        impl KeyLayout for $type {
            const ZERO_EXTENDED: bool = $zero_extended;

            const KIND: Link = Link::to(&Kind::Value { label: $label, number: 0, bytes: $bytes });
        }
    )*};
}

// `usize` has 32 bits where contracts run.
values! {
    Address => "address", 20, false;
    bool => "bool", 1, false;
    u8 => "uint8", 1, false;
    u16 => "uint16", 2, false;
    u32 => "uint32", 4, false;
    u64 => "uint64", 8, false;
    u128 => "uint128", 16, false;
    usize => "uint32", 4, false;
    i8 => "int8", 1, true;
    i16 => "int16", 2, true;
    i32 => "int32", 4, true;
    i64 => "int64", 8, true;
    i128 => "int128", 16, true;
    isize => "int32", 4, true;
}

macro_rules! texts {
    ($($type:ty => $label:literal;)*) => {$(
        impl KeyLayout for $type {
            const KIND: Link = Link::to(&Kind::TextKey($label));
        }
    )*};
}

texts! {
    String => "string";
    &str => "string";
    Vec<u8> => "bytes";
    &[u8] => "bytes";
}
