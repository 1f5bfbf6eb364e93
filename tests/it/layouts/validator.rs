//! OpenZeppelin's validator on sources that solc compiled: its findings, and the reasons why it does not run.

use super::solidity::{Compiled, with_imports};
use crate::prelude::*;
use std::ffi::OsString;
use std::fs;
use stylus_upgrades::layout::{Judgement, Validator};
use stylus_upgrades_harness::home;

/// The validator that all tests share: the first test fetches it with npm.
fn shared() -> Validator {
    Validator::in_cache(&home().join("target/cache"))
}

fn judge(validator: &Validator, info: &Value, file: &str, name: &str) -> Judgement {
    let path = std::env::var_os("PATH");
    validator.judge(info, file, name, path, &Lines)
}

/// The name of each finding, and whether a tag allows it.
fn judged(compiled: &Compiled, name: &str) -> Vec<String> {
    let findings = judge(&shared(), &compiled.info, compiled.file, name);
    let findings = findings.unwrap_or_else(|why| panic!("{name}: {why}"));
    let names = findings.iter().map(|finding| {
        let allowed = if finding.is_allowed { ", allowed" } else { "" };
        format!("{}{allowed}", finding.name())
    });
    names.collect()
}

#[test]
fn what_no_proxy_should_run_is_found_at_its_declaration() -> Result<(), HarnessError> {
    let compiled = Compiled::of("Hazards.sol")?;
    for (name, expected) in [
        // Its constructor only locks the code.
        ("Good", &[][..]),
        ("Open", &[]),
        ("Forgets", &["missing-initializer-call:initialize():Capped"]),
        ("Never", &["missing-initializer:Never"]),
        (
            "Twice",
            &[
                "duplicate-initializer-call:initialize():__Owned_init",
                "duplicate-initializer-call:initialize():__Owned_init_unchained",
            ],
        ),
        (
            "Kills",
            &[
                "delegatecall:run(address,bytes)",
                "delegatecall:runWith(address,bytes)",
                "selfdestruct:kill(address)",
            ],
        ),
        (
            "OfParent",
            &[
                "delegatecall:Kills.run(address,bytes)",
                "delegatecall:Kills.runWith(address,bytes)",
                "selfdestruct:Kills.kill(address)",
            ],
        ),
        (
            "Overloaded",
            &[
                "delegatecall:run(address), allowed",
                "delegatecall:run(address,bytes)",
            ],
        ),
        ("Below", &["delegatecall:Calls::go(address,bytes)"]),
        (
            "AllowedBelow",
            &["delegatecall:Calls::go(address,bytes), allowed"],
        ),
        (
            "AllowedElsewhere",
            &["delegatecall:Calls::go(address,bytes)"],
        ),
        ("Links", &["external-library-linking:Linked"]),
        (
            "LinksAllowed",
            &["external-library-linking:Linked, allowed"],
        ),
        (
            "Values",
            &[
                "constructor:constructor",
                "state-variable-assignment:total",
                "state-variable-immutable:FEE",
                "state-variable-immutable:RATE, allowed",
            ],
        ),
    ] {
        assert_eq!(judged(&compiled, name), expected, "{name}");
    }
    let compiled = Compiled::of("Hiding.sol")?;
    for (name, expected) in [
        // A function outside any contract.
        ("ByParent", &["delegatecall:::evil(address,bytes)"][..]),
        ("WithGas", &["delegatecall:run(address,bytes)"]),
        (
            "ByBaseArgument",
            &[
                "constructor:Pointing.constructor, allowed",
                "internal-function-storage:Pointing.G",
                "state-variable-immutable:Pointing.G, allowed",
            ],
        ),
    ] {
        assert_eq!(judged(&compiled, name), expected, "{name}");
    }
    Ok(())
}

/// OpenZeppelin's tags in files that they published are theirs. The same tags in other files are their author's.
#[test]
fn a_tag_counts_as_openzeppelins_in_the_files_that_they_published() -> Result<(), HarnessError> {
    let mut compiled = with_imports("Published.sol")?;
    for (name, expected) in [
        ("Plain", &[][..]),
        ("Behind", &["delegatecall:_authorizeUpgrade(address)"]),
        ("Older", &[]),
        ("Calls", &[]),
    ] {
        assert_eq!(judged(&compiled, name), expected, "{name}");
    }
    // A file with one more byte is not as it was published.
    let sources = compiled.info["input"]["sources"].as_object_mut();
    for (path, source) in sources.expect("sources") {
        if path.starts_with('@') {
            let text = source["content"].as_str().expect("a source");
            source["content"] = json!(format!("{text} "));
        }
    }
    let immutable = "state-variable-immutable:UUPSUpgradeable.__self, allowed";
    for name in ["Plain", "Older"] {
        assert_eq!(judged(&compiled, name), [immutable], "{name}");
    }
    Ok(())
}

/// Two contracts may have one code: the named one is judged.
#[test]
fn the_contract_of_that_name_is_judged() -> Result<(), HarnessError> {
    let mut compiled = Compiled::of("Hazards.sol")?;
    let contracts = &mut compiled.info["output"]["contracts"]["Hazards.sol"];
    let code = contracts["Good"]["evm"]["bytecode"].clone();
    contracts["Kills"]["evm"]["bytecode"] = code;
    assert_eq!(judged(&compiled, "Good"), [""; 0]);
    assert_eq!(judged(&compiled, "Kills").len(), 3);
    Ok(())
}

#[test]
fn a_validator_that_cannot_run_says_why() -> Result<(), HarnessError> {
    let compiled = Compiled::of("Hiding.sol")?;
    let why = |validator: &Validator, info: &Value, path: Option<OsString>| {
        let judgement = validator.judge(info, "Hiding.sol", "Placed", path, &Lines);
        judgement.expect_err("not judged")
    };
    let path = || std::env::var_os("PATH");
    let info = &compiled.info;
    assert_eq!(judged(&compiled, "Placed"), [""; 0]);

    let missing = why(&shared(), info, Some("/nothing".into()));
    assert_snapshot!(masked(&missing), @"node is not in PATH, and OpenZeppelin's validator needs it");
    let old = why(&shared().with_node(1_000), info, path());
    assert_snapshot!(masked(&old), @"OpenZeppelin's validator reports: node [version] is too old: 1000 or later is needed");

    // Namespaces that the compiler does not show.
    let mut older = info.clone();
    older["solcVersion"] = json!("0.8.19+commit.7dd6d404");
    let older = why(&shared(), &older, path());
    assert!(
        older.contains("require Solidity version >= 0.8.20"),
        "{older}"
    );

    // A source that was not compiled with the others.
    let mut compiled = with_imports("Published.sol")?;
    let sources = compiled.info["output"]["sources"].as_object_mut();
    sources
        .expect("sources")
        .remove("@openzeppelin/contracts/utils/Context.sol");
    let partial = judge(&shared(), &compiled.info, compiled.file, "Voting");
    let partial = partial.expect_err("not judged");
    assert!(partial.contains("No node with id"), "{partial}");

    // One file of a package has a byte more.
    let cache = tempfile::tempdir().expect("a folder");
    let other = Validator::in_cache(cache.path());
    copied(
        &shared().folder().join("node_modules"),
        &other.folder().join("node_modules"),
    );
    assert_eq!(judge(&other, info, "Hiding.sol", "Placed"), Ok(Vec::new()));
    let file = "node_modules/@openzeppelin/upgrades-core/dist/validate/index.js";
    let file = other.folder().join(file);
    let text = fs::read_to_string(&file).expect("a file");
    fs::write(&file, format!("{text}\n")).expect("written");
    let changed = why(&other, info, path());
    assert_snapshot!(masked(&changed), @"the files of OpenZeppelin's validator in [folder]/stylus-upgrades/validator-a11e0ff47633c0ee are not those that it was published with (hash [hash], not [hash]): remove that folder");
    Ok(())
}

/// A build-info of a large project.
#[test]
fn a_build_info_of_40_megabytes_is_judged() -> Result<(), HarnessError> {
    let mut compiled = Compiled::of("Hazards.sol")?;
    let text = "// a line of a large project\n".repeat(1_500_000);
    compiled.info["input"]["sources"]["Large.sol"] = json!({"content": text});
    assert!(compiled.info.to_string().len() > 40_000_000);
    assert_eq!(judged(&compiled, "Kills").len(), 3);
    Ok(())
}

/// Copies a folder, without the entries that npm adds.
fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let to = to.join(entry.file_name());
        let kind = entry.file_type().expect("its kind");
        if kind.is_dir() && entry.file_name() != ".bin" {
            copied(&entry.path(), &to);
        } else if kind.is_file() {
            fs::copy(entry.path(), to).expect("copied");
        }
    }
}
