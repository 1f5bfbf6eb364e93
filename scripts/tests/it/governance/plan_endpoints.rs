//! An upgrade tried on a copy, of a chain behind an endpoint: one of another
//! process, one that fails and one that refuses.

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
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let at = lines.find_map(|line| Some(line.split_once("Listening on ")?.1.to_owned()));
    let endpoint = format!("http://{}", at.expect("where it listens"));
    for words in [
        "registry deploy --save",
        "define A --migrate Admin",
        "register A 1.0 counter-v1",
        CREATE,
    ] {
        sandbox.done("Admin", &format!("{words} --rpc-url {endpoint}"));
    }
    let relay = Relay::to(&endpoint, |_| None);
    let plan = sandbox.run_at(&relay, "Other", PLAN);
    assert_eq!(text(&plan.ends(0)["instances"][0], "to"), "2.0");
    let mut methods = relay.methods();
    methods.sort_unstable();
    methods.dedup();
    let reading = "eth_blockNumber eth_call eth_chainId eth_getBalance eth_getBlockByNumber eth_getCode \
                   eth_getLogs eth_getStorageAt eth_getTransactionCount";
    let others: Vec<_> = methods
        .iter()
        .filter(|one| !reading.list().contains(&one.as_str()))
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
    sandbox.run_at(&relay, "Other", PLAN).is(4, "Unreadable");
}

#[test]
fn a_provider_that_refuses_long_ranges_of_logs_gets_shorter_ones() {
    let sandbox = Sandbox::with_counter(BOTH, 2);
    sandbox.proposed("Admin", MIGRATE);
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
    let pieces = sandbox.run_at(&relay, "Other", "history A");
    assert_eq!(&whole, pieces.ends(0));
    let methods = relay.methods();
    let requests = methods.iter().filter(|method| *method == "eth_getLogs");
    assert!(requests.count() > 3);
}
