//! Solidity as its compiler's AST shows it: what lies where, what its author says, and what no proxy should run.

use super::by_hand::{build_info, build_info_of, build_info_with};
use crate::prelude::*;
use stylus_layout::{Decision, Report, Unlisted, compare};
use stylus_upgrades::error::Explain;
use stylus_upgrades::layout::{Named, read_file};
use stylus_upgrades_harness::home;

pub(super) struct Compiled {
    folder: tempfile::TempDir,
    info: Value,
    file: &'static str,
}

impl Compiled {
    pub(super) fn of(file: &'static str) -> Result<Self, HarnessError> {
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

#[test]
fn what_no_proxy_should_run_is_found_in_the_sources() -> Result<(), HarnessError> {
    let compiled = Compiled::of("Hazards.sol")?;
    for (name, expected) in [
        ("Good", &[][..]),
        (
            "Forgets",
            &["missing-initializer-call Forgets.__Capped_init"],
        ),
        ("CreatesPods", &[]),
        (
            "LeavesItToPods",
            &["missing-initializer-call LeavesItToPods.__Owned_init"],
        ),
        ("CallsItself", &[]),
        ("Never", &["missing-initializer Never"]),
        ("CallsGuarded", &[]),
        (
            "CallsGuardedAndForgets",
            &["missing-initializer-call CallsGuardedAndForgets.__Capped_init"],
        ),
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
                "delegatecall Kills.run(address,bytes)",
                "delegatecall Kills.runWith(address,bytes)",
                "selfdestruct Kills.kill(address)",
            ],
        ),
        (
            "OfParent",
            &[
                "delegatecall Kills.run(address,bytes)",
                "delegatecall Kills.runWith(address,bytes)",
                "selfdestruct Kills.kill(address)",
            ],
        ),
        (
            "Overloaded",
            &[
                "delegatecall Overloaded.run(address), allowed",
                "delegatecall Overloaded.run(address,bytes)",
            ],
        ),
        ("InAssembly", &["delegatecall InAssembly.run(address)"]),
        ("Below", &["delegatecall Calls.go(address,bytes)"]),
        (
            "AllowedBelow",
            &["delegatecall Calls.go(address,bytes), allowed"],
        ),
        (
            "AllowedElsewhere",
            &["delegatecall Calls.go(address,bytes)"],
        ),
        ("Links", &["external-library-linking Links.Linked"]),
        (
            "LinksAllowed",
            &["external-library-linking LinksAllowed.Linked, allowed"],
        ),
        (
            "Values",
            &[
                "state-variable-immutable Values.FEE",
                "state-variable-immutable Values.RATE, allowed",
                "state-variable-assignment Values.total",
                "constructor Values.constructor",
            ],
        ),
    ] {
        assert_eq!(hazards(&compiled, name), expected, "{name}");
    }
    Ok(())
}

/// Kind and place of each hazard of a contract, and whether its author allows it.
fn hazards(compiled: &Compiled, name: &str) -> Vec<String> {
    let hazards = compiled.named(name).audit.expect("an AST").hazards;
    let found = hazards.iter();
    found
        .map(|one| {
            let allowed = if one.is_allowed { ", allowed" } else { "" };
            format!("{} {}{allowed}", one.kind.name(), one.place)
        })
        .collect()
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
    let outputs = ["storageLayout", "abi", "evm.deployedBytecode", "metadata"];
    let info = build_info_of(folder.path(), &sources.into(), &outputs, &json!({}))?;
    Ok(Compiled { folder, info, file })
}

/// What OpenZeppelin says of its own files is no word of who wrote the contract, and covers nothing of the contract.
#[test]
fn what_openzeppelin_allows_in_its_own_files_is_no_finding() -> Result<(), HarnessError> {
    let mut compiled = with_imports("Published.sol")?;
    let sources = compiled.info["input"]["sources"].as_object();
    let imported: Vec<String> = sources
        .expect("sources")
        .keys()
        .filter(|one| one.starts_with('@'))
        .cloned()
        .collect();
    assert_eq!(hazards(&compiled, "Plain"), [""; 0]);
    // Neither does it set its pointers to functions to anything, though its assembly names them and writes memory.
    assert_eq!(hazards(&compiled, "Sorts"), [""; 0]);
    let of_votes = hazards(&compiled, "Voting");
    assert!(
        of_votes
            .iter()
            .all(|one| !one.starts_with("function-pointer")),
        "{of_votes:?}"
    );
    let behind = ["delegatecall Behind._authorizeUpgrade(address), allowed"];
    assert_eq!(hazards(&compiled, "Behind"), behind);

    assert_eq!(hazards(&compiled, "Older"), [""; 0]);
    // It is their code, and others say what it is given.
    let place = "ERC1967UpgradeUpgradeable._functionDelegateCall(address,bytes)";
    let by_author = [format!("delegatecall {place}, allowed")];
    assert_eq!(hazards(&compiled, "Calls"), by_author);

    // A letter more, and nobody published it.
    for path in &imported {
        let content = &mut compiled.info["input"]["sources"][path]["content"];
        *content = json!(format!("{} ", content.as_str().expect("a source")));
    }
    for contracts in compiled.info["output"]["contracts"]
        .as_object_mut()
        .expect("files")
        .values_mut()
    {
        for contract in contracts.as_object_mut().expect("contracts").values_mut() {
            contract["metadata"].take();
        }
    }
    let found = hazards(&compiled, "Plain");
    assert!(
        found.contains(
            &"delegatecall Address.functionDelegateCall(address,bytes), allowed".to_owned()
        ) || found.contains(
            &"delegatecall LowLevelCall.delegatecallNoReturn(address,bytes), allowed".to_owned()
        ),
        "{found:?}"
    );
    assert!(
        found.iter().all(|one| one.ends_with(", allowed")),
        "{found:?}"
    );
    Ok(())
}

/// What somebody writes who does not want a delegatecall, a library or an open initializer to be found.
#[test]
fn what_hides_in_the_sources_is_found() -> Result<(), HarnessError> {
    let compiled = Compiled::of("Hiding.sol")?;
    for (name, expected) in [
        ("ByOperator", &["delegatecall evil(address,bytes)"][..]),
        ("ByModifier", &["delegatecall evil(address,bytes)"]),
        ("ByArgument", &["delegatecall evil(address,bytes)"]),
        ("ByParent", &["delegatecall evil(address,bytes)"]),
        ("ByAttached", &["delegatecall evil(address,bytes)"]),
        ("ByPointer", &["delegatecall evil(address,bytes)"]),
        ("WithGas", &["delegatecall WithGas.run(address,bytes)"]),
        (
            "InBrackets",
            &["delegatecall InBrackets.run(address,bytes)"],
        ),
        (
            "ByImmutable",
            &[
                "delegatecall evil(address,bytes)",
                "state-variable-immutable ByImmutable.F, allowed",
                "constructor ByImmutable.constructor, allowed",
            ],
        ),
        (
            "ByBaseArgument",
            &[
                "delegatecall evil(address,bytes)",
                "state-variable-immutable Pointing.G, allowed",
                "constructor Pointing.constructor, allowed",
            ],
        ),
        ("SetInMemory", &["function-pointer SetInMemory"]),
        ("SetByName", &["function-pointer SetByName"]),
        ("SetInStorage", &["function-pointer SetInStorage"]),
        ("SetByArray", &["function-pointer SetByArray"]),
        ("SetByBytes", &["function-pointer SetByBytes"]),
        ("SetBySlot", &["function-pointer SetBySlot"]),
        ("SetInMapping", &["function-pointer SetInMapping"]),
        ("SetByArguments", &["function-pointer SetByArguments"]),
        ("SetsNothing", &[]),
        ("Qualified", &["open-implementation Qualified"]),
        ("Unlocked", &["open-implementation Unlocked"]),
        ("Closed", &[]),
        ("ClosedByParent", &[]),
        ("ClosesNothing", &["open-implementation ClosesNothing"]),
        ("ClosesAnother", &["open-implementation ClosesAnother"]),
    ] {
        assert_eq!(hazards(&compiled, name), expected, "{name}");
    }
    Ok(())
}

/// Thousands of functions in front of one do not keep it from being looked at.
#[test]
fn a_function_behind_many_others_is_looked_at() -> Result<(), HarnessError> {
    let mut compiled = Compiled::of("Hiding.sol")?;
    let ast = &mut compiled.info["output"]["sources"]["Hiding.sol"]["ast"]["nodes"];
    let all = ast.as_array_mut().expect("declarations");
    let first = 1_000_000_u64;
    let decoys = (first..first + 5_000).map(|id| {
        let next = json!({"nodeType": "Identifier", "referencedDeclaration": id + 1});
        json!({"nodeType": "FunctionDefinition", "id": id, "name": "f", "kind": "freeFunction", "body": next})
    });
    all.extend(decoys);
    let evil = all.iter().find(|one| one["name"] == "evil").expect("it")["id"].clone();
    let last = all.last_mut().expect("the last");
    last["body"]["referencedDeclaration"] = evil;
    let run = all
        .iter_mut()
        .find(|one| one["name"] == "Many")
        .expect("it");
    run["nodes"][0]["body"]["statements"] =
        json!([{"nodeType": "Identifier", "referencedDeclaration": first}]);
    let hazards = compiled.named("Many").audit.expect("an AST").hazards;
    assert_eq!(hazards.len(), 1, "{hazards:?}");
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
    let open = of(json!({}))?;
    let linked = of(json!({"libraries": {"Hazards.sol": {"Linked": lies_at}}}))?;
    assert_eq!(linked.audit, open.audit);
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
    assert!(
        report
            .message
            .contains("an expression of its sources is too deep"),
        "{report:?}"
    );
    assert!(
        report
            .next
            .iter()
            .any(|next| next.contains("in a variable")),
        "{report:?}"
    );
}
