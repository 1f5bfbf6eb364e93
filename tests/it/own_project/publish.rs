//! `verify --publish` by the program alone: an explorer that gives scripted answers gets what it needs.

use super::Empty;
use crate::prelude::*;
use std::fs;
use stylus_upgrades::ids::TxHash;
use stylus_upgrades::layout::{Deployment, Store};
use stylus_upgrades_test_support::http::{Message, Scripted};

/// An explorer that gives these answers.
fn explorer<const N: usize>(answers: [Value; N]) -> Scripted {
    Scripted::answering(answers.map(|answer| (200, answer)).into())
}

const KEY: &str = "an-explorers-key-0123456789";

fn publish(empty: &Empty, interface: &str, url: &str, more: &str) -> Answer {
    let publish = format!("verify Note --publish {interface} --explorer-api {url}");
    let repository = "--repository https://example.org/team/note";
    let mut command = empty.command("note", 0, &format!("{publish} {repository} {more}"));
    command.env("ETHERSCAN_API_KEY", KEY);
    command.output().expect("it starts").into()
}

/// A version from a commit, whose deployment is kept as one by cargo-stylus's recipe.
fn live() -> (Empty, String) {
    // With the framework in it: others have nothing but the commit.
    let empty = Empty::new();
    empty.done_in("", 0, &["new", "note"]);
    empty.git("init --quiet");
    empty.git("add .");
    empty.git("commit --quiet --message=1.0");
    empty.live();
    let record = empty.record("1.0");
    let word = |field: &str| record[field].as_str().expect("text").parse().expect("it");
    let address = record["implementation"].as_str().expect("text");
    let deployment = Deployment {
        chain_id: record["chain_id"].as_u64().expect("a number"),
        address: address.parse().expect("an address"),
        codehash: word("codehash"),
        tx: TxHash(B256::repeat_byte(1)),
        tool: "cargo-stylus 0.10.10".into(),
        project_hash: B256::repeat_byte(2),
    };
    let store = Store::beside(&empty.path("note"));
    store.keep_deployment(&deployment).expect("kept");
    (empty, address.to_owned())
}

#[test]
#[ignore = "nightly: compiles a project of an author, about 30 s"]
fn an_explorer_gets_what_it_builds_from_and_each_instance_is_linked() {
    let (empty, implementation) = live();
    let ok = |result: &str| json!({"status": "1", "message": "OK", "result": result});
    let server = explorer([
        ok("guid-1"),
        ok("Pass - Verified"),
        ok("guid-2"),
        ok("linked"),
    ]);
    let answer = publish(&empty, "etherscan", &server.url, "--json");
    let published = &answer.ends_with(0).document["published"];
    assert_eq!(published["implementation"]["answer"], "Pass - Verified");
    assert_eq!(published["proxies"].as_array().map(Vec::len), Some(1));
    let shown = format!("{answer:?}");
    assert!(!shown.contains(KEY), "{shown}");

    let requests = server.requests();
    let paths: Vec<&str> = requests.iter().map(Message::path).collect();
    for (path, parts) in paths.iter().zip([
        &[
            "action=verifysourcecode",
            "codeformat=stylus",
            "contractname=note",
        ][..],
        &["action=checkverifystatus", "guid=guid-1"],
        &["action=verifyproxycontract", "expectedimplementation="],
        &["action=checkproxyverification", "guid=guid-2"],
    ]) {
        for part in parts.iter().chain([&"module=contract", &"apikey="]) {
            assert!(path.contains(part), "{part} in {path}");
        }
    }
    assert!(
        paths[0].contains("compilerversion=stylus%3A0.10.10"),
        "{}",
        paths[0]
    );
    assert!(
        paths[0]
            .to_lowercase()
            .contains(&implementation.to_lowercase())
    );
    assert_eq!(requests.len(), 4);

    // Blockscout gets the commit.
    let head = empty.git("rev-parse HEAD");
    let server = explorer([
        json!({}),
        json!({"message": "started"}),
        json!({"is_verified": true}),
    ]);
    publish(&empty, "blockscout", &server.url, "--json").ends_with(0);
    let requests = server.requests();
    assert!(
        requests[1]
            .path()
            .ends_with("/verification/via/stylus-github-repository")
    );
    let submitted: Value = serde_json::from_slice(&requests[1].body).expect("JSON");
    assert_eq!(submitted["commit"], head.trim());
    assert_eq!(submitted["cargo_stylus_version"], "0.10.10");

    // A refusal is one, and nothing is published of what does not hold.
    let no = json!({"status": "0", "message": "NOTOK", "result": "Fail - Unable to verify"});
    let server = explorer([no]);
    let refused = publish(&empty, "etherscan", &server.url, "--json");
    assert_ne!(refused.exit, Some(0));
    assert_eq!(refused.error("name"), "ExplorerRefused", "{refused:?}");
    empty.edit(&super::SECOND);
    let server = explorer([]);
    publish(&empty, "etherscan", &server.url, "--source .").ends_with(1);
    assert!(server.requests().is_empty(), "nobody was asked");
    assert!(fs::metadata(empty.kept("1.0")).is_ok());
}
