use super::SlotNames;
use alloy::primitives::{Address, B256, U256, b256, keccak256};
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
fn variables_members_and_packed_neighbours_are_named_by_the_layout() {
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
    let names = SlotNames::default().with_layout(&layout);
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
    let names = SlotNames::default().with_keys(keys).with_layout(&layout);
    let entry = |key: Address, root: B256| keccak256([key.into_word(), root].concat());
    let own = entry(ana, B256::ZERO);
    assert_eq!(names.get(own), Some(format!("points[{ana}]")));
    let nested = entry(ben, entry(ana, B256::with_last_byte(1)));
    assert_eq!(names.get(nested), Some(format!("allowances[{ana}][{ben}]")));
    assert_eq!(
        names.get(entry(Address::repeat_byte(0xc), B256::ZERO)),
        None
    );
    let list: U256 = keccak256(B256::with_last_byte(2)).into();
    let at = |index: u64| names.get((list + U256::from(index)).into());
    assert_eq!(at(5).as_deref(), Some("members[5]"));
    assert_eq!(
        names.get(B256::with_last_byte(2)).as_deref(),
        Some("members")
    );
}
