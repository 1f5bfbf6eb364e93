//! Solidity by its compiler's AST: the places of variables, and the tags of authors.

use super::build_infos::{build_info, build_info_of, build_info_with};
use crate::prelude::*;
use stylus_layout::{Decision, Report, Unlisted, compare};
use stylus_upgrades::error::Explain;
use stylus_upgrades::layout::{Named, read_file};
use stylus_upgrades_harness::home;

pub(super) struct Compiled {
    folder: tempfile::TempDir,
    pub(super) info: Value,
    pub(super) file: &'static str,
}

impl Compiled {
    pub(super) fn of(file: &'static str) -> Result<Self, HarnessError> {
        let folder = tempfile::tempdir().expect("a folder");
        let outputs = ["storageLayout", "abi", "evm", "metadata"];
        let info = build_info(folder.path(), &format!("solidity/{file}"), &outputs)?;
        Ok(Self { folder, info, file })
    }

    fn read(&self, name: &str) -> Result<Named, stylus_upgrades::client::ChainError> {
        let path = self.folder.path().join("info.json");
        std::fs::write(&path, self.info.to_string()).expect("written");
        read_file(format!("{}:{}:{name}", path.display(), self.file).as_ref())
    }

    pub(super) fn named(&self, name: &str) -> Named {
        self.read(name)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Without the AST of its sources.
    pub(super) fn forget_sources(&mut self) {
        self.info["output"]["sources"].take();
    }

    pub(super) fn compared(&self, old: &str, new: &str) -> Report {
        let [old, new] = [old, new].map(|name| self.named(name).document.layout);
        compare(&old, &new).expect("layouts of a compiler")
    }
}

/// The sources that a source imports, by their paths.
fn imports(path: &str, content: &str) -> Vec<String> {
    let statements = content.split(';').filter_map(|one| {
        let from = one.rfind("import ")?;
        one.get(from..)?.split('"').nth(1)
    });
    let all = statements.map(|import| {
        let mut parts: Vec<&str> = match import.starts_with('.') {
            true => path.split('/').collect(),
            false => Vec::new(),
        };
        parts.pop();
        for part in import.split('/') {
            match part {
                "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        parts.join("/")
    });
    all.collect()
}

/// That fixture, with all that it imports from npm.
pub(super) fn with_imports(file: &'static str) -> Result<Compiled, HarnessError> {
    let modules = Npm::install(&Lines)?.folder().join("node_modules");
    let own = home().join("tests/fixtures/solidity").join(file);
    let own = std::fs::read_to_string(own).expect("the source");
    let mut sources = serde_json::Map::new();
    let mut ahead = vec![(file.to_owned(), own)];
    while let Some((path, content)) = ahead.pop() {
        for import in imports(&path, &content) {
            if !sources.contains_key(&import) {
                let text = std::fs::read_to_string(modules.join(&import)).expect("a source");
                ahead.push((import, text));
            }
        }
        sources.insert(path, json!({ "content": content }));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let outputs = ["storageLayout", "abi", "evm", "metadata"];
    let info = build_info_of(folder.path(), &sources.into(), &outputs, &json!({}))?;
    Ok(Compiled { folder, info, file })
}

/// Code that anybody can initialize where it lies: it has initializers, and no constructor that closes them.
#[test]
fn an_open_implementation_is_told_from_a_closed_one() -> Result<(), HarnessError> {
    let [hazards, hiding] = [Compiled::of("Hazards.sol")?, Compiled::of("Hiding.sol")?];
    for (compiled, name, is_open) in [
        (&hazards, "Good", false),
        (&hazards, "Open", true),
        (&hiding, "Qualified", true),
        (&hiding, "Unlocked", true),
        (&hiding, "Closed", false),
        (&hiding, "ClosedByParent", false),
        (&hiding, "ClosesNothing", true),
        (&hiding, "ClosesAnother", true),
    ] {
        let open = compiled.named(name).audit.expect("an AST").open;
        assert_eq!(open.as_deref(), is_open.then_some(name), "{name}");
    }
    Ok(())
}

/// A compiler that is told where a library lies links it itself, and lists no place where an address is missing.
#[test]
fn a_library_that_the_compiler_linked_is_one() -> Result<(), HarnessError> {
    let lies_at = Address::repeat_byte(0x12);
    let of = |settings: Value| -> Result<Named, HarnessError> {
        let folder = tempfile::tempdir().expect("a folder");
        let outputs = ["storageLayout", "abi", "evm.deployedBytecode", "metadata"];
        let info = build_info_with(folder.path(), "solidity/Hazards.sol", &outputs, &settings)?;
        let compiled = Compiled {
            folder,
            info,
            file: "Hazards.sol",
        };
        Ok(compiled.named("Links"))
    };
    let linked = of(json!({"libraries": {"Hazards.sol": {"Linked": lies_at}}}))?;
    let code = linked.compiled.expect("its code");
    let mut deployed = code.code().to_vec();
    let push = deployed
        .windows(21)
        .position(|all| all[0] == 0x73 && all[1..] == [0; 20]);
    let place = push.expect("a place") + 1;
    deployed[place..place + 20].copy_from_slice(lies_at.as_slice());
    assert!(code.is(&deployed));
    let filled = code.filled_in(&deployed, Address::ZERO);
    let name = "Hazards.sol:Linked".to_owned();
    assert_eq!(filled, [(name, lies_at.into_word(), true)]);
    Ok(())
}

/// Authors can say that the same bytes mean the same. They cannot say so of values that are in other slots.
#[test]
fn a_declared_type_does_not_move_values_to_other_slots() -> Result<(), HarnessError> {
    let compiled = Compiled::of("Retyped.sol")?;
    for (name, is_safe) in [
        ("SameSlots", true),
        ("KeyOfBytes", false),
        ("KeyOfText", false),
        ("NoLongerMapped", false),
        ("MappedBelow", false),
        ("ListToMapping", false),
        ("NumberToText", false),
        ("TextToNumber", false),
        ("SmallerElements", false),
    ] {
        let report = compiled.compared("Before", name);
        assert_eq!(report.is_safe(), is_safe, "{name}: {:#?}", report.findings);
    }
    Ok(())
}

/// A pointer to storage may have the type of a struct that a contract declares which is no parent.
#[test]
fn a_namespace_of_a_struct_of_another_contract_is_listed() -> Result<(), HarnessError> {
    let compiled = Compiled::of("Hiding.sol")?;
    let report = compiled.compared("Elsewhere", "ElsewhereMoved");
    assert!(!report.is_safe(), "{report:#?}");
    Ok(())
}

/// The code asks the variable beside the namespace, which nobody has set.
#[test]
fn a_name_of_a_namespace_that_begins_at_zero_beside_it_is_refused() -> Result<(), HarnessError> {
    let compiled = Compiled::of("Hiding.sol")?;
    let report = compiled.compared("Placed", "Shadowed");
    let ids: Vec<String> = report.findings.iter().map(|one| one.id()).collect();
    assert_eq!(ids, ["namespace-change:owner"], "{report:#?}");
    assert_eq!(report.decision, Decision::Refused);
    Ok(())
}

#[test]
fn solidity_is_compared_by_places_and_by_what_types_are_made_of() -> Result<(), HarnessError> {
    let mut compiled = Compiled::of("Places.sol")?;
    let ids = |report: &Report| -> Vec<String> {
        let refused = report.findings.iter();
        let refused = refused.filter(|one| one.decision != Decision::Safe);
        refused.map(|one| one.id()).collect()
    };
    for (old, new, expected) in [
        ("Priced", "Priced", &[][..]),
        ("Priced", "Repriced", &["retype:price", "retype:prices[]"]),
        ("InSpace", "InSpace", &[]),
        (
            "InSpace",
            "InSpaceRepriced",
            &["retype:erc7201:acme.main:price"],
        ),
        ("FeeCap", "FeeCap", &[]),
        (
            "FeeCap",
            "CapFee",
            &["reorder:Cap._rate@1", "reorder:Fee._rate@0"],
        ),
        ("At", "At", &[]),
        ("At", "AtWithSpace", &["insert:erc7201:acme.root:owner"]),
        ("Routed", "RoutedLater", &[]),
        (
            "Routed",
            "RoutedWrongly",
            &["rename:oldRouter", "retype:on"],
        ),
        ("RoutedLater", "RoutedLater", &[]),
        ("Kept", "Kept", &[]),
        (
            "Kept",
            "KeptAndMoved",
            &["namespace-change:erc7201:openzeppelin.storage.Ownable:_owner"],
        ),
    ] {
        let report = compiled.compared(old, new);
        assert_eq!(
            ids(&report),
            expected,
            "{old} → {new}: {:#?}",
            report.findings
        );
    }
    let error = compiled
        .read("PoolTwice")
        .expect_err("they lie on each other");
    let says = error.to_string();
    assert!(
        says.contains("Pool.State")
            && says.contains("Fees.Rates")
            && !says.contains("no storage layout"),
        "{says}"
    );

    // A compiler that does not show the annotations of structs: without any in the sources nothing is missing.
    compiled.info["solcVersion"] = json!("0.8.10");
    let unlisted = |compiled: &Compiled| compiled.named("Routed").document.layout.unlisted;
    let cause = Unlisted::NamespacesOf("0.8.10".into());
    assert_eq!(unlisted(&compiled), Some(vec![cause]));
    let path = &mut compiled.info["input"]["sources"]["Places.sol"]["content"];
    let text = path
        .as_str()
        .expect("a source")
        .replace("custom:storage-location", "custom:storage_location");
    *path = json!(text);
    // What was compiled names it in its metadata; that this is another text is not asked here.
    for contract in compiled.info["output"]["contracts"]["Places.sol"]
        .as_object_mut()
        .expect("contracts")
        .values_mut()
    {
        contract["metadata"].take();
    }
    assert_eq!(unlisted(&compiled), Some(vec![]));
    assert!(compiled.compared("Routed", "RoutedLater").is_safe());
    // Nor is it known where a source is not there.
    compiled.info["input"].take();
    assert_eq!(unlisted(&compiled), None);
    Ok(())
}

#[test]
fn files_without_a_layout_say_what_to_give() -> Result<(), HarnessError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file.json");
    let told = [
        json!({"manifestVersion": "3.4", "proxies": [], "impls": {}}),
        json!({"_format": "hh-sol-dbg-1", "buildInfo": "../info.json"}),
        json!({"_format": "hh-sol-artifact-1", "abi": []}),
        json!({"abi": []}),
    ]
    .map(|content| {
        std::fs::write(&path, content.to_string()).expect("written");
        let error = read_file(&path).expect_err("no layout");
        refusal(&json!({ "error": error.report() }))
    });
    assert_snapshot!(told.join("\n\n"));
    Ok(())
}

/// Contracts may have the names of what a compiler writes beside them.
#[test]
fn a_contract_that_is_called_as_a_layout_hides_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file.json");
    let layout = json!({"storageLayout": {"storage": [], "types": null}});
    let standard =
        json!({"A.sol": {"Vault": layout, "storageLayout": layout, "storage-layout": layout}});
    let combined = json!({"A.sol:Vault": layout, "A.sol:storageLayout": layout});
    for (contracts, names) in [
        (standard, &["Vault", "storageLayout", "storage-layout"][..]),
        (combined, &["Vault", "storageLayout"]),
    ] {
        let written = json!({ "contracts": contracts }).to_string();
        std::fs::write(&path, written).expect("written");
        for name in names {
            let named = read_file(format!("{}:{name}", path.display()).as_ref());
            assert_eq!(&named.expect("a layout").name, name);
        }
    }
}

#[test]
fn an_expression_that_is_too_deep_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file.json");
    let deep = format!("{{\"output\": {}{}}}", "[".repeat(200), "]".repeat(200));
    std::fs::write(&path, deep).expect("written");
    let report = read_file(&path).expect_err("too deep").report();
    assert_eq!(report.name, "LayoutUnreadable");
    assert_snapshot!(refusal(&json!({ "error": report })), @"
    message: [folder]/file.json cannot be read: its AST nests more than 127 values within each other: an expression of its sources is too deep
    expected: at most 127 values within each other
    found: more
    next: store the inner part of the longest expression in its sources (more than about 40 parentheses or operators within each other) in a variable, and compile it again
    ");
}

#[test]
fn structs_at_hashes_of_texts_are_compared_member_by_member() -> Result<(), HarnessError> {
    let compiled = Compiled::of("Roots.sol")?;
    let layout = compiled.named("First").document.layout;
    let areas: Vec<&str> = layout.namespaces.keys().map(String::as_str).collect();
    let (vault, before) = (
        "keccak256:example.storage.vault",
        "keccak256-1:example.storage.before",
    );
    assert_eq!(areas, [before, vault]);
    let report = compiled.compared("First", "Second");
    assert!(!report.is_safe());
    let ids: Vec<String> = report.findings.iter().map(|change| change.id()).collect();
    let expected = [
        format!("reorder:{vault}:total"),
        format!("reorder:{vault}:owner"),
    ];
    assert_eq!(ids, expected);
    assert!(compiled.compared("First", "First").is_safe());
    // Some compilers number their own functions from 2^32 downwards, others from -1 downwards.
    let mut unsigned = Compiled::of("Roots.sol")?;
    let text = unsigned.info.to_string();
    let text = text.replace(
        "\"referencedDeclaration\":-8",
        "\"referencedDeclaration\":4294967288",
    );
    assert!(text.contains(":4294967288"), "keccak256 has the number -8");
    unsigned.info = serde_json::from_str(&text).expect("JSON");
    let same = unsigned.named("First").document.layout;
    assert_eq!(same.namespaces.len(), 2);
    // A slot that is more than the hash of a text is in no layout.
    let unclaimed = compiled.named("Unclaimed").document.layout;
    assert!(unclaimed.namespaces.is_empty(), "{unclaimed:?}");
    let refused = compiled
        .read("Crossed")
        .expect_err("two structs at one root");
    let message = refused.to_string();
    assert!(message.contains("two structs"), "{message}");
    Ok(())
}
