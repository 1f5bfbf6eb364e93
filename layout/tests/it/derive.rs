//! The derive against stylus-sdk: both attribute orders, `sol_storage!`, generics, namespaces.

use std::marker::PhantomData;

use crate::layout_of;
use alloy_primitives::{Address, B256, FixedBytes, Signed, U256, Uint, keccak256};
use stylus_layout::{Decision, Item, Layout, Storage, ValuePlace, Verdict, WalkLimits, compare};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{
    StorageAddress, StorageArray, StorageB32, StorageBlockHash, StorageBlockNumber, StorageBool,
    StorageBytes, StorageFixedBytes, StorageGuardMut, StorageI16, StorageI256, StorageMap,
    StorageSigned, StorageString, StorageType, StorageU8, StorageU16, StorageU64, StorageU128,
    StorageU256, StorageUint, StorageVec,
};
use stylus_upgradeable::layout::{Erc7201, Namespace, StorageLayout};

use crate::host::Words;

#[storage]
#[derive(StorageLayout)]
pub struct Inner {
    small: StorageU16,
    flag: StorageBool,
    owner: StorageAddress,
    total: StorageU256,
    last: StorageB32,
}

#[storage]
#[derive(StorageLayout)]
#[layout(erc7201 = "example.main")]
pub struct Main {
    x: StorageU256,
    y: StorageU64,
}

#[storage]
#[derive(StorageLayout)]
pub struct After {
    a: StorageU8,
    b: StorageBool,
    c: StorageAddress,
    d: StorageUint<24, 1>,
    inner: Inner,
    e: StorageI16,
    main: Erc7201<Main>,
    f: StorageSigned<40, 1>,
    map: StorageMap<Address, StorageMap<U256, Inner>>,
    names: StorageMap<String, StorageString>,
    signed: StorageMap<Signed<128, 2>, StorageBool>,
    list: StorageVec<StorageU64>,
    array: StorageArray<StorageU128, 5>,
    structs: StorageArray<Inner, 2>,
    text: StorageString,
    raw: StorageBytes,
    five: StorageFixedBytes<5>,
    number: StorageBlockNumber,
    hash: StorageBlockHash,
    phantom: PhantomData<u8>,
    #[layout(renamed_from = "older", retyped_from = "uint248")]
    r#type: StorageU256,
    wide: StorageI256,
}

#[derive(StorageLayout)]
#[storage]
pub struct Before {
    #[layout(renamed_from = "old")]
    a: StorageU8,
    b: Inner,
}

sol_storage! {
    #[derive(StorageLayout)]
    pub struct Sol {
        uint8 a;
        #[layout(renamed_from = "x")]
        mapping(address => uint256[]) b;
    }
}

#[storage]
#[derive(StorageLayout)]
pub struct Generic<T: StorageType> {
    flag: StorageBool,
    value: T,
}

#[storage]
#[derive(StorageLayout)]
pub struct Node {
    next: StorageMap<U256, Node>,
    value: StorageU8,
}

/// A wrapper of somebody else that takes no room.
pub struct At<T>(T);

impl<T> std::ops::Deref for At<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: StorageType> StorageType for At<T> {
    type Wraps<'a>
        = ()
    where
        Self: 'a;
    type WrapsMut<'a>
        = StorageGuardMut<'a, Self>
    where
        Self: 'a;
    const SLOT_BYTES: usize = 0;
    unsafe fn new(_: U256, _: u8, host: stylus_sdk::host::VM) -> Self {
        // SAFETY: a test.
        Self(unsafe { T::new(U256::from(7), 0, host) })
    }
    fn load<'s>(self)
    where
        Self: 's,
    {
    }
    fn load_mut<'s>(self) -> StorageGuardMut<'s, Self>
    where
        Self: 's,
    {
        StorageGuardMut::new(self)
    }
}

/// A type without a layout.
pub struct Custom(StorageU64);

impl StorageType for Custom {
    type Wraps<'a> = ();
    type WrapsMut<'a> = StorageGuardMut<'a, Self>;
    const SLOT_BYTES: usize = 8;
    unsafe fn new(slot: U256, offset: u8, host: stylus_sdk::host::VM) -> Self {
        // SAFETY: a test.
        Self(unsafe { StorageU64::new(slot, offset, host) })
    }
    fn load<'s>(self)
    where
        Self: 's,
    {
    }
    fn load_mut<'s>(self) -> StorageGuardMut<'s, Self>
    where
        Self: 's,
    {
        StorageGuardMut::new(self)
    }
}

#[storage]
#[derive(StorageLayout)]
pub struct Foreign {
    a: StorageU8,
    #[layout(erc7201 = "their.ns")]
    at: At<Inner>,
    #[layout(opaque = "custom-v1")]
    custom: Custom,
    b: StorageU8,
}

/// The name, slot, offset and type of each field of an area.
fn locations(layout: &Layout) -> Vec<(String, U256, u64, String)> {
    let storage = Storage::from(layout);
    let fields = storage.areas()[0].fields.iter();
    let fields = fields.map(|field| {
        let slot = field.slot.expect("a slot");
        let label = storage.ty(field.ty).label.clone();
        (field.name.clone(), slot, field.offset, label)
    });
    fields.collect()
}

fn find<'l>(items: &'l [Item], label: &str) -> &'l Item {
    items.iter().find(|item| item.label == label).unwrap()
}

/// The place of a field, members after a dot.
fn place(storage: &Storage, name: &str) -> ValuePlace {
    let walk = storage.walk(WalkLimits::default());
    let mut fields = walk.fields.iter();
    let field = fields.find(|field| field.name == name);
    field.unwrap_or_else(|| panic!("no field {name}")).place
}

#[test]
fn a_field_lives_where_the_sdk_writes_it() {
    let layout = layout_of::<After>();
    let words = Words::empty();
    // SAFETY: nothing else writes to these words.
    let mut storage = unsafe { After::new(U256::ZERO, 0, words.vm()) };
    let mut expected: Vec<(&str, U256)> = vec![];
    storage.a.set(U8::from(0xa1u8));
    expected.push(("a", U256::from(0xa1)));
    storage.b.set(true);
    expected.push(("b", U256::from(1)));
    storage.c.set(Address::repeat_byte(0xcc));
    expected.push(("c", U256::from_be_slice(&[0xcc; 20])));
    storage.d.set(Uint::<24, 1>::from(0xd1d2d3u32));
    expected.push(("d", U256::from(0xd1d2d3)));
    storage.e.set(Signed::<16, 1>::try_from(0x1234).unwrap());
    expected.push(("e", U256::from(0x1234)));
    storage
        .f
        .set(Signed::<40, 1>::try_from(0x12345678).unwrap());
    expected.push(("f", U256::from(0x12345678)));
    storage.five.set(FixedBytes::<5>::repeat_byte(0x55));
    expected.push(("five", U256::from_be_slice(&[0x55; 5])));
    storage.number.set(77);
    expected.push(("number", U256::from(77)));
    storage.hash.set(B256::repeat_byte(0x44));
    expected.push(("hash", U256::from_be_bytes([0x44; 32])));
    storage.r#type.set(U256::from(99));
    expected.push(("type", U256::from(99)));
    storage.list.push(Uint::<64, 1>::from(5u64));
    expected.push(("list", U256::from(1)));
    storage.text.set_str("abc");
    expected.push((
        "text",
        U256::from_be_slice(b"abc") << (29 * 8) | U256::from(6),
    ));
    storage.inner.total.set(U256::from(1234));
    storage.inner.owner.set(Address::repeat_byte(1));
    storage
        .structs
        .setter(1)
        .unwrap()
        .total
        .set(U256::from(4321));
    storage
        .array
        .setter(4)
        .unwrap()
        .set(Uint::<128, 2>::from(44u8));
    storage.main.y.set(Uint::<64, 1>::from(3u8));
    storage
        .map
        .setter(Address::repeat_byte(9))
        .setter(U256::from(4))
        .total
        .set(U256::from(8));
    let storage = Storage::from(&layout);
    for (label, value) in expected {
        assert_eq!(read(&words, &place(&storage, label)), value, "{label}");
    }
    let total = place(&storage, "inner.total");
    assert_eq!(read(&words, &total), U256::from(1234));
    let owner = place(&storage, "inner.owner");
    assert_eq!(read(&words, &owner), U256::from_be_slice(&[1; 20]));
    let fields = &storage.areas()[0].fields;
    let inner = fields.iter().find(|field| field.name == "inner").unwrap();
    let total_at = |slot: U256| {
        let members = storage.walk_value(inner.ty, slot, 0, "inner".into());
        let total = members.iter().find(|field| field.name == "inner.total");
        read(&words, &total.expect("a member").place)
    };
    let slots = storage.ty(inner.ty).size().unwrap() / 32;
    let structs = slot_of(&storage, "structs");
    assert_eq!(total_at(structs + U256::from(slots)), U256::from(4321));
    let array = slot_of(&storage, "array");
    assert_eq!(word(&words, array + U256::from(2)), U256::from(44));
    let y = place(&storage, "y");
    let root = storage.area("erc7201:example.main").unwrap().root;
    assert_eq!(root, Some(U256::from_be_bytes(Main::ROOT.0)));
    assert_eq!(read(&words, &y), U256::from(3));
    let map = slot_of(&storage, "map");
    let outer = keccak256([B256::left_padding_from(&[9; 20]).0, map.to_be_bytes()].concat());
    let entry = keccak256([U256::from(4).to_be_bytes(), outer.0].concat());
    assert_eq!(total_at(U256::from_be_bytes(entry.0)), U256::from(8));
}

type U8 = Uint<8, 1>;

/// The first slot of a field.
fn slot_of(storage: &Storage, name: &str) -> U256 {
    let mut fields = storage.areas()[0].fields.iter();
    let field = fields.find(|field| field.name == name).unwrap();
    field.slot.unwrap()
}

fn word(words: &Words, slot: U256) -> U256 {
    U256::from_be_bytes(words.load(slot).0)
}

fn read(words: &Words, place: &ValuePlace) -> U256 {
    U256::from_be_slice(place.bytes_of(&words.load(place.slot)))
}

#[test]
fn every_declaration_of_a_struct_gives_its_layout() {
    let before = layout_of::<Before>();
    assert_eq!(before.storage[0].renamed_from.as_deref(), Some("old"));
    assert_eq!(before.storage.len(), 2);
    let sol = layout_of::<Sol>();
    assert_eq!(sol.storage[1].renamed_from.as_deref(), Some("x"));
    assert_eq!(locations(&sol)[1].3, "mapping(address => uint256[])");
    let generic = layout_of::<Generic<StorageU64>>();
    assert_eq!(
        locations(&generic)[1],
        ("value".into(), U256::ZERO, 1, "uint64".into())
    );
    let after = layout_of::<After>();
    let declared = find(&after.storage, "type");
    assert_eq!(
        (
            declared.renamed_from.as_deref(),
            declared.retyped_from.as_deref()
        ),
        (Some("older"), Some("uint248"))
    );
    assert!(
        after
            .storage
            .iter()
            .all(|item| item.label != "main" && item.label != "phantom")
    );
}

#[test]
fn a_recursive_struct_ends() {
    let layout = layout_of::<Node>();
    assert_eq!(layout.storage.len(), 2);
    assert!(compare(&layout, &layout).unwrap().findings.is_empty());
}

#[test]
fn foreign_types_keep_their_location_and_their_name() {
    let layout = layout_of::<Foreign>();
    assert_eq!(
        locations(&layout),
        [
            ("a".into(), U256::ZERO, 0, "uint8".into()),
            ("custom".into(), U256::ZERO, 1, "custom-v1".into()),
            ("b".into(), U256::ZERO, 9, "uint8".into()),
        ]
    );
    assert_eq!(layout.namespaces["erc7201:their.ns"].len(), 5);
    let same = compare(&layout, &layout).unwrap();
    assert!(same.is_safe());
    let other = Layout::from_json(&layout.to_json().replace("custom-v1", "custom-v2")).unwrap();
    let report = compare(&layout, &other).unwrap();
    assert_eq!(
        (report.findings[0].verdict, report.decision),
        (Verdict::Unknown, Decision::Undecided)
    );
}

#[test]
fn json_comes_back_as_it_was_and_the_hash_ignores_what_a_build_changes() {
    let layout = layout_of::<After>();
    assert_eq!(Layout::from_json(&layout.to_json()).unwrap(), layout);
    let mut other = layout.clone();
    other.storage[0].ast_id = 12345;
    other.storage[0].src = None;
    assert_eq!(other.hash(), layout.hash());
    let renumbered = layout
        .to_json()
        .replace("t_struct(Inner)", "t_struct(Inner)77");
    let renumbered = Layout::from_json(&renumbered).unwrap();
    assert_ne!(renumbered, layout);
    assert_eq!(renumbered.hash(), layout.hash());
    other.storage[0].label.push('x');
    assert_ne!(other.hash(), layout.hash());
}

#[storage]
#[derive(StorageLayout)]
#[layout(erc7201 = "stylus-upgrades.vector.96")]
pub struct ZeroNibble {
    x: StorageU256,
}

#[storage]
#[derive(StorageLayout)]
#[layout(erc7201 = "stylus-upgrades.vector.388")]
pub struct ZeroByte {
    x: StorageU256,
}

#[storage]
#[derive(StorageLayout)]
pub struct Short {
    nibble: Erc7201<ZeroNibble>,
    byte: Erc7201<ZeroByte>,
}

#[test]
fn namespaces_whose_hashes_begin_with_zeros_lie_where_their_formula_says() {
    let words = Words::empty();
    // SAFETY: nothing else writes to these words.
    let mut short = unsafe { Short::new(U256::ZERO, 0, words.vm()) };
    short.nibble.x.set(U256::from(1));
    short.byte.x.set(U256::from(2));
    for (root, derived, value) in [
        (
            "c1a98c79e04201aaa2a68a03bdf1e481836089fa50c6f9949d79af1c5a05c700",
            ZeroNibble::ROOT,
            1,
        ),
        (
            "eb4c697cb8d523de69838a1adbfb20003cb6f44fe75bc4cb658c28ec3d4b5800",
            ZeroByte::ROOT,
            2,
        ),
    ] {
        let root: B256 = root.parse().expect("a word");
        assert_eq!(derived, root);
        assert_eq!(word(&words, root.into()), U256::from(value));
    }
}
