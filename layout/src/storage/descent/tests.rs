//! All visitors of a storage find the same places: the list of fields, the ranges that an upgrade may dirty, the leaves
//! of a migration, and the data of arrays and texts that a comparison keeps apart.

use std::collections::BTreeMap;

use alloy_primitives::U256;
use serde_json::{Value, json};
use stylus_upgrades_interface::slots;

use crate::plan::{Leaf, leaves};
use crate::storage::{FieldPlace, Storage, TypeKind, WalkLimits, elements_begin};
use crate::{Item, Layout, Ranges, compare};

/// A slot, the first byte in it, and the number of bytes.
type BytePlace = (U256, u64, u64);
/// Places by the names of an area and a value.
type Places = BTreeMap<(String, String), BytePlace>;

const NAMESPACE: &str = "erc7201:example.main";

/// A storage of nested structs, packed and unpacked fixed arrays, arrays of structs and of arrays, gaps and a namespace.
fn layout() -> Layout {
    let item = |label: &str, ty: &str, slot: u64, offset: u64| json!({"label": label, "type": ty, "slot": slot.to_string(), "offset": offset});
    let plain = |label: &str, bytes: u64| json!({"encoding": "inplace", "label": label, "numberOfBytes": bytes.to_string()});
    let array = |label: &str, base: &str, words: u64| json!({"encoding": "inplace", "label": label, "base": base, "numberOfBytes": (words * 32).to_string()});
    let members = |label: &str, words: u64, members: Value| json!({"encoding": "inplace", "label": label, "members": members, "numberOfBytes": (words * 32).to_string()});
    let inner = json!([
        item("low", "t_uint128", 0, 0),
        item("high", "t_uint64", 0, 16),
        item("name", "t_string_storage", 1, 0),
    ]);
    let outer = json!([
        item("first", "t_uint64", 0, 0),
        item("inner", "t_struct(Inner)1_storage", 1, 0),
        item("inners", "t_array(t_struct(Inner)1_storage)2_storage", 3, 0),
        item("__gap", "t_array(t_uint256)4_storage", 7, 0),
        item("packed", "t_array(t_uint64)5_storage", 11, 0),
        item("list", "t_array(t_uint64)dyn_storage", 13, 0),
    ]);
    let layout = json!({
        "storage": [
            item("head", "t_uint64", 0, 8),
            item("outer", "t_struct(Outer)2_storage", 1, 0),
            item("__gap", "t_array(t_uint256)4_storage", 15, 0),
            item("thirds", "t_array(t_uint128)3_storage", 19, 0),
            item("owners", "t_array(t_address)3_storage", 21, 0),
            item("many", "t_array(t_struct(Outer)2_storage)2_storage", 24, 0),
            item("texts", "t_array(t_string_storage)3_storage", 52, 0),
        ],
        "namespaces": {
            NAMESPACE: [
                item("main", "t_struct(Outer)2_storage", 0, 0),
                item("grid", "t_array(t_array(t_uint64)5_storage)3_storage", 14, 0),
            ],
        },
        "types": {
            "t_uint64": plain("uint64", 8),
            "t_uint128": plain("uint128", 16),
            "t_uint256": plain("uint256", 32),
            "t_address": plain("address", 20),
            "t_string_storage": {"encoding": "bytes", "label": "string", "numberOfBytes": "32"},
            "t_array(t_uint64)dyn_storage": {"encoding": "dynamic_array", "label": "uint64[]", "base": "t_uint64", "numberOfBytes": "32"},
            "t_array(t_uint256)4_storage": array("uint256[4]", "t_uint256", 4),
            "t_array(t_uint64)5_storage": array("uint64[5]", "t_uint64", 2),
            "t_array(t_uint128)3_storage": array("uint128[3]", "t_uint128", 2),
            "t_array(t_address)3_storage": array("address[3]", "t_address", 3),
            "t_array(t_string_storage)3_storage": array("string[3]", "t_string_storage", 3),
            "t_array(t_array(t_uint64)5_storage)3_storage": array("uint64[5][3]", "t_array(t_uint64)5_storage", 6),
            "t_array(t_struct(Inner)1_storage)2_storage": array("struct Inner[2]", "t_struct(Inner)1_storage", 4),
            "t_array(t_struct(Outer)2_storage)2_storage": array("struct Outer[2]", "t_struct(Outer)2_storage", 28),
            "t_struct(Inner)1_storage": members("struct Inner", 2, inner),
            "t_struct(Outer)2_storage": members("struct Outer", 14, outer),
        },
    });
    Layout::from_json(&layout.to_string()).expect("a layout")
}

fn of_leaves(leaves: &[Leaf<'_>]) -> Places {
    let places = leaves.iter().map(|leaf| {
        let name = (leaf.area.to_owned(), leaf.path.clone());
        (name, (leaf.slot, leaf.offset, leaf.bytes))
    });
    places.collect()
}

fn of_fields<'f>(fields: impl Iterator<Item = &'f FieldPlace>) -> Places {
    let places = fields.map(|field| {
        let place = &field.place;
        let name = (field.area.clone(), field.name.clone());
        (name, (place.slot, place.offset, place.bytes_taken()))
    });
    places.collect()
}

fn of_ranges(ranges: &Ranges) -> Places {
    let inline = ranges.list().iter().filter(|range| range.is_inline());
    let places = inline.map(|range| {
        let words = range.words(usize::MAX);
        let bytes = words.iter().map(|word| word.bytes).sum();
        let name = (range.area.clone(), range.field.clone());
        (name, (words[0].slot.into(), words[0].offset, bytes))
    });
    places.collect()
}

/// Asserts that both have values of one name at one place, and that each value of `parts` lies in one of `wholes` whose
/// name its own begins with.
fn assert_within(parts: &Places, wholes: &Places) {
    for ((area, name), &(slot, offset, bytes)) in parts {
        let mut around = wholes.iter().filter(|((other, whole), _)| {
            let rest = name.strip_prefix(whole.as_str());
            other == area
                && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        let (Some(((_, whole), &(first, first_offset, whole_bytes))), None) =
            (around.next(), around.next())
        else {
            panic!("{area}:{name} is in no or in several of {wholes:?}");
        };
        let begin = u64::try_from(slot - first).expect("a slot") * 32 + offset;
        let is_within = begin >= first_offset && begin + bytes <= first_offset + whole_bytes;
        assert!(is_within, "{area}:{name} is not within {whole}");
        assert!(
            whole != name || (begin, bytes) == (first_offset, whole_bytes),
            "{area}:{name}"
        );
    }
}

#[test]
fn all_visitors_find_the_same_places() {
    let layout = layout();
    let storage = Storage::from(&layout);
    let walk = storage.walk(WalkLimits::default());
    assert!(walk.left_out.is_empty(), "{:?}", walk.left_out);
    let (gaps, used): (Vec<_>, Vec<_>) = walk.fields.iter().partition(|field| field.is_gap);
    let gap_names: Vec<&str> = gaps.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(gap_names, ["outer.__gap", "__gap", "main.__gap"]);

    let ranges = Ranges::of(&layout).expect("ranges");
    assert!(!ranges.is_cut());
    let leaves = leaves(&storage).expect("leaves");
    let (fields, ranges) = (of_fields(used.into_iter()), of_ranges(&ranges));
    let values = of_leaves(&leaves);
    // An `Outer` has 7 fields, 12 ranges and 16 leaves.
    assert_eq!((fields.len(), ranges.len(), values.len()), (20, 57, 89));
    assert_within(&values, &ranges);
    assert_within(&ranges, &fields);
    assert_within(&values, &fields);

    // By the rules of Solidity, counted by hand.
    let main = U256::from_be_bytes(slots::erc7201(b"example.main").0);
    for (area, name, slot, offset, bytes) in [
        ("", "head", U256::ZERO, 8, 8),
        ("", "outer.inner.high", U256::from(2), 16, 8),
        ("", "outer.inners[1].name", U256::from(7), 0, 32),
        ("", "outer.packed[3]", U256::from(12), 24, 8),
        ("", "outer.packed[4]", U256::from(13), 0, 8),
        ("", "thirds[2]", U256::from(20), 0, 16),
        ("", "owners[2]", U256::from(23), 0, 20),
        ("", "many[1].inners[1].high", U256::from(24 + 14 + 5), 16, 8),
        ("", "many[1].packed[4]", U256::from(24 + 14 + 12), 0, 8),
        (NAMESPACE, "main.list", main + U256::from(13), 0, 32),
        (NAMESPACE, "grid[2][1]", main + U256::from(18), 8, 8),
        (NAMESPACE, "grid[2][4]", main + U256::from(19), 0, 8),
    ] {
        let place = values.get(&(area.to_owned(), name.to_owned()));
        assert_eq!(place, Some(&(slot, offset, bytes)), "{name}");
    }

    let mut kept_elsewhere = 0;
    for leaf in leaves {
        let is_data = matches!(leaf.ty.kind(), TypeKind::Vector(_) | TypeKind::String);
        kept_elsewhere += usize::from(is_data);
        let mut probed = layout.clone();
        let mut probe = Item::new("probe", "t_uint256", 0, 0);
        probe.slot = elements_begin(leaf.slot).to_string();
        probed.storage.push(probe);
        let report = compare(&layout, &probed).expect("a report");
        let meets = |note: &str| note.contains("the data of ");
        let is_met = report.findings.iter().any(|change| meets(&change.note));
        assert_eq!(is_met, is_data, "{}: {:?}", leaf.path, report.findings);
    }
    assert_eq!(kept_elsewhere, 19);
}
