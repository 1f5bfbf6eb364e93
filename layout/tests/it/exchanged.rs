//! Types of Rust that were exchanged, renamed or changed under one name: safe is only what reads every word as before.

use crate::layout_of;
use alloy_primitives::{Address, FixedBytes, Signed, U256, Uint};
use stylus_layout::{Decision, Layout, compare};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{
    StorageAddress, StorageArray, StorageBool, StorageBytes, StorageI64, StorageI128, StorageMap,
    StorageString, StorageU8, StorageU64, StorageU128, StorageU256, StorageUint, StorageVec,
};
use stylus_upgradeable::layout::{Erc7201, StorageLayout};

/// Structs in modules of their own, so that several have one name.
macro_rules! structs {
    ($($module:ident { $($(#[$meta:meta])* struct $name:ident { $($fields:tt)* })* })*) => {
        $(
            #[allow(unused_imports)]
            mod $module {
                use super::*;
                $(
                    #[storage]
                    #[derive(StorageLayout)]
                    $(#[$meta])*
                    pub struct $name { $($fields)* }
                )*
            }
        )*
    };
}

structs! {
    first {
        struct Inner { a: StorageU256, b: StorageU64 }
        struct Own { m: StorageMap<U256, Inner>, v: StorageVec<Inner> }
    }
    // Of the same name, with another member.
    second {
        struct Inner { a: StorageU256, b: StorageI64 }
        struct Own { m: StorageMap<U256, Inner>, v: StorageVec<Inner> }
    }
    // Renamed.
    third {
        struct Other { a: StorageU256, b: StorageU64 }
        struct Own { m: StorageMap<U256, Other>, v: StorageVec<Other> }
    }
    // Renamed and changed at once.
    fourth {
        struct Other { a: StorageU256, b: StorageArray<StorageU8, 8> }
        struct Own { m: StorageMap<U256, Other>, v: StorageVec<Other> }
    }
    members {
        struct Inner { b: StorageU64, a: StorageU256 }
        struct Own { m: StorageMap<U256, Inner>, v: StorageVec<Inner> }
    }
    both {
        struct Own { a: StorageMap<U256, first::Inner>, b: StorageMap<U256, second::Inner> }
    }
    both_exchanged {
        struct Own { a: StorageMap<U256, second::Inner>, b: StorageMap<U256, first::Inner> }
    }
    both_the_first {
        struct Own { a: StorageMap<U256, first::Inner>, b: StorageMap<U256, first::Inner> }
    }
    nested {
        struct Own { a: StorageMap<U256, StorageMap<Address, StorageVec<first::Inner>>> }
    }
    nested_second {
        struct Own { a: StorageMap<U256, StorageMap<Address, StorageVec<second::Inner>>> }
    }
    nested_keys {
        struct Own { a: StorageMap<Address, StorageMap<U256, StorageVec<first::Inner>>> }
    }
    key_number {
        struct Own { a: StorageMap<Uint<160, 3>, StorageBool> }
    }
    key_address {
        struct Own { a: StorageMap<Address, StorageBool> }
    }
    key_bytes {
        struct Own { a: StorageMap<FixedBytes<20>, StorageBool> }
    }
    key_signed {
        struct Own { a: StorageMap<Signed<128, 2>, StorageBool> }
    }
    key_unsigned {
        struct Own { a: StorageMap<Uint<128, 2>, StorageBool> }
    }
    text {
        struct Own { a: StorageString }
    }
    raw {
        struct Own { a: StorageBytes }
    }
    number {
        struct Own { a: StorageU128, b: StorageU128 }
    }
    number_signed {
        struct Own { a: StorageU128, b: StorageI128 }
    }
    number_aliased {
        struct Own { a: StorageUint<128, 2>, b: StorageU128 }
    }
    number_in_struct {
        struct Own { pair: number::Own }
    }
    number_in_struct_exchanged {
        struct Pair { b: StorageU128, a: StorageU128 }
        struct Own { pair: Pair }
    }
    number_in_struct_of_other {
        struct Own { pair: number_signed::Own }
    }
    number_in_two {
        struct Own { outer: number_in_struct::Own }
    }
    grown {
        struct Own { pair: number::Own, next: StorageU256 }
    }
    grown_over {
        struct Pair { a: StorageU128, b: StorageU128, c: StorageU256 }
        struct Own { pair: Pair, next: StorageU256 }
    }
    list {
        struct Own { a: StorageVec<StorageU64> }
    }
    list_wider {
        struct Own { a: StorageVec<StorageU128> }
    }
    list_of_flags {
        struct Own { a: StorageVec<StorageBool> }
    }
    list_of_small {
        struct Own { a: StorageVec<StorageU8> }
    }
    matrix {
        struct Own { a: StorageArray<StorageArray<StorageU64, 2>, 6> }
    }
    matrix_turned {
        struct Own { a: StorageArray<StorageArray<StorageU64, 6>, 2> }
    }
    spaces {
        #[layout(erc7201 = "acme.a")]
        struct A { x: StorageU256 }
        #[layout(erc7201 = "acme.b")]
        struct B { x: StorageAddress }
        struct Own { a: Erc7201<A>, b: Erc7201<B> }
    }
    spaces_exchanged {
        #[layout(erc7201 = "acme.b")]
        struct A { x: StorageU256 }
        #[layout(erc7201 = "acme.a")]
        struct B { x: StorageAddress }
        struct Own { a: Erc7201<A>, b: Erc7201<B> }
    }
    spaces_renamed {
        #[layout(erc7201 = "acme.a")]
        struct C { x: StorageU256 }
        #[layout(erc7201 = "acme.b")]
        struct D { x: StorageAddress }
        struct Own { c: Erc7201<C>, d: Erc7201<D> }
    }
}

/// A type that is made of another one.
#[storage]
#[derive(StorageLayout)]
pub struct Around<T: StorageType + StorageLayout> {
    value: T,
}

mod generic {
    use super::*;
    #[storage]
    #[derive(StorageLayout)]
    pub struct Unsigned {
        a: Around<StorageU128>,
        b: Around<StorageI128>,
    }
    #[storage]
    #[derive(StorageLayout)]
    pub struct Exchanged {
        a: Around<StorageI128>,
        b: Around<StorageU128>,
    }
    #[storage]
    #[derive(StorageLayout)]
    pub struct InMaps {
        a: StorageMap<U256, Around<StorageU128>>,
        b: StorageMap<U256, Around<StorageI128>>,
    }
    #[storage]
    #[derive(StorageLayout)]
    pub struct InMapsExchanged {
        a: StorageMap<U256, Around<StorageI128>>,
        b: StorageMap<U256, Around<StorageU128>>,
    }
}

fn is_safe(old: &Layout, new: &Layout) -> bool {
    let report = compare(old, new).expect("layouts of the derive");
    let mut findings = report.findings.iter();
    findings.all(|one| one.decision == Decision::Safe)
}

#[test]
fn what_is_safe_reads_every_word_as_before() {
    let of = |name: &str| match name {
        "generic" => layout_of::<generic::Unsigned>(),
        "generic exchanged" => layout_of::<generic::Exchanged>(),
        "generic in maps" => layout_of::<generic::InMaps>(),
        "generic in maps exchanged" => layout_of::<generic::InMapsExchanged>(),
        "first" => layout_of::<first::Own>(),
        "second" => layout_of::<second::Own>(),
        "third" => layout_of::<third::Own>(),
        "fourth" => layout_of::<fourth::Own>(),
        "members" => layout_of::<members::Own>(),
        "both" => layout_of::<both::Own>(),
        "both exchanged" => layout_of::<both_exchanged::Own>(),
        "both the first" => layout_of::<both_the_first::Own>(),
        "nested" => layout_of::<nested::Own>(),
        "nested second" => layout_of::<nested_second::Own>(),
        "nested keys" => layout_of::<nested_keys::Own>(),
        "key number" => layout_of::<key_number::Own>(),
        "key address" => layout_of::<key_address::Own>(),
        "key bytes" => layout_of::<key_bytes::Own>(),
        "key signed" => layout_of::<key_signed::Own>(),
        "key unsigned" => layout_of::<key_unsigned::Own>(),
        "text" => layout_of::<text::Own>(),
        "raw" => layout_of::<raw::Own>(),
        "number" => layout_of::<number::Own>(),
        "number signed" => layout_of::<number_signed::Own>(),
        "number aliased" => layout_of::<number_aliased::Own>(),
        "in struct" => layout_of::<number_in_struct::Own>(),
        "in struct exchanged" => layout_of::<number_in_struct_exchanged::Own>(),
        "in struct of other" => layout_of::<number_in_struct_of_other::Own>(),
        "in two" => layout_of::<number_in_two::Own>(),
        "grown" => layout_of::<grown::Own>(),
        "grown over" => layout_of::<grown_over::Own>(),
        "list" => layout_of::<list::Own>(),
        "list wider" => layout_of::<list_wider::Own>(),
        "list of flags" => layout_of::<list_of_flags::Own>(),
        "list of small" => layout_of::<list_of_small::Own>(),
        "matrix" => layout_of::<matrix::Own>(),
        "matrix turned" => layout_of::<matrix_turned::Own>(),
        "spaces" => layout_of::<spaces::Own>(),
        "spaces exchanged" => layout_of::<spaces_exchanged::Own>(),
        "spaces renamed" => layout_of::<spaces_renamed::Own>(),
        other => panic!("{other}"),
    };
    let mut wrong = Vec::new();
    for (old, new, expected) in [
        ("first", "second", false),
        ("first", "third", true),
        ("first", "fourth", false),
        ("second", "third", false),
        ("first", "members", false),
        ("both", "both exchanged", false),
        ("both", "both the first", false),
        ("both the first", "both", false),
        ("nested", "nested second", false),
        ("nested", "nested keys", false),
        ("key number", "key address", false),
        ("key address", "key bytes", false),
        ("key signed", "key unsigned", false),
        ("text", "raw", false),
        ("number", "number signed", false),
        ("number", "number aliased", true),
        ("number", "in struct", true),
        ("in struct", "number", true),
        ("number", "in two", true),
        ("in two", "number", true),
        ("number", "in struct exchanged", false),
        ("number", "in struct of other", false),
        ("in struct", "in struct exchanged", false),
        ("in struct", "grown", true),
        ("number", "grown", true),
        ("grown", "grown over", false),
        ("number", "grown over", true),
        ("list", "list wider", false),
        ("list of flags", "list of small", false),
        ("matrix", "matrix turned", false),
        ("spaces", "spaces exchanged", false),
        ("spaces", "spaces renamed", true),
        ("generic", "generic exchanged", false),
        ("generic in maps", "generic in maps exchanged", false),
    ] {
        if is_safe(&of(old), &of(new)) != expected {
            let report = compare(&of(old), &of(new)).expect("layouts of the derive");
            wrong.push(format!("{old} → {new}: {:#?}", report.findings));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
