//! Two teams on one chain: what one has deployed of the framework the other one shares.

use crate::prelude::*;
use alloy::primitives::hex;
use stylus_devnode::NodeHandle;
use stylus_upgrades::build::Framework;
use stylus_upgrades_harness::builder;

use crate::command::{command, key_file};

/// People with a key and a folder of their own.
struct Team {
    folder: tempfile::TempDir,
    endpoint: String,
}

impl Team {
    /// With the key of the chain's account `index`.
    fn new(node: &NodeHandle, index: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let signer = &node.accounts().mnemonic()[index];
        key_file(&folder.path().join("key"), signer);
        Self {
            folder,
            endpoint: node.endpoint(),
        }
    }

    fn deploys(&self) -> Answer {
        let words = "registry deploy --private-key-path key --json --rpc-url";
        let mut command = command(self.folder.path(), words);
        command.arg(&self.endpoint);
        Answer::of(command)
    }
}

fn framework() -> Framework {
    let builder = builder().expect("the workspace");
    builder.framework().expect("the framework")
}

fn node() -> NodeHandle {
    spawn(NodeConfig::default()).expect("a free port")
}

fn list<'a>(document: &'a Value, field: &str) -> &'a Vec<Value> {
    let list = document[field].as_array();
    list.unwrap_or_else(|| panic!("no {field} in {document:#}"))
}

/// Puts code at an account, as its deployer would have.
fn put(node: &NodeHandle, account: Address, code: Bytes) {
    node.with_chain(move |chain| chain.set_code(account, code))
        .expect("the chain");
}

#[test]
fn a_second_team_pays_for_its_own_registry_alone() {
    let node = node();
    let (first, second) = (Team::new(&node, 0), Team::new(&node, 1));
    let alone = first.deploys().ends_with(0).document.clone();
    let programs = list(&alone, "framework");
    let contracts = framework().contracts().len();
    assert_eq!(programs.len(), contracts + framework().shared().count());
    assert!(programs.iter().all(|program| program["shared"] == false));
    // Each is created, each program is activated, and then there is the registry.
    let sent = list(&alone, "transactions").len();
    assert_eq!(sent, 2 * programs.len() - contracts + 1);

    let beside = second.deploys().ends_with(0).document.clone();
    let named = list(&beside, "transactions").iter();
    let named: Vec<&Value> = named.map(|one| &one["name"]).collect();
    assert_eq!(named, ["deploy registry"]);
    for (own, other) in programs.iter().zip(list(&beside, "framework")) {
        assert_eq!(own["address"], other["address"]);
        assert_eq!(own["codehash"], other["codehash"]);
        assert_eq!(other["shared"], true);
        assert_eq!(other["activated"], false);
    }
    assert_ne!(alone["registry"], beside["registry"]);
    assert_eq!(alone["codehash"], beside["codehash"]);
}

#[test]
fn what_is_there_and_not_active_is_shared_and_activated() {
    let node = node();
    let framework = framework();
    let storage = &framework.storage;
    put(&node, storage.address, storage.artifact.code.clone());
    let answer = Team::new(&node, 0).deploys();
    let contracts = framework.contracts().map(|one| json!(one.address));
    for program in list(&answer.ends_with(0).document, "framework") {
        let is_storage = program["address"] == json!(storage.address);
        assert_eq!(program["shared"], is_storage, "{program}");
        // EVM code needs no activation.
        let is_program = !contracts.contains(&program["address"]);
        assert_eq!(program["activated"], is_program, "{program}");
    }
}

#[test]
fn other_code_where_a_program_belongs_is_refused_with_both_hashes() {
    let node = node();
    let storage = framework().storage;
    let other = Bytes::from_static(&hex!("efface"));
    put(&node, storage.address, other.clone());
    let answer = Team::new(&node, 0).deploys();
    answer.is_refused("OtherCode");
    let found: B256 = keccak256(&other);
    let said = answer.document["error"].to_string();
    assert!(said.contains(&found.to_string()), "{said}");
    let expected = storage.artifact.codehash().to_string();
    assert!(said.contains(&expected), "{said}");
}
