//! Batches of requests: raw transactions in them are executed in their order and answered in their place.

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::network::TxSignerSync;
use alloy::primitives::{Address, TxKind, U256, hex};
use serde_json::{Value, json};
use stylus_devnode::NodeHandle;

use crate::support::{block_number, node, post, receipt, rpc};

/// A signed transfer of one wei from the account with that index.
fn transfer(node: &NodeHandle, from: usize, nonce: u64) -> String {
    let mut tx = TxEip1559 {
        chain_id: node.chain_id(),
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 10_000_000_000,
        to: TxKind::Call(Address::repeat_byte(0xb0)),
        value: U256::from(1),
        ..TxEip1559::default()
    };
    let signer = &node.accounts().mnemonic()[from];
    let signature = signer.sign_transaction_sync(&mut tx).expect("a key");
    let envelope: TxEnvelope = tx.into_signed(signature).into();
    hex::encode_prefixed(envelope.encoded_2718())
}

fn asked(id: Value, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

fn raw(id: u64, transaction: &str) -> Value {
    asked(json!(id), "eth_sendRawTransaction", json!([transaction]))
}

fn answers(node: &NodeHandle, batch: &[Value]) -> Vec<Value> {
    let (_, answer) = post(node.port(), &Value::from(batch).to_string());
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error} in {answer}"))
}

#[test]
fn raw_transactions_of_a_batch_are_mined_in_its_order_and_answered_in_place() {
    let node = node();
    // More than one job, and more than one sender.
    let batch: Vec<_> = (0..250u64)
        .map(|at| raw(at + 7, &transfer(&node, (at % 2) as usize, at / 2)))
        .collect();
    let answers = answers(&node, &batch);
    assert_eq!(answers.len(), 250);
    for (at, answer) in answers.iter().enumerate() {
        assert_eq!(answer["id"], at + 7, "{answer}");
        let receipt = receipt(node.port(), &answer["result"]);
        assert_eq!(receipt["status"], "0x1");
        assert_eq!(receipt["blockNumber"], format!("{:#x}", at + 1));
    }
    let received = json!([Address::repeat_byte(0xb0), "latest"]);
    assert_eq!(rpc(node.port(), "eth_getBalance", received), "0xfa");
}

#[test]
fn what_is_wrong_in_a_batch_is_an_error_in_its_place_and_the_rest_is_done() {
    let node = node();
    let first = transfer(&node, 0, 0);
    let balance = json!([Address::repeat_byte(0xb0), "latest"]);
    let balance = |id: u64| asked(json!(id), "eth_getBalance", balance.clone());
    let batch = [
        balance(0),
        raw(1, &first),
        raw(2, &first),
        raw(3, "0x02c0"),
        raw(4, "nonsense"),
        asked(json!(5), "eth_sendRawTransaction", json!([])),
        asked(json!("six"), "eth_sendRawTransaction", json!({ "a": 1 })),
        raw(7, &transfer(&node, 0, 1)),
        balance(8),
        raw(9, &transfer(&node, 0, 2)),
        json!({ "jsonrpc": "2.0", "method": "eth_sendRawTransaction", "params": [transfer(&node, 0, 3)] }),
        asked(json!(10), "eth_unknownMethod", json!([])),
        json!(1),
        balance(11),
    ];
    let answers = answers(&node, &batch);
    let ids: Vec<_> = answers.iter().map(|answer| answer["id"].clone()).collect();
    let expected = json!([0, 1, 2, 3, 4, 5, "six", 7, 8, 9, 10, null, 11]);
    assert_eq!(Value::from(ids), expected);
    let codes: Vec<_> = answers
        .iter()
        .map(|one| one["error"]["code"].as_i64())
        .collect();
    let expected = [
        None,
        None,
        Some(-32000),
        Some(-32000),
        Some(-32602),
        Some(-32602),
        Some(-32602),
        None,
        None,
        None,
        Some(-32601),
        Some(-32600),
        None,
    ];
    assert_eq!(codes, expected, "{answers:#?}");
    // What is read in between sees what was sent before, and nothing that was sent after.
    let read = [0, 8, 12].map(|at| answers[at]["result"].clone());
    assert_eq!(read, [json!("0x0"), json!("0x2"), json!("0x3")]);
}

#[test]
fn batches_of_several_callers_at_once_are_all_mined() {
    let node = node();
    let batches: Vec<Vec<Value>> = (0..4)
        .map(|from| {
            (0..150)
                .map(|nonce| raw(nonce, &transfer(&node, from, nonce)))
                .collect()
        })
        .collect();
    std::thread::scope(|scope| {
        for batch in &batches {
            scope.spawn(|| {
                let answers = answers(&node, batch);
                assert!(answers.iter().all(|answer| answer["result"].is_string()));
            });
        }
    });
    assert_eq!(block_number(node.port()), "0x258");
}
