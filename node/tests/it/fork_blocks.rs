//! On a fork, blocks named by their hash, and what must not reach a new endpoint.

use alloy::primitives::{Address, B256};
use serde_json::{Value, json};
use stylus_devnode::ForkOptions;

use crate::fork::{call, forked, options, origin};
use crate::front::{Front, Script};
use crate::support::{block_number, mine, nonce, receipt, request, rpc, rpc_error};

const SECRET: &str = "X-Key: 9f1c7secretheader";

fn with_secret(front: &Front) -> ForkOptions {
    ForkOptions {
        headers: vec![SECRET.to_owned()],
        ..options(front.url())
    }
}

fn saw_secret(front: &Front) -> bool {
    let script = front.script();
    script
        .heads
        .iter()
        .any(|head| head.contains("9f1c7secretheader"))
}

#[test]
fn headers_and_keys_of_an_endpoint_reach_no_other_one_and_nobody_who_asks() {
    let origin = origin();
    let [first, second] = [(); 2].map(|()| Front::of(origin.node.port(), Script::default()));
    let fork = forked(with_secret(&first));
    assert!(saw_secret(&first));
    for method in ["anvil_nodeInfo", "anvil_metadata"] {
        let shown = rpc(fork.port(), method, json!([])).to_string();
        assert!(!shown.contains("secretkey"), "{shown}");
    }
    let info = rpc(fork.port(), "anvil_nodeInfo", json!([]));
    let shown = format!("http://127.0.0.1:{}/…", first.port);
    assert_eq!(info["forkConfig"]["forkUrl"], shown);
    rpc(fork.port(), "anvil_setRpcUrl", json!([second.url()]));
    let poor = json!([Address::repeat_byte(0x31), "latest"]);
    rpc(fork.port(), "eth_getBalance", poor);
    rpc(
        fork.port(),
        "anvil_reset",
        json!([{ "forking": { "blockNumber": 2 } }]),
    );
    rpc(fork.port(), "eth_call", call(&origin));
    assert!(!second.script().heads.is_empty());
    assert!(!saw_secret(&second));
}

#[test]
fn the_state_is_asked_for_by_hash() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let folder = tempfile::tempdir().expect("a folder");
    let kept = |front: &Front| ForkOptions {
        cache: Some(folder.path().to_owned()),
        ..options(front.url())
    };
    let fork = forked(kept(&front));
    let balance = |of: u8| json!([Address::repeat_byte(of), "latest"]);
    // The block is replaced by one in which the account has something, and at once it is asked.
    let before = rpc(origin.node.port(), "evm_snapshot", json!([]));
    rpc(origin.node.port(), "anvil_rollback", json!([1]));
    rpc(
        origin.node.port(),
        "anvil_setBalance",
        json!([Address::repeat_byte(0x41), "0x64"]),
    );
    mine(origin.node.port());
    let error = rpc_error(fork.port(), "eth_getBalance", balance(0x41));
    assert_ne!(error["code"], 0, "{error}");
    drop((fork, before));
}

/// `arbBlockHash(uint256)` of ArbSys.
fn arb_block_hash(port: u16, number: u64) -> Value {
    let data = format!("0x2b407a82{number:064x}");
    let call = json!([{ "to": Address::with_last_byte(0x64), "data": data }, "pending"]);
    rpc(port, "eth_call", call)
}

#[test]
fn hashes_and_the_coinbase_before_the_fork_are_those_of_the_chain() {
    let origin = origin();
    let there = origin.node.port();
    rpc(
        there,
        "anvil_setCoinbase",
        json!([Address::repeat_byte(0x77)]),
    );
    rpc(there, "anvil_mine", json!([3]));
    let fork = forked(options(origin.node.endpoint()));
    let here = fork.port();
    let head = block_number(there);
    let head = u64::from_str_radix(&head.as_str().expect("a number")[2..], 16).expect("it");
    for number in 0..=head {
        let hash = arb_block_hash(here, number);
        assert_eq!(hash, arb_block_hash(there, number), "{number}");
        assert_ne!(hash, json!(B256::ZERO), "{number}");
    }
    // COINBASE, PUSH0, MSTORE, 32, PUSH0, RETURN
    let code = "0x415f5260205ff3";
    let of = |port| rpc(port, "eth_call", json!([{ "data": code }, "latest"]));
    assert_eq!(of(here), of(there));
    assert!(
        of(here).as_str().expect("a word").ends_with("7777"),
        "{}",
        of(here)
    );
}

/// The key in other forms than the URL has it.
fn escaped(front: &Front) -> String {
    let url = front.url().replace("secretkey", "secret%6Bey");
    format!("{url}?apikey=other%2Dsecret%2Dof%2Dsomebody")
}

#[test]
fn what_an_endpoint_says_of_its_url_and_of_headers_is_shown_to_nobody() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let mut options = with_secret(&front);
    (options.url, options.retries) = (escaped(&front), 0);
    let fork = forked(options);
    front.script().telltale = true;
    for (method, params) in [
        ("eth_getBlockByNumber", json!(["0x1", false])),
        (
            "eth_getBalance",
            json!([Address::repeat_byte(0x52), "latest"]),
        ),
    ] {
        let error = rpc_error(fork.port(), method, params).to_string();
        assert!(error.contains("no quota for"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn a_log_of_everything_has_no_key_of_an_endpoint() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let url = escaped(&front);
    let header = ["--fork-header", SECRET, "--retries", "0"];
    let child = std::process::Command::new(crate::support::binary())
        .args(["-p", "0", "-vv", "--fork-url", &url])
        .args(header)
        .env("RUST_LOG", "trace")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn();
    let mut child = child.expect("it starts");
    let (port, _) = crate::support::ready(&mut child);
    front.script().broken = Some(500);
    for of in 0x60..0x63u8 {
        rpc_error(
            port,
            "eth_getBalance",
            json!([Address::repeat_byte(of), "latest"]),
        );
    }
    child.kill().expect("our own child");
    let said = child.wait_with_output().expect("it ended").stderr;
    let said = String::from_utf8_lossy(&said);
    assert!(said.len() > 1_000, "{said}");
    let line = said.lines().find(|line| line.contains("secret"));
    assert_eq!(line, None);
}

#[test]
fn a_filter_over_blocks_before_the_fork_is_refused() {
    let origin = origin();
    let fork = forked(options(origin.node.endpoint()));
    for from in ["earliest", "0x1", "0x2"] {
        let id = rpc(fork.port(), "eth_newFilter", json!([{ "fromBlock": from }]));
        let error = rpc_error(fork.port(), "eth_getFilterLogs", json!([id]));
        assert_eq!(error["code"], -32004, "{from}: {error}");
    }
    let id = rpc(
        fork.port(),
        "eth_newFilter",
        json!([{ "fromBlock": "0x3" }]),
    );
    let found = rpc(fork.port(), "eth_getFilterLogs", json!([id]));
    assert_eq!(found, json!([]));
}

#[test]
fn what_is_named_by_hash_is_the_chains_up_to_the_fork_and_unknown_after_it() {
    let origin = origin();
    let there = origin.node.port();
    let sender = origin.sender;
    let counter = json!([{ "from": sender, "data": crate::evm::counter() }]);
    let created = rpc(there, "eth_sendTransaction", counter);
    let contract = receipt(there, &created)["contractAddress"].clone();
    let old = sent_to(there, sender, &contract);
    let fork = forked(options(origin.node.endpoint()));
    let here = fork.port();
    let young = sent_to(there, sender, &contract);
    let block = |hash: &Value| receipt(there, hash);
    let [old_block, young_block] = [&old, &young].map(|hash| block(hash)["blockHash"].clone());
    let before = receipt(there, &created)["blockHash"].clone();

    let of_blocks = |hash: &Value| {
        let at = json!({ "blockHash": hash });
        [
            ("eth_getBlockByHash", json!([hash, true])),
            ("eth_getBlockReceipts", json!([hash])),
            ("eth_getBlockReceipts", json!([at])),
            ("eth_getBlockTransactionCountByHash", json!([hash])),
            (
                "eth_getTransactionByBlockHashAndIndex",
                json!([hash, "0x0"]),
            ),
            (
                "eth_getRawTransactionByBlockHashAndIndex",
                json!([hash, "0x0"]),
            ),
            (
                "debug_traceBlockByHash",
                json!([hash, { "tracer": "callTracer" }]),
            ),
            ("debug_getRawHeader", json!([hash])),
            ("debug_storageRangeAt", json!([hash, 0, contract, "0x", 10])),
            ("ots_getBlockDetailsByHash", json!([hash])),
            ("eth_getLogs", json!([{ "blockHash": hash }])),
            ("eth_getBalance", json!([sender, at])),
            ("eth_getStorageAt", json!([contract, "0x0", at])),
            ("eth_call", json!([{ "to": contract }, at])),
            ("eth_getProof", json!([contract, ["0x0"], at])),
            (
                "debug_traceCall",
                json!([{ "to": contract }, at, { "tracer": "callTracer" }]),
            ),
        ]
    };
    let of_transactions = |hash: &Value| {
        let tracer = json!({ "tracer": "callTracer" });
        [
            ("eth_getTransactionByHash", json!([hash])),
            ("eth_getTransactionReceipt", json!([hash])),
            ("eth_getRawTransactionByHash", json!([hash])),
            ("debug_getRawTransaction", json!([hash])),
            ("debug_traceTransaction", json!([hash, tracer])),
            ("trace_transaction", json!([hash])),
            ("ots_traceTransaction", json!([hash])),
            ("ots_getTransactionError", json!([hash])),
        ]
    };
    // The state of the forked block itself is this node's: the same but for the dev accounts.
    let asked = of_blocks(&before).into_iter().chain(of_transactions(&old));
    for (method, params) in asked {
        let of = |port| rpc(port, method, params.clone());
        assert_eq!(of(here), of(there), "{method} {params}");
        assert!(!of(here).is_null(), "{method} {params}");
    }
    for (method, params) in of_blocks(&young_block)
        .into_iter()
        .chain(of_transactions(&young))
    {
        let answer = request(here, method, params.clone());
        let known = answer["result"].is_null() || answer["result"] == "0x";
        assert!(
            known || answer.get("error").is_some(),
            "{method} {params}: {answer}"
        );
        assert!(
            !request(there, method, params)["result"].is_null(),
            "{method}"
        );
    }
    let by_nonce = |nonce: u64| json!([sender, format!("{nonce:#x}")]);
    for (method, params) in [
        ("eth_getTransactionBySenderAndNonce", by_nonce(0)),
        ("ots_getTransactionBySenderAndNonce", by_nonce(0)),
        ("ots_getContractCreator", json!([contract])),
        ("erigon_getHeaderByNumber", json!([1])),
        ("ots_hasCode", json!([contract, "0x1"])),
        (
            "trace_filter",
            json!([{ "fromBlock": "0x1", "toBlock": "latest", "toAddress": [contract] }]),
        ),
    ] {
        let expected = match method {
            // The origin has continued.
            "trace_filter" => rpc(
                there,
                method,
                json!([{
                    "fromBlock": "0x1", "toBlock": block(&old)["blockNumber"], "toAddress": [contract],
                }]),
            ),
            _ => rpc(there, method, params.clone()),
        };
        assert_eq!(rpc(here, method, params), expected, "{method}");
    }
    let next = nonce(here, &sender);
    let unsent = json!([sender, next]);
    assert!(rpc(here, "eth_getTransactionBySenderAndNonce", unsent).is_null());
    // Its blocks are this node's own.
    let own = sent_to(here, sender, &contract);
    let receipt = receipt(here, &own);
    assert_eq!(receipt["status"], "0x1");
    for (block, word) in [(&receipt["blockHash"], 2), (&old_block, 1)] {
        let at = json!([contract, "0x0", { "blockHash": block }]);
        let found = rpc(here, "eth_getStorageAt", at);
        assert_eq!(found, json!(B256::with_last_byte(word)));
    }
}

fn sent_to(port: u16, from: Address, to: &Value) -> Value {
    rpc(
        port,
        "eth_sendTransaction",
        json!([{ "from": from, "to": to }]),
    )
}
