//! The state in a file, and as an answer.

use alloy::primitives::Address;
use rustix::process::Signal;
use serde_json::json;

use crate::evm::counter;
use crate::support::{Process, eventually, node, rpc, rpc_error};

#[test]
fn sigterm_saves_the_state_and_the_next_start_loads_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let file = file.to_str().unwrap();
    let mut first = Process::start(&["--state", file]);
    let from = rpc(first.port, "eth_accounts", json!([]))[0].clone();
    let hash = rpc(
        first.port,
        "eth_sendTransaction",
        json!([{ "from": from, "data": counter() }]),
    );
    let receipt = rpc(first.port, "eth_getTransactionReceipt", json!([hash]));
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
        rpc(
            second.port,
            "eth_getStorageAt",
            json!([contract, "0x0", "latest"])
        )
        .as_str()
        .unwrap()
        .trim_start_matches(['0', 'x']),
        "1"
    );
    assert_eq!(rpc(second.port, "eth_blockNumber", json!([])), "0x2");
    assert_eq!(
        rpc(
            second.port,
            "eth_getTransactionCount",
            json!([from, "latest"])
        ),
        "0x2"
    );
    rpc(
        second.port,
        "eth_sendTransaction",
        json!([{ "from": from, "to": contract }]),
    );
    assert_eq!(rpc(second.port, "eth_blockNumber", json!([])), "0x3");
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
        let output = std::process::Command::new(crate::support::BINARY)
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
    assert_eq!(
        rpc(second.port(), "hardhat_loadState", json!([state])),
        true
    );
    assert_eq!(
        rpc(second.port(), "eth_getBalance", json!([account, "latest"])),
        "0x123"
    );
    assert_eq!(
        rpc_error(second.port(), "anvil_loadState", json!(["0x1234"]))["code"],
        -32602
    );
}

#[test]
fn a_genesis_file_funds_and_deploys() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("genesis.json");
    let account = Address::repeat_byte(0x77);
    let genesis = json!({
        "config": { "chainId": 777 },
        "timestamp": "0x65000000",
        "alloc": { account.to_string(): { "balance": "0x5", "code": "0xfe", "storage": {} } },
    });
    std::fs::write(&file, genesis.to_string()).unwrap();
    let process = Process::start(&["--init", file.to_str().unwrap()]);
    assert_eq!(rpc(process.port, "eth_chainId", json!([])), "0x309");
    assert_eq!(
        rpc(process.port, "eth_getBalance", json!([account, "latest"])),
        "0x5"
    );
    assert_eq!(
        rpc(process.port, "eth_getCode", json!([account, "latest"])),
        "0xfe"
    );
    assert_eq!(
        rpc(process.port, "eth_getBlockByNumber", json!(["0x0", false]))["timestamp"],
        "0x65000000"
    );
}
