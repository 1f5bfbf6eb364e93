//! What a request may cost: each bound is named in the refusal, and the node continues.

use std::io::Read;
use std::net::TcpStream;

use alloy::primitives::Address;
use serde_json::{Map, Value, json};
use stylus_chain::ChainConfig;
use stylus_devnode::{NodeConfig, spawn};

use crate::readers::account;
use crate::support::{
    balance, begun, block_number, lenient, node, post, request, rpc, rpc_error, set_code, transact,
};

/// Types of which each holds two of the next one: `depth` of them stand for 2^depth words.
fn doubling(depth: usize) -> Map<String, Value> {
    let mut types = Map::new();
    for at in 0..depth {
        let next = format!("T{}", at + 1);
        let fields = json!([{ "name": "a", "type": next }, { "name": "b", "type": next }]);
        types.insert(format!("T{at}"), fields);
    }
    types.insert(
        format!("T{depth}"),
        json!([{ "name": "a", "type": "uint256" }]),
    );
    types
}

fn typed(types: Map<String, Value>, message: Value) -> Value {
    json!({ "types": types, "primaryType": "T0", "domain": {}, "message": message })
}

#[test]
fn typed_data_that_stands_for_too_many_types_or_values_is_refused() {
    let node = node();
    let (port, signer) = (node.port(), node.addresses()[0]);
    let refused = |data: Value| {
        for data in [data.clone(), Value::from(data.to_string())] {
            let error = rpc_error(port, "eth_signTypedData_v4", json!([signer, data]));
            assert_eq!(error["code"], -32005, "{error}");
            let words = error["message"].as_str().expect("text");
            assert!(words.contains("at most"), "{words}");
        }
    };
    refused(typed(doubling(14), json!({})));
    // A chain of types is as deep as it is long.
    let mut chain = Map::new();
    for at in 0..5_000 {
        let next = format!("T{}", at + 1);
        chain.insert(format!("T{at}"), json!([{ "name": "a", "type": next }]));
    }
    refused(typed(chain, json!({})));
    let arrays = format!("uint8{}", "[]".repeat(5_000));
    let mut nested = Map::new();
    nested.insert("T0".into(), json!([{ "name": "a", "type": arrays }]));
    refused(typed(nested, json!({ "a": [] })));
    let mut flat = Map::new();
    flat.insert("T0".into(), json!([{ "name": "a", "type": "uint8[]" }]));
    refused(typed(flat.clone(), json!({ "a": vec![1; 200_000] })));
    // What people sign is far below.
    let data = typed(flat, json!({ "a": vec![1; 100] }));
    assert!(rpc(port, "eth_signTypedData_v4", json!([signer, data])).is_string());
}

/// What a request takes once it is read is known before it is read.
#[test]
fn parameters_of_too_many_values_are_refused_whatever_the_method() {
    let node = node();
    let (port, signer) = (node.port(), node.addresses()[0]);
    let objects = vec![json!({ "a": 0 }); 60_000];
    let text = json!({ "message": objects }).to_string();
    for (method, parameters) in [
        ("eth_blockNumber", json!(vec![0; 200_000])),
        ("eth_newFilter", json!([{ "x": objects }])),
        (
            "eth_signTypedData_v4",
            json!([signer, { "message": objects }]),
        ),
        ("eth_signTypedData_v4", json!([signer, text])),
    ] {
        let error = rpc_error(port, method, parameters);
        assert_eq!(error["code"], -32005, "{method}: {error}");
        let words = error["message"].as_str().expect("text");
        assert!(words.contains("values in the parameters"), "{words}");
    }
}

#[test]
fn filters_of_a_caller_are_as_many_as_the_table_allows_and_cost_nothing_while_transactions_arrive()
{
    let node = lenient();
    let (port, from) = (node.port(), node.addresses()[0]);
    let install = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_newPendingTransactionFilter" });
    let batch = |count: usize| -> Vec<Value> {
        let body = Value::from(vec![install.clone(); count]).to_string();
        serde_json::from_str(&post(port, &body).1).expect("JSON")
    };
    let answers = batch(12_500);
    let installed = answers.iter().filter(|answer| answer["result"].is_string());
    assert_eq!(installed.count(), 10_000);
    let refused = &answers.last().expect("answers")["error"];
    assert_eq!(refused["code"], -32005, "{refused}");
    let words = refused["message"].as_str().expect("text");
    assert!(words.contains("10000"), "{words}");
    let hash = transact(port, json!({ "from": from, "to": from }))["transactionHash"].clone();
    let poll = |id: &Value| rpc(port, "eth_getFilterChanges", json!([id]));
    for answer in [&answers[0], &answers[9_999]] {
        assert_eq!(poll(&answer["result"]), json!([hash]));
        assert_eq!(poll(&answer["result"]), json!([]));
    }
    assert!(batch(1)[0]["result"].is_string(), "another caller");
}

#[test]
fn what_a_log_filter_selects_by_counts_as_filters_do() {
    let node = node();
    let addresses: Vec<Address> = (0..9_999_u64)
        .map(|at| Address::left_padding_from(&at.to_be_bytes()))
        .collect();
    let filter = json!([{ "address": addresses }]);
    for _ in 0..2 {
        rpc(node.port(), "eth_newFilter", filter.clone());
    }
    let error = rpc_error(node.port(), "eth_newFilter", filter);
    assert_eq!(error["code"], -32005, "{error}");
}

#[test]
fn a_snapshot_costs_as_much_as_the_one_before_it() {
    let node = lenient();
    let port = node.port();
    let take = json!({ "jsonrpc": "2.0", "id": 1, "method": "evm_snapshot" });
    let body = Value::from(vec![take; 3_000]).to_string();
    let answers: Vec<Value> = serde_json::from_str(&post(port, &body).1).expect("JSON");
    let (first, last) = (&answers[0]["result"], &answers[2_999]["result"]);
    let metadata = rpc(port, "anvil_metadata", json!([]));
    let listed = metadata["snapshots"].as_object().expect("an object");
    assert_eq!(listed.len(), 3_000);
    transact(
        port,
        json!({ "from": node.addresses()[0], "to": account(1) }),
    );
    assert_eq!(rpc(port, "evm_revert", json!([last])), true);
    assert_eq!(rpc(port, "evm_revert", json!([first])), true);
    assert_eq!(rpc(port, "evm_revert", json!([last])), false);
    let metadata = rpc(port, "anvil_metadata", json!([]));
    assert_eq!(metadata["snapshots"], json!({}));
}

#[test]
fn a_dump_that_would_be_too_long_is_refused_and_says_what_to_do() {
    let node = lenient();
    let port = node.port();
    let code = format!("0x{}", "fe".repeat(6 << 20));
    for at in 1..=8 {
        let code = code.replace("0xfefe", &format!("0xfe{at:02x}"));
        set_code(port, &account(at), &code);
    }
    let error = rpc_error(port, "anvil_dumpState", json!([]));
    assert_eq!(error["code"], -32005, "{error}");
    let words = error["message"].as_str().expect("text");
    // The bound of what is collected, before an answer is written.
    assert!(words.contains("results of this request"), "{words}");
}

/// Callers that asked for 14 MiB of code each, and read nothing.
fn readers_of_much(port: u16, count: usize) -> Vec<TcpStream> {
    let code = format!("0x{}", "fe".repeat(7 << 20));
    set_code(port, &account(1), &code);
    let params = json!([account(1), "latest"]);
    let asked = (0..count).map(|_| begun(port, "close", "eth_getCode", &params));
    asked.collect()
}

/// Whether its answer has begun.
fn is_answered(socket: &TcpStream) -> bool {
    socket.set_nonblocking(true).expect("set");
    let begun = socket.peek(&mut [0]).is_ok();
    socket.set_nonblocking(false).expect("set");
    begun
}

/// How many of them get all of it.
fn whole(readers: Vec<TcpStream>) -> usize {
    let readers = readers.into_iter().map(|mut socket| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            socket.read_to_end(&mut text).is_ok() && text.len() > 14 << 20
        })
    });
    let readers: Vec<_> = readers.collect();
    let whole = readers.into_iter().filter_map(|reader| reader.join().ok());
    whole.filter(|whole| *whole).count()
}

#[test]
fn large_look_ups_keep_nobody_waiting() {
    let node = lenient();
    let port = node.port();
    let large = readers_of_much(port, 10);
    for _ in 0..10 {
        assert_eq!(block_number(port), "0x0");
        balance(port, &account(3));
    }
    let left = large.iter().filter(|socket| !is_answered(socket)).count();
    assert!(left > 0, "small look-ups waited for every large one");
    assert_eq!(whole(large), 10);
}

#[test]
fn reads_that_take_long_leave_places_to_those_that_do_not() {
    // All calls of a simulation share the gas that one call may have.
    let chain = ChainConfig {
        rpc_gas_cap: 1 << 50,
        ..ChainConfig::default()
    };
    let node = spawn(NodeConfig {
        chain,
        ..NodeConfig::default()
    });
    let node = node.expect("the node starts");
    let port = node.port();
    let forever = account(1);
    set_code(port, &forever, "0x5b600056");
    let calls = vec![json!({ "to": forever }); 50];
    let blocks = vec![json!({ "calls": calls }); 20];
    let params = json!([{ "blockStateCalls": blocks }, "latest"]);
    // More than there are places, each from a caller of its own.
    let places = 4 * std::thread::available_parallelism().map_or(1, usize::from);
    let long = (0..places + 2).map(|_| begun(port, "close", "eth_simulateV1", &params));
    let long: Vec<TcpStream> = long.collect();
    for _ in 0..10 {
        let call = json!([{ "to": account(2) }, "latest"]);
        assert_eq!(rpc(port, "eth_call", call), "0x");
    }
    assert!(!long.iter().any(is_answered), "the short calls waited");
}

#[test]
fn answers_that_nobody_reads_are_held_up_to_the_bound() {
    let node = lenient();
    let port = node.port();
    // Together they would be 280 MiB.
    let slow = readers_of_much(port, 20);
    for socket in &slow {
        socket
            .peek(&mut [0])
            .expect("each has its answer, or its refusal");
    }
    let got = whole(slow);
    assert!(got > 0 && got < 20, "{got}");
    assert_eq!(whole(readers_of_much(port, 2)), 2, "there is room again");
}

#[test]
fn the_rules_of_ethereum_are_named_as_they_are() {
    let node = node();
    let info = rpc(node.port(), "anvil_nodeInfo", json!([]));
    assert_eq!(info["hardFork"], "osaka");
}

#[test]
fn init_code_that_no_block_takes_is_refused_at_once() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    rpc(port, "anvil_setAutomine", json!([false]));
    let data = format!("0x{}", "00".repeat(49_153));
    let answer = request(
        port,
        "eth_sendTransaction",
        json!([{ "from": from, "data": data, "gas": "0x1c9c380" }]),
    );
    let words = answer["error"]["message"].as_str().unwrap_or_default();
    assert!(words.contains("max initcode size exceeded"), "{answer}");
    assert_eq!(rpc(port, "txpool_status", json!([]))["pending"], "0x0");
}
