//! Forms and answers that are Nitro's, each with the smallest request that shows it.

use alloy::primitives::{Address, address};
use serde_json::{Value, json};

use crate::support::{node, rpc, rpc_error, set_code, transact};

const OUTER: Address = Address::repeat_byte(0xca);
const INNER: Address = Address::repeat_byte(0xcb);
/// The dev account of a Nitro node.
const SENDER: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");

/// The code that calls the inner contract with all gas.
fn calling_code() -> String {
    format!("5f5f5f5f5f73{}5af1", alloy::primitives::hex::encode(INNER))
}

#[test]
fn the_pending_block_has_no_hash_and_the_time_that_was_set() {
    let node = node();
    let port = node.port();
    let block = |tag: &str| rpc(port, "eth_getBlockByNumber", json!([tag, false]));
    let (latest, pending) = (block("latest"), block("pending"));
    let header = rpc(port, "eth_getHeaderByNumber", json!(["pending"]));
    for name in ["hash", "nonce", "miner"] {
        assert!(!latest[name].is_null(), "{name}");
        assert!(pending[name].is_null() && header[name].is_null(), "{name}");
    }
    assert_eq!(pending["timestamp"], latest["timestamp"]);
    let digits = latest["timestamp"].as_str().expect("digits");
    let time = u64::from_str_radix(digits.trim_start_matches("0x"), 16).expect("a number");
    rpc(port, "evm_setNextBlockTimestamp", json!([time + 5]));
    assert_eq!(block("pending")["timestamp"], format!("{:#x}", time + 5));
    assert_eq!(block("latest")["timestamp"], latest["timestamp"]);
    rpc(port, "evm_mine", json!([]));
    assert_eq!(block("latest")["timestamp"], format!("{:#x}", time + 5));
}

#[test]
fn a_precompile_is_moved_by_an_override() {
    let node = node();
    let port = node.port();
    let (sha256, to) = (Address::with_last_byte(2), Address::repeat_byte(0xaa));
    let moved = json!({ sha256.to_string(): { "movePrecompileToAddress": to } });
    let call = |account: Address, overrides: &Value| {
        let call = json!({ "to": account, "data": "0x12" });
        rpc(port, "eth_call", json!([call, "latest", overrides]))
    };
    let hash = call(sha256, &json!({}));
    assert_eq!(hash.as_str().map(str::len), Some(66));
    assert_eq!(call(to, &moved), hash);
    assert_eq!(call(sha256, &moved), "0x");
    assert_eq!(call(to, &json!({})), "0x");
    let blocks = json!([{ "blockStateCalls": [{ "stateOverrides": moved, "calls": [{ "to": to, "input": "0x12" }] }] }, "latest"]);
    let simulated = rpc(port, "eth_simulateV1", blocks);
    assert_eq!(simulated[0]["calls"][0]["returnData"], hash);
    // An account that is no precompile, and one that is overridden too.
    let other = json!({ to.to_string(): { "movePrecompileToAddress": OUTER } });
    let both = json!({ sha256.to_string(): { "movePrecompileToAddress": to }, to.to_string(): { "nonce": "0x1" } });
    for (method, overrides, words) in [
        (
            "eth_call",
            &other,
            format!("account {to} is not a precompile"),
        ),
        (
            "eth_estimateGas",
            &other,
            format!("account {to} is not a precompile"),
        ),
        (
            "eth_call",
            &both,
            format!("account {to} is already overridden"),
        ),
        // Its list has no precompiles in go-ethereum.
        (
            "eth_createAccessList",
            &moved,
            format!("account {sha256} is not a precompile"),
        ),
    ] {
        let error = rpc_error(port, method, json!([{ "to": to }, "latest", overrides]));
        assert_eq!(
            error,
            json!({ "code": -32000, "message": words }),
            "{method}"
        );
    }
}

#[test]
fn fees_of_more_than_128_bits_are_wrong_parameters() {
    let node = node();
    let port = node.port();
    let fee = format!("0x1{}", "0".repeat(32));
    for name in ["gasPrice", "maxFeePerGas", "maxPriorityFeePerGas"] {
        let call = json!({ "from": SENDER, "to": OUTER, name: fee });
        for (method, params) in [
            ("eth_call", json!([call, "latest"])),
            ("eth_estimateGas", json!([call, "latest"])),
            ("eth_createAccessList", json!([call, "latest"])),
            ("eth_sendTransaction", json!([call])),
            (
                "eth_simulateV1",
                json!([{ "blockStateCalls": [{ "calls": [call] }] }, "latest"]),
            ),
        ] {
            let error = rpc_error(port, method, params);
            assert_eq!(error["code"], -32602, "{method} {name}: {error}");
        }
    }
}

/// The steps of a call of the outer contract.
fn steps(port: u16) -> Vec<Value> {
    let traced = json!([{ "from": SENDER, "to": OUTER }, "latest", {}]);
    let trace = rpc(port, "debug_traceCall", traced);
    trace["structLogs"].as_array().cloned().expect("a list")
}

#[test]
fn a_step_shows_the_refund_of_the_whole_transaction() {
    let node = node();
    let port = node.port();
    // It empties a slot: 4,800 gas.
    set_code(port, &OUTER, &format!("0x5f5f55{}", calling_code()));
    set_code(port, &INNER, "0x5f50");
    let word = format!("{:#066x}", 1);
    rpc(port, "anvil_setStorageAt", json!([OUTER, "0x0", word]));
    let refunds = steps(port);
    let refunds = refunds.iter().map(|step| (&step["depth"], &step["refund"]));
    let inner: Vec<_> = refunds.filter(|(depth, _)| **depth == json!(2)).collect();
    assert_eq!(inner.len(), 3, "{inner:?}");
    assert!(
        inner.iter().all(|(_, refund)| **refund == json!(4_800)),
        "{inner:?}"
    );
}

#[test]
fn memory_that_nobody_can_pay_costs_what_was_left_in_a_step() {
    let node = node();
    let port = node.port();
    // MSTORE at 2^36: 2^53 gas and more on Nitro.
    set_code(port, &OUTER, "0x5f64100000000052");
    let steps = steps(port);
    let last = steps.last().expect("a step");
    assert_eq!(
        (&last["op"], &last["error"]),
        (&json!("MSTORE"), &json!("out of gas"))
    );
    assert!(last["gasCost"].as_u64() <= last["gas"].as_u64(), "{last}");
}

#[test]
fn a_self_destruct_is_an_internal_operation() {
    let node = node();
    let port = node.port();
    set_code(port, &OUTER, &format!("0x{}", calling_code()));
    // SELFDESTRUCT to the zero address.
    set_code(port, &INNER, "0x5fff");
    rpc(port, "anvil_setBalance", json!([INNER, "0x5"]));
    let sent = transact(
        port,
        json!({ "from": SENDER, "to": OUTER, "gas": "0xf4240" }),
    );
    let operations = rpc(
        port,
        "ots_getInternalOperations",
        json!([sent["transactionHash"]]),
    );
    let expected = json!([{ "type": 1, "from": INNER, "to": Address::ZERO, "value": "0x5" }]);
    assert_eq!(operations, expected);
}

#[test]
fn a_subscription_that_is_none_cannot_be_ended_over_http() {
    let node = node();
    let error = rpc_error(node.port(), "eth_unsubscribe", json!(["0x12"]));
    assert_eq!(
        error,
        json!({ "code": -32000, "message": "subscription not found" })
    );
}
