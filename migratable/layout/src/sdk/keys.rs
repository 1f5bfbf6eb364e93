//! Keys of maps.

use alloy_primitives::{Address, FixedBytes, Signed, Uint};
use stylus_sdk::storage::StorageKey;

use super::{Types, sized};
use crate::layout::TypeItem;

/// A map's key whose type is known.
pub trait KeyLayout: StorageKey {
    /// Whether stylus-sdk fills it up with zeros where Solidity extends its sign.
    const ZERO_EXTENDED: bool = false;

    /// Adds the type and returns its id.
    fn describe(types: &mut Types) -> String;
}

impl<const B: usize, const L: usize> KeyLayout for Uint<B, L> {
    fn describe(types: &mut Types) -> String {
        types.value(&format!("uint{B}"), B / 8)
    }
}

impl<const B: usize, const L: usize> KeyLayout for Signed<B, L> {
    const ZERO_EXTENDED: bool = B < 256;

    fn describe(types: &mut Types) -> String {
        types.value(&format!("int{B}"), B / 8)
    }
}

impl<const N: usize> KeyLayout for FixedBytes<N> {
    fn describe(types: &mut Types) -> String {
        types.value(&format!("bytes{N}"), N)
    }
}

impl KeyLayout for Address {
    fn describe(types: &mut Types) -> String {
        types.value("address", 20)
    }
}

impl KeyLayout for bool {
    fn describe(types: &mut Types) -> String {
        types.value("bool", 1)
    }
}

macro_rules! integers {
    ($($type:ty => $label:literal, $bytes:literal, $zero_extended:literal;)*) => {$(
        impl KeyLayout for $type {
            const ZERO_EXTENDED: bool = $zero_extended;

            fn describe(types: &mut Types) -> String {
                types.value($label, $bytes)
            }
        }
    )*};
}

// `usize` has 32 bits where contracts run.
integers! {
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
            fn describe(types: &mut Types) -> String {
                let item = TypeItem { encoding: "bytes".into(), ..sized($label, 32) };
                types.add(concat!("t_", $label, "_memory_ptr"), item)
            }
        }
    )*};
}

texts! {
    String => "string";
    &str => "string";
    Vec<u8> => "bytes";
    &[u8] => "bytes";
}
