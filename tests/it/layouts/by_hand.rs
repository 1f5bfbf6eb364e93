//! Slots that Solidity computes by itself, as its compiler's AST shows them.

use crate::prelude::*;
use std::io::Write;
use std::process::Stdio;

use stylus_layout::{Document, Layout, Unlisted, compare};
use stylus_upgrades::assess::{Fact, Origin};
use stylus_upgrades::ids::LayoutHash;
use stylus_upgrades::layout::{Pair, Side, check_storage, read_file};
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
    let path = home().join("tests/fixtures").join(file);
    let source = std::fs::read_to_string(&path).expect("the source");
    let name = path.file_name().expect("a name").to_string_lossy();
    let sources = json!({name: {"content": source}});
    build_info_of(folder, &sources, outputs, more)
}

/// The same of these sources, which have all that they import.
pub(super) fn build_info_of(
    folder: &Path,
    sources: &Value,
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
    let mut input = json!({
        "language": "Solidity",
        "sources": sources,
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
    // The hash of code is left out: a test below says what it depends on.
    let places_of = |layout: &Layout| -> Vec<String> {
        let unlisted = layout.unlisted.iter().flatten();
        let places = unlisted.flat_map(|one| match one {
            Unlisted::SlotsByHand(places) => places.clone(),
            _ => panic!("{one}"),
        });
        let prefix = format!("{SOURCE}: ");
        let bare = places.map(|place| {
            let place = place.strip_prefix(&prefix).expect("the source");
            match place.split_once(", code ") {
                Some((place, _)) => format!("{place}, code"),
                None => place.to_owned(),
            }
        });
        bare.collect()
    };
    for (name, namespaces, places) in [
        ("Plain", &[][..], &[][..]),
        ("Annotated", &["erc7201:spaced.main"], &[]),
        ("OfLibrary", &["erc7201:in.library"], &[]),
        ("OfProxies", &[], &[]),
        ("OwnVariable", &[], &[]),
        ("OwnLength", &[], &[]),
        ("BehindPointers", &[], &["sstore in half, code"]),
        (
            "Modified",
            &["erc7201:in.library"],
            &["r.slot in set, code"],
        ),
        (
            "Solady",
            &[],
            &[
                "sstore in set at 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffff74873927, code",
            ],
        ),
        (
            "OfDiamond",
            &[],
            &[
                "r.slot in state at 0xc8fcad8db84d3cc18b4c41d551ea0ee66dd599cde068d998e57d5e09332c131c, code",
            ],
        ),
        ("OfFree", &[], &["sstore in atSeven at 0x7, code"]),
        (
            "Overridden",
            &["erc7201:spaced.main"],
            &[
                "r.slot in main at 0x0 or 0xa4e7e3ef741e211f467da5603006eb0723867e8fd6cef89cc25fc9cad1594400",
            ],
        ),
        (
            "OtherRoot",
            &["erc7201:other.root"],
            &["r.slot in set at 0x100"],
        ),
        ("Moved", &["erc7201:in.library"], &["r.slot in set, code"]),
        (
            "MovedInside",
            &["erc7201:in.library"],
            &["r.slot in set, code"],
        ),
        ("AnySlot", &[], &["r.slot in at, code"]),
        ("ByPointer", &[], &["r.slot in at, code"]),
    ] {
        let Document { layout, .. } = read(&info, name);
        let listed: Vec<&str> = layout.namespaces.keys().map(String::as_str).collect();
        assert_eq!(listed, namespaces, "{name}");
        assert_eq!(places_of(&layout), places, "{name}");
        let same = compare(&layout, &layout).expect("compared");
        assert!(same.findings.is_empty(), "{name}: {:?}", same.findings);
    }
    // An assembly block that the AST does not show may do anything.
    let ast = &mut info["output"]["sources"][SOURCE]["ast"];
    hide_assembly(ast);
    let hidden = read(&info, "Annotated").layout.unlisted;
    let hidden_in = format!("{SOURCE}: inline assembly in main");
    assert_eq!(hidden, Some(vec![Unlisted::SlotsByHand(vec![hidden_in])]));
    // solc before 0.6 shows it as text: another text is another place.
    let [first, second] = ["sstore(0, 1)", "sstore(0, sload(1))"].map(|text| {
        show_assembly_as_text(&mut info["output"]["sources"][SOURCE]["ast"], text);
        read(&info, "Annotated").layout.unlisted
    });
    assert_ne!(first, second);
    assert_ne!(first, Some(Vec::new()));
    Ok(())
}

/// What reaches storage by itself may stay as it is. Another slot, other code that finds it, and other fields there are
/// refused until somebody accepts them.
#[test]
fn slots_that_assembly_reaches_otherwise_than_before_are_refused() -> Result<(), HarnessError> {
    let folder = tempfile::tempdir().expect("a folder");
    let outputs = ["storageLayout"];
    let info = build_info(folder.path(), "solidity/Assembly.sol", &outputs)?;
    let path = folder.path().join("info.json");
    std::fs::write(&path, info.to_string()).expect("written");
    let side = |name: &str| {
        let file = format!("{}:Assembly.sol:{name}", path.display());
        let read = read_file(file.as_ref()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let known = Fact::of(read.document, Origin::Build);
        Side {
            hash: LayoutHash::ZERO,
            known,
        }
    };
    for (old, new, is_refused) in [
        ("Placed", "Placed", false),
        ("Placed", "PlacedByFormula", false),
        ("Placed", "Displaced", true),
        ("Placed", "Computed", true),
        ("Displaced", "Displaced", false),
        ("Computed", "Computed", false),
        ("Computed", "ComputedOtherwise", true),
        ("Computed", "ComputedBelow", true),
        ("Diamond", "Diamond", false),
        ("Diamond", "DiamondSwapped", true),
        ("Given", "Given", false),
        ("Given", "GivenOtherwise", true),
        ("Filled", "Filled", false),
        ("Filled", "Overfilled", true),
        ("Placed", "Asked", true),
        ("Placed", "OnProxy", true),
    ] {
        let (before, after) = (side(old), side(new));
        let pair = Pair {
            name: "A",
            from: "1",
            to: "2",
            old: &before,
            new: &after,
            runs_migration: false,
            goes_back: false,
        };
        let found = check_storage(&pair).expect("compared").found;
        let mut by_hand = found.iter().filter(|one| one.id.kind() == "slots-by-hand");
        assert_eq!(
            by_hand.next().is_some(),
            is_refused,
            "{old} → {new}: {found:#?}"
        );
    }
    Ok(())
}

/// As compilers before 0.6 write it.
fn show_assembly_as_text(node: &mut Value, text: &str) {
    if let Some(fields) = node.as_object_mut() {
        if fields.get("nodeType") == Some(&json!("InlineAssembly")) {
            fields.insert("operations".into(), json!(text));
        }
        let mut inner = fields.values_mut();
        inner
            .by_ref()
            .for_each(|one| show_assembly_as_text(one, text));
    }
    let inner = node.as_array_mut().into_iter().flatten();
    inner.for_each(|one| show_assembly_as_text(one, text));
}

/// Without its code.
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
