//! Solidity as its compiler's AST shows it: what lies where, what its author says, and what no proxy should run.

use super::by_hand::build_info;
use crate::prelude::*;
use stylus_layout::{Decision, Report, Unlisted, compare};
use stylus_upgrades::error::Explain;
use stylus_upgrades::layout::{Named, read_file};

struct Compiled {
    folder: tempfile::TempDir,
    info: Value,
    file: &'static str,
}

impl Compiled {
    fn of(file: &'static str) -> Result<Self, HarnessError> {
        let folder = tempfile::tempdir().expect("a folder");
        let outputs = ["storageLayout", "abi", "evm.deployedBytecode", "metadata"];
        let info = build_info(folder.path(), &format!("solidity/{file}"), &outputs)?;
        Ok(Self { folder, info, file })
    }

    fn read(&self, name: &str) -> Result<Named, stylus_upgrades::client::ChainError> {
        let path = self.folder.path().join("info.json");
        std::fs::write(&path, self.info.to_string()).expect("written");
        read_file(format!("{}:{}:{name}", path.display(), self.file).as_ref())
    }

    fn named(&self, name: &str) -> Named {
        self.read(name)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn compared(&self, old: &str, new: &str) -> Report {
        let [old, new] = [old, new].map(|name| self.named(name).document.layout);
        compare(&old, &new).expect("layouts of a compiler")
    }
}

#[test]
fn what_no_proxy_should_run_is_found_in_the_sources() -> Result<(), HarnessError> {
    let compiled = Compiled::of("Hazards.sol")?;
    for (name, expected) in [
        ("Good", &[][..]),
        (
            "Forgets",
            &["missing-initializer-call Forgets.__Capped_init"],
        ),
        ("Never", &["missing-initializer Never"]),
        ("Open", &["open-implementation Open"]),
        (
            "Twice",
            &["duplicate-initializer-call Twice.__Owned_init_unchained"],
        ),
        (
            "Unordered",
            &["incorrect-initializer-order Unordered.__Owned_init"],
        ),
        (
            "Kills",
            &[
                "delegatecall Kills.run",
                "delegatecall Kills.runWith",
                "selfdestruct Kills.kill",
            ],
        ),
        (
            "OfParent",
            &[
                "delegatecall Kills.run",
                "delegatecall Kills.runWith",
                "selfdestruct Kills.kill",
            ],
        ),
        ("InAssembly", &["delegatecall InAssembly.run"]),
        ("Below", &["delegatecall Calls.go"]),
        ("AllowedBelow", &[]),
        ("AllowedElsewhere", &["delegatecall Calls.go"]),
        ("Links", &["external-library-linking Links.Linked"]),
        ("LinksAllowed", &[]),
        (
            "Values",
            &[
                "state-variable-immutable Values.FEE",
                "state-variable-assignment Values.total",
                "constructor Values.constructor",
            ],
        ),
    ] {
        let hazards = compiled.named(name).hazards.expect("an AST");
        let found: Vec<String> = hazards
            .iter()
            .map(|one| format!("{} {}", one.kind.name(), one.place))
            .collect();
        assert_eq!(found, expected, "{name}");
    }
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
    for (content, says) in [
        (
            json!({"manifestVersion": "3.4", "proxies": [], "impls": {}}),
            "a network file",
        ),
        (
            json!({"_format": "hh-sol-dbg-1", "buildInfo": "../info.json"}),
            "../info.json",
        ),
        (
            json!({"_format": "hh-sol-artifact-1", "abi": []}),
            "build-info",
        ),
        (json!({"abi": []}), "outputSelection"),
    ] {
        std::fs::write(&path, content.to_string()).expect("written");
        let error = read_file(&path).expect_err("no layout");
        let report = error.report();
        let all = format!("{} {:?}", report.message, report.next);
        assert!(all.contains(says), "{all}");
        assert_eq!(
            all.contains("outputSelection"),
            says == "outputSelection",
            "{all}"
        );
    }
    Ok(())
}
