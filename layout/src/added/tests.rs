use super::*;
use crate::error::LayoutError;
use alloy_primitives::U256;
use serde_json::{Value, json};
use stylus_upgrades_interface::slots;

/// A layout of `(label, type, slot, offset)`; types beside the plain ones.
fn layout(fields: &[(&str, &str, u64, u64)], more: Value) -> Layout {
    let items: Vec<Value> = fields
        .iter()
        .map(|(label, ty, slot, offset)| {
            json!({"label": label, "type": ty, "slot": slot.to_string(), "offset": offset})
        })
        .collect();
    let mut types = json!({
        "t_uint256": {"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"},
        "t_uint64": {"encoding": "inplace", "label": "uint64", "numberOfBytes": "8"},
        "t_address": {"encoding": "inplace", "label": "address", "numberOfBytes": "20"},
        "t_mapping(t_address,t_uint256)": {
            "encoding": "mapping", "label": "mapping(address => uint256)", "numberOfBytes": "32",
            "key": "t_address", "value": "t_uint256"
        },
    });
    if let (Some(types), Value::Object(more)) = (types.as_object_mut(), more) {
        types.extend(more);
    }
    let text = json!({"storage": items, "types": types}).to_string();
    Layout::from_json(&text).expect("a layout")
}

fn added(old: &Layout, new: &Layout) -> Ranges {
    let (old, new) = (
        Ranges::of(old).expect("ranges"),
        Ranges::of(new).expect("ranges"),
    );
    new.beyond(&old)
}

fn part(slot: u64, offset: u64, bytes: u64) -> WordPart {
    let slot = U256::from(slot).into();
    WordPart {
        slot,
        offset,
        bytes,
    }
}

#[test]
fn an_appended_field_is_new_and_what_was_there_is_not() {
    let old = layout(&[("a", "t_uint256", 0, 0)], Value::Null);
    let new = layout(
        &[("a", "t_uint256", 0, 0), ("c", "t_uint64", 1, 0)],
        Value::Null,
    );
    let ranges = added(&old, &new);
    let [c] = ranges.list() else {
        panic!("{ranges:?}");
    };
    assert_eq!((c.field.as_str(), c.words(9)), ("c", vec![part(1, 0, 8)]));
    assert!(added(&new, &new).list().is_empty());
}

#[test]
fn a_field_packed_beside_another_is_read_by_its_own_bytes() {
    let old = layout(&[("owner", "t_address", 0, 0)], Value::Null);
    let new = layout(
        &[("owner", "t_address", 0, 0), ("n", "t_uint64", 0, 20)],
        Value::Null,
    );
    let ranges = added(&old, &new);
    assert_eq!(ranges.list()[0].words(9), [part(0, 20, 8)]);
    let word = B256::repeat_byte(0xee);
    let number = part(0, 20, 8).of(word);
    assert_eq!(number[..4], [0; 4]);
    assert_eq!(number[4..12], [0xee; 8]);
    assert_eq!(number[12..], [0; 20]);
}

#[test]
fn a_widened_field_is_new_in_its_upper_bytes_only() {
    let old = layout(&[("n", "t_uint64", 0, 0)], Value::Null);
    let new = layout(&[("n", "t_uint256", 0, 0)], Value::Null);
    assert_eq!(added(&old, &new).list()[0].words(9), [part(0, 8, 24)]);
}

#[test]
fn room_that_was_kept_free_counts_as_unused() {
    let gap = json!({"t_array(t_uint256)5_storage": {
        "encoding": "inplace", "label": "uint256[5]", "numberOfBytes": "160", "base": "t_uint256"
    }});
    let old = layout(&[("__gap", "t_array(t_uint256)5_storage", 0, 0)], gap);
    let new = layout(&[("n", "t_uint256", 0, 0)], Value::Null);
    assert_eq!(added(&old, &new).list()[0].words(9), [part(0, 0, 32)]);
    assert!(added(&new, &old).list().is_empty());
}

#[test]
fn entries_of_a_mapping_are_known_by_its_slot() {
    let map = "t_mapping(t_address,t_uint256)";
    let first = layout(
        &[("a", "t_uint256", 0, 0), ("points", map, 1, 0)],
        Value::Null,
    );
    let second = layout(&[("a", "t_uint256", 0, 0)], Value::Null);
    let third = layout(
        &[("a", "t_uint256", 0, 0), ("votes", map, 1, 0)],
        Value::Null,
    );
    let ranges = added(&second, &third);
    let [votes] = ranges.list() else {
        panic!("{ranges:?}");
    };
    assert!(!votes.is_inline() && votes.words(9).is_empty());
    let used = Ranges::of(&first).expect("ranges");
    assert_eq!(used.user_of(votes), Some("points[key]"));
    assert_eq!(Ranges::of(&second).expect("ranges").user_of(votes), None);
}

#[test]
fn members_of_a_struct_in_a_mapping_are_compared_one_by_one() {
    let map = |members: Value| {
        json!({
            "t_struct(S)1_storage": {"encoding": "inplace", "label": "struct S", "numberOfBytes": "32", "members": members},
            "t_mapping(t_address,t_struct(S)1_storage)": {
                "encoding": "mapping", "label": "mapping(address => struct S)", "numberOfBytes": "32",
                "key": "t_address", "value": "t_struct(S)1_storage"
            },
        })
    };
    let member = |label: &str, offset: u64| json!({"label": label, "type": "t_uint64", "slot": "0", "offset": offset});
    let field = [("m", "t_mapping(t_address,t_struct(S)1_storage)", 0, 0)];
    let first = layout(&field, map(json!([member("x", 0), member("y", 8)])));
    let second = layout(&field, map(json!([member("x", 0)])));
    let third = layout(&field, map(json!([member("x", 0), member("z", 8)])));
    let ranges = added(&second, &third);
    assert_eq!(ranges.list().len(), 1);
    assert_eq!(ranges.list()[0].field, "m[key].z");
    let used = Ranges::of(&first).expect("ranges");
    assert_eq!(used.user_of(&ranges.list()[0]), Some("m[key].y"));
}

#[test]
fn hostile_layouts_end() {
    // A struct that holds itself, an array of 2^200 structs.
    let types = json!({
        "t_struct(S)1_storage": {"encoding": "inplace", "label": "struct S", "numberOfBytes": "64", "members": [
            {"label": "s", "type": "t_struct(S)1_storage", "slot": "0", "offset": 0},
            {"label": "t", "type": "t_struct(S)1_storage", "slot": "1", "offset": 0},
        ]},
        "t_array(t_struct(S)1_storage)1606938044258990275541962092341162602522202993782792835301376_storage": {
            "encoding": "inplace", "label": "S[]", "base": "t_struct(S)1_storage",
            "numberOfBytes": "102844034832575377634685573909834406561420991602098741459288064"
        },
    });
    let array = "t_array(t_struct(S)1_storage)1606938044258990275541962092341162602522202993782792835301376_storage";
    let mut bad = layout(
        &[("s", "t_struct(S)1_storage", 0, 0), ("many", array, 2, 0)],
        types,
    );
    let ranges = Ranges::of(&bad).expect("ranges");
    assert!(ranges.is_cut());
    assert!(ranges.list().iter().all(|range| range.words(4).len() <= 4));
    bad.storage[1].slot = U256::MAX.to_string();
    let beyond = Ranges::of(&bad).expect_err("it ends after the last slot");
    assert!(matches!(beyond, LayoutError::Beyond { .. }), "{beyond}");
}

/// Types of arrays, texts, and of what only its author knows.
fn collections() -> Value {
    json!({
        "t_array(t_uint256)dyn_storage": {
            "encoding": "dynamic_array", "label": "uint256[]", "numberOfBytes": "32", "base": "t_uint256"
        },
        "t_string_storage": {"encoding": "bytes", "label": "string", "numberOfBytes": "32"},
        "t_opaque_lazy": {"encoding": "inplace", "label": "lazy mapping(address => A)", "numberOfBytes": "32"},
        "t_opaque_small": {"encoding": "inplace", "label": "color", "numberOfBytes": "1"},
    })
}

#[test]
fn a_text_and_an_array_in_its_location_keep_their_data_at_the_same_slots() {
    let field = |label, ty| layout(&[(label, ty, 1, 0)], collections());
    let (text, array) = (
        field("name", "t_string_storage"),
        field("list", "t_array(t_uint256)dyn_storage"),
    );
    let without = layout(&[], collections());
    for (first, third, left_by) in [
        (&text, &array, "name beyond its word"),
        (&array, &text, "list[]"),
    ] {
        let ranges = added(&without, third);
        let elements = ranges.list().iter().find(|range| !range.is_inline());
        let elements = elements.expect("elements");
        let used = Ranges::of(first).expect("ranges");
        assert_eq!(used.user_of(elements), Some(left_by));
    }
}

#[test]
fn what_only_its_author_knows_may_hold_the_entries_of_whatever_was_in_its_location() {
    let field = |ty, slot| layout(&[("m", ty, slot, 0)], collections());
    let without = layout(&[], collections());
    let map = "t_mapping(t_address,t_uint256)";
    let beyond = |third: &Layout| {
        let ranges = added(&without, third);
        let mut all = ranges.list().iter().filter(|range| !range.is_inline());
        all.next().cloned()
    };
    let user = |first: &Layout, third: &Layout| {
        let used = Ranges::of(first).expect("ranges");
        let beyond = beyond(third).expect("entries");
        used.user_of(&beyond).map(str::to_owned)
    };
    let lazy = field("t_opaque_lazy", 1);
    for (first, third, left_by) in [
        (&lazy, &lazy, "m beyond its words"),
        (&lazy, &field(map, 1), "m beyond its words"),
        (&field(map, 1), &lazy, "m[key]"),
        (&field("t_array(t_uint256)dyn_storage", 1), &lazy, "m[]"),
    ] {
        assert_eq!(user(first, third).as_deref(), Some(left_by));
    }
    // Slot 10 is another one than slot 1, whatever its digits begin with.
    assert_eq!(user(&field(map, 10), &lazy), None);
    assert_eq!(user(&field(map, 2), &lazy), None);
    // Less than a word is a value.
    assert!(beyond(&field("t_opaque_small", 1)).is_none());
    // From a mapping to what keeps it lazily: only another version's entries are no one's.
    assert!(added(&lazy, &lazy).list().is_empty());
}

#[test]
fn a_namespace_is_read_whatever_its_name() {
    let mut new = layout(&[], Value::Null);
    let fields = layout(&[("n", "t_uint64", 0, 8)], Value::Null).storage;
    new.namespaces.insert("erc7201:my/app.main".into(), fields);
    let ranges = added(&layout(&[], Value::Null), &new);
    let [n] = ranges.list() else {
        panic!("{ranges:?}");
    };
    let root = slots::erc7201(b"my/app.main");
    let part = WordPart {
        slot: root,
        offset: 8,
        bytes: 8,
    };
    assert_eq!(n.words(9), [part]);
}

#[test]
fn sixty_four_types_within_each_other_are_followed_and_no_more() {
    let nested = |count: u64| {
        let name = |n: u64| match n {
            0 => "t_uint256".to_owned(),
            n => format!("t_struct(S{n})_storage"),
        };
        let structs = (1..=count).map(|n| {
            let members = json!([{"label": "x", "type": name(n - 1), "slot": "0", "offset": 0}]);
            let one = json!({"encoding": "inplace", "label": format!("struct S{n}"), "numberOfBytes": "32", "members": members});
            (name(n), one)
        });
        let types = Value::Object(structs.collect());
        Ranges::of(&layout(&[("s", &name(count), 0, 0)], types)).expect("ranges")
    };
    let (followed, cut) = (nested(63), nested(64));
    assert!(!followed.is_cut() && cut.is_cut());
    assert_eq!(followed.list()[0].words(9), [part(0, 0, 32)]);
    assert!(cut.list().is_empty());
}

#[test]
fn a_type_within_its_own_entries_is_listed_once_with_all_that_follows() {
    let map = "t_mapping(t_address,t_struct(Node)1_storage)";
    let tree = json!({
        map: {
            "encoding": "mapping", "label": "mapping(address => struct Node)", "numberOfBytes": "32",
            "key": "t_address", "value": "t_struct(Node)1_storage"
        },
        "t_struct(Node)1_storage": {"encoding": "inplace", "label": "struct Node", "numberOfBytes": "160", "members": [
            {"label": "value", "type": "t_uint256", "slot": "0", "offset": 0},
            {"label": "north", "type": map, "slot": "1", "offset": 0},
            {"label": "east", "type": map, "slot": "2", "offset": 0},
            {"label": "south", "type": map, "slot": "3", "offset": 0},
            {"label": "west", "type": map, "slot": "4", "offset": 0},
        ]},
    });
    let tree = layout(&[("nodes", map, 0, 0), ("after", "t_uint256", 1, 0)], tree);
    let ranges = Ranges::of(&tree).expect("ranges");
    assert!(ranges.is_cut());
    let fields: Vec<&str> = ranges
        .list()
        .iter()
        .map(|range| range.field.as_str())
        .collect();
    assert_eq!(fields, ["nodes[key].value", "after"]);
}
