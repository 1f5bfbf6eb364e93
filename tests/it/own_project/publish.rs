//! `verify --publish` by the program alone: an explorer that gives scripted answers gets what it needs.

use super::Empty;
use crate::prelude::*;
use std::fs;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use stylus_upgrades::ids::TxHash;
use stylus_upgrades::layout::{Deployment, Store};
use stylus_upgrades_test_support::http::{Message, respond};

/// An explorer that gives these answers, one after the other.
struct Explorer {
    url: String,
    /// Method, path with query, and body of each request.
    requests: Arc<Mutex<Vec<(String, String, Value)>>>,
}

impl Explorer {
    fn answering(answers: Vec<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it"));
        let requests = Arc::<Mutex<Vec<_>>>::default();
        let kept = requests.clone();
        std::thread::spawn(move || {
            for answer in answers {
                let (stream, _) = listener.accept().expect("a request");
                let request = Message::read(&stream).expect("a request");
                let body = serde_json::from_slice(&request.body).unwrap_or_default();
                let (method, path) = (request.method().into(), request.path().into());
                kept.lock().expect("it").push((method, path, body));
                respond(&stream, "200 OK", "", &answer.to_string()).expect("answered");
            }
        });
        Self { url, requests }
    }

    fn requests(&self) -> Vec<(String, String, Value)> {
        self.requests.lock().expect("it").clone()
    }
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
    let empty = Empty::with_note();
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
    let explorer = Explorer::answering(vec![
        ok("guid-1"),
        ok("Pass - Verified"),
        ok("guid-2"),
        ok("linked"),
    ]);
    let answer = publish(&empty, "etherscan", &explorer.url, "--json");
    let published = &answer.ends_with(0).document["published"];
    assert_eq!(published["implementation"]["answer"], "Pass - Verified");
    assert_eq!(published["proxies"].as_array().map(Vec::len), Some(1));
    let shown = format!("{answer:?}");
    assert!(!shown.contains(KEY), "{shown}");

    let requests = explorer.requests();
    let paths: Vec<&str> = requests.iter().map(|(_, path, _)| path.as_str()).collect();
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
    let explorer = Explorer::answering(vec![
        json!({}),
        json!({"message": "started"}),
        json!({"is_verified": true}),
    ]);
    publish(&empty, "blockscout", &explorer.url, "--json").ends_with(0);
    let requests = explorer.requests();
    assert!(
        requests[1]
            .1
            .ends_with("/verification/via/stylus-github-repository")
    );
    assert_eq!(requests[1].2["commit"], head.trim());
    assert_eq!(requests[1].2["cargo_stylus_version"], "0.10.10");

    // A refusal is one, and nothing is published of what does not hold.
    let no = json!({"status": "0", "message": "NOTOK", "result": "Fail - Unable to verify"});
    let explorer = Explorer::answering(vec![no]);
    let refused = publish(&empty, "etherscan", &explorer.url, "--json");
    assert_ne!(refused.exit, Some(0));
    assert_eq!(refused.error("name"), "ExplorerRefused", "{refused:?}");
    empty.edit(&super::SECOND);
    let explorer = Explorer::answering(Vec::new());
    publish(&empty, "etherscan", &explorer.url, "--source .").ends_with(1);
    assert_eq!(explorer.requests(), [], "nobody was asked");
    assert!(fs::metadata(empty.kept("1.0")).is_ok());
}
