//! Polled filters and logs.

use serde_json::{Value, json};

use crate::evm::{TOPIC, counter};
use crate::readers::account;
use crate::support::{created, lenient, node, rpc, rpc_error, set_code, transact};

fn length(value: &Value) -> usize {
    value
        .as_array()
        .unwrap_or_else(|| panic!("expected an array, found {value}"))
        .len()
}

#[test]
fn filters_report_what_is_new_since_the_last_poll() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let contract = created(port, from, &counter());
    let logs = rpc(
        port,
        "eth_newFilter",
        json!([{ "address": contract, "topics": [TOPIC] }]),
    );
    let blocks = rpc(port, "eth_newBlockFilter", json!([]));
    let transactions = rpc(port, "eth_newPendingTransactionFilter", json!([]));
    let poll = |filter: &Value| rpc(port, "eth_getFilterChanges", json!([filter]));
    for filter in [&logs, &blocks, &transactions] {
        assert_eq!(length(&poll(filter)), 0);
    }
    let receipt = transact(port, json!({ "from": from, "to": contract }));
    let found = poll(&logs);
    assert_eq!(length(&found), 1);
    assert_eq!(found[0]["transactionHash"], receipt["transactionHash"]);
    assert_eq!(found[0]["address"], contract);
    assert_eq!(poll(&blocks), json!([receipt["blockHash"]]));
    assert_eq!(poll(&transactions), json!([receipt["transactionHash"]]));
    for filter in [&logs, &blocks, &transactions] {
        assert_eq!(length(&poll(filter)), 0, "reported once");
    }
    assert_eq!(length(&rpc(port, "eth_getFilterLogs", json!([logs]))), 1);
    assert_eq!(rpc(port, "eth_uninstallFilter", json!([logs])), true);
    assert_eq!(rpc(port, "eth_uninstallFilter", json!([logs])), false);
    assert!(
        rpc_error(port, "eth_getFilterChanges", json!([logs]))["message"]
            .as_str()
            .unwrap()
            .contains("not found")
    );
}

#[test]
fn get_logs_selects_by_block_address_and_topic() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let contract = created(port, from, &counter());
    let receipts: Vec<Value> = (0..3)
        .map(|_| transact(port, json!({ "from": from, "to": contract })))
        .collect();
    let logs = |filter: Value| length(&rpc(port, "eth_getLogs", json!([filter])));
    assert_eq!(logs(json!({ "fromBlock": "0x0", "toBlock": "latest" })), 3);
    assert_eq!(logs(json!({ "fromBlock": "0x0", "toBlock": "0x2" })), 1);
    assert_eq!(logs(json!({ "blockHash": receipts[1]["blockHash"] })), 1);
    assert_eq!(
        logs(json!({ "fromBlock": "earliest", "address": contract, "topics": [[TOPIC]] })),
        3
    );
    assert_eq!(logs(json!({ "fromBlock": "earliest", "address": from })), 0);
    let found = logs(json!({ "fromBlock": "earliest", "topics": [null, TOPIC] }));
    assert_eq!(found, 0);
    assert_eq!(logs(json!({})), 1, "the latest block alone");
}

#[test]
fn a_filter_survives_a_revert_of_the_chain() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let snapshot = rpc(port, "evm_snapshot", json!([]));
    rpc(port, "anvil_mine", json!(["0x5"]));
    let blocks = rpc(port, "eth_newBlockFilter", json!([]));
    rpc(port, "evm_revert", json!([snapshot]));
    let receipt = transact(port, json!({ "from": from, "to": from }));
    let found = rpc(port, "eth_getFilterChanges", json!([blocks]));
    assert_eq!(found, json!([receipt["blockHash"]]));
}

/// Writes one log with a million bytes of data.
const MEGABYTE: &str = "0x620f42405fa000";

#[test]
fn a_poll_that_is_refused_has_reported_nothing() {
    let node = lenient();
    let (port, from) = (node.port(), node.addresses()[0]);
    let logger = account(7);
    set_code(port, &logger, MEGABYTE);
    let logs = rpc(port, "eth_newFilter", json!([{ "address": logger }]));
    for _ in 0..40 {
        transact(
            port,
            json!({ "from": from, "to": logger, "gas": "0x1e84800" }),
        );
    }
    for _ in 0..2 {
        let error = rpc_error(port, "eth_getFilterChanges", json!([logs]));
        assert_eq!(error["code"], -32005, "{error}");
    }
    // Room for an answer: some of the blocks are taken back.
    rpc(port, "anvil_rollback", json!(["0x26"]));
    let found = rpc(port, "eth_getFilterChanges", json!([logs]));
    assert_eq!(length(&found), 2);
    assert_eq!(length(&rpc(port, "eth_getFilterChanges", json!([logs]))), 0);
}
