use super::super::change::FieldValues;
use super::super::slots::SlotNames;
use super::Layouts;
use alloy::primitives::{Address, B256, U256, keccak256};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use stylus_chain::SlotChange;
use stylus_layout::Layout;

/// Slots with the words before and after.
type Words = BTreeMap<U256, (B256, B256)>;

/// A layout of these fields: name, slot, offset, type.
fn layout(fields: &[(&str, u64, u64, &str)]) -> Layout {
    let kind = |label: &str, encoding: &str, bytes: u64| json!({"label": label, "encoding": encoding, "numberOfBytes": bytes.to_string()});
    let mut types = json!({
        "bool": kind("bool", "inplace", 1),
        "u64": kind("uint64", "inplace", 8),
        "u256": kind("uint256", "inplace", 32),
        "map": kind("mapping(uint256 => uint256)", "mapping", 32),
        "list": kind("uint256[]", "dynamic_array", 32),
    });
    (types["map"]["key"], types["map"]["value"]) = (json!("u256"), json!("u256"));
    types["list"]["base"] = json!("u256");
    let items = fields.iter().map(|(label, slot, offset, kind)| {
        json!({"label": label, "slot": slot.to_string(), "offset": offset, "type": kind})
    });
    let items: Vec<Value> = items.collect();
    let text = json!({"storage": items, "types": types}).to_string();
    Layout::from_json(&text).expect("a layout")
}

fn names(layout: Option<&Layout>) -> SlotNames {
    let names = SlotNames::framework(&[]).with_keys(vec![B256::with_last_byte(7)]);
    names.with_layout(layout)
}

/// Lines of what changes.
fn lines(before: Option<&Layout>, after: &Layout, words: &Words) -> Vec<String> {
    let (before, after) = (names(before), names(Some(after)));
    let layouts = Layouts {
        before: &before,
        after: &after,
    };
    let word = |slot: U256| words.get(&slot).copied().unwrap_or_default();
    let changed = words.iter().filter(|(_, (before, after))| before != after);
    let mut slots = layouts.find_reread_slots().slots;
    slots.extend(changed.map(|(slot, _)| *slot));
    let changes = slots.into_iter().map(|slot| {
        let (before, after) = word(slot);
        let word_change = SlotChange {
            address: Address::ZERO,
            slot,
            before,
            after,
        };
        let change = layouts.change(&word_change, |slot| Ok(word(slot).0));
        change.expect("nothing is read from a chain")
    });
    let values: Vec<FieldValues> = changes.flat_map(|one| one.values()).collect();
    values.iter().map(FieldValues::words).collect()
}

fn words<const N: usize>(all: [(u64, u64, u64); N]) -> Words {
    let word = |value: u64| U256::from(value).into();
    let all = all.into_iter();
    all.map(|(slot, before, after)| (U256::from(slot), (word(before), word(after))))
        .collect()
}

#[test]
fn fields_that_a_migration_exchanges_keep_their_values() {
    let old = layout(&[("total", 0, 0, "u256"), ("peak", 1, 0, "u256")]);
    let new = layout(&[("peak", 0, 0, "u256"), ("total", 1, 0, "u256")]);
    let all = words([(0, 12, 42), (1, 42, 12)]);
    assert_eq!(
        lines(Some(&old), &new, &all),
        [
            "peak (moved from slot 1): 42 → 42",
            "total (moved from slot 0): 12 → 12"
        ]
    );
    // The way back is the same the other way around.
    let back = lines(Some(&new), &old, &words([(0, 42, 12), (1, 12, 42)]));
    assert_eq!(
        back,
        [
            "total (moved from slot 1): 12 → 12",
            "peak (moved from slot 0): 42 → 42"
        ]
    );
}

#[test]
fn fields_that_move_without_a_migration_change_their_values() {
    let old = layout(&[("total", 0, 0, "u256"), ("peak", 1, 0, "u256")]);
    let new = layout(&[("peak", 0, 0, "u256"), ("total", 1, 0, "u256")]);
    let shown = lines(Some(&old), &new, &words([(0, 12, 12), (1, 42, 42)]));
    let expected = [
        "peak (moved from slot 1): 42 → 12",
        "total (moved from slot 0): 12 → 42",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn a_new_field_on_the_bytes_of_another_is_shown_although_nobody_writes_them() {
    let old = layout(&[("total", 0, 0, "u256")]);
    let new = layout(&[("owner", 0, 0, "u256"), ("total", 1, 0, "u256")]);
    let shown = lines(Some(&old), &new, &words([(0, 777, 777)]));
    let expected = ["owner: (none) → 777", "total (moved from slot 0): 777 → 0"];
    assert_eq!(shown, expected);
    // One that has another name at the same place keeps its value.
    let renamed = layout(&[("sum", 0, 0, "u256")]);
    assert!(lines(Some(&old), &renamed, &words([(0, 777, 777)])).is_empty());
    // One of fewer bytes loses what they do not hold.
    let short = layout(&[("total", 0, 0, "u64")]);
    let large = U256::from(u64::MAX) + U256::from(6);
    let mut all = Words::new();
    all.insert(U256::ZERO, (large.into(), large.into()));
    let shown = lines(Some(&old), &short, &all);
    assert_eq!(shown, ["total: 18446744073709551621 → 5"]);
}

#[test]
fn a_field_that_moved_away_leaves_what_its_old_place_holds() {
    let old = layout(&[
        ("open", 0, 0, "bool"),
        ("count", 0, 8, "u64"),
        ("total", 1, 0, "u256"),
    ]);
    let new = layout(&[
        ("open", 0, 0, "bool"),
        ("total", 2, 0, "u256"),
        ("count", 3, 0, "u64"),
    ]);
    let packed = 1 + (5 << 64_u128);
    let mut all = words([(1, 12, 0), (2, 0, 12), (3, 0, 5)]);
    let word = |value: u128| B256::from(U256::from(value));
    all.insert(U256::ZERO, (word(packed), word(1)));
    let expected = [
        "count (old slot): 5 → 0",
        "total (old slot): 12 → 0",
        "total (moved from slot 1): 12 → 12",
        "count (moved from slot 0, byte 8): 5 → 5",
    ];
    assert_eq!(lines(Some(&old), &new, &all), expected);
}

#[test]
fn fields_that_only_one_layout_has_are_not_read_by_the_other() {
    let old = layout(&[("total", 0, 0, "u256"), ("step", 1, 0, "u256")]);
    let new = layout(&[("total", 0, 0, "u256"), ("open", 1, 0, "bool")]);
    let all = words([(1, 5, 1)]);
    let found = lines(Some(&old), &new, &all);
    assert_eq!(found, ["open: (none) → true", "step: 5 → (none)"]);
    // On bytes that nothing used it begins with what is there, and what is cleared ends so.
    let short = layout(&[("total", 0, 0, "u256")]);
    let all = words([(1, 0, 5)]);
    assert_eq!(lines(Some(&short), &old, &all), ["step: 0 → 5"]);
    let all = words([(1, 5, 0)]);
    assert_eq!(lines(Some(&old), &short, &all), ["step: 5 → 0"]);
    // Another name at the very same place is a rename.
    let renamed = layout(&[("total", 0, 0, "u256"), ("pace", 1, 0, "u256")]);
    let all = words([(1, 5, 6)]);
    let found = lines(Some(&old), &renamed, &all);
    assert_eq!(found, ["pace (was step): 5 → 6"]);
}

#[test]
fn entries_and_elements_are_compared_with_themselves() {
    let old = layout(&[("votes", 0, 0, "map"), ("list", 1, 0, "list")]);
    let new = layout(&[("list", 0, 0, "list"), ("votes", 1, 0, "map")]);
    let entry = |slot: u8| -> U256 {
        let key = B256::with_last_byte(7);
        keccak256([key, B256::with_last_byte(slot)].concat()).into()
    };
    let element = |slot: u8| -> U256 {
        let begin: U256 = keccak256(B256::with_last_byte(slot)).into();
        begin + U256::from(3)
    };
    let word = |value: u8| B256::with_last_byte(value);
    let all = Words::from([
        (entry(0), (word(9), word(9))),
        (entry(1), (word(0), word(9))),
        (element(1), (word(4), word(4))),
        (element(0), (word(0), word(6))),
    ]);
    let mut shown = lines(Some(&old), &new, &all);
    shown.retain(|line| line.contains('['));
    shown.sort();
    let entry = B256::from(entry(0));
    let element = B256::from(element(1));
    let expected = [
        format!("list[3] (moved from slot {element}): 4 → 6"),
        format!("votes[7] (moved from slot {entry}): 9 → 9"),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn without_the_layout_before_no_value_is_read_by_the_new_one() {
    let new = layout(&[("peak", 0, 0, "u256"), ("votes", 1, 0, "map")]);
    let all = words([(0, 12, 42)]);
    assert_eq!(lines(None, &new, &all), ["peak: (not known) → 42"]);
}

/// Writes a word. None if the write is explained; else the dropped field in the slot, if there is one.
fn unexplained(
    old: &Layout,
    new: &Layout,
    slot: u64,
    before: u64,
    after: u64,
) -> Option<Option<String>> {
    let (old, new) = (names(Some(old)), names(Some(new)));
    let layouts = Layouts {
        before: &old,
        after: &new,
    };
    let write = layouts.find_unexplained(&SlotChange {
        address: Address::ZERO,
        slot: U256::from(slot),
        before: U256::from(before).into(),
        after: U256::from(after).into(),
    });
    write.map(|write| write.dropped.map(|field| field.name))
}

#[test]
fn a_write_is_explained_by_the_new_fields_and_by_zero_in_the_old_ones() {
    let old = layout(&[
        ("open", 0, 0, "bool"),
        ("total", 1, 0, "u256"),
        ("peak", 2, 0, "u256"),
    ]);
    let new = layout(&[("open", 0, 0, "bool"), ("peak", 3, 0, "u256")]);
    let found = |slot, before, after| unexplained(&old, &new, slot, before, after);
    assert_eq!(found(0, 0, 1), None);
    assert_eq!(found(0, 0, 0x101), Some(None), "bytes next to a field");
    assert_eq!(found(1, 7, 0), None, "a field that is gone is cleared");
    assert_eq!(found(1, 7, 8), Some(Some("total".into())));
    assert_eq!(found(2, 7, 0), None, "a field that moved is cleared");
    assert_eq!(
        found(2, 7, 8),
        Some(None),
        "the old place of a field that moved"
    );
    assert_eq!(found(3, 0, 7), None);
    assert_eq!(found(9, 0, 7), Some(None), "a slot of no field");
}

#[test]
fn nothing_is_unexplained_without_a_layout() {
    let old = layout(&[("total", 0, 0, "u256")]);
    let (before, after) = (names(Some(&old)), names(None));
    let layouts = Layouts {
        before: &before,
        after: &after,
    };
    let write = SlotChange {
        address: Address::ZERO,
        slot: U256::from(9),
        before: B256::ZERO,
        after: B256::with_last_byte(1),
    };
    assert_eq!(layouts.find_unexplained(&write), None);
}

#[test]
fn gaps_and_bytes_next_to_array_elements_explain_no_write() {
    let types = |fields: Value| {
        let text = json!({"storage": fields, "types": {
            "u256": {"label": "uint256", "encoding": "inplace", "numberOfBytes": "32"},
            "u8": {"label": "uint8", "encoding": "inplace", "numberOfBytes": "1"},
            "gap": {"label": "uint256[4]", "encoding": "inplace", "numberOfBytes": "128", "base": "u256"},
            "few": {"label": "uint8[3]", "encoding": "inplace", "numberOfBytes": "32", "base": "u8"},
            "ring": {"label": "uint256[2000]", "encoding": "inplace", "numberOfBytes": "64000", "base": "u256"},
        }});
        Layout::from_json(&text.to_string()).expect("a layout")
    };
    let item = |label: &str, slot: u64, ty: &str| json!({"label": label, "slot": slot.to_string(), "offset": 0, "type": ty});
    let old = types(json!([
        item("total", 0, "u256"),
        item("peak", 1, "u256"),
        item("few", 4, "few")
    ]));
    let new = types(json!([
        item("__gap", 0, "gap"),
        item("few", 4, "few"),
        item("ring", 5, "ring")
    ]));
    let found = |slot, before, after| unexplained(&old, &new, slot, before, after);
    assert_eq!(
        found(0, 7, 8),
        Some(Some("total".into())),
        "a gap on a dropped field"
    );
    assert_eq!(found(1, 7, 0), None, "a dropped field is cleared");
    assert_eq!(found(3, 0, 8), Some(None), "a gap");
    assert_eq!(found(4, 0, 0x03_02_01), None);
    assert_eq!(
        found(4, 0, 0x01_00_00_00),
        Some(None),
        "bytes next to the elements"
    );
    assert_eq!(
        found(5 + 1_999, 0, 8),
        None,
        "the last element of a long array"
    );
    assert_eq!(found(5 + 2_000, 0, 8), Some(None), "after a long array");
}

#[test]
fn a_field_of_the_same_name_in_another_area_is_another_field() {
    let old = layout(&[("total", 0, 0, "u256")]);
    let mut new = layout(&[("other", 1, 0, "u256")]);
    let area = vec![stylus_layout::Item::new("total", "u256", 0, 0)];
    new.namespaces.insert("erc7201:example.main".into(), area);
    assert_eq!(unexplained(&old, &new, 0, 7, 8), Some(Some("total".into())));
}

#[test]
fn a_new_field_with_the_name_of_a_field_that_stays_is_new() {
    let old = layout(&[("name", 0, 0, "u256"), ("room", 1, 0, "u256")]);
    let new = layout(&[("name", 0, 0, "u256"), ("name", 2, 0, "u256")]);
    assert!(lines(Some(&old), &new, &words([(0, 7, 7), (2, 0, 0)])).is_empty());
    let written = words([(2, 0, 5)]);
    assert_eq!(lines(Some(&old), &new, &written), ["name: 0 → 5"]);
}
