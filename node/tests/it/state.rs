//! The state in a file, and as an answer.

use alloy::primitives::Address;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::evm::counter;
use crate::support::{
    Process, balance, block_number, eventually, latest_block, mine, node, nonce, refused, rpc,
    transact, word_at,
};

#[test]
fn sigterm_saves_the_state_and_the_next_start_loads_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let file = file.to_str().unwrap();
    let mut first = Process::start(&["--state", file]);
    let from = rpc(first.port, "eth_accounts", json!([]))[0].clone();
    let receipt = transact(first.port, json!({ "from": from, "data": counter() }));
    let contract = receipt["contractAddress"].clone();
    rpc(
        first.port,
        "eth_sendTransaction",
        json!([{ "from": from, "to": contract }]),
    );
    first.signal(Signal::TERM);
    assert_eq!(first.wait().code(), Some(0));

    let second = Process::start(&["--state", file]);
    assert_eq!(
        word_at(second.port, &contract, "0x0")
            .as_str()
            .unwrap()
            .trim_start_matches(['0', 'x']),
        "1"
    );
    assert_eq!(block_number(second.port), "0x2");
    let found = nonce(second.port, &from);
    assert_eq!(found, "0x2");
    rpc(
        second.port,
        "eth_sendTransaction",
        json!([{ "from": from, "to": contract }]),
    );
    assert_eq!(block_number(second.port), "0x3");
}

#[test]
fn a_killed_node_leaves_a_whole_document() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let mut process = Process::start(&[
        "--state",
        file.to_str().unwrap(),
        "--state-interval",
        "0.02",
    ]);
    rpc(process.port, "anvil_mine", json!(["0x64"]));
    eventually("a saved state", || file.exists().then_some(()));
    process.signal(Signal::KILL);
    process.wait();
    let second = Process::start(&["--load-state", file.to_str().unwrap()]);
    rpc(second.port, "eth_chainId", json!([]));
}

#[test]
fn a_state_file_that_is_none_ends_the_start_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    std::fs::write(&file, "{}").unwrap();
    for args in [
        ["--state", file.to_str().unwrap()],
        ["--load-state", "/no/such/file"],
    ] {
        let output = std::process::Command::new(crate::support::binary())
            .args(["-p", "0"])
            .args(args)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(
            String::from_utf8(output.stderr)
                .unwrap()
                .contains("cannot load the state from")
        );
    }
}

#[test]
fn a_dumped_state_is_loaded_into_another_node() {
    let (first, second) = (node(), node());
    let account = Address::repeat_byte(0x66);
    rpc(first.port(), "anvil_setBalance", json!([account, "0x123"]));
    let state = rpc(first.port(), "anvil_dumpState", json!([]));
    let found = rpc(second.port(), "hardhat_loadState", json!([state]));
    assert_eq!(found, true);
    let found = balance(second.port(), &account);
    assert_eq!(found, "0x123");
    let found = refused(second.port(), "anvil_loadState", json!(["0x1234"]));
    assert_eq!(found, -32602);
}

/// As `geth dumpgenesis` writes one: addresses without prefix, short words, nulls.
const GENESIS: &str = r#"{
    "config": { "chainId": 777, "homesteadBlock": 0, "terminalTotalDifficulty": 0 },
    "nonce": "0x0", "timestamp": "0x65000000", "extraData": "0x", "gasLimit": "0x1c9c380",
    "difficulty": "0x0", "coinbase": "0x00000000000000000000000000000000000000aa",
    "alloc": {
        "7777777777777777777777777777777777777777": {
            "balance": "1000", "nonce": "0x3", "code": "0xfe",
            "storage": { "0x0000000000000000000000000000000000000000000000000000000000000001": "0x07" }
        }
    },
    "number": "0x0", "gasUsed": "0x0", "baseFeePerGas": "0x77", "excessBlobGas": null
}"#;

#[test]
fn a_genesis_of_geth_is_taken_and_flags_come_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("genesis.json");
    std::fs::write(&file, GENESIS).unwrap();
    let init = ["--init", file.to_str().unwrap()];
    let process = Process::start(&init);
    let port = process.port;
    let account = Address::repeat_byte(0x77);
    let latest = |method| rpc(port, method, json!([account, "latest"]));
    assert_eq!(rpc(port, "eth_chainId", json!([])), "0x309");
    assert_eq!(latest("eth_getBalance"), "0x3e8");
    assert_eq!(latest("eth_getTransactionCount"), "0x3");
    assert_eq!(latest("eth_getCode"), "0xfe");
    let word = word_at(port, &account, "0x1");
    assert_eq!(word, format!("{:#066x}", 7));
    let first = rpc(port, "eth_getBlockByNumber", json!(["0x0", false]));
    let fields = ["timestamp", "gasLimit", "baseFeePerGas"];
    let of = |block: &Value| fields.map(|name| block[name].as_str().unwrap().to_owned());
    assert_eq!(of(&first), ["0x65000000", "0x1c9c380", "0x77"]);
    mine(port);
    let next = latest_block(port);
    assert_eq!(next["miner"], "0x00000000000000000000000000000000000000aa");
    assert!(
        process.lines.iter().any(|line| line == "Chain ID: 777"),
        "{:?}",
        process.lines
    );

    let flags = [
        "--timestamp",
        "1700000001",
        "--chain-id",
        "5",
        "--gas-limit",
        "9000000",
    ];
    let process = Process::start(&[&init, &flags[..]].concat());
    let first = rpc(process.port, "eth_getBlockByNumber", json!(["0x0", false]));
    assert_eq!(of(&first)[..2], ["0x6553f101", "0x895440"]);
    assert_eq!(rpc(process.port, "eth_chainId", json!([])), "0x5");
}

#[test]
fn what_a_killed_node_was_writing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let leftover = folder.path().join("state.json.tmp");
    std::fs::write(&leftover, "{".repeat(1_000_000)).unwrap();
    let mut process = Process::start(&["--state", file.to_str().unwrap()]);
    process.signal(Signal::TERM);
    assert_eq!(process.wait().code(), Some(0));
    assert!(!leftover.exists());
    drop(Process::start(&["--state", file.to_str().unwrap()]));
}
