use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, U256};

use super::*;
use crate::Layout;

fn storage(json: &str) -> Storage {
    let layout: Layout = serde_json::from_str(json).expect("a layout");
    Storage::from(&layout)
}

/// A storage with one field of a type.
fn storage_of(id: &str, ty: &str) -> Storage {
    storage(&format!(
        r#"{{"storage":[{{"label":"a","offset":0,"slot":"3","type":"{id}"}}],"types":{{"{id}":{ty}}}}}"#
    ))
}

fn decoded(storage: &Storage, word: B256, texts: &BTreeMap<U256, B256>) -> DecodedValue {
    let walk = storage.walk(WalkLimits::default());
    let field = walk.fields.first().expect("a field");
    storage.decode(&field.place, word, texts)
}

fn shown(id: &str, size: u64, bytes: &[u8]) -> String {
    let label = id.trim_start_matches("t_");
    let ty = format!(r#"{{"encoding":"inplace","label":"{label}","numberOfBytes":"{size}"}}"#);
    let word = B256::left_padding_from(bytes);
    decoded(&storage_of(id, &ty), word, &BTreeMap::new()).to_string()
}

#[test]
fn words_are_shown_as_their_type_says() {
    assert_eq!(shown("t_uint8", 1, &[7]), "7");
    assert_eq!(shown("t_int8", 1, &[0xff]), "-1");
    assert_eq!(shown("t_int16", 2, &[0x80, 0]), "-32768");
    assert_eq!(shown("t_int256", 32, &[0xff; 32]), "-1");
    assert_eq!(shown("t_bool", 1, &[1]), "true");
    assert_eq!(shown("t_bool", 1, &[2]), "2, which is no bool");
    assert_eq!(shown("t_bytes4", 4, &[1, 2, 3, 4]), "0x01020304");
    let account = shown("t_address", 20, &[0x11; 20]);
    assert_eq!(account, Address::repeat_byte(0x11).to_string());
    // A type whose size differs from its label.
    assert_eq!(shown("t_uint256", 2, &[1, 2]), "0x0102");
}

#[test]
fn a_number_that_an_enum_does_not_have_is_invalid() {
    let ty = r#"{"encoding":"inplace","label":"enum Door","numberOfBytes":"1","members":["Open","Closed"]}"#;
    let door = storage_of("t_enum(Door)1", ty);
    let value = |byte| decoded(&door, B256::with_last_byte(byte), &BTreeMap::new());
    assert_eq!(value(1), DecodedValue::Member("Closed".into()));
    assert!(value(1).is_valid() && !value(2).is_valid());
    assert_eq!(value(2).to_string(), "2, which is no member of its enum");
}

fn shown_text(label: &str, word: B256, more: &[B256]) -> String {
    let id = format!("t_{label}_storage");
    let ty = format!(r#"{{"encoding":"bytes","label":"{label}","numberOfBytes":"32"}}"#);
    let first = elements_begin(U256::from(3));
    let parts = more.iter().enumerate();
    let parts = parts.map(|(at, word)| (first.wrapping_add(U256::from(at)), *word));
    decoded(&storage_of(&id, &ty), word, &parts.collect()).to_string()
}

#[test]
fn texts_are_read_in_their_slot_or_after_its_hash() {
    let mut word = [0; 32];
    word[..3].copy_from_slice(b"abc");
    word[31] = 6;
    assert_eq!(shown_text("string", word.into(), &[]), "\"abc\"");
    assert_eq!(shown_text("bytes", word.into(), &[]), "0x616263");
    let long = B256::from(U256::from(2 * 40 + 1));
    let (first, second) = (B256::repeat_byte(b'x'), B256::repeat_byte(b'y'));
    let expected = format!("\"{}{}\"", "x".repeat(32), "y".repeat(8));
    assert_eq!(shown_text("string", long, &[first, second]), expected);
    // A text whose word claims an endless length is shown as far as it was read.
    let endless = shown_text("string", B256::repeat_byte(0xff), &[first]);
    assert_eq!(endless, format!("\"{}\"…", "x".repeat(32)));
    word[..3].copy_from_slice(&[0xff; 3]);
    assert_eq!(shown_text("string", word.into(), &[]), "0xffffff");
    // Lengths that their form cannot have: more than fits inline, less than needs another slot.
    for (last, label) in [(0xf0, "string"), (7, "bytes")] {
        let word = B256::with_last_byte(last);
        let expected = format!("{word}, which is no {label}");
        assert_eq!(shown_text(label, word, &[first]), expected);
    }
}

#[test]
fn members_of_structs_are_fields_and_a_part_of_a_slot_is_its_bytes() {
    let storage = storage(
        r#"{"storage":[{"label":"pair","offset":0,"slot":"1","type":"t_pair"}],
        "types":{"t_pair":{"encoding":"inplace","label":"struct Pair","numberOfBytes":"32","members":[
        {"label":"small","offset":2,"slot":"0","type":"t_uint8"}]},
        "t_uint8":{"encoding":"inplace","label":"uint8","numberOfBytes":"1"}}}"#,
    );
    let FieldWalk {
        fields, left_out, ..
    } = storage.walk(WalkLimits::default());
    assert_eq!((fields.len(), left_out), (1, BTreeSet::new()));
    let small = &fields[0];
    assert_eq!(
        (small.name.as_str(), small.place.slot),
        ("pair.small", U256::ONE)
    );
    let mut word = [0; 32];
    word[29] = 9;
    let value = storage.decode(&small.place, word.into(), &BTreeMap::new());
    assert_eq!(value.to_string(), "9");
}

#[test]
fn what_a_layout_does_not_say_is_left_out_with_its_reason() {
    let storage = storage(
        r#"{"storage":[{"label":"a","offset":0,"slot":"one","type":"t_uint256"},
        {"label":"b","offset":0,"slot":"1","type":"t_struct(B)1_storage"},
        {"label":"c","offset":0,"slot":"2","type":"t_none"},
        {"label":"d","offset":0,"slot":"3","type":"t_empty"},
        {"label":"e","offset":0,"slot":"4","type":"t_uint256"}],
        "types":{"t_uint256":{"encoding":"inplace","label":"uint256","numberOfBytes":"32"},
        "t_empty":{"encoding":"inplace","label":"struct E","numberOfBytes":"32","members":[]},
        "t_struct(B)1_storage":{"encoding":"inplace","label":"struct B","numberOfBytes":"64"}},
        "namespaces":{"custom:foo":[{"label":"secret","offset":0,"slot":"0","type":"t_uint256"}]}}"#,
    );
    let FieldWalk {
        fields, left_out, ..
    } = storage.walk(WalkLimits::default());
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["b", "c", "d", "e"]);
    let left_out: Vec<&str> = left_out.iter().map(String::as_str).collect();
    assert_eq!(
        left_out,
        [
            "the members of b are not known",
            "the members of d are not known",
            "the namespace custom:foo is no ERC-7201 namespace: where it begins is not known",
            "the slot of a is no number",
            "the type of c is not known",
        ]
    );
}

#[test]
fn a_struct_that_holds_itself_ends_where_it_is_met_again() {
    let storage = storage(
        r#"{"storage":[{"label":"a","offset":0,"slot":"0","type":"t_struct(A)1_storage"}],
        "types":{"t_struct(A)1_storage":{"encoding":"inplace","label":"struct A","numberOfBytes":"32","members":[
        {"label":"self","offset":0,"slot":"0","type":"t_struct(A)1_storage"},
        {"label":"others","offset":0,"slot":"1","type":"t_array(t_struct(A)1_storage)dyn_storage"}]},
        "t_array(t_struct(A)1_storage)dyn_storage":{"encoding":"dynamic_array","label":"struct A[]","numberOfBytes":"32",
        "base":"t_struct(A)1_storage"}}}"#,
    );
    let FieldWalk {
        fields, left_out, ..
    } = storage.walk(WalkLimits::default());
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["a.self", "a.others"]);
    assert_eq!(left_out.len(), 1, "{left_out:?}");
    let TypeKind::Vector(element) = storage.kind(fields[1].place.ty) else {
        panic!("{:?}", fields[1]);
    };
    assert_eq!(storage.ty(*element).label, "struct A");
}

#[test]
fn gaps_are_arrays_of_words_wherever_they_are_declared() {
    let array = |element: &str| {
        format!(
            r#"{{"encoding":"inplace","label":"{element}[2]","numberOfBytes":"64","base":"{element}"}}"#
        )
    };
    let storage = storage(&format!(
        r#"{{"storage":[{{"label":"config","offset":0,"slot":"0","type":"t_struct(C)1_storage"}},
        {{"label":"__gapless","offset":0,"slot":"9","type":"t_array(t_uint256)2_storage"}},
        {{"label":"__gap","offset":0,"slot":"11","type":"t_array(t_string_storage)2_storage"}}],
        "types":{{"t_struct(C)1_storage":{{"encoding":"inplace","label":"struct C","numberOfBytes":"64","members":[
        {{"label":"__gap_config","offset":0,"slot":"0","type":"t_array(t_uint256)2_storage"}}]}},
        "t_array(t_uint256)2_storage":{},"t_array(t_string_storage)2_storage":{},
        "t_uint256":{{"encoding":"inplace","label":"uint256","numberOfBytes":"32"}},
        "t_string_storage":{{"encoding":"bytes","label":"string","numberOfBytes":"32"}}}}}}"#,
        array("t_uint256"),
        array("t_string_storage"),
    ));
    let fields = storage.walk(WalkLimits::default()).fields;
    let gaps = fields
        .iter()
        .map(|field| (field.name.as_str(), field.is_gap));
    assert_eq!(
        gaps.collect::<Vec<_>>(),
        [
            ("config.__gap_config", true),
            ("__gapless", false),
            ("__gap", false)
        ]
    );
}

#[test]
fn a_lazy_map_has_a_key_and_its_forms_the_oldest_first() {
    let label = "lazy mapping(address => uint128) over lazy mapping(address => bytes4)";
    let ty = format!(r#"{{"encoding":"inplace","label":"{label}","numberOfBytes":"32"}}"#);
    let storage = storage_of("t_opaque_1", &ty);
    let place = storage.walk(WalkLimits::default()).fields[0].place;
    let TypeKind::Lazy(lazy) = storage.kind(place.ty) else {
        panic!("{storage:?}");
    };
    assert_eq!(lazy.key.as_deref(), Some("address"));
    let sizes = lazy.forms.iter().map(|form| form.size);
    assert_eq!(sizes.collect::<Vec<_>>(), [Some(4), Some(16)]);
}

#[test]
fn an_array_larger_than_u64_bytes_keeps_its_exact_size() {
    let id = "t_array(t_uint256)18446744073709551616_storage";
    let ty = r#"{"encoding":"inplace","label":"uint256[18446744073709551616]","base":"t_uint256",
        "numberOfBytes":"590295810358705651712"}"#;
    let storage = storage_of(id, ty);
    let walk = storage.walk(WalkLimits::default());
    let [array] = walk.fields.as_slice() else {
        panic!("{walk:?}");
    };
    assert_eq!(array.place.size, Some(u64::MAX));
    let ty = TypeRef::new(&storage, array.place.ty);
    assert_eq!(ty.size(), Some(Bytes::from(1) << 69));
    let length = U256::ONE << 64;
    assert!(matches!(ty.kind(), TypeKind::Array { length: known, .. } if *known == length));
}

#[test]
fn types_below_the_depth_limit_are_unknown() {
    let depth = 600;
    let types = (0..depth).map(|level| {
        let base = level + 1;
        format!(
            r#""t_{level}":{{"encoding":"dynamic_array","label":"list {level}","numberOfBytes":"32","base":"t_{base}"}}"#
        )
    });
    let types: Vec<String> = types.collect();
    let storage = storage(&format!(
        r#"{{"storage":[{{"label":"a","offset":0,"slot":"0","type":"t_0"}}],"types":{{{}}}}}"#,
        types.join(",")
    ));
    let known = |ty: &&StorageType| matches!(ty.kind, TypeKind::Vector(_));
    assert_eq!(storage.types().iter().filter(known).count(), 512);
    let deepest = storage.types().last().expect("a type");
    assert_eq!(deepest.kind, TypeKind::Unknown);
}

#[test]
fn a_walk_lists_what_its_limit_left_out() {
    let ty = r#"{"encoding":"inplace","label":"uint256","numberOfBytes":"32"}"#;
    let field = |slot: u8| {
        format!(r#"{{"label":"a{slot}","offset":0,"slot":"{slot}","type":"t_uint256"}}"#)
    };
    let fields: Vec<String> = (0..3).map(field).collect();
    let storage = storage(&format!(
        r#"{{"storage":[{}],"types":{{"t_uint256":{ty}}}}}"#,
        fields.join(",")
    ));
    let walk = storage.walk(WalkLimits { fields: 2 });
    assert_eq!(walk.fields.len(), 2);
    assert_eq!(walk.left_out.len(), 1);
    assert!(storage.walk(WalkLimits { fields: 3 }).left_out.is_empty());
}

#[test]
fn types_decode_alike_if_each_word_has_one_value() {
    let plain = |label: &str, size: u64| {
        let ty = format!(r#"{{"encoding":"inplace","label":"{label}","numberOfBytes":"{size}"}}"#);
        storage_of(&format!("t_{label}"), &ty)
    };
    let door = |members: &str| {
        let ty = format!(
            r#"{{"encoding":"inplace","label":"enum Door","numberOfBytes":"1","members":[{members}]}}"#
        );
        storage_of("t_enum(Door)1", &ty)
    };
    let alike = |before: &Storage, after: &Storage| {
        let ty = |storage: &Storage| storage.areas()[0].fields[0].ty;
        before.decodes_alike(ty(before), after, ty(after))
    };
    let (byte, flag) = (plain("uint8", 1), plain("bool", 1));
    assert!(alike(&byte, &byte) && !alike(&byte, &flag) && !alike(&byte, &plain("uint16", 2)));
    let (two, three) = (door(r#""A","B""#), door(r#""A","B","C""#));
    assert!(alike(&two, &three) && !alike(&three, &two));
    assert!(alike(&flag, &byte) && alike(&two, &byte) && !alike(&byte, &two));
}
