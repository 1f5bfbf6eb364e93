//! The example `diff`, run as a program on build-infos in solc's format.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

/// A build-info of one contract with these variables, a line each.
fn build_info(variables: &[&str]) -> Value {
    let head = "contract Box {\n";
    let mut source = head.to_owned();
    let (mut nodes, mut storage) = (Vec::new(), Vec::new());
    for (number, name) in variables.iter().enumerate() {
        let (id, declared) = (number + 10, format!("    uint256 {name};\n"));
        let start = source.len() + 4;
        let src = format!("{start}:{}:0", declared.len() - 6);
        nodes.push(json!({"nodeType": "VariableDeclaration", "id": id, "name": name, "src": src}));
        storage.push(json!({
            "astId": id, "contract": "Box.sol:Box", "label": name, "offset": 0, "slot": number.to_string(),
            "type": "t_uint256",
        }));
        source += &declared;
    }
    source += "}\n";
    let types =
        json!({"t_uint256": {"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"}});
    json!({
        "input": {"sources": {"Box.sol": {"content": source}}},
        "output": {
            "contracts": {"Box.sol": {"Box": {"storageLayout": {"storage": storage, "types": types}}}},
            "sources": {"Box.sol": {"ast": {"nodeType": "SourceUnit", "nodes": [
                {"nodeType": "ContractDefinition", "id": 5, "nodes": nodes},
            ]}}},
        },
    })
}

#[test]
fn the_example_prints_the_difference_with_file_and_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, info: &Value| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, info.to_string()).expect("written");
        path
    };
    let old = write("old.json", &build_info(&["owner", "total"]));
    let new = write("new.json", &build_info(&["total", "owner"]));
    let tests = std::env::current_exe().expect("this program");
    let program = tests.parent().and_then(|deps| deps.parent());
    let program = program.expect("its folder").join("examples/diff");
    let output = Command::new(program)
        .args([&old, &new])
        .args(["Box.sol", "Box"])
        .output()
        .expect("the example was built with the tests");
    let printed = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{printed}");
    assert_eq!(printed.lines().count(), 2, "{printed}");
    for line in [
        "reorder total: Box.sol:3 → Box.sol:2",
        "reorder owner: Box.sol:2 → Box.sol:3",
    ] {
        assert!(printed.contains(line), "{printed}");
    }
}
