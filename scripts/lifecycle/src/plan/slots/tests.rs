use super::super::change::{Change, FieldValues};
use super::super::layouts::Layouts;
use super::{KEYS, NUMBERS, SlotNames, with_numbers};
use alloy::primitives::{Address, B256, U256, b256, keccak256};
use stylus_chain::{HashPreimages, SlotChange};
use stylus_layout::Layout;
use stylus_upgrades_interface::slots;

#[test]
fn the_slots_of_the_framework_have_names() {
    let names = SlotNames::framework(&["2.0".into()]);
    assert_eq!(
        names.get(slots::IMPLEMENTATION).as_deref(),
        Some("implementation (ERC-1967)")
    );
    assert_eq!(
        names.get(slots::migrated("2.0")).as_deref(),
        Some("migrated[\"2.0\"]")
    );
    assert_eq!(names.get(B256::ZERO), None);
}

#[test]
fn variables_members_and_packed_neighbors_are_named_by_the_layout() {
    let item = |label: &str, slot: &str, offset: u64, ty: &str| serde_json::json!({"label": label, "slot": slot, "offset": offset, "type": ty});
    let layout = serde_json::json!({
        "storage": [item("value", "0", 0, "u256"), item("a", "1", 0, "u128"), item("b", "1", 16, "u128"), item("point", "2", 0, "point")],
        "types": {
            "u256": {"label": "uint256", "numberOfBytes": "32"},
            "u128": {"label": "uint128", "numberOfBytes": "16"},
            "point": {"label": "Point", "numberOfBytes": "64", "members": [item("x", "0", 0, "u256"), item("y", "1", 0, "u256")]},
        },
        "namespaces": {
            "erc7201:example": [item("hidden", "0", 0, "u256")],
            "erc7201:stylus-upgrades.vector.388": [item("zeros", "0", 0, "u256")],
        },
    });
    let layout = Layout::from_json(&layout.to_string()).expect("a layout");
    let names = SlotNames::default().with_layout(Some(&layout));
    let zeros = b256!("eb4c697cb8d523de69838a1adbfb20003cb6f44fe75bc4cb658c28ec3d4b5800");
    assert_eq!(names.get(zeros).as_deref(), Some("zeros"));
    let at = |slot: u8| names.get(B256::with_last_byte(slot));
    assert_eq!(at(0).as_deref(), Some("value"));
    assert_eq!(at(1).as_deref(), Some("a, b"));
    assert_eq!(at(3).as_deref(), Some("point.y"));
    assert_eq!(
        names.get(slots::erc7201(b"example")).as_deref(),
        Some("hidden")
    );
}

#[test]
fn entries_are_named_where_a_known_key_hashes_to_their_slot() {
    let item = |label: &str, slot: &str, ty: &str| serde_json::json!({"label": label, "slot": slot, "offset": 0, "type": ty});
    let map = |key: &str, value: &str| serde_json::json!({"label": "mapping", "encoding": "mapping", "numberOfBytes": "32", "key": key, "value": value});
    let layout = serde_json::json!({
        "storage": [item("points", "0", "map"), item("allowances", "1", "outer"), item("members", "2", "list")],
        "types": {
            "u256": {"label": "uint256", "encoding": "inplace", "numberOfBytes": "32"},
            "address": {"label": "address", "encoding": "inplace", "numberOfBytes": "20"},
            "map": map("address", "u256"),
            "outer": map("address", "map"),
            "list": {"label": "address[]", "encoding": "dynamic_array", "numberOfBytes": "32", "base": "address"},
        },
    });
    let layout = Layout::from_json(&layout.to_string()).expect("a layout");
    let (ana, ben) = (Address::repeat_byte(0xa), Address::repeat_byte(0xb));
    let keys = vec![ana.into_word(), ben.into_word(), B256::with_last_byte(3)];
    let names = SlotNames::default()
        .with_keys(keys)
        .with_layout(Some(&layout));
    let entry = |key: Address, root: B256| keccak256([key.into_word(), root].concat());
    let own = entry(ana, B256::ZERO);
    assert_eq!(names.get(own), Some(format!("points[{ana}]")));
    let nested = entry(ben, entry(ana, B256::with_last_byte(1)));
    assert_eq!(names.get(nested), Some(format!("allowances[{ana}][{ben}]")));
    let found = names.get(entry(Address::repeat_byte(0xc), B256::ZERO));
    assert_eq!(found, None);
    let list: U256 = keccak256(B256::with_last_byte(2)).into();
    let at = |index: u64| names.get((list + U256::from(index)).into());
    assert_eq!(at(5).as_deref(), Some("members[5]"));
    assert_eq!(
        names.get(B256::with_last_byte(2)).as_deref(),
        Some("members")
    );
}

/// A word that changes, where the layout stays.
fn change(names: &SlotNames, slot: U256, before: B256, after: B256) -> Change {
    let word = SlotChange {
        address: Address::ZERO,
        slot,
        before,
        after,
    };
    let change = Layouts::same(names).change(&word, |_| panic!("no other word is read"));
    change.expect("nothing is read")
}

/// The lines of a word that changes, of a layout in which each field has a type of the given bytes.
fn lines(fields: &[(&str, u64, &str)], before: B256, after: B256) -> Vec<String> {
    let types = [
        ("bool", 1),
        ("uint8", 1),
        ("int64", 8),
        ("uint128", 16),
        ("address", 20),
        ("uint256", 32),
    ];
    let types: serde_json::Map<_, _> = types
        .iter()
        .map(|(label, bytes)| {
            let kind = serde_json::json!({"label": label, "encoding": "inplace", "numberOfBytes": bytes.to_string()});
            ((*label).to_owned(), kind)
        })
        .collect();
    let items = fields.iter().map(
        |(label, offset, kind)| serde_json::json!({"label": label, "slot": "0", "offset": offset, "type": kind}),
    );
    let layout = serde_json::json!({"storage": items.collect::<Vec<_>>(), "types": types});
    let layout = Layout::from_json(&layout.to_string()).expect("a layout");
    let names = SlotNames::default().with_layout(Some(&layout));
    let change = change(&names, U256::ZERO, before, after);
    change.values().iter().map(FieldValues::words).collect()
}

fn word(parts: &[(u64, u64)]) -> B256 {
    let sum = parts.iter().fold(U256::ZERO, |sum, (offset, value)| {
        sum | (U256::from(*value) << (8 * offset))
    });
    sum.into()
}

#[test]
fn a_packed_word_changes_by_field_in_the_words_of_their_types() {
    let packed = [
        ("total", 0, "uint128"),
        ("quorum", 16, "int64"),
        ("open", 24, "bool"),
    ];
    let before = word(&[(0, 3), (16, 9)]);
    let after = word(&[(0, 4), (16, u64::MAX), (24, 1)]);
    assert_eq!(
        lines(&packed, before, after),
        ["total: 3 → 4", "quorum: 9 → -1", "open: false → true"]
    );
    let found = lines(&packed, before, word(&[(0, 4), (16, 9)]));
    assert_eq!(found, ["total: 3 → 4"]);
    let account = Address::repeat_byte(0xab);
    let owner = lines(&[("owner", 0, "address")], B256::ZERO, account.into_word());
    assert_eq!(owner, [format!("owner: {} → {account}", Address::ZERO)]);
    // Large numbers are numbers.
    let large = lines(&[("cap", 0, "uint256")], B256::ZERO, word(&[(8, 1)]));
    assert_eq!(large, ["cap: 0 → 18446744073709551616"]);
}

#[test]
fn bytes_that_belong_to_no_field_are_not_left_out() {
    let after = word(&[(0, 4), (20, 1)]);
    let whole = lines(&[("total", 0, "uint128")], word(&[(0, 3)]), after);
    assert_eq!(whole.len(), 1);
    assert!(whole[0].starts_with("total: 3 → 0x"), "{whole:?}");
    let unknown = lines(
        &[("total", 0, "uint128"), ("what", 16, "T")],
        B256::ZERO,
        after,
    );
    assert!(unknown[0].starts_with("total, what: 0 → 0x"), "{unknown:?}");
}

#[test]
fn elements_that_share_a_slot_change_each_by_itself() {
    let layout = serde_json::json!({
        "storage": [{"label": "votes", "slot": "0", "offset": 0, "type": "list"}],
        "types": {
            "u128": {"label": "uint128", "encoding": "inplace", "numberOfBytes": "16"},
            "list": {"label": "uint128[]", "encoding": "dynamic_array", "numberOfBytes": "32", "base": "u128"},
        },
    });
    let layout = Layout::from_json(&layout.to_string()).expect("a layout");
    let names = SlotNames::default().with_layout(Some(&layout));
    let second: U256 = keccak256(B256::ZERO).into();
    let change_at = |slot, before, after| change(&names, slot, before, after);
    let change = change_at(
        second + U256::ONE,
        word(&[(0, 1)]),
        word(&[(0, 1), (16, 5)]),
    );
    let values: Vec<String> = change.values().iter().map(FieldValues::words).collect();
    assert_eq!(values, ["votes[3]: 0 → 5"]);
    let length = change_at(U256::ZERO, word(&[(0, 3)]), word(&[(0, 4)]));
    assert_eq!(length.values()[0].words(), "votes: 3 elements → 4 elements");
}

#[test]
fn keys_are_what_was_seen_and_small_numbers_each_once_as_many_as_are_tried() {
    let (seen, three) = (B256::repeat_byte(7), B256::with_last_byte(3));
    let keys = with_numbers(vec![seen, three, seen]);
    assert_eq!(keys[..2], [seen, three]);
    assert_eq!(keys.len(), 1 + usize::from(NUMBERS));
    let has = |number| keys.contains(&B256::with_last_byte(number));
    assert!((0..NUMBERS).all(has));
    let many = (0..=u8::MAX).map(B256::repeat_byte);
    assert_eq!(with_numbers(many.collect()).len(), KEYS);
}

#[test]
fn fields_get_names_before_mapping_entries_fill_the_limit() {
    let map = |value: &str| serde_json::json!({"label": "mapping", "encoding": "mapping", "numberOfBytes": "32", "key": "u256", "value": value});
    let mut items: Vec<serde_json::Value> = (0..5)
        .map(|slot| serde_json::json!({"label": format!("map{slot}"), "slot": slot.to_string(), "offset": 0, "type": "outer"}))
        .collect();
    items.push(serde_json::json!({"label": "total", "slot": "5", "offset": 0, "type": "u256"}));
    let layout = serde_json::json!({
        "storage": items,
        "types": {
            "u256": {"label": "uint256", "encoding": "inplace", "numberOfBytes": "32"},
            "inner": map("u256"),
            "outer": map("inner"),
        },
    });
    let layout = Layout::from_json(&layout.to_string()).expect("a layout");
    let few = SlotNames::default()
        .with_keys(with_numbers(Vec::new()))
        .with_layout(Some(&layout));
    assert!(!few.is_cut());
    let seen = (0..KEYS).map(|n| B256::from(U256::from(n))).collect();
    let names = SlotNames::default()
        .with_keys(seen)
        .with_layout(Some(&layout));
    assert!(names.is_cut());
    let total = names.get(B256::with_last_byte(5));
    assert_eq!(total.as_deref(), Some("total"));
}

#[test]
fn entries_that_code_looked_up_are_named_by_keys_of_any_type_and_depth() {
    let item = |label: &str, slot: &str, ty: &str| serde_json::json!({"label": label, "slot": slot, "offset": 0, "type": ty});
    let map = |key: &str, value: &str| serde_json::json!({"label": "mapping", "encoding": "mapping", "numberOfBytes": "32", "key": key, "value": value});
    let layout = serde_json::json!({
        "storage": [item("prices", "0", "texts"), item("deep", "1", "first")],
        "types": {
            "u256": {"label": "uint256", "encoding": "inplace", "numberOfBytes": "32"},
            "address": {"label": "address", "encoding": "inplace", "numberOfBytes": "20"},
            "t_string_memory_ptr": {"label": "string", "encoding": "bytes", "numberOfBytes": "32"},
            "texts": map("t_string_memory_ptr", "u256"),
            "first": map("u256", "second"),
            "second": map("address", "third"),
            "third": map("u256", "u256"),
        },
    });
    let layout = Layout::from_json(&layout.to_string()).expect("a layout");
    let mut hashed: Vec<Vec<u8>> = Vec::new();
    let mut look_up = |key: &[u8], mapping: B256| {
        let preimage = [key, mapping.as_slice()].concat();
        let slot = keccak256(&preimage);
        hashed.push(preimage);
        slot
    };
    let price = look_up(
        b"a text that is longer than one word of 32 bytes",
        B256::ZERO,
    );
    let ana = Address::repeat_byte(0xa);
    let first = look_up(B256::with_last_byte(5).as_slice(), B256::with_last_byte(1));
    let second = look_up(ana.into_word().as_slice(), first);
    let third = look_up(B256::with_last_byte(9).as_slice(), second);
    // No key of an address has these bytes, and none is hashed without its zeros.
    let other = look_up(B256::repeat_byte(0xff).as_slice(), first);
    let packed = look_up(ana.as_slice(), first);
    let names = SlotNames::default()
        .with_preimages(&preimages(&hashed))
        .with_layout(Some(&layout));
    let expected = "prices[\"a text that is longer than one word of 32 bytes\"]";
    assert_eq!(names.get(price).as_deref(), Some(expected));
    assert_eq!(names.get(third), Some(format!("deep[5][{ana}][9]")));
    assert_eq!((names.get(other), names.get(packed)), (None, None));
}

/// The record of these inputs of hashes.
fn preimages(inputs: &[Vec<u8>]) -> HashPreimages {
    let by_hash = inputs
        .iter()
        .map(|input| (keccak256(input), input.clone().into()));
    HashPreimages {
        by_hash: by_hash.collect(),
        is_cut: false,
    }
}

/// The inputs that code hashes on its way to a slot.
#[derive(Default)]
struct HashInputs(Vec<Vec<u8>>);

impl HashInputs {
    fn hash(&mut self, key: &[u8], slot: B256) -> B256 {
        let preimage = [key, slot.as_slice()].concat();
        let hash = keccak256(&preimage);
        self.0.push(preimage);
        hash
    }

    fn names(&self, layout: &Layout) -> SlotNames {
        let names = SlotNames::default().with_preimages(&preimages(&self.0));
        names.with_layout(Some(layout))
    }
}

fn after(slot: B256, words: u64) -> B256 {
    (U256::from_be_bytes(slot.0) + U256::from(words)).into()
}

#[test]
fn values_below_an_array_element_have_names() {
    let item = |label: &str, slot: &str, ty: &str| serde_json::json!({"label": label, "slot": slot, "offset": 0, "type": ty});
    let array = |base: &str| serde_json::json!({"label": "array", "encoding": "dynamic_array", "numberOfBytes": "32", "base": base});
    let layout = serde_json::json!({
        "storage": [item("rounds", "0", "rounds"), item("title", "1", "text")],
        "types": {
            "u256": {"label": "uint256", "encoding": "inplace", "numberOfBytes": "32"},
            "address": {"label": "address", "encoding": "inplace", "numberOfBytes": "20"},
            "text": {"label": "string", "encoding": "bytes", "numberOfBytes": "32"},
            "votes": {"label": "mapping", "encoding": "mapping", "numberOfBytes": "32", "key": "address", "value": "u256"},
            "list": array("u256"),
            "round": {"label": "struct Round", "encoding": "inplace", "numberOfBytes": "96", "members": [
                item("votes", "0", "votes"), item("list", "1", "list"), item("note", "2", "text"),
            ]},
            "rounds": array("round"),
        },
    });
    let layout = Layout::from_json(&layout.to_string()).expect("a layout");
    let ana = Address::repeat_byte(0xa);
    let mut hashed = HashInputs::default();
    let rounds = hashed.hash(&[], B256::ZERO);
    // The members of the third round.
    let members = [6, 7, 8].map(|words| after(rounds, words));
    let vote = hashed.hash(ana.into_word().as_slice(), members[0]);
    let listed = hashed.hash(&[], members[1]);
    let note = hashed.hash(&[], members[2]);
    let title = hashed.hash(&[], B256::with_last_byte(1));
    let names = hashed.names(&layout);
    let expected = [
        (members[1], "rounds[2].list".to_owned()),
        (vote, format!("rounds[2].votes[{ana}]")),
        (after(listed, 4), "rounds[2].list[4]".to_owned()),
        (after(note, 1), "rounds[2].note+2".to_owned()),
        (title, "title+1".to_owned()),
    ];
    for (slot, name) in expected {
        assert_eq!(names.get(slot), Some(name));
    }
    assert_eq!(names.get(members[0]), None, "the slot of a mapping");
    assert_eq!(names.get(after(vote, 1)), None, "behind an entry");
}

#[test]
fn entries_of_a_lazy_map_have_names_in_each_form() {
    let kind = "lazy mapping(address => Large) over lazy mapping(address => Small)";
    let layout = serde_json::json!({
        "storage": [{"label": "points", "slot": "3", "offset": 0, "type": "t_opaque_lazy",
            "retypedFrom": "mapping(address => uint256)"}],
        "types": {"t_opaque_lazy": {"label": kind, "encoding": "inplace", "numberOfBytes": "32"}},
    });
    let layout = Layout::from_json(&layout.to_string()).expect("a layout");
    let (field, ana) = (B256::with_last_byte(3), Address::repeat_byte(0xa));
    let mut hashed = HashInputs::default();
    let count = hashed.hash(field.as_slice(), stylus_upgrades_interface::slots::LAZY);
    let mut entry = |root: B256| hashed.hash(ana.into_word().as_slice(), root);
    let (old, new) = (entry(field), entry(after(count, 1)));
    let names = hashed.names(&layout);
    assert_eq!(names.get(count).as_deref(), Some("points.remaining"));
    for slot in [old, new] {
        assert_eq!(names.get(slot), Some(format!("points[{ana}]+0")));
        assert_eq!(names.get(after(slot, 1)), Some(format!("points[{ana}]+1")));
    }
}

#[test]
fn only_mappings_arrays_and_texts_keep_values_at_hashes_of_their_slots() {
    let item = |label: &str, slot: &str, ty: &str| serde_json::json!({"label": label, "slot": slot, "offset": 0, "type": ty});
    let layout = serde_json::json!({
        "storage": [item("trio", "0", "trio"), item("name", "3", "text"), item("maps", "4", "maps")],
        "types": {
            "u256": {"label": "uint256", "encoding": "inplace", "numberOfBytes": "32"},
            "text": {"label": "string", "encoding": "bytes", "numberOfBytes": "32"},
            "trio": {"label": "uint256[3]", "encoding": "inplace", "numberOfBytes": "96", "base": "u256"},
            "map": {"label": "mapping", "encoding": "mapping", "numberOfBytes": "32", "key": "u256", "value": "u256"},
            "maps": {"label": "mapping[2]", "encoding": "inplace", "numberOfBytes": "64", "base": "map"},
        },
    });
    let layout = Layout::from_json(&layout.to_string()).expect("a layout");
    let mut hashed = HashInputs::default();
    let five = B256::with_last_byte(5);
    let of_element = hashed.hash(five.as_slice(), B256::with_last_byte(1));
    let text = hashed.hash(&[], B256::with_last_byte(3));
    let of_text = hashed.hash(five.as_slice(), text);
    let of_framework = hashed.hash(&[], stylus_upgrades_interface::slots::IMPLEMENTATION);
    let of_map = hashed.hash(five.as_slice(), B256::with_last_byte(5));
    let hashed_names = hashed.names(&layout);
    for slot in [of_element, of_text, of_framework, after(of_map, 1)] {
        assert_eq!(hashed_names.get(slot), None);
    }
    assert_eq!(
        hashed_names.get(B256::with_last_byte(1)).as_deref(),
        Some("trio[1]")
    );
    assert_eq!(hashed_names.get(of_map).as_deref(), Some("maps[1][5]"));
    assert_eq!(
        hashed_names.get(B256::with_last_byte(5)),
        None,
        "the slot of a mapping"
    );
}

#[test]
fn mappings_in_entries_count_against_the_limit() {
    let item = |label: String, slot: usize, ty: &str| serde_json::json!({"label": label, "slot": slot.to_string(), "offset": 0, "type": ty});
    let map = |value: &str| serde_json::json!({"label": "mapping", "encoding": "mapping", "numberOfBytes": "32", "key": "u256", "value": value});
    let members: Vec<_> = (0..50)
        .map(|slot| item(format!("m{slot}"), slot, "deep"))
        .collect();
    let layout = serde_json::json!({
        "storage": [item("all".into(), 0, "all")],
        "types": {
            "u256": {"label": "uint256", "encoding": "inplace", "numberOfBytes": "32"},
            "inner": map("u256"),
            "deep": map("inner"),
            "many": {"label": "struct Many", "encoding": "inplace", "numberOfBytes": (32 * 50).to_string(), "members": members},
            "all": map("many"),
        },
    });
    let layout = Layout::from_json(&layout.to_string()).expect("a layout");
    let keys = (0..KEYS).map(|key| B256::from(U256::from(key))).collect();
    let names = SlotNames::default()
        .with_keys(keys)
        .with_layout(Some(&layout));
    assert!(names.is_cut());
    // Declared mappings do not count.
    assert!(names.mappings.len() <= super::NAMED_MAX + 1);
}
