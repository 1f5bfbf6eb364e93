//! `eth_subscribe` over WebSocket, on the same port as HTTP.

use std::time::Duration;

use jsonrpsee::core::client::{ClientT, Subscription, SubscriptionClientT};
use jsonrpsee::core::params::BatchRequestBuilder;
use jsonrpsee::rpc_params;
use jsonrpsee_ws_client::{WsClient, WsClientBuilder};
use serde_json::{Value, json};
use stylus_devnode::NodeHandle;

use crate::evm::{TOPIC, counter};
use crate::support::{LONGEST_WAIT, node};

/// The fields of a header.
const HEADER: [&str; 22] = [
    "baseFeePerGas",
    "blobGasUsed",
    "difficulty",
    "excessBlobGas",
    "extraData",
    "gasLimit",
    "gasUsed",
    "hash",
    "logsBloom",
    "miner",
    "mixHash",
    "nonce",
    "number",
    "parentBeaconBlockRoot",
    "parentHash",
    "receiptsRoot",
    "requestsHash",
    "sha3Uncles",
    "stateRoot",
    "timestamp",
    "transactionsRoot",
    "withdrawalsRoot",
];

async fn connected(node: &NodeHandle) -> WsClient {
    let client = WsClientBuilder::default().build(node.ws_endpoint()).await;
    client.expect("a connection")
}

async fn subscribe(client: &WsClient, kind: &str, details: Value) -> Subscription<Value> {
    client
        .subscribe(
            "eth_subscribe",
            rpc_params![kind, details],
            "eth_unsubscribe",
        )
        .await
        .unwrap()
}

async fn next(subscription: &mut Subscription<Value>) -> Value {
    let message = tokio::time::timeout(LONGEST_WAIT, subscription.next()).await;
    message
        .expect("a message comes")
        .expect("the subscription is open")
        .unwrap()
}

#[tokio::test]
async fn heads_logs_and_transactions_are_announced_in_order() {
    let node = node();
    let client = connected(&node).await;
    let from = node.addresses()[0];
    let send = async |transaction: Value| -> Value {
        client
            .request("eth_sendTransaction", rpc_params![transaction])
            .await
            .unwrap()
    };
    let deployed = send(json!({ "from": from, "data": counter() })).await;
    let receipt: Value = client
        .request("eth_getTransactionReceipt", rpc_params![deployed])
        .await
        .unwrap();
    let contract = receipt["contractAddress"].clone();

    let mut heads = subscribe(&client, "newHeads", Value::Null).await;
    let mut logs = subscribe(
        &client,
        "logs",
        json!({ "address": contract, "topics": [TOPIC] }),
    )
    .await;
    let mut others = subscribe(&client, "logs", json!({ "address": from })).await;
    let mut hashes = subscribe(&client, "newPendingTransactions", Value::Null).await;
    for number in 2..5 {
        let hash = send(json!({ "from": from, "to": contract })).await;
        let head = next(&mut heads).await;
        assert_eq!(head["number"], format!("{number:#x}"));
        let block: Value = client
            .request(
                "eth_getBlockByNumber",
                rpc_params![head["number"].clone(), false],
            )
            .await
            .unwrap();
        assert_eq!(head["hash"], block["hash"]);
        // The fields of a header as Nitro sends it, and no others: web3.py knows it by them.
        let mut fields: Vec<_> = head.as_object().expect("fields").keys().collect();
        fields.sort();
        assert_eq!(fields, HEADER);
        let log = next(&mut logs).await;
        assert_eq!(log["transactionHash"], hash);
        assert_eq!(log["blockHash"], head["hash"]);
        assert_eq!(next(&mut hashes).await, hash);
    }
    assert!(
        tokio::time::timeout(Duration::from_millis(100), others.next())
            .await
            .is_err(),
        "nothing for the other filter"
    );
}

#[tokio::test]
async fn receipts_are_announced_by_block_and_chosen_by_transaction() {
    let node = node();
    let client = connected(&node).await;
    let from = node.addresses()[0];
    let sent = json!({ "from": from, "to": from, "nonce": "0x1" });
    let signed: Value = client
        .request("eth_signTransaction", rpc_params![sent])
        .await
        .unwrap();
    let raw = signed["raw"]
        .as_str()
        .unwrap_or_else(|| signed.as_str().expect("bytes"));
    let second = alloy::primitives::keccak256(alloy::primitives::hex::decode(raw).expect("bytes"));
    let mut all = subscribe(&client, "transactionReceipts", Value::Null).await;
    let chosen = json!({ "transactionHashes": [second] });
    let mut chosen = subscribe(&client, "transactionReceipts", chosen).await;
    let first: Value = client
        .request(
            "eth_sendTransaction",
            rpc_params![json!({ "from": from, "to": from })],
        )
        .await
        .unwrap();
    let _: Value = client
        .request("eth_sendRawTransaction", rpc_params![raw])
        .await
        .unwrap();
    for hash in [first, json!(second)] {
        let receipts = next(&mut all).await;
        assert_eq!(receipts.as_array().map(Vec::len), Some(1));
        assert_eq!(receipts[0]["transactionHash"], hash);
        let whole: Value = client
            .request("eth_getTransactionReceipt", rpc_params![hash])
            .await
            .unwrap();
        assert_eq!(receipts[0], whole);
    }
    assert_eq!(next(&mut chosen).await[0]["transactionHash"], json!(second));
    let many: Vec<_> = (0..201_u64).map(|at| format!("{at:#066x}")).collect();
    let refused = client
        .subscribe::<Value, _>(
            "eth_subscribe",
            rpc_params!["transactionReceipts", json!({ "transactionHashes": many })],
            "eth_unsubscribe",
        )
        .await;
    let error = refused.expect_err("too many").to_string();
    assert!(
        error.contains("exceed max number of transaction hashes"),
        "{error}"
    );
}

#[tokio::test]
async fn a_subscription_is_ended_once() {
    let node = node();
    let client = connected(&node).await;
    let id = client.request::<String, _>("eth_subscribe", rpc_params!["newHeads"]);
    let id = id.await.unwrap();
    let end = || client.request::<bool, _>("eth_unsubscribe", rpc_params![id.clone()]);
    assert!(end().await.unwrap());
    let refused = end().await.expect_err("it has ended").to_string();
    assert!(refused.contains("subscription not found"), "{refused}");
}

#[tokio::test]
async fn after_unsubscribing_nothing_comes_and_the_connection_lives() {
    let node = node();
    let client = connected(&node).await;
    subscribe(&client, "newHeads", Value::Null)
        .await
        .unsubscribe()
        .await
        .unwrap();
    let _: Value = client.request("evm_mine", rpc_params![]).await.unwrap();
    let number: String = client
        .request("eth_blockNumber", rpc_params![])
        .await
        .unwrap();
    assert_eq!(number, "0x1");
}

#[tokio::test]
async fn a_batch_begins_no_subscription() {
    let node = node();
    let client = connected(&node).await;
    let mut batch = BatchRequestBuilder::new();
    let none = rpc_params![];
    batch.insert("eth_chainId", none).expect("JSON");
    let heads = rpc_params!["newHeads"];
    batch.insert("eth_subscribe", heads).expect("JSON");
    let answers = client.batch_request::<Value>(batch).await.expect("answers");
    let answers: Vec<_> = answers.into_iter().collect();
    assert!(answers[0].is_ok(), "{answers:?}");
    let refused = answers[1].as_ref().expect_err("it stands in a batch");
    assert!(refused.message().contains("of its own"), "{refused:?}");
}

#[tokio::test]
async fn subscriptions_and_filters_have_one_bound_and_give_back_what_they_took() {
    let node = node();
    let client = connected(&node).await;
    let address = |at: u64| alloy::primitives::Address::left_padding_from(&at.to_be_bytes());
    let many = json!({ "address": (0..9_000).map(address).collect::<Vec<_>>() });
    let first = subscribe(&client, "logs", many.clone()).await;
    let words = |refused: &jsonrpsee::core::client::Error| {
        let words = refused.to_string();
        assert!(words.contains("filters and subscriptions"), "{words}");
    };
    let second = client
        .subscribe::<Value, _>(
            "eth_subscribe",
            rpc_params!["logs", many.clone()],
            "eth_unsubscribe",
        )
        .await;
    words(&second.expect_err("there is no room for a second one"));
    let filter = client
        .request::<Value, _>("eth_newFilter", rpc_params![many.clone()])
        .await;
    words(&filter.expect_err("nor for a filter"));
    first.unsubscribe().await.expect("it ends");
    // What it took is given back by its task, after the answer.
    let deadline = std::time::Instant::now() + LONGEST_WAIT;
    while let Err(refused) = client
        .request::<Value, _>("eth_newFilter", rpc_params![many.clone()])
        .await
    {
        assert!(std::time::Instant::now() < deadline, "{refused}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
