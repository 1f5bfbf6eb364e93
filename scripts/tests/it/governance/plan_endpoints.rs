//! An upgrade tried on a copy, of a chain behind an endpoint: one of another
//! process, one that fails and one that refuses.

use crate::governance::plan::{BOTH, PLAN};
use crate::prelude::*;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// A node as a process of its own, ended when dropped.
struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn against_a_chain_in_another_process_it_reads_one_block_and_asks_for_nothing_else() {
    let sandbox = Sandbox::bare();
    let mut child = sandbox
        .command("node --port 0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let stdout = child.stdout.take().expect("its output");
    let _node = Node(child);
    let endpoint = BufReader::new(stdout)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| {
            line.split("Listening on ")
                .nth(1)
                .map(|at| format!("http://{at}"))
        })
        .expect("where it listens");
    let there = |key: &str, words: &dyn Words| {
        let words = [&words.list()[..], &["--rpc-url", &endpoint]].concat();
        let answer = sandbox.run(key, &words);
        assert_eq!(answer.exit, Some(0), "{words:?} {answer:?}");
        answer.document
    };
    there("Admin", &"registry deploy --save");
    there("Admin", &"define A --migrate Admin");
    there("Admin", &"register A 1.0 counter-v1");
    there("Admin", &CREATE);
    let relay = Relay::to(&endpoint, |_| None);
    let relayed = relay.endpoint();
    let words = [&PLAN[..], &["--rpc-url", &relayed]].concat();
    let plan = sandbox.done("Other", &words);
    assert_eq!(text(&plan["instances"][0], "to"), "2.0");
    let mut methods = relay.methods();
    methods.sort_unstable();
    methods.dedup();
    let reading = [
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_getBalance",
        "eth_getBlockByNumber",
        "eth_getCode",
        "eth_getLogs",
        "eth_getStorageAt",
        "eth_getTransactionCount",
    ];
    let others: Vec<_> = methods
        .iter()
        .filter(|m| !reading.contains(&m.as_str()))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(methods.contains(&"eth_getStorageAt".to_owned()));
}

#[test]
fn an_endpoint_that_fails_in_the_middle_is_an_error_of_the_chain() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let relay = Relay::to(&sandbox.node.endpoint(), |request| {
        // Only the copy reads the state of ArbOS.
        let account = request["params"][0].as_str().unwrap_or_default();
        let is_copy = account.to_lowercase().starts_with("0xa4b05ff");
        (request["method"] == "eth_getStorageAt" && is_copy).then_some("internal error")
    });
    let relayed = relay.endpoint();
    let words = [&PLAN[..], &["--rpc-url", &relayed]].concat();
    let answer = sandbox.run("Other", &words);
    answer.is(4, "Unreadable");
}

#[test]
fn a_provider_that_refuses_long_ranges_of_logs_gets_shorter_ones() {
    let sandbox = Sandbox::with_counter(BOTH, 2);
    sandbox.run("Admin", &MIGRATE);
    let relay = Relay::to(&sandbox.node.endpoint(), |request| {
        let filter = &request["params"][0];
        let block = |field: &str| {
            let text = filter[field].as_str()?.trim_start_matches("0x").to_owned();
            u64::from_str_radix(&text, 16).ok()
        };
        let span = block("toBlock")?.saturating_sub(block("fromBlock")?);
        (request["method"] == "eth_getLogs" && span > 4).then_some("block range is too wide")
    });
    let whole = sandbox.done("Other", "history A");
    let pieces = sandbox.done("Other", &["history", "A", "--rpc-url", &relay.endpoint()]);
    assert_eq!(whole, pieces);
    let requests = relay
        .methods()
        .iter()
        .filter(|m| *m == "eth_getLogs")
        .count();
    assert!(requests > 3);
}
