//! What a node at a URL answers otherwise than the recorded one, as far as no history is needed.

use std::fmt;

use alloy::primitives::U256;
use serde_json::json;
use stylus_chain::ChainConfig;
use stylus_devnode::accounts::NITRO_DEV_KEY;
use stylus_devnode::{NodeConfig, spawn};

use super::precompiles::ask_precompiles;
use super::requests::ask_rpc;
use super::table::Differences;
use super::transactions::done_again;
use super::{make_rich, recording};
use crate::recorded_node::RecordedNode;

/// What ArbSys.arbOSVersion adds to the version.
const OFFSET: u64 = 55;
/// The chain that the recorded transactions are signed for.
const CHAIN: &str = "0x64aba";

/// What a node was asked, in numbers, and what it answers otherwise.
#[derive(Default)]
struct Comparison {
    asked: usize,
    by_row: usize,
    different: Vec<String>,
    /// What was not asked, and why.
    omitted: Vec<&'static str>,
}

impl Comparison {
    /// Of a node at its version of ArbOS. Where a key pays for it, the transactions are sent too.
    fn of(node: &RecordedNode) -> Self {
        let version = json!([{ "to": "0x0000000000000000000000000000000000000064", "data": "0x051038f2" }, "latest"]);
        let version: U256 =
            serde_json::from_value(node.rpc("eth_call", version)).expect("a version of ArbOS");
        let arbos = match version < U256::from(OFFSET + 60) {
            true => 51,
            false => 60,
        };
        let mut whole = Self::default();
        let (can_send, is_owned) = (node.can_send(), node.become_owner());
        if is_owned {
            node.set_l1_price_to_zero();
        } else {
            whole
                .omitted
                .push("what a chain owner sets: the key is none, and cannot become one");
        }
        if can_send {
            make_rich(node);
        }
        whole.add("rpc", arbos, |found| ask_rpc(node, found));
        whole.add("precompiles", arbos, |found| {
            ask_precompiles(node, found, &recording("precompiles.jsonl.gz"), arbos);
        });
        let is_signed_for = node.rpc("eth_chainId", json!([])) == CHAIN;
        match (can_send, is_signed_for, is_owned) {
            (true, true, true) => {
                whole.add("transactions", arbos, |found| send_all(node, found, arbos))
            }
            (false, ..) => whole.omitted.push("transactions: there is no RPC_KEY_FILE"),
            (_, false, _) => whole
                .omitted
                .push("transactions: they are signed for chain 412346"),
            (.., false) => whole.omitted.push("transactions: they need a chain owner"),
        }
        whole
    }

    /// Adds what a suite finds.
    fn add(&mut self, suite: &'static str, arbos: u64, ask: impl FnOnce(&mut Differences)) {
        let mut found = Differences::new(suite);
        found.arbos = arbos.to_string();
        ask(&mut found);
        let result = found.divide();
        self.asked += found.asked;
        self.by_row += result.by_row;
        let different = result.different.into_iter();
        self.different
            .extend(different.map(|line| format!("{suite} | {line}")));
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (asked, by_row, different) = (self.asked, self.by_row, self.different.len());
        let equal = asked.saturating_sub(by_row + different);
        for line in &self.different {
            writeln!(f, "{line}")?;
        }
        for what in &self.omitted {
            writeln!(f, "not asked: {what}")?;
        }
        write!(
            f,
            "{asked} parts of answers compared: {equal} equal, {by_row} differ by a row of the table, {different} differ"
        )
    }
}

/// Sends the transactions that were recorded at that version of ArbOS, which the node has already.
fn send_all(node: &RecordedNode, differences: &mut Differences, arbos: u64) {
    let lines = recording("transactions.jsonl.gz");
    let lines = lines.iter().skip_while(|line| line["chain"] != arbos);
    let mut chains = 0;
    for line in lines {
        chains += usize::from(line.get("chain").is_some());
        match line.get("chain") {
            Some(_) if chains > 1 => return,
            Some(_) => {}
            None => done_again(node, differences, line),
        }
    }
}

/// What differs between a node of one's own, at its version of ArbOS, and the recordings that need no history; with the
/// key of an account that pays, on a chain whose id is the recorded one, the transactions too:
/// `RPC_URL=http://127.0.0.1:8547 RPC_KEY_FILE=key.txt cargo test --workspace --test it node_at_rpc_url -- --ignored --nocapture`.
#[test]
#[ignore = "asks the node at RPC_URL, about 60 s"]
fn the_node_at_rpc_url_answers_as_recorded() {
    let url = std::env::var("RPC_URL").expect("RPC_URL, such as http://127.0.0.1:8547");
    let key = std::env::var("RPC_KEY_FILE").ok();
    let node = RecordedNode::remote(&url, key.as_deref());
    let comparison = Comparison::of(&node);
    println!("{comparison}");
    assert!(
        comparison.different.is_empty(),
        "recorded / the node at {url}:\n{comparison}"
    );
}

/// As a Nitro dev node begins: a price of 50 gwei on L1, no chain owner, and a key that pays.
#[test]
fn a_chain_that_begins_as_a_nitro_dev_node_is_compared_to_the_end() {
    let chain = ChainConfig {
        arbos_version: 51,
        l1_block_number: Some(0),
        l1_price: 50_000_000_000,
        ..ChainConfig::default()
    };
    let config = NodeConfig {
        chain,
        ..NodeConfig::default()
    };
    let begun = spawn(config).expect("the node starts");
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key.txt");
    std::fs::write(&key, NITRO_DEV_KEY.to_string()).expect("the key");
    let node = RecordedNode::remote(&begun.endpoint(), key.to_str());
    let comparison = Comparison::of(&node);
    println!("{comparison}");
    assert_eq!(comparison.different, Vec::<String>::new());
    assert_eq!(comparison.omitted, Vec::<&str>::new());
    assert!(comparison.asked > 10_000, "{comparison}");
    assert!(comparison.by_row * 10 < comparison.asked, "{comparison}");
}
