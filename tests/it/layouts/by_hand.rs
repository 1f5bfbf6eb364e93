//! Slots that Solidity computes by itself, as its compiler's AST shows them.

use crate::prelude::*;
use std::io::Write;
use std::process::Stdio;

use stylus_layout::{Document, Unlisted, compare};
use stylus_upgrades::layout::read_file;
use stylus_upgrades_harness::{copy_program, home};

const SOURCE: &str = "Slots.sol";

/// What solc writes of the contracts in a file of tests/fixtures, with its AST.
pub(crate) fn build_info(
    folder: &Path,
    file: &str,
    outputs: &[&str],
) -> Result<Value, HarnessError> {
    build_info_with(folder, file, outputs, &json!({}))
}

/// The same, with more settings for the compiler.
pub(crate) fn build_info_with(
    folder: &Path,
    file: &str,
    outputs: &[&str],
    more: &Value,
) -> Result<Value, HarnessError> {
    let packages = Npm::install(&Lines)?;
    copy_program(
        &home().join("tests/clients/forge/solc.js"),
        &folder.join("solc.js"),
    )?;
    let modules = packages.folder().join("node_modules");
    std::os::unix::fs::symlink(modules, folder.join("node_modules")).expect("a link");
    let path = home().join("tests/fixtures").join(file);
    let source = std::fs::read_to_string(&path).expect("the source");
    let name = path.file_name().expect("a name").to_string_lossy();
    let mut input = json!({
        "language": "Solidity",
        "sources": {name: {"content": source}},
        "settings": {"outputSelection": {"*": {"*": outputs, "": ["ast"]}}},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        input["settings"][key] = value.clone();
    }
    let mut solc = Command::new("node")
        .arg("solc.js")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("solc runs");
    let mut pipe = solc.stdin.take().expect("its input");
    pipe.write_all(input.to_string().as_bytes())
        .expect("written");
    drop(pipe);
    let output = solc.wait_with_output().expect("its output");
    let output: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    Ok(json!({"solcVersion": "0.8.37", "input": input, "output": output}))
}

#[test]
fn slots_that_solidity_reaches_by_assembly_are_named() -> Result<(), HarnessError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("info.json");
    let mut info = build_info(folder.path(), "slots/Slots.sol", &["storageLayout"])?;
    let read = |info: &Value, name: &str| -> Document {
        std::fs::write(&path, info.to_string()).expect("written");
        let named = read_file(format!("{}:{SOURCE}:{name}", path.display()).as_ref());
        named
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .document
    };
    let of = |places: &[&str]| {
        let places: Vec<String> = places
            .iter()
            .map(|place| format!("{SOURCE}: {place}"))
            .collect();
        match places.is_empty() {
            true => vec![],
            false => vec![Unlisted::SlotsByHand(places)],
        }
    };
    for (name, namespaces, places) in [
        ("Plain", &[][..], &[][..]),
        ("Annotated", &["erc7201:spaced.main"], &["r.slot in main"]),
        ("OfLibrary", &["erc7201:in.library"], &["r.slot in main"]),
        ("OfProxies", &[], &["r.slot in at"]),
        ("OwnVariable", &[], &["sstore in set"]),
        ("OwnLength", &[], &["sload in set", "sstore in set"]),
        ("Modified", &["erc7201:in.library"], &["r.slot in set"]),
        ("Solady", &[], &["sstore in set"]),
        ("OfDiamond", &[], &["r.slot in state"]),
        ("OfFree", &[], &["sstore in atSeven"]),
        ("Overridden", &["erc7201:spaced.main"], &["r.slot in main"]),
        ("OtherRoot", &["erc7201:other.root"], &["r.slot in set"]),
        ("Moved", &["erc7201:in.library"], &["r.slot in set"]),
        ("MovedInside", &["erc7201:in.library"], &["r.slot in set"]),
        ("AnySlot", &[], &["r.slot in at"]),
        ("ByPointer", &[], &["r.slot in at"]),
    ] {
        let Document { layout, .. } = read(&info, name);
        let listed: Vec<&str> = layout.namespaces.keys().map(String::as_str).collect();
        assert_eq!(listed, namespaces, "{name}");
        assert_eq!(layout.unlisted, Some(of(places)), "{name}");
        let same = compare(&layout, &layout).expect("compared");
        assert!(same.findings.is_empty(), "{name}: {:?}", same.findings);
    }
    // An assembly block that the AST does not show may do anything.
    let ast = &mut info["output"]["sources"][SOURCE]["ast"];
    hide_assembly(ast);
    let hidden = read(&info, "Annotated").layout.unlisted;
    assert_eq!(hidden, Some(of(&["inline assembly in main"])));
    Ok(())
}

/// As compilers before 0.6 write it.
fn hide_assembly(node: &mut Value) {
    if let Some(fields) = node.as_object_mut() {
        fields.remove("AST");
        fields.values_mut().for_each(hide_assembly);
    }
    node.as_array_mut()
        .into_iter()
        .flatten()
        .for_each(hide_assembly);
}
