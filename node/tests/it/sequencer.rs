//! What Nitro's sequencer and RPC refuse is refused, in their words, and taken with `--lenient`. Without automatic
//! mining there is a pool.

use std::time::{Duration, Instant};

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::network::TxSignerSync;
use alloy::primitives::{Address, B256, TxKind, U256, hex, keccak256};
use serde_json::{Value, json};
use stylus_devnode::{MiningMode, NodeConfig, NodeHandle, spawn};

use crate::support::{
    Process, block_number, eventually, lenient, mine, node, nonce, post, receipt, request, rpc,
    rpc_error,
};

const RECEIVER: Address = Address::repeat_byte(0xb0);
/// How long the sequencer holds a transaction.
const HELD: Duration = Duration::from_secs(1);

fn transfer(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: 412_346,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 200_000_000,
        to: TxKind::Call(RECEIVER),
        value: U256::from(1),
        ..TxEip1559::default()
    }
}

/// A transaction of the first account, encoded.
fn signed(node: &NodeHandle, mut transaction: TxEip1559) -> Vec<u8> {
    let signer = &node.accounts().mnemonic()[0];
    let signature = signer.sign_transaction_sync(&mut transaction);
    let envelope: TxEnvelope = transaction.into_signed(signature.expect("a key")).into();
    envelope.encoded_2718()
}

fn sent(node: &NodeHandle, transaction: TxEip1559) -> Value {
    raw(node.port(), &signed(node, transaction))
}

fn raw(port: u16, bytes: &[u8]) -> Value {
    let params = json!([hex::encode_prefixed(bytes)]);
    request(port, "eth_sendRawTransaction", params)
}

/// The words of a refusal, whose code is Nitro's.
fn words(answer: &Value) -> String {
    assert_eq!(answer["error"]["code"], -32000, "{answer}");
    let message = answer["error"]["message"].as_str();
    message.expect("words").to_owned()
}

#[test]
fn a_nonce_gap_is_held_for_a_second_and_refused() {
    let node = node();
    let bytes = signed(&node, transfer(1));
    let hash = json!([keccak256(&bytes)]);
    let begun = Instant::now();
    // Whichever comes second is refused at once (`rpc::admission` has a test of its own for that), the other one when
    // its time is over.
    let refused = std::thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| words(&raw(node.port(), &bytes))));
        both.map(|one| one.join().expect("an answer"))
    });
    assert!(begun.elapsed() >= HELD, "{:?}", begun.elapsed());
    assert_eq!(refused[0], refused[1]);
    let from = node.addresses()[0];
    let expected = format!("nonce too high: address {from}, tx: 1 state: 0");
    assert!(refused[0].starts_with(&expected), "{}", refused[0]);
    assert!(refused[0].contains("--lenient"), "{}", refused[0]);
    assert!(rpc(node.port(), "eth_getTransactionByHash", hash).is_null());
    assert_eq!(block_number(node.port()), "0x0");
}

#[test]
fn transactions_out_of_order_are_mined_when_the_first_comes_in_time() {
    let node = node();
    let mut first = 0;
    // A machine that does much else may need more than a second between two of them: then the later ones are refused,
    // and the next three are tried.
    eventually("three transactions come in time", || {
        let nonces = [2, 1, 0].map(|after| first + after);
        let answers = std::thread::scope(|scope| {
            let sent = nonces.map(|nonce| {
                let node = &node;
                scope.spawn(move || sent(node, transfer(nonce)))
            });
            sent.map(|one| one.join().expect("an answer"))
        });
        let taken = answers.iter().all(|answer| answer["result"].is_string());
        if !taken {
            let from = node.addresses()[0];
            let mined = nonce(node.port(), &from);
            let mined = mined.as_str().and_then(|text| text.strip_prefix("0x"));
            let mined = mined.and_then(|digits| u64::from_str_radix(digits, 16).ok());
            first = mined.expect("a number");
            return None;
        }
        for answer in &answers {
            let mined = receipt(node.port(), &answer["result"]);
            assert_eq!(mined["status"], "0x1", "{answer}");
        }
        Some(())
    });
}

#[test]
fn without_automatic_mining_transactions_wait_and_are_replaced() {
    for mode in [
        MiningMode::Manual,
        MiningMode::Interval(Duration::from_secs(3_600)),
    ] {
        let config = NodeConfig {
            mining: mode,
            ..NodeConfig::default()
        };
        let node = spawn(config).expect("the node starts");
        let port = node.port();
        let gap = sent(&node, transfer(1));
        let waiting = rpc(port, "eth_getTransactionByHash", json!([gap["result"]]));
        assert_eq!(waiting["hash"], gap["result"], "{gap}");
        let low = sent(&node, transfer(0));
        let dear = TxEip1559 {
            max_fee_per_gas: 400_000_000,
            ..transfer(0)
        };
        let replaced = sent(&node, dear);
        mine(port);
        for taken in [gap, replaced] {
            assert_eq!(receipt(port, &taken["result"])["status"], "0x1", "{taken}");
        }
        assert!(receipt(port, &low["result"]).is_null());
    }
}

#[test]
fn large_transactions_and_fees_are_refused_as_by_the_sequencer() {
    let (node, open) = (node(), lenient());
    let sized = |bytes: usize| {
        let transaction = |input: usize| TxEip1559 {
            gas_limit: 4_000_000,
            input: vec![1; input].into(),
            ..transfer(0)
        };
        let around = signed(&node, transaction(80_000)).len() - 80_000;
        let found = transaction(bytes - around);
        assert_eq!(signed(&node, found.clone()).len(), bytes);
        found
    };
    let refused = words(&sent(&node, sized(85_001)));
    assert_eq!(refused, "oversized data (--lenient allows it)");
    assert!(sent(&open, sized(85_001))["result"].is_string());
    assert!(sent(&node, sized(85_000))["result"].is_string());

    let dear = |nonce| TxEip1559 {
        gas_limit: 12_000_000,
        max_fee_per_gas: 100_000_000_000,
        ..transfer(nonce)
    };
    let refused = words(&sent(&node, dear(1)));
    let expected =
        "tx fee (1.20 ether) exceeds the configured cap (1.00 ether) (--lenient allows it)";
    assert_eq!(refused, expected);
    assert!(sent(&open, dear(1))["result"].is_string());
    let unsigned = json!([{ "from": node.addresses()[1], "to": RECEIVER, "gas": "0xb71b00", "gasPrice": "0x174876e800" }]);
    let refused = words(&request(node.port(), "eth_sendTransaction", unsigned));
    assert_eq!(refused, expected);
}

#[test]
fn a_transaction_that_no_block_takes_is_refused_in_nitros_words() {
    let node = node();
    let from = node.addresses()[0];
    assert!(sent(&node, transfer(0))["result"].is_string());
    let changed = |change: fn(&mut TxEip1559)| {
        let mut transaction = transfer(1);
        change(&mut transaction);
        words(&sent(&node, transaction))
    };
    assert_eq!(
        words(&sent(&node, transfer(0))),
        format!("nonce too low: address {from}, tx: 0 state: 1")
    );
    assert_eq!(changed(|tx| tx.gas_limit = 20_999), "intrinsic gas too low");
    assert_eq!(
        changed(|tx| tx.max_fee_per_gas = 1),
        format!(
            "max fee per gas less than block base fee: address {from}, maxFeePerGas: 1 baseFee: 100000000"
        )
    );
    // Above the base fee a tip is dropped before it is compared with the cap.
    assert_eq!(
        changed(|tx| {
            tx.max_fee_per_gas = 100_000_000;
            tx.max_priority_fee_per_gas = 300_000_000;
        }),
        format!(
            "max priority fee per gas higher than max fee per gas: address {from}, maxPriorityFeePerGas: 300000000, \
             maxFeePerGas: 100000000"
        )
    );
    assert_eq!(
        changed(|tx| tx.chain_id = 1),
        "invalid chain id for signer: have 1 want 412346"
    );
    assert_eq!(
        changed(|tx| {
            tx.to = TxKind::Create;
            tx.gas_limit = 3_000_000;
            tx.input = vec![0x5b; 49_153].into();
        }),
        "max initcode size exceeded: code size 49153 limit 49152"
    );
    for (bytes, expected) in [
        ("", "typed transaction too short"),
        ("1234", "transaction type not supported"),
        ("6ac0", "transaction type not supported"),
        ("03c0", "unexpected EOF"),
    ] {
        let bytes = hex::decode(bytes).expect("hexadecimal");
        assert_eq!(words(&raw(node.port(), &bytes)), expected);
    }
    let mut bytes = signed(&node, transfer(1));
    bytes.push(0);
    let expected = "rlp: input contains more than one value";
    assert_eq!(words(&raw(node.port(), &bytes)), expected);
    bytes.truncate(bytes.len() - 2);
    let expected = "rlp: value size exceeds available input length";
    assert_eq!(words(&raw(node.port(), &bytes)), expected);
}

#[test]
fn calls_and_estimates_that_are_refused_say_it_as_nitro_does() {
    let node = node();
    let port = node.port();
    let poor = Address::repeat_byte(0x77);
    let call = json!({ "from": poor, "to": RECEIVER, "value": "0x1" });
    let error = rpc_error(port, "eth_call", json!([call, "latest"]));
    let funds = format!("insufficient funds for gas * price + value: address {poor} have 0 want 1");
    assert_eq!(
        (&error["code"], &error["message"]),
        (
            &json!(-32000),
            &json!(format!("err: {funds} (supplied gas 50000000)"))
        )
    );
    let error = rpc_error(port, "eth_estimateGas", json!([call]));
    let expected = format!("failed with 50000000 gas: {funds}");
    assert_eq!(error["message"], expected);
    let paid = json!({ "from": poor, "to": RECEIVER, "gasPrice": "0x3b9aca00" });
    let error = rpc_error(port, "eth_estimateGas", json!([paid]));
    assert_eq!(error["message"], "insufficient funds for transfer");
    let error = rpc_error(port, "debug_traceCall", json!([call, "latest", {}]));
    assert_eq!(error["message"], format!("tracing failed: {funds}"));
    let cheap = json!({ "from": node.addresses()[0], "to": RECEIVER, "gasPrice": "0x1" });
    let error = rpc_error(port, "eth_estimateGas", json!([cheap]));
    let message = error["message"].as_str().expect("words");
    assert!(
        message.starts_with("failed with 50000000 gas: max fee per gas less than block base fee"),
        "{message}"
    );
    let both = json!({ "to": RECEIVER, "gasPrice": "0x1", "maxFeePerGas": "0x1" });
    let error = rpc_error(port, "eth_call", json!([both, "latest"]));
    let expected = "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified";
    assert_eq!(error["message"], expected);
}

#[test]
fn parameters_that_nitro_does_not_take_are_refused_unless_the_node_is_lenient() {
    let (node, open) = (node(), lenient());
    let bare = hex::encode(RECEIVER);
    let missing = "missing value for required argument 1 (--lenient allows it)";
    let unprefixed = |place: &str| {
        format!(
            "invalid argument 0: json: cannot unmarshal hex string without 0x prefix into Go {place} (--lenient allows it)"
        )
    };
    let address = &unprefixed("value of type common.Address");
    let data = &unprefixed("struct field TransactionArgs.data of type hexutil.Bytes");
    for (method, params, code, expected) in [
        ("eth_getBalance", json!([RECEIVER]), -32602, missing),
        (
            "eth_getTransactionCount",
            json!([RECEIVER]),
            -32602,
            missing,
        ),
        ("eth_getBlockByNumber", json!(["latest"]), -32602, missing),
        (
            "debug_traceCall",
            json!([{ "to": RECEIVER }]),
            -32602,
            missing,
        ),
        ("eth_getBalance", json!([bare, "latest"]), -32602, address),
        (
            "eth_call",
            json!([{ "to": RECEIVER, "data": "12" }, "latest"]),
            -32602,
            data,
        ),
        (
            "eth_getLogs",
            json!([{ "fromBlock": "0x0", "toBlock": "0xffffff" }]),
            -32000,
            "invalid block range params (--lenient allows it)",
        ),
        (
            "eth_getLogs",
            json!([{ "fromBlock": "0x20", "toBlock": "0x10" }]),
            -32000,
            "invalid block range params (--lenient allows it)",
        ),
        (
            "eth_getLogs",
            json!([{ "fromBlock": "pending", "toBlock": "pending" }]),
            -32000,
            "pending logs are not supported (--lenient allows it)",
        ),
    ] {
        let error = rpc_error(node.port(), method, params.clone());
        assert_eq!(
            (&error["code"], &error["message"]),
            (&json!(code), &json!(expected)),
            "{method}"
        );
        rpc(open.port(), method, params);
    }
    // A number is no hash, however lenient the node is.
    for port in [node.port(), open.port()] {
        for method in [
            "eth_getBlockTransactionCountByHash",
            "debug_traceBlockByHash",
        ] {
            let error = rpc_error(port, method, json!(["0x0"]));
            assert_eq!(error["code"], -32602, "{method}");
        }
    }
    for (method, params, expected) in [
        (
            "eth_getBalance",
            json!([RECEIVER, "0xffffff"]),
            "header not found",
        ),
        (
            "eth_getFilterChanges",
            json!(["0x1234"]),
            "filter not found",
        ),
        (
            "debug_traceTransaction",
            json!([B256::repeat_byte(0x12)]),
            "transaction not found",
        ),
        (
            "debug_traceBlockByNumber",
            json!(["0xffffff"]),
            "block #16777215 not found",
        ),
    ] {
        let error = rpc_error(node.port(), method, params);
        assert_eq!(
            (&error["code"], &error["message"]),
            (&json!(-32000), &json!(expected))
        );
    }
    let error = rpc_error(node.port(), "eth_nope", json!([]));
    let expected = "the method eth_nope does not exist/is not available";
    assert_eq!(
        (&error["code"], &error["message"]),
        (&json!(-32601), &json!(expected))
    );
}

#[test]
fn large_batches_and_bodies_are_refused_as_by_nitros_server() {
    let (node, open) = (node(), lenient());
    let batch = |requests: usize| {
        let one = json!({ "jsonrpc": "2.0", "id": 7, "method": "eth_chainId", "params": [] });
        Value::from(vec![one; requests]).to_string()
    };
    let answers = |port: u16, requests: usize| -> Vec<Value> {
        let (_, text) = post(port, &batch(requests));
        serde_json::from_str(&text).expect("answers")
    };
    assert_eq!(answers(node.port(), 1_000).len(), 1_000);
    assert_eq!(answers(open.port(), 1_001).len(), 1_001);
    let refused = answers(node.port(), 1_001);
    let error = json!({ "code": -32600, "message": "batch too large (--lenient allows it)" });
    assert_eq!(
        refused,
        [json!({ "jsonrpc": "2.0", "id": 7, "error": error })]
    );

    let sized = |bytes: usize| {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] });
        format!("{request}{}", " ".repeat(bytes - request.to_string().len()))
    };
    let most = 5 * 1024 * 1024;
    assert_eq!(post(node.port(), &sized(most)).0, 200);
    assert_eq!(post(open.port(), &sized(most + 1)).0, 200);
    let (status, text) = post(node.port(), &sized(most + 1));
    assert_eq!(status, 413);
    let expected = "content length too large (5242881>5242880)";
    assert!(
        text.starts_with(expected) && text.contains("--lenient"),
        "{text}"
    );
}

#[test]
fn the_switch_is_a_flag_of_the_process() {
    let process = Process::start(&["--lenient"]);
    rpc(process.port, "eth_getBalance", json!([RECEIVER]));
    let strict = Process::start(&[]);
    rpc_error(strict.port, "eth_getBalance", json!([RECEIVER]));
}
