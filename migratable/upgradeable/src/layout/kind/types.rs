//! stylus-sdk's storage types.

use core::marker::PhantomData;

use stylus_sdk::alloy_sol_types::sol_data::{IntBitCount, SupportedInt};
use stylus_sdk::storage::{
    StorageAddress, StorageArray, StorageBlockHash, StorageBlockNumber, StorageBool, StorageBytes,
    StorageFixedBytes, StorageKey, StorageMap, StorageSigned, StorageString, StorageType,
    StorageUint, StorageVec,
};

use super::{KeyLayout, Kind, Link, StorageLayout, id};
use crate::layout::erc7201::{Erc7201, Namespace};

impl<const B: usize, const L: usize> StorageLayout for StorageUint<B, L>
where
    StorageUint<B, L>: StorageType,
    IntBitCount<B>: SupportedInt,
{
    const KIND: Link = Link::to(&Kind::Value {
        label: "uint",
        number: B,
        bytes: Self::SLOT_BYTES,
    });
}

impl<const B: usize, const L: usize> StorageLayout for StorageSigned<B, L>
where
    StorageSigned<B, L>: StorageType,
    IntBitCount<B>: SupportedInt,
{
    const KIND: Link = Link::to(&Kind::Value {
        label: "int",
        number: B,
        bytes: Self::SLOT_BYTES,
    });
}

impl<const N: usize> StorageLayout for StorageFixedBytes<N>
where
    StorageFixedBytes<N>: StorageType,
{
    const KIND: Link = Link::to(&Kind::Value {
        label: "bytes",
        number: N,
        bytes: Self::SLOT_BYTES,
    });
}

macro_rules! values {
    ($($type:ty => $label:literal;)*) => {$(
        impl StorageLayout for $type {
            const KIND: Link = Link::to(&Kind::Value {
                label: $label,
                number: 0,
                bytes: Self::SLOT_BYTES,
            });
        }
    )*};
}

values! {
    StorageBool => "bool";
    StorageAddress => "address";
    StorageBlockNumber => "uint64";
    StorageBlockHash => "bytes32";
}

impl StorageLayout for StorageBytes {
    const KIND: Link = Link::to(&Kind::Text("bytes"));
}

impl StorageLayout for StorageString {
    const KIND: Link = Link::to(&Kind::Text("string"));
}

impl<K: StorageKey + KeyLayout, V: StorageLayout> StorageLayout for StorageMap<K, V> {
    const KIND: Link = Link::to(&Kind::Map {
        key: <K as KeyLayout>::KIND,
        zero_extended: K::ZERO_EXTENDED,
        value: V::KIND.sized::<V>(),
    });
}

impl<T: StorageLayout> StorageLayout for StorageVec<T> {
    const KIND: Link = Link::to(&Kind::Vec(T::KIND.sized::<T>()));
}

impl<T: StorageLayout, const N: usize> StorageLayout for StorageArray<T, N> {
    const KIND: Link = Link::to(&Kind::Array {
        base: T::KIND.sized::<T>(),
        length: N,
        words: Self::REQUIRED_SLOTS,
    });
}

/// Takes no room and is not listed.
impl<T> StorageLayout for PhantomData<T> {
    const KIND: Link = Link::to(&Kind::Value {
        label: "phantom",
        number: 0,
        bytes: 0,
    });
}

impl<T: StorageLayout, N: Namespace> StorageLayout for Erc7201<T, N> {
    const KIND: Link = Link::to(&Kind::Namespaced {
        id: id::<N>(),
        inside: T::KIND.sized::<T>(),
    });
}
