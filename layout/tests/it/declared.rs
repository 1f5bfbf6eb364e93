//! What an author declares counts for one step: the annotation that the next version keeps says
//! nothing of what that one changes.

use crate::layout_of;
use alloy_primitives::U256;
use stylus_layout::{Layout, Overrides, Report, compare, plan};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageMap, StorageU256};
use stylus_upgradeable::layout::StorageLayout;

/// Versions of a contract that differ in the members of `Token`, and in what the field says.
macro_rules! versions {
    ($($name:ident: $($attribute:literal)? $field:ident { $($member:ident)* })*) => {$(
        pub mod $name {
            use super::*;
            use stylus_sdk::storage::StorageU64;

            #[storage]
            #[derive(StorageLayout)]
            pub struct Token { $($member: StorageU64,)* }

            #[storage]
            #[derive(StorageLayout)]
            pub struct Note {
                value: StorageU256,
                $(#[layout(retyped_from = $attribute)])?
                $field: StorageMap<U256, Token>,
            }
        }
    )*};
}

versions! {
    first: tokens { a b c }
    second: "mapping(uint256 => Token)" tokens { d b c }
    third: "mapping(uint256 => Token)" tokens { e b c }
    respelled: "mapping(uint256 => struct Token)" tokens { e b c }
    bare: tokens { e b c }
    same: "mapping(uint256 => Token)" tokens { d b c }
    exchanged: "mapping(uint256 => Token)" tokens { b a c }
}

fn report<Old: StorageLayout, New: StorageLayout>() -> Report {
    let (old, new) = (layout_of::<Old>(), layout_of::<New>());
    compare(&old, &new).expect("compared")
}

#[test]
fn a_retype_that_the_old_version_declares_as_well_does_not_count_again() {
    assert!(report::<first::Note, second::Note>().is_safe());
    assert!(!report::<first::Note, exchanged::Note>().is_safe());
    assert!(report::<second::Note, same::Note>().findings.is_empty());
    for report in [
        report::<second::Note, third::Note>(),
        report::<second::Note, respelled::Note>(),
    ] {
        assert!(!report.is_safe(), "{report:?}");
        let mut notes = report.findings.iter().map(|finding| &finding.note);
        assert!(notes.any(|note| note.contains("of the version before")));
    }
    assert!(!report::<second::Note, bare::Note>().is_safe());
}

/// A layout of one word, and what it is declared to have been.
fn word(label: &str, kind: &str, retyped_from: Option<&str>) -> Layout {
    let mut item = serde_json::json!({
        "label": label, "offset": 0, "slot": "0", "type": format!("t_{kind}"),
    });
    if let Some(from) = retyped_from {
        item["retypedFrom"] = from.into();
    }
    let (key, kind) = (format!("t_{kind}"), kind.to_owned());
    let ty = serde_json::json!({"label": kind, "encoding": "inplace", "numberOfBytes": "32"});
    let text = serde_json::json!({"storage": [item], "types": {key: ty}});
    Layout::from_json(&text.to_string()).expect("a layout")
}

#[test]
fn a_retype_that_was_kept_is_none_for_a_generated_migration_either() {
    let new = word("x", "opaque_b", Some("opaque_a"));
    let before = word("x", "opaque_a", None);
    let kept = word("x", "opaque_a", Some("opaque_a"));
    assert!(plan(&before, &new, &Overrides::none()).is_ok());
    assert!(plan(&kept, &new, &Overrides::none()).is_err());
}

/// A layout with one field `x` of that type, of all types that such fields here have.
fn field(kind: &str, retyped_from: Option<&str>) -> Layout {
    let mut item = serde_json::json!({ "label": "x", "offset": 0, "slot": "0", "type": kind });
    if let Some(from) = retyped_from {
        item["retypedFrom"] = from.into();
    }
    let value = |label: &str, bytes: u64| serde_json::json!({"label": label, "encoding": "inplace", "numberOfBytes": bytes.to_string()});
    let array = |label: &str, base: &str, bytes: u64| serde_json::json!({"label": label, "encoding": "inplace", "numberOfBytes": bytes.to_string(), "base": base});
    let map = |label: &str, value: &str| serde_json::json!({"label": label, "encoding": "mapping", "numberOfBytes": "32", "key": "t_uint256", "value": value});
    let member = |label: &str, slot: u64, offset: u64, kind: &str| serde_json::json!({"label": label, "slot": slot.to_string(), "offset": offset, "type": kind});
    let of = |label: &str, members: [serde_json::Value; 2]| serde_json::json!({"label": label, "encoding": "inplace", "numberOfBytes": "64", "members": members});
    let types = serde_json::json!({
        "t_uint256": value("uint256", 32),
        "t_int256": value("int256", 32),
        "t_uint128": value("uint128", 16),
        "t_uint64": value("uint64", 8),
        "t_array(t_uint256)4_storage": array("uint256[4]", "t_uint256", 128),
        "t_array(t_int256)4_storage": array("int256[4]", "t_int256", 128),
        "t_array(t_uint64)16_storage": array("uint64[16]", "t_uint64", 128),
        "t_array(t_uint256)2_storage": array("uint256[2]", "t_uint256", 64),
        "t_array(t_uint128)4_storage": array("uint128[4]", "t_uint128", 64),
        "t_mapping(t_uint256,t_array(t_uint256)2_storage)": map("mapping(uint256 => uint256[2])", "t_array(t_uint256)2_storage"),
        "t_mapping(t_uint256,t_array(t_uint128)4_storage)": map("mapping(uint256 => uint128[4])", "t_array(t_uint128)4_storage"),
        "t_struct(Apart)1_storage": of("Apart", [member("a", 0, 0, "t_uint128"), member("b", 1, 0, "t_uint128")]),
        "t_struct(Close)2_storage": of("Close", [member("a", 0, 0, "t_uint128"), member("b", 0, 16, "t_uint128")]),
        "t_struct(Other)3_storage": of("Other", [member("c", 0, 0, "t_uint128"), member("d", 1, 0, "t_uint128")]),
    });
    let text = serde_json::json!({"storage": [item], "types": types});
    Layout::from_json(&text.to_string()).expect("a layout")
}

#[test]
fn a_declared_type_moves_no_element_and_no_member() {
    for (old, label, new, is_safe) in [
        (
            "t_array(t_uint256)4_storage",
            "uint256[4]",
            "t_array(t_int256)4_storage",
            true,
        ),
        (
            "t_array(t_uint256)4_storage",
            "uint256[4]",
            "t_array(t_uint64)16_storage",
            false,
        ),
        (
            "t_mapping(t_uint256,t_array(t_uint256)2_storage)",
            "mapping(uint256 => uint256[2])",
            "t_mapping(t_uint256,t_array(t_uint128)4_storage)",
            false,
        ),
        (
            "t_struct(Apart)1_storage",
            "Apart",
            "t_struct(Other)3_storage",
            true,
        ),
        (
            "t_struct(Apart)1_storage",
            "Apart",
            "t_struct(Close)2_storage",
            false,
        ),
        (
            "t_array(t_uint256)2_storage",
            "uint256[2]",
            "t_struct(Apart)1_storage",
            false,
        ),
    ] {
        let report = compare(&field(old, None), &field(new, Some(label))).expect("compared");
        assert_eq!(report.is_safe(), is_safe, "{old} → {new}: {report:#?}");
    }
}
