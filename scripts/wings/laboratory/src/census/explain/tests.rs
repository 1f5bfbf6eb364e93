use super::*;
use crate::client::ChainError;
use crate::error::Report;
use alloy::primitives::Address;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use stylus_layout::Layout;

/// A layout of every kind of type.
fn layout() -> Layout {
    let layout = json!({
        "storage": [
            {"label": "owner", "slot": "0", "offset": 0, "type": "t_address"},
            {"label": "paused", "slot": "0", "offset": 20, "type": "t_bool"},
            {"label": "names", "slot": "1", "offset": 0, "type": "t_mapping(t_string_memory_ptr,t_struct(S))"},
            {"label": "allowed", "slot": "2", "offset": 0, "type": "t_mapping(t_address,t_mapping(t_address,t_uint256))"},
            {"label": "small", "slot": "3", "offset": 0, "type": "t_array(t_uint8)dyn_storage"},
            {"label": "note", "slot": "4", "offset": 0, "type": "t_string_storage"},
            {"label": "fixed", "slot": "5", "offset": 0, "type": "t_array(t_struct(S))2_storage"},
            {"label": "__gap", "slot": "9", "offset": 0, "type": "t_array(t_uint256)4_storage"},
            {"label": "lazy", "slot": "13", "offset": 0, "type": "t_opaque_lazy"},
            {"label": "cell", "slot": "14", "offset": 0, "type": "t_opaque_cell", "retypedFrom": "uint64"},
            {"label": "few", "slot": "20", "offset": 0, "type": "t_array(t_uint8)3_storage"},
            {"label": "map", "slot": "21", "offset": 0, "type": "t_opaque_lazy",
             "retypedFrom": "mapping(address => uint256)"},
        ],
        "types": {
            "t_address": {"encoding": "inplace", "label": "address", "numberOfBytes": "20"},
            "t_bool": {"encoding": "inplace", "label": "bool", "numberOfBytes": "1"},
            "t_uint8": {"encoding": "inplace", "label": "uint8", "numberOfBytes": "1"},
            "t_uint256": {"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"},
            "t_string_storage": {"encoding": "bytes", "label": "string", "numberOfBytes": "32"},
            "t_string_memory_ptr": {"encoding": "bytes", "label": "string", "numberOfBytes": "32"},
            "t_struct(S)": {"encoding": "inplace", "label": "struct S", "numberOfBytes": "64", "members": [
                {"label": "who", "slot": "0", "offset": 0, "type": "t_address"},
                {"label": "count", "slot": "1", "offset": 0, "type": "t_uint256"},
            ]},
            "t_mapping(t_string_memory_ptr,t_struct(S))": {
                "encoding": "mapping", "label": "mapping(string => struct S)", "numberOfBytes": "32",
                "key": "t_string_memory_ptr", "value": "t_struct(S)",
            },
            "t_mapping(t_address,t_uint256)": {
                "encoding": "mapping", "label": "mapping(address => uint256)", "numberOfBytes": "32",
                "key": "t_address", "value": "t_uint256",
            },
            "t_mapping(t_address,t_mapping(t_address,t_uint256))": {
                "encoding": "mapping", "label": "mapping(address => mapping(address => uint256))",
                "numberOfBytes": "32", "key": "t_address", "value": "t_mapping(t_address,t_uint256)",
            },
            "t_array(t_uint8)dyn_storage": {
                "encoding": "dynamic_array", "label": "uint8[]", "numberOfBytes": "32", "base": "t_uint8",
            },
            "t_array(t_uint256)4_storage": {
                "encoding": "inplace", "label": "uint256[4]", "numberOfBytes": "128", "base": "t_uint256",
            },
            "t_array(t_struct(S))2_storage": {
                "encoding": "inplace", "label": "struct S[2]", "numberOfBytes": "128", "base": "t_struct(S)",
            },
            "t_array(t_uint8)3_storage": {
                "encoding": "inplace", "label": "uint8[3]", "numberOfBytes": "32", "base": "t_uint8",
            },
            "t_opaque_cell": {"encoding": "inplace", "label": "lazy Fee", "numberOfBytes": "32"},
            "t_opaque_lazy": {"encoding": "inplace", "label": "lazy mapping(address => A)", "numberOfBytes": "32"},
        },
        "namespaces": {
            "erc7201:my.space": [{"label": "inner", "slot": "1", "offset": 0, "type": "t_uint256"}],
        },
    });
    Layout::from_json(&layout.to_string()).expect("a layout")
}

struct SlotFixture {
    folder: tempfile::TempDir,
    all: BTreeMap<U256, U256>,
}

impl SlotFixture {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            all: BTreeMap::new(),
        }
    }

    fn set(&mut self, slot: U256, value: u64) {
        self.all.insert(slot, U256::from(value));
    }

    fn store(&self) -> CensusStore {
        let store = CensusStore::open(&self.folder.path().join("census.redb")).expect("a store");
        let leaves = self.all.iter().map(|(slot, value)| StorageLeaf {
            hash: keccak256(B256::from(*slot)),
            value: B256::from(*value),
            slot: Some(B256::from(*slot)),
        });
        let leaves: Vec<StorageLeaf> = leaves.collect();
        store.add(&leaves, B256::ZERO).expect("written");
        store
    }
}

fn account(n: u8) -> Address {
    Address::with_last_byte(n)
}

fn word(n: u8) -> Vec<u8> {
    account(n).into_word().to_vec()
}

/// Explains, and gives the path of each slot.
fn explained(
    store: &CensusStore,
    with_values: bool,
) -> (StorageExplanation, BTreeMap<String, Vec<Value>>) {
    let layout = layout();
    let mut inputs = ExplanationInputs::new(Storage::from(&layout), &[]);
    inputs.with_values = with_values;
    let mut out = Vec::new();
    let found = explain(store, &inputs, Some(&mut out)).expect("explained");
    let mut paths: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in String::from_utf8(out).expect("text").lines() {
        let line: Value = serde_json::from_str(line).expect("a line");
        let field = line["field"].as_str().unwrap_or("?").to_owned();
        paths.entry(field).or_default().push(line["value"].clone());
    }
    (found, paths)
}

/// The items that a mapping gives.
fn items(store: &CensusStore, asked: &str) -> Result<Vec<String>, ChainError> {
    let layout = layout();
    let mapping = MappingField::find(&Storage::from(&layout), asked)?;
    let mut inputs = ExplanationInputs::new(Storage::from(&layout), &[]);
    inputs.entries = Some(&mapping);
    let mut out = Vec::new();
    explain(store, &inputs, Some(&mut out))?;
    let text = String::from_utf8(out).expect("text");
    Ok(text.lines().map(str::to_owned).collect())
}

/// How many entries each count of a field has.
fn entries(explained: &StorageExplanation, name: &str) -> Vec<u64> {
    let counts = explained.fields.iter().filter(|one| one.name == name);
    counts.map(|one| one.entries).collect()
}

fn field<'e>(explained: &'e StorageExplanation, name: &str) -> &'e FieldCount {
    let found = explained.fields.iter().rfind(|one| one.name == name);
    found.expect("a field")
}

#[test]
fn every_kind_of_field_is_followed_to_its_slots() {
    let mut slots = SlotFixture::new();
    let number = |n: u64| U256::from(n);
    slots.set(number(0), 1); // owner
    slots.set(number(3), 40); // two words of bytes
    for part in 0..2 {
        slots.set(elements_begin(number(3)) + number(part), 9);
    }
    slots.set(number(4), 2 * 40 + 1); // a text of 40 bytes
    let last = number(9) << 192; // of 8 bytes
    slots.set(elements_begin(number(4)), 9);
    slots
        .all
        .insert(elements_begin(number(4)) + number(1), last);
    slots.set(number(6), 5); // fixed[0].count
    slots.set(number(7), 5); // fixed[1].who
    let alice = entry(b"alice", number(1));
    slots.set(alice, 3);
    slots.set(alice + number(1), 4);
    let nested = entry(&word(2), entry(&word(1), number(2)));
    slots.set(nested, 100);
    let root = U256::from_be_bytes(slots::erc7201(b"my.space").0);
    slots.set(root + number(1), 1);
    slots.set(slots::ADMIN.into(), 1);
    // The old form of one entry, the new one of another, and how many are left.
    slots.set(entry(&word(1), number(13)), 7);
    let space = entry(&word(13), slots::LAZY.into());
    slots.set(space, 1);
    slots.set(entry(&word(2), space + number(1)), 7);
    slots.set(entry(&word(2), space + number(1)) + number(1), 8);

    let store = slots.store();
    let records = [
        ValueRecord(vec![b"alice".to_vec().into()]).to_bytes(),
        ValueRecord(vec![word(1).into(), word(2).into()]).to_bytes(),
    ];
    store.add_records(&records).expect("written");
    let (found, paths) = explained(&store, false);
    assert_eq!(found.unexplained, [], "{paths:?}");
    assert_eq!(found.slots, slots.all.len() as u64);
    let explained_slots: u64 = found.fields.iter().map(|field| field.slots).sum();
    assert_eq!(explained_slots, found.slots);
    let path = format!("allowed[{}][{}]", account(1), account(2));
    assert!(paths.contains_key(&path), "{paths:?}");
    let [who, count] = ["who", "count"].map(|part| format!("names[\"alice\"].{part}"));
    for path in [&who, &count, "fixed[1].who", "small[32]"] {
        assert!(paths.contains_key(path), "{path}: {paths:?}");
    }
    assert_eq!(field(&found, "names").entries, 1);
    assert_eq!(field(&found, "allowed").entries, 1);
    assert_eq!(entries(&found, "lazy"), [1, 1]);
}

#[test]
fn what_the_layout_does_not_give_a_slot_to_is_not_explained() {
    let mut slots = SlotFixture::new();
    slots.all.insert(U256::ZERO, U256::from(1) << 200); // beyond `paused`
    slots.set(U256::from(10), 1); // in the gap
    slots.set(entry(&word(1), U256::from(77)), 1); // of no mapping
    slots.set(entry(&word(3), entry(&word(1), U256::from(2))), 1); // of keys that nobody knows
    let store = slots.store();
    let record = ValueRecord(vec![word(1).into(), word(2).into()]).to_bytes();
    store.add_records(&[record]).expect("written");
    let (found, paths) = explained(&store, false);
    assert_eq!(found.left(), 4, "{paths:?}");
    let partly = found.unexplained.iter().filter(|one| one.partly);
    let partly: Vec<_> = partly.map(|one| one.leaf.slot).collect();
    assert_eq!(partly, [Some(B256::ZERO)]);
}

#[test]
fn bytes_after_an_end_and_words_beside_a_value_are_not_explained() {
    let number = |n: u64| U256::from(n);
    let byte = |at: usize| number(0xee) << (8 * at);
    let after = elements_begin(number(4));
    let admin: U256 = slots::ADMIN.into();
    let list = elements_begin(number(3));
    // Each with what is dirty in it, as the only slots that are not explained.
    for (what, all, dirty) in [
        (
            "fixed array",
            vec![(number(20), number(7) | byte(3))],
            number(20),
        ),
        (
            "dynamic array",
            vec![(number(3), number(2)), (list, byte(1) | byte(2))],
            list,
        ),
        (
            "short text",
            vec![(number(4), number(4) | byte(31) | byte(5))],
            number(4),
        ),
        ("no text", vec![(number(4), number(2 * 40))], number(4)),
        (
            "long text of 3 bytes",
            vec![(number(4), number(7))],
            number(4),
        ),
        (
            "tail of a long text",
            vec![
                (number(4), number(2 * 33 + 1)),
                (after + number(1), byte(31) | byte(30)),
            ],
            after + number(1),
        ),
        (
            "account of the framework",
            vec![(admin, byte(0) | byte(20))],
            admin,
        ),
        (
            "after a cell",
            vec![(number(14), number(9)), (number(15), number(9))],
            number(15),
        ),
        ("in a cell", vec![(number(14), byte(8))], number(14)),
    ] {
        let mut slots = SlotFixture::new();
        slots.all.extend(all);
        let (found, paths) = explained(&slots.store(), false);
        let left = found.unexplained.iter().filter_map(|one| one.leaf.slot);
        let left: Vec<U256> = left.map(|slot| U256::from_be_bytes(slot.0)).collect();
        assert_eq!(left, [dirty], "{what}: {paths:?}");
    }
    // A text that no endpoint could store is not followed to its end, and that is said.
    let mut slots = SlotFixture::new();
    slots.all.insert(number(4), (U256::ONE << 255) | U256::ONE);
    let (found, _) = explained(&slots.store(), false);
    let mut notes = found.notes.iter();
    assert!(
        notes.any(|note| note.starts_with("note: 2097152 of")),
        "{found:?}"
    );
}

#[test]
fn structs_within_structs_are_followed_as_far_as_anybody_can_look() {
    let mut types = json!({
        "t_0": {"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"},
    });
    for level in 1..9_u32 {
        let size = 12_u64.pow(level - 1);
        let members = (0..12_u64).map(|at| {
            let below = format!("t_{}", level - 1);
            json!({"label": format!("m{at}"), "slot": (at * size).to_string(), "offset": 0, "type": below})
        });
        types[format!("t_{level}")] = json!({
            "encoding": "inplace", "label": format!("struct S{level}"),
            "numberOfBytes": (12 * size * WORD_BYTES).to_string(), "members": members.collect::<Vec<_>>(),
        });
    }
    let text = json!({
        "storage": [{"label": "deep", "slot": "0", "offset": 0, "type": "t_8"}], "types": types,
    });
    let layout = Layout::from_json(&text.to_string()).expect("a layout");
    let mut slots = SlotFixture::new();
    slots.set(U256::from(5), 1);
    let inputs = ExplanationInputs::new(Storage::from(&layout), &[]);
    let found = explain(&slots.store(), &inputs, None).expect("explained");
    assert_eq!(found.left(), 0);
    let note = "deep has more places than are looked at";
    assert!(found.notes.contains(note), "{found:?}");
}

#[test]
fn a_word_beside_the_old_form_of_an_entry_is_no_entry() {
    let mut slots = SlotFixture::new();
    let map = U256::from(21);
    slots.set(entry(&word(1), map) + U256::ONE, 7);
    let space = entry(&map.to_be_bytes::<32>(), slots::LAZY.into());
    slots.set(entry(&word(1), space + U256::ONE), 7);
    let store = slots.store();
    let record = ValueRecord(vec![word(1).into()]).to_bytes();
    store.add_records(&[record]).expect("written");
    let (found, paths) = explained(&store, false);
    assert_eq!(found.left(), 1, "{paths:?}");
    assert_eq!(entries(&found, "map"), [0, 1]);
}

#[test]
fn keys_are_found_among_hashed_ones_and_among_values() {
    let mut slots = SlotFixture::new();
    let mapping = U256::from(2);
    let inner = entry(&word(1), mapping);
    slots.set(entry(&word(2), inner), 1);
    slots.set(entry(b"5", U256::from(1)), 1);
    let store = slots.store();
    assert_eq!(explained(&store, false).0.left(), 2);
    let keys = [
        (B256::from(mapping), word(1)),
        (B256::from(inner), word(2)),
        (B256::from(U256::from(1)), b"5".to_vec()),
    ];
    store.add_keys(&keys).expect("written");
    assert_eq!(explained(&store, false).0.left(), 0);

    let mut slots = SlotFixture::new();
    slots.set(U256::ZERO, 1); // the owner, account 1
    slots.set(entry(&word(1), U256::from(13)), 1);
    let store = slots.store();
    assert_eq!(explained(&store, false).0.left(), 1);
    assert_eq!(explained(&store, true).0.left(), 0);
}

#[test]
fn keys_are_hashed_as_their_types_are() {
    let encode = |label: &str, zero: bool, value: &[u8]| {
        let key = KeyType::of_label(label, zero);
        let found = key.encode(value).map(|found| found.into_owned());
        found.map(|found| (key.show(&found), found))
    };
    let minus_one = [0xff; 32];
    let (shown, word) = encode("int8", false, &minus_one).expect("a key");
    assert_eq!((shown.as_str(), word), ("-1", minus_one.to_vec()));
    let (shown, word) = encode("int8", true, &minus_one).expect("a key");
    assert_eq!(shown, "-1");
    assert_eq!(word, B256::with_last_byte(0xff).to_vec());
    let too_large = U256::from(256).to_be_bytes::<32>();
    assert_eq!(encode("uint8", false, &too_large), None);
    assert_eq!(encode("address", false, &minus_one), None);
    let (shown, word) = encode("bytes4", false, &[1, 2, 3, 4]).expect("a key");
    assert_eq!(shown, "0x01020304");
    assert_eq!(encode("bytes4", false, &word), Some((shown, word)));
    assert_eq!(encode("bool", false, &[1]).expect("a key").0, "true");
    let (shown, _) = encode("string", false, b"a\n").expect("a key");
    assert_eq!(shown, "\"a\\n\"");
}

#[test]
fn entries_of_a_mapping_are_items_in_the_order_of_their_keys() {
    let mut slots = SlotFixture::new();
    for (owner, spender, value) in [(2, 1, 7), (1, 9, 5), (1, 3, 6)] {
        let nested = entry(&word(spender), entry(&word(owner), U256::from(2)));
        slots.set(nested, value);
    }
    // An entry of another mapping with the same keys, and one whose value is zero by now.
    slots.set(entry(&word(2), entry(&word(1), U256::from(1))), 1);
    let store = slots.store();
    let pairs = [(1, 3), (1, 9), (2, 1), (1, 2), (5, 5)];
    let records: Vec<Vec<u8>> = pairs
        .iter()
        .map(|(owner, spender)| {
            ValueRecord(vec![word(*owner).into(), word(*spender).into()]).to_bytes()
        })
        .collect();
    store.add_records(&records).expect("written");
    let line = |words: &[u64]| {
        let words = words.iter().map(|word| B256::from(U256::from(*word)));
        let words: Vec<String> = words.map(|word| word.to_string()).collect();
        words.join(",")
    };
    let keys = [line(&[1, 3]), line(&[1, 9]), line(&[2, 1])];
    assert_eq!(items(&store, "allowed").expect("items"), keys);
    let whole = [line(&[1, 3, 6]), line(&[1, 9, 5]), line(&[2, 1, 7])];
    assert_eq!(items(&store, "allowed,value").expect("items"), whole);
    // Keys of `names` are texts, and its values are structs.
    let others = [
        "owner",
        "fixed",
        "lazy",
        "nobody",
        "allowed.",
        "names",
        "names,value",
    ];
    for asked in others {
        let error = items(&store, asked).expect_err(asked);
        let report = Report::of(&error);
        assert_eq!(report.name, "MappingNotFound");
        assert_eq!(report.expected.as_deref(), Some("one of: allowed"));
    }
}
