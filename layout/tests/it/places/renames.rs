//! What a field of another name at the same place is.

use super::*;

/// Where a text keeps its data follows from its slot, which is compared itself.
#[test]
fn a_text_of_another_name_lies_on_no_other_text() {
    let text = |label| layout(&[var(label, "t_string_storage", 0)], &[]);
    let report = check(&text("title"), &text("name"));
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|one| (one.id(), one.decision))
        .collect();
    assert_eq!(found, [("rename:name".to_owned(), Decision::Asks)]);
    assert!(check(&text("_name"), &text("name")).findings.is_empty());
    let mut declared = text("name");
    declared.storage[0].renamed_from = Some("title".into());
    assert!(check(&text("title"), &declared).is_safe());
    // At the same slot, and counted from a namespace.
    let there = layout(&[], &[("acme.pool", &[var("name", "t_string_storage", 0)])]);
    let other = layout(&[var("title", "t_string_storage", root("acme.pool"))], &[]);
    refused(&there, &other, "insert:title");
}

#[test]
fn an_underscore_before_a_name_is_no_other_name() {
    let one = |label| layout(&[var(label, "t_uint256", 0)], &[]);
    for (old, new) in [("x", "_x"), ("_x", "x"), ("__x", "_x")] {
        let report = check(&one(old), &one(new));
        assert!(report.findings.is_empty(), "{old} {new}: {report:#?}");
    }
    // Two names that differ by it are two, in either version.
    let two = |first, second| {
        let vars = [var(first, "t_uint256", 0), var(second, "t_uint256", 1)];
        layout(&vars, &[])
    };
    refused(&two("_x", "x"), &two("x", "_x"), "reorder:x");
    refused(&two("_x", "x"), &two("x", "y"), "shift:x");
    for (old, new) in [
        (two("_x", "x"), two("__x", "x")),
        (one("_x"), two("x", "__x")),
    ] {
        let report = check(&old, &new);
        assert!(report.decision >= Decision::Asks, "{report:#?}");
    }
    // Neither is what lies elsewhere, is of another type, or has no other letter.
    let moved = layout(&[var("x", "t_uint256", 1)], &[]);
    refused(&one("_x"), &moved, "delete:_x");
    let signed = layout(&[var("x", "t_int128", 0)], &[]);
    refused(&one("_x"), &signed, "delete:_x");
    assert_eq!(check(&one("_"), &one("__")).decision, Decision::Asks);
    assert_eq!(check(&one("x"), &one("x_")).decision, Decision::Asks);
    // A gap that becomes a field is no gap any more.
    let array = |label| layout(&[var(label, "t_array(t_uint256)50_storage", 0)], &[]);
    let report = check(&array("__gap"), &array("gap"));
    assert!(!report.findings.is_empty(), "{report:#?}");
}

#[test]
fn a_renamed_struct_may_rename_its_members_and_nothing_else() {
    let pair = |label: &str, name: &str, members: [(&'static str, &'static str); 2]| {
        let slots = [0, 1].into_iter().zip(members);
        let members: Vec<Value> = slots
            .map(|(slot, (label, ty))| var(label, ty, slot).json())
            .collect();
        let id = format!("t_struct({name})1_storage");
        let item = json!({"label": format!("struct {name}"), "encoding": "inplace", "numberOfBytes": "64",
            "members": members});
        let mut types = serde_json::Map::new();
        types.insert(id.clone(), item);
        let mut layout = with_types(&[], &[], Value::Object(types));
        layout.storage = vec![stylus_layout::Item::new(label, id, 0, 0)];
        layout
    };
    let (number, flag) = ("t_uint256", "t_bool");
    let old = pair("token", "Token", [("total", number), ("open", flag)]);
    let renamed = pair("erc20", "Erc20", [("supply", number), ("open", flag)]);
    let report = check(&old, &renamed);
    let ids: Vec<String> = report.findings.iter().map(|one| one.id()).collect();
    assert_eq!(ids, ["rename:erc20", "rename:erc20.supply"], "{report:#?}");
    assert_eq!(report.decision, Decision::Asks);
    // What was a number is a flag, and the other way round; or both are numbers and change places.
    let other = pair("erc20", "Erc20", [("total", flag), ("open", number)]);
    refused(&old, &other, "delete:token");
    let both = |label, name, first, second| pair(label, name, [(first, number), (second, number)]);
    let old = both("token", "Token", "fee", "cap");
    let exchanged = both("erc20", "Erc20", "cap", "fee");
    refused(&old, &exchanged, "delete:token");
    // With underscores the members are still two.
    let old = both("token", "Token", "_fee", "fee");
    refused(&old, &both("erc20", "Erc20", "fee", "_fee"), "delete:token");
}
