//! An endpoint of a fork that lies, changes or answers nonsense: each is an error that says so, and the
//! node continues.

use alloy::primitives::Address;
use serde_json::{Value, json};
use stylus_devnode::{Fork, ForkError};

use crate::fork::{INPUT, call, forked, options, origin, sent};
use crate::front::{Front, Script};
use crate::support::{request, rpc, rpc_error};

#[test]
fn blocks_that_no_chain_has_are_refused_or_forked_without_harm() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let most = "0xffffffffffffffff";
    for (field, value, refused) in [
        ("number", "0x7", true),
        ("number", most, true),
        ("timestamp", most, true),
        ("hash", "0x12", true),
        ("number", "seven", true),
        ("gasLimit", most, false),
        ("gasLimit", "0x0", false),
        ("baseFeePerGas", most, false),
        ("baseFeePerGas", "0x0", false),
        ("l1BlockNumber", most, true),
        ("l1BlockNumber", "0x20000000000001", true),
        ("l1BlockNumber", "0x20000000000000", false),
        ("timestamp", "0x0", false),
    ] {
        front.script().block = vec![(field, json!(value))];
        let connected = Fork::connect(options(front.url()));
        assert_eq!(connected.is_err(), refused, "{field} {value}");
        if let Err(error) = connected {
            assert!(matches!(error, ForkError::Endpoint { .. }), "{error}");
            continue;
        }
        let fork = forked(options(front.url()));
        let transfer = json!([{ "from": origin.sender, "to": origin.sender }]);
        // It may be refused: with such prices nobody can pay.
        request(fork.port(), "eth_sendTransaction", transfer);
        request(fork.port(), "eth_call", call(&origin));
        rpc(fork.port(), "anvil_mine", json!(["0x3"]));
        rpc(fork.port(), "eth_feeHistory", json!(["0x2", "latest", []]));
    }
}

#[test]
fn accounts_and_words_that_no_chain_has_are_errors_and_the_fork_continues() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let most = format!("0x{}", "f".repeat(64));
    let code = format!("0x{}", "60".repeat(2 << 20));
    let answers = [
        ("eth_getBalance", json!(most)),
        ("eth_getTransactionCount", json!("0xffffffffffffffff")),
        ("eth_getCode", json!(code)),
        ("eth_getStorageAt", json!(most)),
    ];
    for (index, (method, answer)) in answers.into_iter().enumerate() {
        let fork = forked(options(front.url()));
        front.script().answers = vec![(method, answer)];
        let poor = Address::repeat_byte(u8::try_from(index).expect("few") + 0x40);
        rpc(fork.port(), "anvil_impersonateAccount", json!([poor]));
        let transfer = json!([{ "from": poor, "to": origin.sender, "gas": "0x5208" }]);
        request(fork.port(), "eth_sendTransaction", transfer);
        let gift = json!([{ "from": origin.sender, "to": poor, "value": "0x1", "gas": "0xfffff" }]);
        request(fork.port(), "eth_sendTransaction", gift);
        request(fork.port(), "eth_call", call(&origin));
        front.script().answers.clear();
        rpc(fork.port(), "anvil_mine", json!(["0x1"]));
    }

    for wrong in [
        json!({ "balance": 1 }),
        json!([]),
        json!("zz"),
        json!(true),
        json!(format!("0x1{}", "0".repeat(64))),
        Value::Null,
    ] {
        let fork = forked(options(front.url()));
        for method in [
            "eth_getBalance",
            "eth_getTransactionCount",
            "eth_getCode",
            "eth_getStorageAt",
        ] {
            front.script().answers = vec![(method, wrong.clone())];
            let reader =
                json!([{ "to": Address::repeat_byte(0x50), "from": origin.sender }, "latest"]);
            let params = match method {
                "eth_getStorageAt" => call(&origin),
                _ => reader,
            };
            let error = rpc_error(fork.port(), "eth_call", params).to_string();
            assert!(error.contains(method), "{wrong}: {error}");
        }
        front.script().answers.clear();
        assert_eq!(rpc(fork.port(), "eth_call", call(&origin)), INPUT);
        assert_eq!(sent(fork.port(), &origin)["status"], "0x1");
    }
}

#[test]
fn an_answer_without_end_is_an_error_and_the_fork_continues() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let fork = forked(options(front.url()));
    let long = json!("a".repeat(66 << 20));
    front.script().answers = vec![("eth_getBalance", long)];
    let unread = json!([Address::repeat_byte(0x77), "latest"]);
    for at in ["latest", "0x1"] {
        let params = json!([unread[0], at]);
        let error = rpc_error(fork.port(), "eth_getBalance", params).to_string();
        assert!(error.contains("more than 64 MiB"), "{at}: {error}");
    }
    front.script().answers.clear();
    assert_eq!(rpc(fork.port(), "eth_getBalance", unread), "0x0");
}
