//! The interfaces of example contracts and of contracts of tests, as files in git: tests call contracts through them.
//! What the modules answer is compared in every run. What the contracts export, which has their errors as well, is
//! compared in the nightly one, which compiles them all for this machine; `STYLUS_UPGRADES_UPDATE=1` writes the files
//! again there.

use crate::prelude::*;
use std::fs;
use std::sync::Arc;

use alloy::json_abi::Function;
use stylus_upgrades::build::Builder;
use stylus_upgrades_harness::home;
use stylus_upgrades_tests::abi::IHostile::IHostileCalls;
use stylus_upgrades_tests::contracts::contract;

use crate::tools::{cargo, cargo_packages};

/// Where the interfaces lie.
const TESTS: &str = "tests/abi";
/// The workspaces with contracts, in the clone: the framework's, and that of the tests' contracts.
const WORKSPACES: [&str; 2] = ["", "tests/contracts"];
/// The feature of a program that prints its contract's interface.
const FEATURE: &str = "export-abi";
/// Not printed: a native build with the SDK's feature `reentrant` takes the SDK's own test chain along,
/// and with it a hundred packages.
const REENTRANT: &str = "hostile";

#[test]
#[ignore = "nightly: compiles every contract for this machine, about 100 s"]
fn the_interfaces_in_git_are_what_the_contracts_export() {
    let mut stale = Vec::new();
    for (package, text) in WORKSPACES.into_iter().flat_map(printed) {
        let file = file(&package);
        if stylus_upgrades_test_support::update() {
            fs::write(&file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        } else if !fs::read_to_string(&file).is_ok_and(|pinned| pinned == text) {
            stale.push(file);
        }
    }
    assert!(
        stale.is_empty(),
        "another interface is exported than {stale:?} say: run with STYLUS_UPGRADES_UPDATE=1"
    );
}

#[test]
fn the_interfaces_in_git_have_the_functions_of_the_modules() {
    let printers = printers();
    assert!(printers.len() > 15, "only {} print", printers.len());
    let builder = Builder::at(&home(), Arc::new(Lines)).expect("the workspace");
    let mut compared = 0;
    for package in printers.keys() {
        let artifact = contract(&builder, package).expect("it builds");
        // A migration's program has none: it is called through a proxy alone.
        let Some(known) = artifact.interface else {
            continue;
        };
        compared += 1;
        let answered: BTreeSet<String> = known.abi.functions().map(in_words).collect();
        let text = fs::read_to_string(file(package)).expect("its interface");
        let declared = text.lines().map(str::trim).filter_map(|line| {
            let function = line.strip_suffix(';')?;
            function
                .starts_with("function ")
                .then(|| Function::parse(function))
        });
        let declared = declared.map(|function| in_words(&function.expect("a function")));
        assert_eq!(declared.collect::<BTreeSet<_>>(), answered, "{package}");
    }
    assert!(compared > 10, "only {compared} say what they answer");
}

/// A function without the names of its parameters, which the module has in the words of Solidity.
fn in_words(function: &Function) -> String {
    let types = function.signature_with_outputs();
    format!("{types} {:?}", function.state_mutability)
}

#[test]
fn every_interface_in_git_is_one_of_a_contract() {
    let packages: BTreeSet<PathBuf> = printers().keys().map(|package| file(package)).collect();
    let pinned = fs::read_dir(home().join(TESTS)).expect("a folder");
    let pinned = pinned.map(|entry| entry.expect("an entry").path());
    let pinned = pinned.filter(|path| path.extension().is_some_and(|ending| ending == "sol"));
    let pinned: BTreeSet<PathBuf> = pinned.collect();
    assert_eq!(pinned, packages);
}

#[test]
fn the_interface_that_is_not_printed_is_that_of_its_module() {
    let builder = Builder::at(&home(), Arc::new(Lines)).expect("the workspace");
    let artifact = contract(&builder, REENTRANT).expect("it builds");
    let interface = artifact.interface.expect("it says");
    let functions = interface.abi.functions();
    let known: BTreeSet<[u8; 4]> = functions.map(|one| one.selector().0).collect();
    for selector in IHostileCalls::SELECTORS {
        let name = IHostileCalls::name_by_selector(*selector);
        assert!(known.contains(selector), "{name:?}");
    }
}

/// The file of a contract's interface.
fn file(package: &str) -> PathBuf {
    home().join(TESTS).join(format!("{package}.sol"))
}

/// The packages that print an interface, each with its program.
fn printers() -> BTreeMap<String, String> {
    WORKSPACES.into_iter().flat_map(printers_of).collect()
}

fn printers_of(workspace: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for package in cargo_packages(&home().join(workspace)) {
        let mut targets = package["targets"].as_array().expect("targets").iter();
        let printer = targets.find(|target| target["required-features"] == json!([FEATURE]));
        let name = text(&package, "name");
        if let Some(printer) = printer.filter(|_| name != REENTRANT) {
            all.insert(name.to_owned(), text(printer, "name").to_owned());
        }
    }
    all
}

/// The interface that each contract of a workspace exports, by one build for all of them.
fn printed(workspace: &str) -> BTreeMap<String, String> {
    let printers = printers_of(workspace);
    let target = home().join("target").display().to_string();
    let mut arguments = [
        "build",
        "--message-format=json",
        "--offline",
        "--target-dir",
        &target,
    ]
    .map(str::to_owned)
    .to_vec();
    for (package, printer) in &printers {
        arguments.extend(["--package".to_owned(), package.clone()]);
        arguments.extend(["--bin".to_owned(), printer.clone()]);
        arguments.extend(["--features".to_owned(), format!("{package}/{FEATURE}")]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let messages = cargo(&home().join(workspace), &arguments);
    let mut programs = BTreeMap::new();
    for message in messages.lines() {
        let built: Value = serde_json::from_str(message).expect("a message of cargo");
        if let Some(program) = built["executable"].as_str() {
            let name = text(&built["target"], "name").to_owned();
            programs.insert(name, program.to_owned());
        }
    }
    let run = |(package, printer): (String, String)| {
        let program = &programs[&printer];
        let output = Command::new(program).output().expect("it runs");
        assert!(output.status.success(), "{printer}: {output:?}");
        let text = String::from_utf8(output.stdout).expect("text");
        (package, text.trim().to_owned() + "\n")
    };
    printers.into_iter().map(run).collect()
}
