//! What is compared is a place: fields by the bytes that they have in the whole storage, whatever root they are
//! counted from; types by what they are made of; and findings by ids that fit one of them only.

mod older_sdk;
mod renames;

use alloy_primitives::{B256, U256, keccak256};
use serde_json::{Value, json};
use stylus_layout::{Decision, Declared, Layout, Ranges, Report, Unlisted, Verdict, compare};
use stylus_upgrades_interface::slots;

/// `(type id, label, bytes)` of every type that these tests use.
const TYPES: [(&str, &str, u64); 8] = [
    ("t_bool", "bool", 1),
    ("t_uint8", "uint8", 1),
    ("t_uint128", "uint128", 16),
    ("t_int128", "int128", 16),
    ("t_uint256", "uint256", 32),
    ("t_address", "address", 20),
    ("t_string_storage", "string", 32),
    ("t_array(t_uint256)50_storage", "uint256[50]", 1600),
];

/// A variable: its name, its type, and its slot and byte, counted from its root.
#[derive(Clone)]
struct Var {
    label: &'static str,
    ty: &'static str,
    slot: U256,
    offset: u64,
    base: Option<&'static str>,
}

/// What a slot may be written as.
trait Slot {
    fn number(self) -> U256;
}

impl Slot for i32 {
    fn number(self) -> U256 {
        U256::from(self.unsigned_abs())
    }
}

impl Slot for u64 {
    fn number(self) -> U256 {
        U256::from(self)
    }
}

impl Slot for U256 {
    fn number(self) -> U256 {
        self
    }
}

impl Slot for B256 {
    fn number(self) -> U256 {
        U256::from_be_bytes(self.0)
    }
}

fn var(label: &'static str, ty: &'static str, slot: impl Slot) -> Var {
    Var {
        label,
        ty,
        slot: slot.number(),
        offset: 0,
        base: None,
    }
}

impl Var {
    fn at(self, offset: u64) -> Self {
        Self { offset, ..self }
    }

    fn of(self, base: &'static str) -> Self {
        Self {
            base: Some(base),
            ..self
        }
    }

    fn json(&self) -> Value {
        let Self {
            label,
            ty,
            slot,
            offset,
            base,
        } = self;
        let mut item =
            json!({"label": label, "offset": offset, "slot": slot.to_string(), "type": ty});
        if let Some(base) = base {
            item["base"] = json!(base);
        }
        item
    }
}

/// A layout, with the types that these tests use and others.
fn with_types(storage: &[Var], namespaces: &[(&str, &[Var])], more: Value) -> Layout {
    let mut types: serde_json::Map<String, Value> = TYPES
        .iter()
        .map(|(id, label, bytes)| {
            let mut item =
                json!({"label": label, "encoding": "inplace", "numberOfBytes": bytes.to_string()});
            if id.starts_with("t_array(") {
                item["base"] = json!("t_uint256");
            }
            (id.to_string(), item)
        })
        .collect();
    types.extend(more.as_object().cloned().unwrap_or_default());
    let items = |vars: &[Var]| vars.iter().map(Var::json).collect::<Vec<_>>();
    let namespaces: serde_json::Map<String, Value> = namespaces
        .iter()
        .map(|(id, vars)| (format!("erc7201:{id}"), json!(items(vars))))
        .collect();
    let layout = json!({"storage": items(storage), "types": types, "namespaces": namespaces, "unlisted": []});
    Layout::from_json(&layout.to_string()).expect("a layout")
}

fn layout(storage: &[Var], namespaces: &[(&str, &[Var])]) -> Layout {
    with_types(storage, namespaces, json!({}))
}

fn root(id: &str) -> U256 {
    slots::erc7201(id.as_bytes()).into()
}

fn check(old: &Layout, new: &Layout) -> Report {
    compare(old, new).expect("layouts of a compiler")
}

#[track_caller]
fn refused(old: &Layout, new: &Layout, id: &str) {
    let report = check(old, new);
    let ids: Vec<(String, Decision)> = report
        .findings
        .iter()
        .map(|one| (one.id(), one.decision))
        .collect();
    assert!(
        ids.contains(&(id.to_owned(), Decision::Refused)),
        "{id} is not refused: {report:#?}"
    );
}

#[test]
fn a_namespace_on_the_slots_of_layout_at_is_refused() {
    let pool = root("acme.pool");
    let own = [
        var("total", "t_uint256", pool),
        var("keeper", "t_address", pool + U256::from(1)),
    ];
    let old = layout(&own, &[]);
    let late = [var("cap", "t_uint256", 0)];
    refused(
        &old,
        &layout(&own, &[("acme.pool", &late)]),
        "insert:erc7201:acme.pool:cap",
    );
    // Not at the first slot alone.
    let deep = [
        var("free", "t_uint256", 7),
        var("cap", "t_address", 1).at(4),
    ];
    refused(
        &old,
        &layout(&own, &[("acme.pool", &deep)]),
        "insert:erc7201:acme.pool:cap",
    );
    // The other way round: the namespace was there first.
    let old = layout(&[], &[("acme.pool", &late)]);
    let new = layout(&[var("total", "t_uint256", pool)], &[("acme.pool", &late)]);
    refused(&old, &new, "insert:total");
    // Both are new, and on each other.
    let plain = layout(&[var("a", "t_uint256", 0)], &[]);
    let both = layout(
        &[var("a", "t_uint256", 0), var("total", "t_uint256", pool)],
        &[("acme.pool", &late)],
    );
    refused(&plain, &both, "insert:erc7201:acme.pool:cap");
    // What lay so before changes nothing.
    assert!(check(&both, &both).findings.is_empty());
}

#[test]
fn a_field_that_grows_into_another_root_is_refused() {
    let near = root("acme.pool") - U256::from(2);
    let rest = [var("cap", "t_uint256", 0)];
    let of = |length: u64| {
        let array = format!("t_array(t_uint256){length}_storage");
        let bytes = (32 * length).to_string();
        let item = json!({"label": format!("uint256[{length}]"), "encoding": "inplace", "numberOfBytes": bytes, "base": "t_uint256"});
        let ty: &'static str = Box::leak(array.clone().into_boxed_str());
        with_types(
            &[var("list", ty, near)],
            &[("acme.pool", &rest)],
            json!({ array: item }),
        )
    };
    assert!(check(&of(1), &of(2)).is_safe());
    refused(&of(1), &of(3), "insert:list");
}

#[test]
fn layout_at_the_data_of_an_array_is_refused() {
    let names = [var("name", "t_string_storage", 3)];
    let data = keccak256(U256::from(3).to_be_bytes::<32>());
    let old = layout(&names, &[]);
    let at = |slot: B256| {
        let slot = U256::from_be_bytes(slot.0) + U256::from(9);
        layout(&[names[0].clone(), var("x", "t_uint256", slot)], &[])
    };
    // Within one area it is the same.
    refused(&old, &at(data), "insert:x");
    assert!(check(&old, &at(keccak256("elsewhere"))).is_safe());
}

#[test]
fn a_field_on_what_the_framework_keeps_is_refused() {
    let old = layout(&[var("a", "t_uint256", 0)], &[]);
    for slot in [
        slots::IMPLEMENTATION,
        slots::ADMIN,
        slots::BEACON,
        slots::INITIALIZED,
        slots::MIGRATED,
        slots::COMPLEX,
        slots::CONSTRUCTED,
    ] {
        let new = layout(
            &[var("a", "t_uint256", 0), var("x", "t_uint256", slot)],
            &[],
        );
        refused(&old, &new, "insert:x");
    }
}

#[test]
fn a_root_that_is_called_otherwise_is_the_same_place() {
    let vars = |root: U256| {
        [
            var("total", "t_uint256", root),
            var("keeper", "t_address", root + U256::from(1)),
        ]
    };
    let named = layout(&[], &[("acme.pool", &vars(U256::ZERO))]);
    let at = layout(&vars(root("acme.pool")), &[]);
    for (old, new) in [(&named, &at), (&at, &named)] {
        let report = check(old, new);
        assert!(report.is_safe(), "{report:#?}");
        assert_eq!(report.findings.len(), 2);
    }
    // Another type there is no longer the same.
    let other = layout(
        &[],
        &[(
            "acme.pool",
            &[var("total", "t_int128", 0), var("keeper", "t_address", 1)],
        )],
    );
    assert!(!check(&at, &other).is_safe());
}

#[test]
fn types_are_compared_by_what_they_are_made_of() {
    let of = |below: Option<&str>, bytes: u64| {
        let mut item =
            json!({"label": "Price", "encoding": "inplace", "numberOfBytes": bytes.to_string()});
        if let Some(below) = below {
            item["underlying"] = json!(below);
        }
        item
    };
    type Holder = fn(Value) -> Layout;
    let holders: [(&str, Holder); 7] = [
        ("a variable", |item| {
            with_types(
                &[var("price", "t_userDefinedValueType(Price)7", 0)],
                &[],
                json!({"t_userDefinedValueType(Price)7": item}),
            )
        }),
        ("a namespace", |item| {
            with_types(
                &[],
                &[(
                    "acme.pool",
                    &[var("price", "t_userDefinedValueType(Price)7", 0)],
                )],
                json!({"t_userDefinedValueType(Price)7": item}),
            )
        }),
        ("a mapping's value", |item| {
            with_types(
                &[var(
                    "prices",
                    "t_mapping(t_address,t_userDefinedValueType(Price)7)",
                    0,
                )],
                &[],
                json!({
                "t_userDefinedValueType(Price)7": item,
                "t_mapping(t_address,t_userDefinedValueType(Price)7)": {"encoding": "mapping", "numberOfBytes": "32", "label": "mapping(address => Price)"}}),
            )
        }),
        ("a mapping's key", |item| {
            with_types(
                &[var(
                    "prices",
                    "t_mapping(t_userDefinedValueType(Price)7,t_bool)",
                    0,
                )],
                &[],
                json!({
                "t_userDefinedValueType(Price)7": item,
                "t_mapping(t_userDefinedValueType(Price)7,t_bool)": {"encoding": "mapping", "numberOfBytes": "32", "label": "mapping(Price => bool)"}}),
            )
        }),
        ("a list", |item| {
            with_types(
                &[var(
                    "prices",
                    "t_array(t_userDefinedValueType(Price)7)dyn_storage",
                    0,
                )],
                &[],
                json!({
                "t_userDefinedValueType(Price)7": item,
                "t_array(t_userDefinedValueType(Price)7)dyn_storage": {"encoding": "dynamic_array", "numberOfBytes": "32", "label": "Price[]"}}),
            )
        }),
        ("an array", |item| {
            with_types(
                &[var(
                    "prices",
                    "t_array(t_userDefinedValueType(Price)7)2_storage",
                    0,
                )],
                &[],
                json!({
                "t_userDefinedValueType(Price)7": item,
                "t_array(t_userDefinedValueType(Price)7)2_storage": {"encoding": "inplace", "numberOfBytes": "32", "label": "Price[2]"}}),
            )
        }),
        ("a struct", |item| {
            with_types(
                &[var("s", "t_struct(S)9_storage", 0)],
                &[],
                json!({
                "t_userDefinedValueType(Price)7": item,
                "t_struct(S)9_storage": {"encoding": "inplace", "numberOfBytes": "32", "label": "struct S", "members": [
                    {"label": "price", "offset": 0, "slot": "0", "type": "t_userDefinedValueType(Price)7"}]}}),
            )
        }),
    ];
    for (what, holder) in holders {
        let [unsigned, signed, nothing] =
            [Some("t_uint128"), Some("t_int128"), None].map(|below| holder(of(below, 16)));
        assert!(check(&unsigned, &unsigned).findings.is_empty(), "{what}");
        let seen = check(&unsigned, &signed);
        assert_eq!(seen.decision, Decision::Refused, "{what}: {seen:#?}");
        // By its name alone nothing is known of it.
        let seen = check(&nothing, &nothing);
        assert_eq!(seen.decision, Decision::Undecided, "{what}: {seen:#?}");
    }
    let same = with_types(&[var("price", "t_uint128", 0)], &[], json!({}));
    let named = holders[0].1(of(Some("t_uint128"), 16));
    assert!(check(&same, &named).findings.is_empty());
    // solc 0.8.8 gave each a slot: the note says what is not the same.
    let report = check(&holders[0].1(of(Some("t_uint128"), 32)), &named);
    let note = &report.findings[0].note;
    assert!(
        note.contains("32 bytes") && note.contains("16 bytes"),
        "{note}"
    );
}

#[test]
fn private_variables_of_two_parents_do_not_change_places_unseen() {
    let two = |first, second| {
        let vars = [("A", first), ("B", second)]
            .map(|(base, slot): (_, u64)| var("_rate", "t_uint256", slot).of(base));
        let mut vars = vars.to_vec();
        vars.sort_by_key(|var| var.slot);
        layout(&vars, &[])
    };
    assert!(check(&two(0, 1), &two(0, 1)).findings.is_empty());
    let swapped = check(&two(0, 1), &two(1, 0));
    let ids: Vec<String> = swapped.findings.iter().map(|one| one.id()).collect();
    assert_eq!(ids, ["reorder:B._rate@1", "reorder:A._rate@0"]);
    // Without the parents nothing can be said.
    let plain = layout(
        &[var("_rate", "t_uint256", 0), var("_rate", "t_uint256", 1)],
        &[],
    );
    assert_eq!(check(&plain, &plain).decision, Decision::Undecided);
    let one = layout(&[var("_rate", "t_uint256", 0)], &[]);
    assert_eq!(check(&one, &plain).decision, Decision::Undecided);
    // Of other types each can be no other.
    let apart = layout(
        &[var("_rate", "t_uint256", 0), var("_rate", "t_address", 1)],
        &[],
    );
    assert!(check(&apart, &apart).findings.is_empty());
    // A parent that is called otherwise asks, where it could be the other one.
    let renamed = layout(
        &[
            var("_rate", "t_uint256", 0).of("C"),
            var("_rate", "t_uint256", 1).of("D"),
        ],
        &[],
    );
    assert_eq!(check(&two(0, 1), &renamed).decision, Decision::Asks);
    let renamed = layout(
        &[
            var("_rate", "t_uint256", 0).of("A"),
            var("_rate", "t_uint256", 1).of("D"),
        ],
        &[],
    );
    assert!(check(&two(0, 1), &renamed).findings.is_empty());
}

#[test]
fn an_id_fits_one_finding_only() {
    let of = |first, second| {
        layout(
            &[var("_x", first, 0).of("A"), var("_x", second, 1).of("B")],
            &[],
        )
    };
    let report = check(&of("t_bool", "t_uint128"), &of("t_uint8", "t_int128"));
    let ids: Vec<String> = report.findings.iter().map(|one| one.id()).collect();
    assert_eq!(ids, ["retype:A._x@0", "retype:B._x@1"]);
    // A name that is there once is enough.
    let one = |ty| layout(&[var("x", ty, 0)], &[]);
    let report = check(&one("t_bool"), &one("t_uint8"));
    assert_eq!(report.findings[0].id(), "retype:x");
    // Nor without the parents.
    let of = |first, second| layout(&[var("_x", first, 0), var("_x", second, 1)], &[]);
    let report = check(&of("t_bool", "t_uint128"), &of("t_uint8", "t_int128"));
    let ids: Vec<String> = report.findings.iter().map(|one| one.id()).collect();
    assert_eq!(ids, ["retype:_x@0", "retype:_x@1"]);
}

#[test]
fn an_old_name_that_begins_at_zero_elsewhere_is_refused() {
    let kept = [
        var("_initialized", "t_uint8", 0),
        var("_owner", "t_address", 51),
    ];
    let old = layout(&kept, &[]);
    let owner = [var("_owner", "t_address", 0)];
    let id = "openzeppelin.storage.Ownable";
    let finding = "namespace-change:erc7201:openzeppelin.storage.Ownable:_owner";
    refused(&old, &layout(&kept, &[(id, &owner)]), finding);
    // Nor where the old place is called otherwise, or is kept free.
    let gone = [
        var("_initialized", "t_uint8", 0),
        var("__gap", "t_array(t_uint256)50_storage", 1),
        var("__gap_2", "t_array(t_uint256)50_storage", 51),
    ];
    refused(&old, &layout(&gone, &[(id, &owner)]), finding);
    let short = [var("owner", "t_address", 0)];
    refused(
        &old,
        &layout(&kept, &[(id, &short)]),
        "namespace-change:erc7201:openzeppelin.storage.Ownable:owner",
    );
    // From one namespace to another.
    let named = layout(&[], &[("acme.a", &owner)]);
    refused(
        &named,
        &layout(&[], &[("acme.b", &owner)]),
        "namespace-change:erc7201:acme.b:_owner",
    );
    // Two modules may use one name, as long as both stay.
    assert!(
        check(
            &named,
            &layout(&[], &[("acme.a", &owner), ("acme.b", &owner)])
        )
        .is_safe()
    );
    // A mark that opens something is none that was set.
    let plain = layout(&[var("total", "t_uint256", 0)], &[]);
    let open = [var("_initialized", "t_uint8", 0)];
    let report = check(
        &plain,
        &layout(&[var("total", "t_uint256", 0)], &[(id, &open)]),
    );
    assert_eq!(report.decision, Decision::Refused);
    // The name goes to another field of the same root.
    let mut renamed = layout(
        &[var("admin", "t_address", 0), var("owner", "t_address", 1)],
        &[],
    );
    renamed.storage[0].renamed_from = Some("owner".into());
    refused(
        &layout(&[var("owner", "t_address", 0)], &[]),
        &renamed,
        "insert:owner",
    );
}

/// Whatever root it is counted from: in a namespace that was there, at slot 0, or spelt otherwise beside the old one.
#[test]
fn an_old_name_that_begins_at_zero_in_a_root_that_was_there_is_refused() {
    let owner = [var("owner", "t_address", 0)];
    let total = || var("total", "t_uint256", 0);
    let main = |fields: &[Var], root: &[Var]| layout(root, &[("acme.main", fields)]);
    // It stays in the namespace, and the code asks another one.
    for label in ["owner", "_owner"] {
        refused(
            &main(&owner, &[]),
            &main(&owner, &[var(label, "t_address", 0)]),
            &format!("namespace-change:{label}"),
        );
    }
    refused(
        &main(&owner, &[total()]),
        &main(&owner, &[total(), var("owner", "t_address", 1)]),
        "namespace-change:owner",
    );
    refused(
        &main(&[total()], &owner),
        &main(&[total(), var("owner", "t_address", 1)], &owner),
        "namespace-change:erc7201:acme.main:owner",
    );
    refused(
        &layout(&owner, &[]),
        &layout(&[owner[0].clone(), var("_owner", "t_address", 1)], &[]),
        "namespace-change:_owner",
    );
    // A name that nothing had is none.
    let other = main(&owner, &[total(), var("cap", "t_uint256", 1)]);
    assert!(check(&main(&owner, &[total()]), &other).is_safe());
    // Nor is one that another module adds to its own namespace.
    let two = |fields: &[Var]| layout(&[], &[("acme.a", &owner), ("acme.b", fields)]);
    let more = [total(), var("owner", "t_address", 1)];
    assert!(check(&two(&[total()]), &two(&more)).is_safe());
}

/// That the old one is gone may be accepted, since a migration moves its value: what lies there now is told by itself.
#[test]
fn a_new_field_on_the_bytes_of_one_that_is_gone_is_told() {
    let old = layout(&[var("total", "t_uint256", 0)], &[]);
    let new = layout(&[var("cap", "t_int128", 0).at(8)], &[]);
    refused(&old, &new, "insert:cap");
    refused(&old, &new, "delete:total");
}

/// Room is free where it is words: a list of mappings or of lists keeps its values where nobody looks.
#[test]
fn a_gap_of_what_keeps_its_values_elsewhere_is_none() {
    let of = |base: &str| {
        let array = format!("t_array({base})2_storage");
        let item =
            json!({"label": "gap", "encoding": "inplace", "numberOfBytes": "64", "base": base});
        let map = json!({"label": "mapping(address => uint256)", "encoding": "mapping", "numberOfBytes": "32", "key": "t_address", "value": "t_uint256"});
        let ty: &'static str = Box::leak(array.clone().into_boxed_str());
        let types = json!({array: item, "t_mapping(t_address,t_uint256)": map});
        let old = with_types(&[var("__gap", ty, 0)], &[], types.clone());
        let fields = [var("a", "t_uint256", 0), var("b", "t_uint256", 1)];
        check(&old, &with_types(&fields, &[], types)).is_safe()
    };
    assert!(of("t_uint256"));
    assert!(!of("t_mapping(t_address,t_uint256)"));
    assert!(!of("t_string_storage"));
}

/// An approver who has the compiler's file compares with it all that was recorded of the same code.
#[test]
fn a_layout_that_says_more_or_other_than_the_compiler_is_another_one() {
    let plain = layout(&[var("total", "t_uint256", 0)], &[]);
    let with = |unlisted: &[&str], retyped: bool| {
        let mut other = plain.clone();
        let places = unlisted.iter().map(|one| (*one).to_owned()).collect();
        other.unlisted = Some(match unlisted {
            [] => vec![Unlisted::NotBuilt],
            _ => vec![Unlisted::SlotsByHand(places)],
        });
        other.storage[0].retyped_from = retyped.then(|| "int256".into());
        other
    };
    let here = with(&["A.sol: v.slot in f at 0x1"], false);
    assert!(plain.says_as(&with(&[], false)) && here.says_as(&here));
    // Older programs recorded slots that Solidity computes.
    assert!(here.says_as(&plain) && plain.says_as(&here));
    assert!(!plain.says_as(&with(&[], true)));
    // What a plain compiler lists is the same all the same.
    assert!(here.lists_as(&plain) && plain.lists_as(&with(&[], true)));
}

/// Its author can say that bytes mean the same in another type, not that they are elsewhere.
#[test]
fn a_declared_struct_whose_members_changed_places_is_refused() {
    let members = |names: [&str; 2], from: [Option<&str>; 2]| {
        let member = |at: usize| {
            let mut item = json!({"label": names[at], "offset": 0, "slot": at.to_string(), "type": "t_uint256"});
            if let Some(from) = from[at] {
                item["renamedFrom"] = json!(from);
            }
            item
        };
        json!({"t_struct(S)9_storage": {"encoding": "inplace", "numberOfBytes": "64", "label": "struct S",
            "members": [member(0), member(1)]}})
    };
    let of = |names, from, is_declared: bool| {
        let mut layout = with_types(
            &[var("s", "t_struct(S)9_storage", 0)],
            &[],
            members(names, from),
        );
        layout.storage[0].retyped_from = is_declared.then(|| "S".into());
        layout
    };
    let old = of(["fee", "cap"], [None, None], false);
    // Called otherwise, at the same places.
    assert!(check(&old, &of(["rate", "most"], [None, None], true)).is_safe());
    refused(
        &old,
        &of(["cap", "fee"], [None, None], true),
        "reorder:s.cap",
    );
    // Exchanged by its members' own words: as noticeable as without the word about the struct.
    for is_declared in [false, true] {
        let new = of(["cap", "fee"], [Some("fee"), Some("cap")], is_declared);
        let report = check(&old, &new);
        let exchanged = report.findings.iter();
        let exchanged = exchanged.filter(|one| one.declared == Some(Declared::Exchanged));
        assert_eq!(exchanged.count(), 2, "{report:#?}");
    }
}

/// Wherever it is new: behind the other fields, in a gap, or behind those of a namespace.
#[test]
fn a_new_mark_that_opens_something_is_refused() {
    let total = || var("total", "t_uint256", 0);
    let gap = |slot| var("__gap", "t_uint256", slot);
    let mark = |slot| var("_initialized", "t_bool", slot);
    let space = |fields| layout(&[], &[("acme.main", fields)]);
    let (old, new) = (layout(&[total()], &[]), layout(&[total(), mark(1)], &[]));
    refused(&old, &new, "insert:_initialized");
    let (old, new) = (
        layout(&[total(), gap(1)], &[]),
        layout(&[total(), mark(1)], &[]),
    );
    refused(&old, &new, "insert:_initialized");
    refused(
        &space(&[total()]),
        &space(&[total(), mark(1)]),
        "insert:erc7201:acme.main:_initialized",
    );
    // It was there, and so it was set; and a contract that kept nothing was never open.
    let had = layout(&[total(), mark(1)], &[]);
    assert!(check(&had, &had).is_safe());
    assert!(check(&layout(&[], &[]), &had).is_safe());
}

#[test]
fn a_gap_that_takes_the_place_of_the_field_before_it_is_one_finding() {
    let short = json!({"t_array(t_uint256)49_storage": {"encoding": "inplace", "numberOfBytes": "1568", "label": "uint256[49]"}});
    let old = with_types(
        &[
            var("_x", "t_bool", 0),
            var("__gap", "t_array(t_uint256)49_storage", 1),
        ],
        &[],
        short,
    );
    let new = layout(&[var("__gap", "t_array(t_uint256)50_storage", 0)], &[]);
    let report = check(&old, &new);
    let found: Vec<Verdict> = report.findings.iter().map(|one| one.verdict).collect();
    assert_eq!(found, [Verdict::Delete], "{report:#?}");
}

#[test]
fn a_gap_may_grow_over_bytes_that_nothing_used_and_over_no_others() {
    const SHORT: &str = "t_array(t_uint256)2_storage";
    const LONG: &str = "t_array(t_uint256)3_storage";
    let gap = |label: &str, bytes: &str| json!({"encoding": "inplace", "numberOfBytes": bytes, "label": label, "base": "t_uint256"});
    let types = json!({ SHORT: gap("uint256[2]", "64"), LONG: gap("uint256[3]", "96") });
    let of = |gap: &'static str, behind: Option<i32>| {
        let mut all = vec![var("a", "t_uint256", 0), var("__gap", gap, 1)];
        all.extend(behind.map(|slot| var("b", "t_uint256", slot)));
        with_types(&all, &[], types.clone())
    };
    for (before, after) in [(None, None), (Some(4), Some(4)), (None, Some(4))] {
        let report = check(&of(SHORT, before), &of(LONG, after));
        assert!(report.is_safe(), "{before:?} {after:?}: {report:#?}");
    }
    // Something lay there, whether it moved or went.
    for after in [Some(4), None] {
        let report = check(&of(SHORT, Some(3)), &of(LONG, after));
        assert!(!report.is_safe(), "{after:?}: {report:#?}");
    }
}

#[test]
fn bytes_that_another_root_used_are_not_new() {
    let pool = root("acme.pool");
    let old = layout(&[], &[("acme.pool", &[var("total", "t_uint256", 0)])]);
    let new = layout(&[var("total", "t_uint256", pool)], &[]);
    let ranges = |layout| Ranges::of(layout).expect("ranges");
    let added = ranges(&new).beyond(&ranges(&old));
    assert!(added.list().is_empty(), "{added:?}");
}

#[test]
fn a_new_field_on_the_bytes_of_a_root_that_is_gone_is_told() {
    let old = layout(&[], &[("acme.pool", &[var("total", "t_uint256", 0)])]);
    let new = layout(&[var("other", "t_uint256", root("acme.pool"))], &[]);
    // Who accepts that the one is gone has not accepted what lies there now.
    refused(&old, &new, "namespace-change:erc7201:acme.pool:total");
    refused(&old, &new, "insert:other");
}

#[test]
fn bytes_of_another_length_are_another_type() {
    let of = |bytes: u64| {
        let id = format!("t_bytes{bytes}");
        let item = json!({"label": format!("bytes{bytes}"), "encoding": "inplace", "numberOfBytes": bytes.to_string()});
        let map = json!({"label": format!("mapping(address => bytes{bytes})"), "encoding": "mapping",
            "numberOfBytes": "32", "key": "t_address", "value": id});
        let mut types = serde_json::Map::new();
        types.insert(id, item);
        types.insert("t_mapping".into(), map);
        with_types(&[var("marks", "t_mapping", 0)], &[], Value::Object(types))
    };
    refused(&of(4), &of(8), "retype:marks[]");
    refused(&of(8), &of(4), "retype:marks[]");
}
