//! Requests that are wrong, large or many.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use alloy::providers::{Provider, ProviderBuilder};
use futures::StreamExt;
use serde_json::{Value, json};
use stylus_devnode::{MiningMode, NodeConfig, spawn};

use crate::readme::listed;
use crate::support::{exchange, node, post, request, rpc, rpc_error};

fn code(answer: &str) -> i64 {
    let answer: Value =
        serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error} in {answer}"));
    answer["error"]["code"].as_i64().unwrap_or_default()
}

#[test]
fn malformed_requests_are_refused_by_code() {
    let node = node();
    for body in [
        "{",
        "",
        "\u{0}\u{1}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\"",
    ] {
        assert_eq!(code(&post(node.port(), body).1), -32700, "{body:?}");
    }
    for body in [
        "{\"id\":1}",
        "[]",
        "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"eth_chainId\"}",
    ] {
        assert_eq!(code(&post(node.port(), body).1), -32600, "{body:?}");
    }
}

#[test]
fn an_unknown_method_is_32601_never_null() {
    let node = node();
    for method in [
        "eth_noSuchThing",
        "",
        "ETH_CHAINID",
        "trace_replayTransaction",
        "arbtrace_call",
    ] {
        let answer = request(node.port(), method, json!([]));
        assert_eq!(answer["error"]["code"], -32601, "{method}: {answer}");
        assert!(answer.get("result").is_none());
    }
}

#[test]
fn wrong_parameters_are_32602_and_name_the_parameter() {
    let node = node();
    let wrong = [
        ("eth_getBalance", json!([])),
        ("eth_getBalance", json!(["0x12"])),
        ("eth_getBalance", json!({ "address": "0x12" })),
        ("eth_sendRawTransaction", json!(["zz"])),
        ("evm_increaseTime", json!([])),
        ("evm_increaseTime", json!(["0x1ffffffffffffffff"])),
        ("anvil_mine", json!(["0xffffffff"])),
        ("eth_call", json!([{ "input": "0x01", "data": "0x02" }])),
        ("eth_newFilter", json!([7])),
    ];
    for (method, params) in wrong {
        let error = rpc_error(node.port(), method, params.clone());
        assert_eq!(error["code"], -32602, "{method} {params}: {error}");
    }
}

#[test]
fn a_batch_answers_each_request_by_itself() {
    let node = node();
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] },
        { "jsonrpc": "2.0", "id": "two", "method": "eth_nothing" },
        7,
        { "jsonrpc": "2.0", "id": 4, "method": "net_version" },
    ]);
    let answers: Vec<Value> =
        serde_json::from_str(&post(node.port(), &batch.to_string()).1).unwrap();
    let by_id = |id: Value| {
        answers
            .iter()
            .find(|answer| answer["id"] == id)
            .unwrap()
            .clone()
    };
    assert_eq!(answers.len(), 4);
    assert_eq!(by_id(json!(1))["result"], "0x64aba");
    assert_eq!(by_id(json!("two"))["error"]["code"], -32601);
    assert_eq!(by_id(json!(4))["result"], "412346");
    assert_eq!(by_id(Value::Null)["error"]["code"], -32600);
}

#[test]
fn a_mebibyte_of_calldata_fits_the_default_limit() {
    let node = node();
    let call =
        json!({ "to": node.addresses()[0], "data": format!("0x{}", "ab".repeat(1024 * 1024)) });
    assert_eq!(rpc(node.port(), "eth_call", json!([call, "latest"])), "0x");
}

#[test]
fn an_oversized_request_is_refused_and_the_node_continues() {
    let node = spawn(NodeConfig {
        request_bytes: Some(10_000),
        ..NodeConfig::default()
    })
    .unwrap();
    let (status, _) = post(node.port(), &format!("\"{}\"", "a".repeat(20_000)));
    assert_eq!(status, 413);
    assert_eq!(rpc(node.port(), "eth_chainId", json!([])), "0x64aba");
}

#[test]
fn a_page_of_this_machine_may_call_and_is_named_to_its_browser() {
    let node = node();
    let preflight = "OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:3000\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\nConnection: close\r\n\r\n";
    let mut socket = TcpStream::connect(("127.0.0.1", node.port())).unwrap();
    socket.write_all(preflight.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(
        answer
            .to_lowercase()
            .contains("access-control-allow-origin: http://localhost:3000"),
        "{answer}"
    );
    assert_eq!(
        exchange(
            node.port(),
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            ""
        )
        .0,
        405
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_at_once_are_all_answered() {
    let node = tokio::task::spawn_blocking(node).await.unwrap();
    alloy::transports::choose_tls_cryptography();
    let provider = ProviderBuilder::new().connect_http(node.endpoint().parse().unwrap());
    let calls = (0..10_000).map(|_| {
        let provider = provider.clone();
        async move { provider.get_chain_id().await }
    });
    let answers: Vec<_> = futures::stream::iter(calls)
        .buffer_unordered(500)
        .collect()
        .await;
    assert_eq!(
        answers
            .iter()
            .filter(|answer| matches!(answer, Ok(412_346)))
            .count(),
        10_000
    );
}

#[test]
fn subscribing_over_http_is_an_error() {
    let node = node();
    rpc_error(node.port(), "eth_subscribe", json!(["newHeads"]));
}

/// Parameters that are wrong for nearly everything, and right for something.
fn odd_parameters() -> Vec<Value> {
    let account = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    let word = format!("0x{}", "ff".repeat(32));
    let huge = format!("0x{}", "ff".repeat(33));
    vec![
        json!([]),
        json!([null]),
        json!([{}]),
        json!([[]]),
        json!([-1]),
        json!([1.5]),
        json!([true, false]),
        json!(["0x"]),
        json!(["latest", "latest", "latest"]),
        json!([account, word, word]),
        json!([word, word, word, word]),
        json!([huge, huge, huge]),
        json!([account, account, "0x0"]),
        json!([account, "0xffffffffffffffff"]),
        json!(["0x0", "0x0", "0x0"]),
        json!(["0xffffffffffffffff", "0x1", [99.0, -1.0]]),
        json!([{ "from": account, "to": account, "gas": "0xffffffffffffffff", "value": word }, "latest"]),
        json!([{ "from": account, "to": account, "gasPrice": word }, { "blockHash": word }]),
        json!([{ "from": account, "nonce": "0xffffffffffffffff", "data": "0xfe" }, "pending"]),
        json!([{ "to": account, "maxFeePerGas": "0x1", "maxPriorityFeePerGas": "0xffff" }, "earliest"]),
        json!([{ "to": account, "input": "0x", "data": "0x00" }, "latest", {}, {}]),
        json!([{ "to": account }, "latest", { account: { "state": {}, "stateDiff": {} } }]),
        json!([{ "to": account }, "latest", { account: { "code": "0xeff00000", "nonce": "0xffffffffffffffff" } }, { "time": "0xffffffffffffffff" }]),
        json!([{ "fromBlock": "0xffffffffffffffff", "toBlock": "0x0", "topics": [null, [word.clone(), null]] }]),
        json!([{ "timestamp": "0xffffffffffffffff" }]),
        json!({ "named": "parameters" }),
        json!("text"),
    ]
}

#[test]
fn no_parameters_of_any_method_bring_the_node_into_trouble() {
    let node = node();
    let parameters = odd_parameters();
    for method in listed()
        .iter()
        .filter(|method| !method.ends_with("subscribe"))
    {
        let batch: Vec<Value> = parameters
            .iter()
            .map(|params| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
            .collect();
        let answers: Vec<Value> =
            serde_json::from_str(&post(node.port(), &json!(batch).to_string()).1).unwrap();
        for (answer, params) in answers.iter().zip(&parameters) {
            assert_ne!(
                answer["error"]["code"], -32603,
                "{method} {params}: {answer}"
            );
        }
    }
    // The id may have been changed by anvil_setChainId.
    assert!(rpc(node.port(), "eth_chainId", json!([])).is_string());
    let nested = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_call\",\"params\":{}",
        "[".repeat(100_000)
    );
    assert_eq!(code(&post(node.port(), &nested).1), -32700);
}

#[test]
fn a_panic_between_two_requests_does_not_end_the_node() {
    // The block after the first one has no number: what mines it by the clock panics, where
    // arithmetic is checked.
    let mut config = NodeConfig {
        mining: MiningMode::Interval(Duration::from_millis(20)),
        ..NodeConfig::default()
    };
    config.chain.number = u64::MAX;
    let node = spawn(config).expect("a node");
    std::thread::sleep(Duration::from_millis(200));
    for _ in 0..3 {
        assert_eq!(rpc(node.port(), "eth_chainId", json!([])), "0x64aba");
    }
}
