//! stylus-sdk's storage types.

use std::marker::PhantomData;

use stylus_sdk::alloy_sol_types::sol_data::{IntBitCount, SupportedInt};
use stylus_sdk::storage::{
    StorageAddress, StorageArray, StorageBlockHash, StorageBlockNumber, StorageBool, StorageBytes,
    StorageFixedBytes, StorageKey, StorageMap, StorageSigned, StorageString, StorageType,
    StorageUint, StorageVec,
};

use super::{KeyLayout, StorageLayout, Types, sized};
use crate::erc7201::{Erc7201, Namespace};
use crate::layout::TypeItem;
use crate::shape::Bytes;

impl<const B: usize, const L: usize> StorageLayout for StorageUint<B, L>
where
    StorageUint<B, L>: StorageType,
    IntBitCount<B>: SupportedInt,
{
    fn describe(types: &mut Types) -> String {
        types.value(&format!("uint{B}"), Self::SLOT_BYTES)
    }
}

impl<const B: usize, const L: usize> StorageLayout for StorageSigned<B, L>
where
    StorageSigned<B, L>: StorageType,
    IntBitCount<B>: SupportedInt,
{
    fn describe(types: &mut Types) -> String {
        types.value(&format!("int{B}"), Self::SLOT_BYTES)
    }
}

impl<const N: usize> StorageLayout for StorageFixedBytes<N>
where
    StorageFixedBytes<N>: StorageType,
{
    fn describe(types: &mut Types) -> String {
        types.value(&format!("bytes{N}"), Self::SLOT_BYTES)
    }
}

macro_rules! values {
    ($($type:ty => $label:literal;)*) => {$(
        impl StorageLayout for $type {
            fn describe(types: &mut Types) -> String {
                types.value($label, Self::SLOT_BYTES)
            }
        }
    )*};
}

values! {
    StorageBool => "bool";
    StorageAddress => "address";
    StorageBlockNumber => "uint64";
    StorageBlockHash => "bytes32";
}

macro_rules! byte_strings {
    ($($type:ty => $label:literal;)*) => {$(
        impl StorageLayout for $type {
            fn describe(types: &mut Types) -> String {
                let item = TypeItem { encoding: "bytes".into(), ..sized($label, 32) };
                types.add(concat!("t_", $label, "_storage"), item)
            }
        }
    )*};
}

byte_strings! {
    StorageBytes => "bytes";
    StorageString => "string";
}

impl<K: StorageKey + KeyLayout, V: StorageLayout> StorageLayout for StorageMap<K, V> {
    fn describe(types: &mut Types) -> String {
        let (key, value) = (<K as KeyLayout>::describe(types), V::describe(types));
        let label = format!("mapping({} => {})", types.label(&key), types.label(&value));
        let item = TypeItem {
            encoding: "mapping".into(),
            key: Some(key.clone()),
            key_extension: K::ZERO_EXTENDED.then(|| "zero".to_owned()),
            value: Some(value.clone()),
            ..sized(&label, 32)
        };
        types.add(format!("t_mapping({key},{value})"), item)
    }
}

impl<T: StorageLayout> StorageLayout for StorageVec<T> {
    fn describe(types: &mut Types) -> String {
        let base = T::describe(types);
        let label = format!("{}[]", types.label(&base));
        let item = TypeItem {
            encoding: "dynamic_array".into(),
            base: Some(base.clone()),
            ..sized(&label, 32)
        };
        types.add(format!("t_array({base})dyn_storage"), item)
    }
}

impl<T: StorageLayout, const N: usize> StorageLayout for StorageArray<T, N> {
    fn describe(types: &mut Types) -> String {
        let base = T::describe(types);
        let label = format!("{}[{N}]", types.label(&base));
        let bytes = Bytes::from(Self::REQUIRED_SLOTS) * Bytes::from(32);
        let item = TypeItem {
            encoding: "inplace".into(),
            label,
            number_of_bytes: Some(bytes.to_string()),
            base: Some(base.clone()),
            ..TypeItem::default()
        };
        types.add(format!("t_array({base}){N}_storage"), item)
    }
}

/// Takes no room and is not listed.
impl<T> StorageLayout for PhantomData<T> {
    fn describe(types: &mut Types) -> String {
        types.value("phantom", 0)
    }
}

impl<T: StorageLayout, N: Namespace> StorageLayout for Erc7201<T, N> {
    fn describe(types: &mut Types) -> String {
        T::describe(types)
    }

    fn namespace(types: &mut Types) -> Option<(&'static str, String)> {
        Some((N::ID, T::describe(types)))
    }
}
