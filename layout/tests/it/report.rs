//! What people and machines read, what may be declared, and input that is no layout.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use stylus_layout::{
    Decision, Declared, Item, Layout, LayoutError, Overrides, Report, TypeItem, Verdict, compare,
    plan,
};

/// `(label, type, slot, offset, bytes)` of each variable.
fn layout(fields: &[(&str, &str, u64, u64, u64)]) -> Layout {
    let mut layout = Layout::default();
    for (label, kind, slot, offset, bytes) in fields {
        let id = format!("t_{kind}");
        let item = TypeItem::new("", *kind, bytes);
        layout.types.insert(id.clone(), item);
        layout.storage.push(Item::new(*label, id, slot, *offset));
    }
    layout
}

fn check(old: &Layout, new: &Layout) -> Report {
    compare(old, new).unwrap()
}

#[test]
fn a_rename_is_known_from_either_sides_declaration() {
    let plain = |label| layout(&[(label, "uint256", 0, 0, 32)]);
    let declared = |label, from: &str| {
        let mut layout = plain(label);
        layout.storage[0].renamed_from = Some(from.into());
        layout
    };
    // From V1 to V2, which declares it.
    assert!(check(&plain("x"), &declared("y", "x")).is_safe());
    // From V2 to V3, which kept the declaration, or dropped it (openzeppelin-upgrades#557).
    assert!(
        check(&declared("y", "x"), &declared("y", "x"))
            .findings
            .is_empty()
    );
    assert!(check(&declared("y", "x"), &plain("y")).findings.is_empty());
    // Back from V2 to V1, whose name V2 says it had.
    assert!(check(&declared("y", "x"), &plain("x")).is_safe());
    // A declaration of something else is none.
    let seen = check(&plain("x"), &declared("y", "z")).decision;
    assert_eq!(seen, Decision::Asks);
    // Where both names exist, the kept declaration does not pair the wrong ones.
    let two = |labels: [&str; 2]| {
        layout(&[
            (labels[0], "uint256", 0, 0, 32),
            (labels[1], "uint256", 1, 0, 32),
        ])
    };
    let mut old = two(["y", "x"]);
    old.storage[0].renamed_from = Some("x".into());
    let new = old.clone();
    assert!(check(&old, &new).findings.is_empty());
    // Two crossed declarations may be meant, as upgrades-core takes them, and are told apart.
    let mut crossed = two(["x", "y"]);
    crossed.storage[0].renamed_from = Some("y".into());
    crossed.storage[1].renamed_from = Some("x".into());
    let report = check(&two(["y", "x"]), &crossed);
    let found: Vec<_> = report.findings.iter().map(|one| one.declared).collect();
    assert_eq!(found, [Some(Declared::Exchanged); 2], "{report:?}");
    let report = check(&plain("x"), &declared("y", "x"));
    assert_eq!(report.findings[0].declared, Some(Declared::Same));
}

#[test]
fn negative_keys_are_elsewhere_in_solidity_so_it_cannot_be_decided() {
    let map = |extension: Option<&str>| {
        let mut layout = layout(&[("m", "int128", 0, 0, 16)]);
        let id = "t_mapping(t_int128,t_int128)";
        let mut item = TypeItem::new("mapping", "mapping(int128 => int128)", 32);
        item.key_extension = extension.map(Into::into);
        layout.types.insert(id.into(), item);
        layout.storage = vec![Item::new("m", id, 0, 0)];
        layout
    };
    let report = check(&map(None), &map(Some("zero")));
    assert_eq!(
        (report.decision, report.findings[0].verdict),
        (Decision::Undecided, Verdict::Unknown)
    );
    assert!(check(&map(Some("zero")), &map(Some("zero"))).is_safe());
}

#[test]
fn an_array_that_is_an_element_of_itself_is_refused() {
    let array = |name: &str, element: &str| {
        format!(
            r#""{name}":{{"encoding":"inplace","label":"{name}","numberOfBytes":"32","base":"{element}"}}"#
        )
    };
    for types in [
        array("t_a", "t_a"),
        format!("{},{}", array("t_a", "t_b"), array("t_b", "t_a")),
    ] {
        let layout = stylus_layout::Layout::from_json(&format!(
            r#"{{"storage":[{{"label":"x","slot":"0","offset":0,"type":"t_a"}}],"types":{{{types}}}}}"#
        ));
        let error = layout.expect_err("no end").to_string();
        assert!(error.contains("is an element of itself"), "{error}");
    }
}

#[test]
fn a_recursive_struct_that_grows_is_checked_in_each_location() {
    // struct N { N[] kids; uint256 v; … } in a map may grow, but its elements in the array may not.
    let tree = |members: &str, bytes: u64| {
        Layout::from_json(&format!(
            r#"{{"storage": [{{"label": "m", "slot": "0", "offset": 0, "type": "t_mapping(t_uint256,t_struct(N)1_storage)"}}],
            "types": {{
                "t_uint256": {{"label": "uint256", "numberOfBytes": "32"}},
                "t_mapping(t_uint256,t_struct(N)1_storage)": {{"label": "mapping(uint256 => struct N)", "numberOfBytes": "32"}},
                "t_array(t_struct(N)1_storage)dyn_storage": {{"label": "struct N[]", "numberOfBytes": "32"}},
                "t_struct(N)1_storage": {{"label": "struct N", "numberOfBytes": "{bytes}", "members": [
                    {{"label": "kids", "slot": "0", "offset": 0, "type": "t_array(t_struct(N)1_storage)dyn_storage"}}{members}]}}
            }}}}"#
        ))
        .unwrap()
    };
    let one = tree(
        r#", {"label": "v", "slot": "1", "offset": 0, "type": "t_uint256"}"#,
        64,
    );
    let two = tree(
        r#", {"label": "v", "slot": "1", "offset": 0, "type": "t_uint256"}, {"label": "w", "slot": "2", "offset": 0, "type": "t_uint256"}"#,
        96,
    );
    assert!(check(&one, &one).findings.is_empty());
    assert_eq!(check(&one, &two).decision, Decision::Refused);
}

#[test]
fn what_is_no_layout_says_what_was_expected() {
    let error = Layout::from_json("{}").unwrap_err().to_string();
    assert!(
        error.contains("missing field `storage`")
            && error.contains("outputSelection `storageLayout`"),
        "{error}"
    );
    let mut wrong = layout(&[("x", "uint256", 0, 0, 32)]);
    wrong.storage[0].slot = "zero".into();
    let error = compare(&wrong, &wrong).unwrap_err();
    assert_eq!(
        error,
        LayoutError::Number {
            what: "slot",
            field: "x".into(),
            found: "zero".into()
        }
    );
    let mut wrong = layout(&[("x", "uint256", 0, 0, 32)]);
    wrong.storage[0].offset = 32;
    assert!(matches!(
        compare(&wrong, &wrong),
        Err(LayoutError::Offset { found: 32, .. })
    ));
    let empty = Layout::from_json(r#"{"storage": [], "types": null}"#).unwrap();
    assert!(empty.types.is_empty());
}

#[test]
fn structs_of_structs_of_structs_end_in_time() {
    // Each holds the one before twice: 2^60 values if they were counted out.
    let mut text = String::from(
        r#""t_struct(S0)0_storage": {"label": "struct S0", "numberOfBytes": "32", "members": []}"#,
    );
    for at in 1..60 {
        let inner = format!("t_struct(S{0}){0}_storage", at - 1);
        text += &format!(
            r#", "t_struct(S{at}){at}_storage": {{"label": "struct S{at}", "numberOfBytes": "64", "members": [
            {{"label": "a", "slot": "0", "offset": 0, "type": "{inner}"}}, {{"label": "b", "slot": "1", "offset": 0, "type": "{inner}"}}]}}"#
        );
    }
    let storage = r#"{"label": "x", "slot": "0", "offset": 0, "type": "t_struct(S59)59_storage"}"#;
    let deep = Layout::from_json(&format!(
        r#"{{"storage": [{storage}], "types": {{{text}}}}}"#
    ))
    .unwrap();
    assert!(check(&deep, &deep).findings.is_empty());
    assert!(plan(&deep, &deep, &Overrides::none()).is_err());
    // A struct within itself.
    let json = r#"{"storage": [{"label": "x", "slot": "0", "offset": 0, "type": "t_struct(S)1_storage"}], "types":
        {"t_struct(S)1_storage": {"label": "struct S", "numberOfBytes": "32", "members":
            [{"label": "x", "slot": "0", "offset": 0, "type": "t_struct(S)1_storage"}]}}}"#;
    let own = Layout::from_json(json).unwrap();
    assert!(check(&own, &own).is_safe());
    assert!(plan(&own, &own, &Overrides::none()).is_err());
}

fn ids() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "t_uint256",
        "t_uint8",
        "t_uint0",
        "t_int7",
        "t_int64",
        "t_bytes33",
        "t_bytes4",
        "t_bool",
        "t_address",
        "t_string_storage",
        "t_bytes_storage",
        "t_enum(E)3",
        "t_struct(S)1_storage",
        "t_function_internal_view$__$",
        "t_opaque_x",
        "t_userDefinedValueType(P)5",
        "t_contract(C)9",
        "t_",
        "",
        "t_mapping(",
        "t_array()dyn",
        "((((",
    ])
    .prop_map(str::to_owned);
    word.prop_recursive(3, 16, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone())
                .prop_map(|(key, value)| format!("t_mapping({key},{value})")),
            inner
                .clone()
                .prop_map(|base| format!("t_array({base})dyn_storage")),
            (inner, any::<u64>()).prop_map(|(base, n)| format!("t_array({base}){n}_storage")),
        ]
    })
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let numbers = prop_oneof![
        (0..4u64).prop_map(|n| n.to_string()),
        Just(alloy_primitives::U256::MAX.to_string()),
        Just("nonsense".to_owned()),
    ];
    let item = (
        prop::sample::select(vec!["a", "b", "__gap", "__gap_x", ""]),
        numbers,
        0..34u64,
        ids(),
    )
        .prop_map(|(label, slot, offset, type_id)| Item::new(label, type_id, slot, offset));
    prop::collection::vec(item, 0..6)
}

fn layouts() -> impl Strategy<Value = Layout> {
    let sizes = prop::sample::select(vec![
        "0",
        "1",
        "20",
        "32",
        "64",
        "18446744073709551615",
        "x",
        "-1",
    ]);
    let kinds = prop::collection::vec((ids(), sizes, prop::option::of(items())), 0..8);
    (items(), kinds, prop::option::of(items())).prop_map(|(storage, kinds, space)| {
        let types = kinds.into_iter().map(|(id, bytes, members)| {
            let mut item = TypeItem::new("", id.clone(), bytes);
            item.members = members.map(stylus_layout::Members::Struct);
            (id, item)
        });
        let mut layout = Layout {
            storage,
            types: types.collect(),
            ..Layout::default()
        };
        layout
            .namespaces
            .extend(space.map(|items| ("erc7201:a".to_owned(), items)));
        layout
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, rng_seed: RngSeed::Fixed(7201), ..ProptestConfig::default() })]

    #[test]
    fn nonsense_is_checked_or_refused_but_never_panics(old in layouts(), new in layouts()) {
        let _ = compare(&old, &new);
        let _ = stylus_layout::skeleton(&old, &new, &Overrides::none());
        let _ = compare(&old, &old);
        let _ = stylus_layout::skeleton(&old, &old, &Overrides::none());
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = Layout::from_json(&text);
    }
}

/// The decisions of a comparison of two layouts, each a JSON text.
fn decisions(old: &str, new: &str) -> Vec<Decision> {
    let [old, new] = [old, new].map(|text| Layout::from_json(text).expect("a layout"));
    let report = compare(&old, &new).expect("positions");
    report
        .findings
        .iter()
        .map(|change| change.decision)
        .collect()
}

#[test]
fn a_recursive_struct_with_a_declared_type_is_compared() {
    let node = r#"{"storage":[{"label":"root","offset":0,"slot":"0","type":"t_struct(Node)1_storage"RETYPED}],
        "types":{"t_uint256":{"encoding":"inplace","label":"uint256","numberOfBytes":"32"},
            "t_mapping(t_uint256,t_struct(Node)1_storage)":{"encoding":"mapping","label":"mapping(uint256 => struct Node)",
                "numberOfBytes":"32","key":"t_uint256","value":"t_struct(Node)1_storage"},
            "t_struct(Node)1_storage":{"encoding":"inplace","label":"struct Node","numberOfBytes":"64","members":[
                {"label":"v","offset":0,"slot":"0","type":"t_uint256"},
                {"label":"kids","offset":0,"slot":"1","type":"t_mapping(t_uint256,t_struct(Node)1_storage)"}]}}}"#;
    let plain = node.replace("RETYPED", "");
    let declared = node.replace("RETYPED", r#","retypedFrom":"struct Node""#);
    assert!(decisions(&plain, &declared).is_empty());
}

#[test]
fn an_internal_function_is_never_declared_to_be_the_same() {
    let function = r#"{"storage":[{"label":"a","offset":0,"slot":"0","type":"t_function_internal_view()"RETYPED}],
        "types":{"t_function_internal_view()":{"encoding":"inplace","label":"function () view","numberOfBytes":"8"}}}"#;
    let plain = function.replace("RETYPED", "");
    let declared = function.replace("RETYPED", r#","retypedFrom":"function () view""#);
    assert_eq!(decisions(&plain, &declared), [Decision::Undecided]);
}

#[test]
fn values_of_one_type_that_take_another_number_of_bytes_are_refused() {
    let list = |bytes: u64| {
        format!(
            r#"{{"storage":[{{"label":"a","offset":0,"slot":"0","type":"list"}}],"types":{{
            "small":{{"encoding":"inplace","label":"uint8","numberOfBytes":"{bytes}"}},
            "list":{{"encoding":"dynamic_array","label":"uint8[]","numberOfBytes":"32","base":"small"}}}}}}"#
        )
    };
    assert!(decisions(&list(1), &list(1)).is_empty());
    assert_eq!(decisions(&list(1), &list(32)), [Decision::Refused]);
}

#[test]
fn types_that_lead_to_each_other_on_many_ways_are_undecided_and_not_endless() {
    let graph = |last: &str| {
        let name = |at: usize| format!("t_struct(S{at})_storage");
        let map = |at: usize| format!("t_mapping(t_uint256,t_struct(S{at})_storage)");
        let count = 12;
        let mut types = serde_json::json!({
            "t_uint256": {"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"},
        });
        for at in 0..count {
            let members = (0..count).map(|to| {
                let label = if (at, to) == (count - 1, count - 1) { last.to_owned() } else { format!("m{to}") };
                serde_json::json!({"label": label, "offset": 0, "slot": to.to_string(), "type": map(to)})
            });
            let members: Vec<_> = members.collect();
            types[name(at)] = serde_json::json!({"encoding": "inplace", "label": format!("struct S{at}"), "members": members,
                "numberOfBytes": (32 * count).to_string()});
            types[map(at)] = serde_json::json!({"encoding": "mapping", "label": format!("mapping(uint256 => struct S{at})"),
                "numberOfBytes": "32", "key": "t_uint256", "value": name(at)});
        }
        let storage =
            [serde_json::json!({"label": "root", "offset": 0, "slot": "0", "type": map(0)})];
        serde_json::json!({"storage": storage, "types": types}).to_string()
    };
    let decisions = decisions(&graph("m11"), &graph("other"));
    assert!(decisions.contains(&Decision::Undecided), "{decisions:?}");
    let nested = |count: u64| {
        let (mut id, mut size) = ("t_uint256".to_owned(), 32_u64);
        let mut types = serde_json::json!({
            "t_uint256": {"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"},
        });
        for _ in 0..5 {
            let outer = format!("t_array({id})64_storage");
            size *= 64;
            types[&outer] = serde_json::json!({"encoding": "inplace", "label": "a[64]", "base": id, "numberOfBytes": size.to_string()});
            id = outer;
        }
        let fields = (0..count).map(|at| {
            let slot = u128::from(at) << 40;
            serde_json::json!({"label": format!("f{at}"), "offset": 0, "slot": slot.to_string(), "type": id})
        });
        let fields: Vec<_> = fields.collect();
        serde_json::json!({"storage": fields, "types": types}).to_string()
    };
    let grown = self::decisions(&nested(1), &nested(2));
    assert_eq!(grown, [Decision::Safe]);
}
