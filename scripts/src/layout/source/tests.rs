use super::read_file;
use crate::error::Explain;
use serde_json::{Value, json};
use std::path::PathBuf;
use stylus_layout::Unlisted;

fn layout(label: &str) -> Value {
    json!({"storage": [{"label": label, "offset": 0, "slot": "0", "type": "t_uint256"}],
        "types": {"t_uint256": {"label": "uint256", "encoding": "inplace", "numberOfBytes": "32"}}})
}

fn file(folder: &tempfile::TempDir, document: &Value) -> PathBuf {
    let path = folder.path().join("Box.json");
    std::fs::write(&path, document.to_string()).expect("written");
    path
}

#[test]
fn a_layout_is_found_in_what_compilers_and_tools_write() {
    let folder = tempfile::tempdir().expect("a folder");
    for document in [
        layout("x"),
        json!({"abi": [], "storageLayout": layout("x")}),
        json!({"layout": layout("x")}),
        json!({"contracts": {"Box.sol": {"Box": {"storageLayout": layout("x")}}}}),
        json!({"contracts": {"Box.sol:Box": {"storage-layout": layout("x")}}}),
    ] {
        let named = read_file(&file(&folder, &document), None).expect("a layout");
        assert_eq!(
            (
                named.name.as_str(),
                named.document.layout.storage[0].label.as_str()
            ),
            ("Box", "x")
        );
    }
}

#[test]
fn of_several_contracts_one_is_chosen_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let two = json!({"A": {"storageLayout": layout("a")}, "B": {"storageLayout": layout("b")}});
    let path = file(&folder, &json!({"contracts": {"Box.sol": two}}));
    let error = read_file(&path, None).expect_err("which?");
    assert_eq!(error.name(), "LayoutUnreadable");
    assert!(
        error.to_string().contains("several contracts: A, B"),
        "{error}"
    );
    let named = read_file(&path, Some("B")).expect("a layout");
    assert_eq!(named.document.layout.storage[0].label, "b");
    assert!(read_file(&path, Some("C")).is_err());
}

#[test]
fn what_is_no_layout_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for document in [
        json!([]),
        json!({"abi": []}),
        json!({"storage": [{"label": 1}]}),
    ] {
        let error = read_file(&file(&folder, &document), None).expect_err("no layout");
        assert_eq!(error.name(), "LayoutUnreadable");
    }
    assert!(read_file(&folder.path().join("nothing"), None).is_err());
}

#[test]
fn only_what_upgrades_core_writes_lists_namespaces() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut listed = layout("x");
    for (namespaces, unlisted) in [
        (None, vec![Unlisted::Namespaces]),
        (Some(Value::Null), vec![Unlisted::Namespaces]),
        (Some(json!({})), vec![]),
        (Some(json!({"erc7201:a": layout("y")["storage"]})), vec![]),
    ] {
        if let Some(namespaces) = namespaces {
            listed["namespaces"] = namespaces;
        }
        let named = read_file(&file(&folder, &listed), None).expect("a layout");
        assert_eq!(named.document.unlisted(), unlisted, "{listed}");
    }
}
