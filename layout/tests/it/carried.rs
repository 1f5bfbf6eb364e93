//! What a generated migration takes from where: types that only their authors know, renames older than
//! both versions, and namespaces beside fields of the same name.

use crate::layout_of;
use crate::values::{Memory, Storage, apply};
use alloy_primitives::{B256, U256};
use stylus_layout::{Item, Layout, Overrides, Source, TypeItem, Unsupported, plan};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageMap, StorageU64, StorageU256};
use stylus_upgradeable::layout::StorageLayout;
use stylus_upgradeable::lazy::LazyMap;

/// The form that the lazy maps below write.
pub struct Amount;
/// And another one.
pub struct Balance;

type Plain = StorageMap<U256, StorageU256>;

#[storage]
#[derive(StorageLayout)]
pub struct Second {
    total: StorageU256,
    #[layout(opaque = "lazy mapping(uint256 => Amount)")]
    accounts: LazyMap<U256, U256, Amount>,
}

#[storage]
#[derive(StorageLayout)]
pub struct Before {
    fee: StorageU256,
    total: StorageU256,
    #[layout(opaque = "lazy mapping(uint256 => Amount)")]
    accounts: LazyMap<U256, U256, Amount>,
}

#[storage]
#[derive(StorageLayout)]
pub struct Taken {
    total: StorageU256,
    others: Plain,
    #[layout(opaque = "lazy mapping(uint256 => Amount)")]
    accounts: LazyMap<U256, U256, Amount>,
}

#[storage]
#[derive(StorageLayout)]
pub struct Renamed {
    #[layout(renamed_from = "total")]
    sum: StorageU256,
    #[layout(opaque = "lazy mapping(uint256 => Amount)")]
    accounts: LazyMap<U256, U256, Amount>,
    fee: StorageU256,
}

#[storage]
#[derive(StorageLayout)]
pub struct Shown {
    total: StorageU256,
    others: Plain,
}

#[storage]
#[derive(StorageLayout)]
pub struct Other {
    total: StorageU256,
    #[layout(opaque = "lazy Balance")]
    others: LazyMap<U256, U256, Balance>,
}

#[storage]
#[derive(StorageLayout)]
pub struct Kept {
    sum: StorageU256,
    #[layout(
        opaque = "lazy mapping(uint256 => Amount)",
        retyped_from = "mapping(uint256 => uint256)"
    )]
    others: LazyMap<U256, U256, Amount>,
    total: StorageU256,
}

/// Values of a type without a layout.
#[storage]
#[derive(StorageLayout)]
pub struct Halves {
    #[layout(opaque = "half")]
    first: StorageU64,
    #[layout(opaque = "half")]
    second: StorageU64,
}

#[storage]
#[derive(StorageLayout)]
pub struct Moved {
    pad: StorageU64,
    #[layout(opaque = "half")]
    second: StorageU64,
}

#[storage]
#[derive(StorageLayout)]
pub struct Swapped {
    #[layout(opaque = "half")]
    second: StorageU64,
    #[layout(opaque = "half")]
    first: StorageU64,
}

#[storage]
#[derive(StorageLayout)]
pub struct Word {
    total: StorageU256,
    word: StorageU256,
}

fn planned<Old: StorageLayout, New: StorageLayout>(
    said: &Overrides,
) -> Result<stylus_layout::Plan, Unsupported> {
    plan(&layout_of::<Old>(), &layout_of::<New>(), said)
}

#[test]
fn a_type_that_only_its_author_knows_is_not_moved() {
    let none = Overrides::none();
    planned::<Second, Renamed>(&none).expect("it stays in its slot");
    let moved = planned::<Second, Before>(&none).expect_err("its entries would be lost");
    assert!(
        matches!(&moved, Unsupported::Unknown { field, .. } if field == "accounts"),
        "{moved}"
    );
    let code = none.with("accounts", Source::Code("old_accounts".into()));
    planned::<Second, Before>(&code).expect("the author says how");
    planned::<Second, Second>(&code).expect("where it is, as well");
    // The code moves a word, and not what another map would find there.
    shows_through(planned::<Second, Taken>(&code));
}

/// Asserts that what another map left would be found in `others`.
#[track_caller]
fn shows_through(found: Result<stylus_layout::Plan, Unsupported>) {
    let error = found.expect_err("its entries are there");
    let is_it = matches!(&error, Unsupported::ShowsThrough { field, .. } if field == "others");
    assert!(is_it, "{error}");
}

#[test]
fn a_mapping_that_is_kept_lazily_from_now_on_stays_where_it_is() {
    let none = Overrides::none();
    let plan = planned::<Shown, Kept>(&none).expect("its entries stay");
    let touched = plan.writes.iter().any(|write| write.slot == U256::ONE);
    assert!(!touched, "{plan:?}");
}

#[test]
fn a_value_of_less_than_a_word_is_moved_whatever_knows_it() {
    let none = Overrides::none();
    let plan = planned::<Halves, Moved>(&none.clone().drop("first")).expect("a plan");
    let halves =
        |second: u64, first: u64| B256::from((U256::from(second) << 64) | U256::from(first));
    for (plan, after) in [
        (plan, halves(8, 0)),
        (
            planned::<Halves, Swapped>(&none).expect("a plan"),
            halves(7, 8),
        ),
    ] {
        let mut memory = Memory::default();
        memory.store(U256::ZERO, halves(8, 7));
        apply(&plan, &mut memory);
        assert_eq!(memory.load(U256::ZERO), after);
    }
}

#[test]
fn what_a_dropped_lazy_field_left_does_not_show_through() {
    let dropped = Overrides::none().drop("accounts");
    shows_through(planned::<Second, Shown>(&dropped));
    shows_through(planned::<Second, Other>(&dropped));
    let emptied = Overrides::none().with("others", Source::Empty);
    shows_through(planned::<Shown, Other>(&emptied));
    planned::<Second, Word>(&dropped).expect("a number hashes no slot");
}

/// A layout of numbers, one to a slot: the name, and the one that it is declared to have had.
fn numbers(fields: &[(&str, Option<&str>)]) -> Vec<Item> {
    let fields = fields.iter().enumerate();
    fields
        .map(|(slot, (label, before))| {
            let mut item = Item::new(*label, "t_uint256", slot, 0);
            item.renamed_from = before.map(str::to_owned);
            item
        })
        .collect()
}

fn layout(storage: Vec<Item>) -> Layout {
    let number = TypeItem::new("inplace", "uint256", 32);
    Layout {
        storage,
        types: [("t_uint256".to_owned(), number)].into(),
        ..Layout::default()
    }
}

/// What is in the slots from `first` on after the plan was carried out over 1, 2, 3, ...
fn after(old: &Layout, new: &Layout, said: &Overrides, first: U256, count: u64) -> Vec<u64> {
    let mut memory = Memory::default();
    for at in 0..8_u64 {
        memory.store(U256::from(at), B256::from(U256::from(at + 1)));
    }
    let plan = plan(old, new, said).expect("a plan");
    apply(&plan, &mut memory);
    (0..count)
        .map(|at| U256::from_be_bytes(memory.load(first + U256::from(at)).0).to())
        .collect()
}

#[test]
fn a_rename_that_is_older_than_both_versions_takes_nothing_from_the_other_field() {
    let none = Overrides::none();
    let first = layout(numbers(&[("a", None), ("b", None)]));
    let swapped = [("a", Some("b")), ("b", Some("a"))];
    let second = layout(numbers(&swapped));
    let third = layout(numbers(&[("new", None), swapped[0], swapped[1]]));
    let zero = U256::ZERO;
    assert_eq!(after(&first, &second, &none, zero, 2), [2, 1]);
    assert_eq!(after(&second, &second, &none, zero, 2), [1, 2]);
    assert_eq!(after(&second, &third, &none, zero, 3), [0, 1, 2]);
    // Without a circle: `y` was `x` before, and another `x` is there since.
    let fourth = layout(numbers(&[("y", Some("x")), ("x", None)]));
    let fifth = layout(numbers(&[("new", None), ("y", Some("x")), ("x", None)]));
    assert_eq!(after(&fourth, &fifth, &none, zero, 3), [0, 1, 2]);
    let found = after(
        &first,
        &layout(numbers(&[("c", Some("a")), ("b", None)])),
        &none,
        zero,
        2,
    );
    assert_eq!(found, [1, 2]);
}

#[test]
fn a_rename_within_a_renamed_struct_is_followed_by_each_of_its_names() {
    let with = |outer: (&str, Option<&str>), members: &[(&str, Option<&str>)], slot: u64| {
        let mut layout = layout(vec![]);
        let id = "t_struct(Config)1_storage";
        let mut config = TypeItem::new("inplace", "struct Config", 32 * members.len());
        config.members = Some(stylus_layout::Members::Struct(numbers(members)));
        layout.types.insert(id.into(), config);
        let mut item = Item::new(outer.0, id, slot, 0);
        item.renamed_from = outer.1.map(str::to_owned);
        layout.storage.push(item);
        layout
    };
    let swapped = [("x", Some("y")), ("y", Some("x"))];
    let (plain, none) = ([("x", None), ("y", None)], Overrides::none());
    let first = with(("config", None), &plain, 0);
    let second = with(("config", None), &swapped, 0);
    let third = with(("limits", Some("config")), &swapped, 2);
    let two = U256::from(2);
    assert_eq!(after(&second, &third, &none, two, 2), [1, 2], "kept");
    assert_eq!(after(&first, &third, &none, two, 2), [2, 1], "both at once");
}

#[test]
fn a_namespace_beside_a_field_of_the_same_name_starts_empty() {
    let area = "erc7201:example.main";
    let root = U256::from_be_bytes(stylus_upgrades_interface::slots::erc7201(b"example.main").0);
    let old = layout(numbers(&[("paused", None), ("total", None)]));
    let with = |storage: &[(&str, Option<&str>)]| {
        let mut new = layout(numbers(storage));
        new.namespaces
            .insert(area.into(), numbers(&[("paused", None)]));
        new
    };
    let none = Overrides::none();
    let beside = with(&[("total", None), ("paused", None)]);
    assert_eq!(after(&old, &beside, &none, root, 1), [0]);
    assert_eq!(after(&old, &beside, &none, U256::ZERO, 2), [2, 1]);
    let renamed = with(&[("total", None), ("stopped", Some("paused"))]);
    assert_eq!(after(&old, &renamed, &none, root, 1), [0]);
    // Also where a rename is declared: that is of a field which is gone.
    let mut declared = layout(numbers(&[("total", None), ("paused", None)]));
    let sum = numbers(&[("sum", Some("total"))]);
    declared.namespaces.insert(area.into(), sum);
    assert_eq!(after(&old, &declared, &none, root, 1), [0]);
    let said = none.clone().with("sum", Source::Field("total".into()));
    assert_eq!(after(&old, &declared, &said, root, 1), [2]);
    declared.storage.remove(0);
    assert_eq!(after(&old, &declared, &none, root, 1), [2]);
    // Several that stay are no choice either.
    let mut several = with(&[("paused", None), ("total", None)]);
    let second = several.namespaces.clone();
    several
        .namespaces
        .insert("erc7201:other".into(), numbers(&[("paused", None)]));
    let mut before = layout(numbers(&[("paused", None), ("total", None)]));
    before.namespaces = second;
    let other = U256::from_be_bytes(stylus_upgrades_interface::slots::erc7201(b"other").0);
    assert_eq!(after(&before, &several, &none, other, 1), [0]);
    // A type that both have, with a member that is renamed: all of the new one starts empty.
    let fees = |limit| numbers(&[limit, ("rate", None)]);
    let (mut one, mut two) = (layout(vec![]), layout(vec![]));
    one.namespaces.insert(area.into(), fees(("max", None)));
    for id in [area, "erc7201:other"] {
        let renamed = fees(("limit", Some("max")));
        two.namespaces.insert(id.into(), renamed);
    }
    assert!(plan(&one, &two, &none).expect("a plan").is_empty());
    // Nor from a third one that has a field of the old name, nor where the annotation came later.
    for version in [&mut one, &mut two] {
        let third = numbers(&[("max", None)]);
        version.namespaces.insert("erc7201:third".into(), third);
    }
    assert!(plan(&one, &two, &none).expect("a plan").is_empty());
    let later = fees(("limit", None));
    one.namespaces.insert(area.into(), later);
    assert!(plan(&one, &two, &none).expect("a plan").is_empty());
    // What is gone there has moved here, and what is said is done.
    let moved = with(&[("total", None)]);
    assert_eq!(after(&old, &moved, &none, root, 1), [1]);
    let said = none.with("paused", Source::Field("paused".into()));
    assert_eq!(after(&old, &moved, &said, root, 1), [1]);
}
