//! A node that forks another chain: that of a node of its kind, and that of one that answers
//! as Nitro's archive nodes do.

use alloy::primitives::Address;
use serde_json::{Value, json};
use stylus_devnode::{ChainConfig, Fork, ForkBlock, ForkOptions, NodeConfig, NodeHandle, spawn};

use crate::front::{Front, Script};
use crate::stylus::{activated, deployed};
use crate::support::{
    Process, block_number, latest_block, mine, node, nonce, rpc, rpc_error, transact,
};

pub(crate) const INPUT: &str = "0x11223344";

/// A chain with a program that returns its calldata, activated or not.
pub(crate) struct Origin {
    pub(crate) node: NodeHandle,
    pub(crate) sender: Address,
    pub(crate) program: Value,
    /// The transaction that activated it.
    activated: Value,
}

pub(crate) fn origin() -> Origin {
    let node = node();
    let sender = node.addresses()[0];
    let program = deployed(node.port(), sender);
    let activated = activated(node.port(), sender, &program)["transactionHash"].clone();
    Origin {
        node,
        sender,
        program,
        activated,
    }
}

pub(crate) fn options(url: String) -> ForkOptions {
    ForkOptions {
        retries: 2,
        ..ForkOptions::new(url)
    }
}

pub(crate) fn forked(options: ForkOptions) -> NodeHandle {
    let fork = Fork::connect(options).expect("the endpoint answers");
    let config = NodeConfig {
        fork: Some(fork),
        ..NodeConfig::default()
    };
    spawn(config).expect("the fork starts")
}

pub(crate) fn call(origin: &Origin) -> Value {
    json!([{ "from": origin.sender, "to": origin.program, "data": INPUT }, "latest"])
}

/// Sends a transaction to the program and gives its receipt.
pub(crate) fn sent(port: u16, origin: &Origin) -> Value {
    let transaction = json!({ "from": origin.sender, "to": origin.program, "data": INPUT });
    transact(port, transaction)
}

#[test]
fn a_fork_runs_a_program_as_its_chain_does_and_leaves_that_chain_alone() {
    let origin = origin();
    let there = origin.node.port();
    let fork = forked(options(origin.node.endpoint()));
    let here = fork.port();
    for method in ["eth_chainId", "eth_blockNumber", "eth_gasPrice"] {
        assert_eq!(rpc(here, method, json!([])), rpc(there, method, json!([])));
    }
    assert_eq!(rpc(here, "eth_call", call(&origin)), INPUT);
    for method in ["eth_estimateGas", "eth_createAccessList"] {
        let of = |port| rpc(port, method, call(&origin));
        assert_eq!(of(here), of(there), "{method}");
    }
    let before = block_number(there);
    let receipt = sent(here, &origin);
    assert_eq!(receipt["status"], "0x1");
    let other = forked(options(origin.node.endpoint()));
    assert_eq!(sent(other.port(), &origin)["gasUsed"], receipt["gasUsed"]);
    assert_eq!(block_number(there), before);
    let sender = &origin.sender;
    assert_ne!(nonce(here, sender), nonce(there, sender));
    assert_eq!(sent(there, &origin)["gasUsed"], receipt["gasUsed"]);
}

#[test]
fn what_happened_up_to_the_fork_is_read_from_the_endpoint_and_nothing_younger() {
    let origin = origin();
    let there = origin.node.port();
    let head = latest_block(there);
    let front = Front::of(there, Script::default());
    let fork = forked(options(front.url()));
    let here = fork.port();
    // The origin continues.
    let younger = sent(there, &origin)["transactionHash"].clone();
    for (method, params) in [
        ("eth_getBlockByNumber", json!(["0x1", true])),
        ("eth_getBlockByNumber", json!([head["number"], false])),
        ("eth_getBlockByHash", json!([head["hash"], false])),
        ("eth_getTransactionReceipt", json!([origin.activated])),
        ("eth_getTransactionByHash", json!([origin.activated])),
        ("eth_getBalance", json!([origin.sender, "0x1"])),
        ("eth_getProof", json!([origin.sender, [], "0x1"])),
        ("debug_traceTransaction", json!([origin.activated])),
    ] {
        let of = |port| rpc(port, method, params.clone());
        assert_eq!(of(here), of(there), "{method}");
        assert!(!of(here).is_null(), "{method}");
    }
    for method in ["eth_getTransactionReceipt", "eth_getTransactionByHash"] {
        assert!(rpc(here, method, json!([younger])).is_null(), "{method}");
    }
    let hash = sent(here, &origin)["blockHash"].clone();
    let next = rpc(here, "eth_getBlockByHash", json!([hash, false]));
    assert_eq!(next["parentHash"], head["hash"]);
    let logs = |port, to: &str| {
        let filter = json!([{ "fromBlock": "earliest", "toBlock": to }]);
        rpc(port, "eth_getLogs", filter)
    };
    let until = head["number"].as_str().expect("a number");
    assert!(!logs(there, until).as_array().expect("a list").is_empty());
    assert_eq!(logs(here, "latest"), logs(there, until));
    // What only this chain has is in no trie.
    let proof = rpc_error(here, "eth_getProof", json!([origin.sender, [], "latest"]));
    assert_eq!(proof["code"], -32004);
}

#[test]
fn programs_that_do_not_run_there_answer_the_same_error_here() {
    let origin = node();
    let (there, sender) = (origin.port(), origin.addresses()[0]);
    let idle = deployed(there, sender);
    let expect_same = |what: &str| {
        let fork = forked(options(origin.endpoint()));
        let params = json!([{ "from": sender, "to": idle, "data": INPUT }, "latest"]);
        let of = |port| rpc_error(port, "eth_call", params.clone());
        assert_eq!(of(fork.port()), of(there), "{what}");
        assert!(of(there).to_string().contains(what), "{}", of(there));
    };
    expect_same("ProgramNotActivated");
    activated(there, sender, &idle);
    rpc(there, "evm_increaseTime", json!([366 * 86_400]));
    mine(there);
    expect_same("ProgramExpired");
}

#[test]
fn a_program_that_an_upgrade_of_arbos_outdated_is_outdated_on_the_fork() {
    let chain = ChainConfig {
        arbos_version: 51,
        ..ChainConfig::default()
    };
    let config = NodeConfig {
        chain,
        ..NodeConfig::default()
    };
    let node = spawn(config).expect("a node of ArbOS 51");
    let (there, sender) = (node.port(), node.addresses()[0]);
    let program = deployed(there, sender);
    let send = |to: u8, data: String| {
        let to = Address::with_last_byte(to);
        let receipt = transact(there, json!({ "from": sender, "to": to, "data": data }));
        assert_eq!(receipt["status"], "0x1", "{receipt}");
    };
    activated(there, sender, &program);
    let params = json!([{ "from": sender, "to": program, "data": INPUT }, "latest"]);
    let before = forked(options(node.endpoint()));
    assert_eq!(rpc(before.port(), "eth_call", params.clone()), INPUT);
    // becomeChainOwner() of ArbDebug, then scheduleArbOSUpgrade(61, 0) of ArbOwner.
    send(0xff, "0x0e5bbc11".to_owned());
    send(0x70, format!("0xe388b381{:064x}{:064x}", 61, 0));
    mine(there);
    let after = forked(options(node.endpoint()));
    let of = |port| rpc_error(port, "eth_call", params.clone());
    assert_eq!(of(after.port()), of(there));
    assert!(
        of(there).to_string().contains("ProgramNeedsUpgrade"),
        "{}",
        of(there)
    );
    // The fork of the block before is not touched by what came later.
    assert_eq!(rpc(before.port(), "eth_call", params.clone()), INPUT);
}

#[test]
fn a_block_that_cannot_be_forked_is_refused_with_the_reason() {
    let origin = origin();
    let refused = |script: Script, block: ForkBlock| {
        let front = Front::of(origin.node.port(), script);
        let options = ForkOptions {
            block,
            ..options(front.url())
        };
        Fork::connect(options).expect_err("it is refused")
    };
    let unknown = refused(Script::default(), ForkBlock::Number(99)).to_string();
    assert!(unknown.contains("no block 99"), "{unknown}");
    let pruned = Script {
        oldest_state: 1,
        ..Script::default()
    };
    let pruned = refused(pruned, ForkBlock::Number(0)).to_string();
    assert!(pruned.contains("archive node"), "{pruned}");
    let future = Script {
        word: Some("0x63".to_owned()),
        ..Script::default()
    };
    let future = refused(future, ForkBlock::Latest).to_string();
    assert!(future.contains("ArbOS version 99"), "{future}");
}

#[test]
fn resets_and_other_endpoints_are_checked() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let fresh = node();
    let here = fresh.port();
    let url = origin.node.endpoint();
    // As anvil, which takes it where no chain is forked.
    assert!(rpc(here, "anvil_setRpcUrl", json!([url])).is_null());
    rpc(
        here,
        "anvil_reset",
        json!([{ "forking": { "jsonRpcUrl": url, "blockNumber": 2 } }]),
    );
    let info = rpc(here, "anvil_nodeInfo", json!([]));
    assert_eq!(info["forkConfig"]["forkBlockNumber"], 2);
    assert_eq!(info["forkConfig"]["forkUrl"], url);
    assert_eq!(block_number(here), "0x2");
    mine(here);
    rpc(here, "anvil_reset", json!([{ "forking": {} }]));
    assert_eq!(block_number(here), "0x2");
    rpc(here, "anvil_setRpcUrl", json!([front.url()]));
    let requests = front.script().requests.len();
    assert!(rpc(here, "eth_call", call(&origin)).is_string());
    assert!(front.script().requests.len() > requests);
    let stranger = node();
    rpc(
        stranger.port(),
        "anvil_setBalance",
        json!([origin.sender, "0x1"]),
    );
    rpc(stranger.port(), "anvil_mine", json!([3]));
    let refused = rpc_error(here, "anvil_setRpcUrl", json!([stranger.endpoint()]));
    assert!(refused.to_string().contains("another chain"), "{refused}");
    let metadata = rpc(here, "anvil_metadata", json!([]));
    assert_eq!(metadata["forkedNetwork"]["forkBlockNumber"], 2);
    rpc(here, "anvil_reset", json!([]));
    assert_eq!(block_number(here), "0x0");
    assert!(rpc(here, "anvil_metadata", json!([]))["forkedNetwork"].is_null());
}

#[test]
fn the_process_says_what_it_forked() {
    let origin = origin();
    let url = format!("{}@1", origin.node.endpoint());
    let process = Process::start(&["--fork-url", &url, "--chain-id", "31337"]);
    let said = process.lines.join("\n");
    assert!(said.contains("Block number:   1"), "{said}");
    assert_eq!(rpc(process.port, "eth_chainId", json!([])), "0x7a69");
    assert_eq!(block_number(process.port), "0x1");
}
