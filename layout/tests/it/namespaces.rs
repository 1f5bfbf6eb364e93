//! What a namespace holds besides a struct: listed at its root, so that a comparison sees it.

use std::panic::catch_unwind;

use crate::layout_of;
use alloy_primitives::aliases::{I32, U8};
use alloy_primitives::{Address, FixedBytes, U64, U256};
use stylus_layout::{Layout, Report, Storage, StorageField, TypeKind, compare};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{
    StorageAddress, StorageB256, StorageBool, StorageFixedBytes, StorageI32, StorageMap,
    StorageString, StorageType, StorageU8, StorageU64, StorageU128, StorageU256,
};
use stylus_upgradeable::layout::{Erc7201, Namespace, StorageLayout};

use crate::derive::At;
use crate::host::Words;

type Balances = StorageMap<Address, StorageU256>;

#[storage]
#[derive(StorageLayout)]
#[layout(erc7201 = "my.space")]
pub struct Ns {}

#[storage]
#[derive(StorageLayout)]
#[layout(erc7201 = "my.other")]
pub struct Other {}

#[storage]
#[derive(StorageLayout)]
pub struct Note {
    value: StorageU256,
    bal: Erc7201<Balances, Ns>,
}

#[storage]
#[derive(StorageLayout)]
pub struct Moved {
    value: StorageU256,
    bal: Erc7201<Balances, Other>,
}

#[storage]
#[derive(StorageLayout)]
pub struct Retyped {
    value: StorageU256,
    bal: Erc7201<StorageMap<Address, StorageU128>, Ns>,
}

#[storage]
#[derive(StorageLayout)]
pub struct Renamed {
    value: StorageU256,
    #[layout(renamed_from = "bal")]
    balances: Erc7201<Balances, Ns>,
}

#[storage]
#[derive(StorageLayout)]
pub struct FormA {
    #[layout(opaque = "form A")]
    bal: Erc7201<Balances, Ns>,
}

#[storage]
#[derive(StorageLayout)]
pub struct FormB {
    #[layout(opaque = "form B")]
    bal: Erc7201<Balances, Ns>,
}

#[storage]
#[derive(StorageLayout)]
pub struct FormAElsewhere {
    #[layout(opaque = "form A")]
    bal: Erc7201<Balances, Other>,
}

/// By an attribute that says what the type says.
#[storage]
#[derive(StorageLayout)]
pub struct Attribute {
    value: StorageU256,
    #[layout(erc7201 = "my.space")]
    bal: Erc7201<Balances, Ns>,
}

#[storage]
#[derive(StorageLayout)]
pub struct Both {
    value: StorageU256,
    other: Erc7201<Balances, Ns>,
    bal: Erc7201<Balances, Ns>,
}

#[storage]
#[derive(StorageLayout)]
#[layout(erc7201 = "my.space")]
pub struct Fees {
    rate: StorageU256,
}

#[storage]
#[derive(StorageLayout)]
#[layout(erc7201 = "my.space")]
pub struct Limits {
    cap: StorageU256,
}

#[storage]
#[derive(StorageLayout)]
pub struct Copied {
    fees: Erc7201<Fees>,
    limits: Erc7201<Limits>,
}

/// Two types that only their author knows, by one name.
#[storage]
#[derive(StorageLayout)]
pub struct Sizes {
    #[layout(opaque = "at A")]
    word: StorageU256,
    #[layout(opaque = "at A")]
    half: StorageU64,
}

#[storage]
#[derive(StorageLayout)]
pub struct Entries {
    all: StorageMap<U256, Erc7201<StorageString, Ns>>,
}

#[storage]
#[derive(StorageLayout)]
#[layout(erc7201 = "tree.a")]
pub struct Tree {
    count: StorageU256,
    kids: StorageMap<U256, Node>,
}

#[storage]
#[derive(StorageLayout)]
pub struct Node {
    v: StorageU256,
    tree: Erc7201<Tree>,
}

#[storage]
#[derive(StorageLayout)]
pub struct Recursive {
    value: StorageU256,
    top: Tree,
}

#[storage]
#[derive(StorageLayout)]
pub struct Wrapped {
    #[layout(erc7201 = "their.ns")]
    at: At<StorageU256>,
}

#[storage]
#[derive(StorageLayout)]
pub struct WrappedOpaque {
    #[layout(erc7201 = "their.ns", opaque = "at A")]
    at: At<StorageU256>,
}

#[storage]
#[derive(StorageLayout)]
pub struct Nowhere {
    #[layout(opaque = "at A")]
    at: At<StorageU256>,
}

fn report<Old: StorageLayout, New: StorageLayout>() -> Report {
    let (old, new) = (layout_of::<Old>(), layout_of::<New>());
    compare(&old, &new).expect("compared")
}

/// The one field of a namespace, and its type.
fn alone(layout: &Layout, namespace: &str) -> (StorageField, stylus_layout::StorageType) {
    let storage = Storage::from(layout);
    let area = storage.area(namespace).expect("the namespace");
    let [field] = area.fields.as_slice() else {
        panic!("{area:?}");
    };
    (field.clone(), storage.ty(field.ty).clone())
}

/// Why a layout is refused.
fn refusal<T: StorageLayout>() -> String {
    let refused = catch_unwind(layout_of::<T>).expect_err("it has a layout");
    *refused.downcast::<String>().expect("an error")
}

#[test]
fn a_map_at_the_root_of_a_namespace_is_compared() {
    let layout = layout_of::<Note>();
    let (field, ty) = alone(&layout, "erc7201:my.space");
    assert_eq!((field.name.as_str(), field.slot), ("bal", Some(U256::ZERO)));
    assert_eq!(ty.label, "mapping(address => uint256)");
    assert_eq!(layout.storage.len(), 1);
    assert!(report::<Note, Note>().findings.is_empty());
    assert!(!report::<Note, Moved>().is_safe());
    assert!(!report::<Note, Retyped>().is_safe());
    assert!(report::<Note, Renamed>().is_safe());
    assert!(report::<Note, Attribute>().findings.is_empty());
}

#[test]
fn the_name_of_what_only_its_author_knows_is_compared_in_a_namespace_as_well() {
    let layout = layout_of::<FormA>();
    let (_, ty) = alone(&layout, "erc7201:my.space");
    assert_eq!((ty.label.as_str(), ty.size()), ("form A", Some(32)));
    assert!(!report::<FormA, FormB>().is_safe());
    assert!(!report::<FormA, FormAElsewhere>().is_safe());
    assert!(!report::<Note, FormA>().is_safe());
    let wrapped = layout_of::<Wrapped>();
    let (_, ty) = alone(&wrapped, "erc7201:their.ns");
    assert_eq!(ty.kind, TypeKind::Uint(256));
    assert!(!report::<Wrapped, WrappedOpaque>().is_safe());
}

#[storage]
#[derive(StorageLayout)]
pub struct Value<T: StorageType> {
    value: Erc7201<T, Ns>,
}

#[storage]
#[derive(StorageLayout)]
#[layout(erc7201 = "my.space")]
pub struct Fields<T: StorageType> {
    value: T,
    more: StorageU256,
}

/// One value at the root of a namespace, and the next version with a struct there whose first field it is:
/// what the bytes mean that the layout lists, and whether the comparison lets it pass.
fn at_root<T: StorageLayout>(set: impl FnOnce(&mut T)) -> (U256, bool) {
    let words = Words::empty();
    let root = U256::from_be_bytes(Ns::ROOT.0);
    // SAFETY: nothing else writes to these words.
    set(&mut unsafe { Value::<T>::new(U256::ZERO, 0, words.vm()) }.value);
    let layout = layout_of::<Value<T>>();
    let (field, ty) = alone(&layout, "erc7201:my.space");
    let bytes = usize::try_from(ty.size().expect("a size")).expect("a number");
    let word = words.load(root);
    let end = 32 - usize::try_from(field.offset).expect("in a word");
    let there = U256::from_be_slice(&word[end - bytes..end]);
    let is_safe = report::<Value<T>, Value<Fields<T>>>().is_safe();
    (there, is_safe)
}

#[test]
fn a_value_at_the_root_of_a_namespace_is_listed_where_its_bytes_are() {
    let address = Address::repeat_byte(0xcc);
    let repeated = |byte: u8, count: usize| U256::from_be_slice(&vec![byte; count]);
    for (found, expected, may_be_a_field) in [
        (at_root::<StorageBool>(|at| at.set(true)), U256::ONE, false),
        (
            at_root::<StorageU8>(|at| at.set(U8::from(77))),
            U256::from(77),
            false,
        ),
        (
            at_root::<StorageU64>(|at| at.set(U64::from(78))),
            U256::from(78),
            false,
        ),
        (
            at_root::<StorageI32>(|at| at.set(I32::ONE)),
            U256::ONE,
            false,
        ),
        (
            at_root::<StorageAddress>(|at| at.set(address)),
            repeated(0xcc, 20),
            false,
        ),
        (
            at_root::<StorageFixedBytes<5>>(|at| at.set(FixedBytes::repeat_byte(0x55))),
            repeated(0x55, 5),
            false,
        ),
        // A whole word has one place only.
        (
            at_root::<StorageU256>(|at| at.set(U256::from(79))),
            U256::from(79),
            true,
        ),
        (
            at_root::<StorageB256>(|at| at.set(FixedBytes::repeat_byte(0x44))),
            repeated(0x44, 32),
            true,
        ),
    ] {
        assert_eq!(found, (expected, may_be_a_field));
    }
}

#[test]
fn a_wrapper_with_less_than_a_word_in_a_namespace_does_not_compile() {
    use stylus_upgradeable::layout::derived::named;
    assert_eq!(named("their.ns", None, 64), "their.ns");
    assert_eq!(named("my.space", Some("my.space"), 20), "my.space");
    catch_unwind(|| named("their.ns", None, 20)).expect_err("at which end?");
}

#[test]
fn a_namespace_within_its_own_struct_is_listed() {
    let layout = layout_of::<Recursive>();
    let tree = &layout.namespaces["erc7201:tree.a"];
    let labels: Vec<&str> = tree.iter().map(|item| item.label.as_str()).collect();
    assert_eq!(labels, ["count", "kids"]);
}

#[test]
fn what_a_layout_cannot_list_is_refused() {
    assert_eq!(
        refusal::<Both>(),
        "the contract's storage holds Both.other and Both.bal, both at the root of the namespace \
         my.space; expected one thing at each root; give one that has no data yet a namespace of its own; \
         what is meant to be shared is one struct, of which it is a field"
    );
    // Alike but for their names: the second would be nowhere, and read what the first one wrote.
    let copied = refusal::<Copied>();
    assert!(
        copied.contains("Copied.fees and Copied.limits, both at the root"),
        "{copied}"
    );
    let sizes = refusal::<Sizes>();
    let expected = "the names \"at A\" and \"at A\" for types of 8 and 32 bytes";
    assert!(sizes.contains(expected), "{sizes}");
    assert!(refusal::<Entries>().contains("the namespace my.space as an entry"));
    assert!(refusal::<Nowhere>().contains("Nowhere.at, which has no room of its own"));
}

#[test]
fn an_attribute_that_names_another_namespace_than_the_type_does_not_compile() {
    use stylus_upgradeable::layout::derived::named;
    assert_eq!(named("my.space", None, 32), "my.space");
    assert_eq!(named("my.space", Some("my.space"), 32), "my.space");
    catch_unwind(|| named("my.space", Some("my.other"), 32)).expect_err("two ids");
}

/// A name that hides what its type is.
type Hidden = stylus_upgradeable::lazy::LazyCell<U256, U256>;

#[test]
fn a_lazy_type_whose_name_does_not_say_so_does_not_compile_whatever_it_is_called() {
    use stylus_upgradeable::layout::derived::{NotLazy as _, Probe, lazily};
    const HIDDEN: bool = Probe::<Hidden>::IS_LAZY;
    const WITHIN: bool = Probe::<Erc7201<Hidden, Ns>>::IS_LAZY;
    const OTHER: bool = Probe::<StorageU256>::IS_LAZY;
    assert_eq!((HIDDEN, WITHIN, OTHER), (true, true, false));
    assert_eq!(lazily("items", false), "items");
    assert_eq!(lazily("lazy items", true), "lazy items");
    catch_unwind(|| lazily("items", true)).expect_err("it does not say so");
}
