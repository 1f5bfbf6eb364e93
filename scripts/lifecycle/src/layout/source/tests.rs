use super::read_file;
use crate::error::Explain;
use alloy::primitives::keccak256;
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
        let named = read_file(&file(&folder, &document)).expect("a layout");
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
    let error = read_file(&path).expect_err("which?");
    assert_eq!(error.name(), "LayoutUnreadable");
    assert!(
        error.to_string().contains("several contracts: A, B"),
        "{error}"
    );
    let named = read_file(format!("{}:B", path.display()).as_ref()).expect("a layout");
    assert_eq!(named.document.layout.storage[0].label, "b");
    assert!(read_file(format!("{}:C", path.display()).as_ref()).is_err());
}

#[test]
fn of_two_contracts_with_one_name_one_is_chosen_by_its_source() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = |label: &str| json!({"Box": {"storageLayout": layout(label)}});
    let two = json!({"contracts": {"src/a.sol": one("a"), "src/b.sol": one("b")}});
    let path = file(&folder, &two);
    let of = |name: &str| read_file(format!("{}:{name}", path.display()).as_ref());
    let error = of("Box").expect_err("which?").to_string();
    assert!(error.contains("src/a.sol:Box, src/b.sol:Box"), "{error}");
    let named = of("src/b.sol:Box").expect("a layout");
    assert_eq!(named.document.layout.storage[0].label, "b");
    assert!(of("src/c.sol:Box").is_err());
}

#[test]
fn what_is_no_layout_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for document in [
        json!([]),
        json!({"abi": []}),
        json!({"storage": [{"label": 1}]}),
    ] {
        let error = read_file(&file(&folder, &document)).expect_err("no layout");
        assert_eq!(error.name(), "LayoutUnreadable");
    }
    assert!(read_file(&folder.path().join("nothing")).is_err());
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
        let named = read_file(&file(&folder, &listed)).expect("a layout");
        assert_eq!(named.document.unlisted(), unlisted, "{listed}");
    }
}

/// What a compiler writes of a contract with one immutable and one source.
fn build_info(source: &str) -> Value {
    let metadata = json!({"sources": {"Box.sol": {"keccak256": keccak256(source)}}});
    let code = json!({
        "object": format!("7f{}73__$0123456789012345678901234567890123$__5f", "00".repeat(32)),
        "immutableReferences": {"7": [{"start": 1, "length": 32}]},
        "linkReferences": {"Lib.sol": {"Lib": [{"start": 34, "length": 20}]}},
    });
    json!({
        "input": {"sources": {"Box.sol": {"content": source}}},
        "output": {"contracts": {"Box.sol": {"Box": {
            "storageLayout": layout("x"),
            "metadata": metadata.to_string(),
            "evm": {"deployedBytecode": code},
        }}}},
    })
}

#[test]
fn a_build_info_tells_code_and_sources_whatever_a_constructor_and_a_linker_filled_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut info = build_info("contract Box {}");
    let compiled = |info: &Value| {
        let named = read_file(&file(&folder, info)).expect("a layout");
        named.compiled.expect("code")
    };
    let whole = compiled(&info);
    let code = |last: u8| [&[0x7f][..], &[7; 32], &[0x73], &[9; 20], &[last]].concat();
    assert!(whole.is(&code(0x5f)) && !whole.is(&code(0x60)));
    assert!(!whole.is(&code(0x5f)[1..]) && !whole.is(&[]));
    let metadata = &info["output"]["contracts"]["Box.sol"]["Box"]["metadata"];
    assert_eq!(whole.source.0, keccak256(metadata.as_str().expect("text")));
    // hardhat 3 writes the output into a file beside it.
    let output = json!({ "output": info["output"].take() });
    let beside = folder.path().join("Box.output.json");
    std::fs::write(beside, output.to_string()).expect("written");
    info.as_object_mut().expect("an object").remove("output");
    assert_eq!(compiled(&info), whole);
    // A source that is not there is not known, and another one is refused.
    info["input"] = json!({"sources": {}});
    assert!(compiled(&info).source.is_zero());
    info["input"] = build_info("contract Box { uint256 x; }")["input"].take();
    let error = read_file(&file(&folder, &info)).expect_err("another source");
    assert!(
        error
            .to_string()
            .contains("is not the one that was compiled"),
        "{error}"
    );
}

#[test]
fn what_a_constructor_fills_in_is_a_pushed_word_and_nothing_else_is_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    for (start, length) in [(0, 55), (1, 33), (2, 32), (0, 32), (33, 1)] {
        let mut info = build_info("contract Box {}");
        let code = &mut info["output"]["contracts"]["Box.sol"]["Box"]["evm"]["deployedBytecode"];
        code["immutableReferences"] = json!({"7": [{"start": start, "length": length}]});
        assert!(
            read_file(&file(&folder, &info)).is_err(),
            "{start} {length}"
        );
    }
}
