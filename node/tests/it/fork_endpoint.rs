//! What a fork does with an endpoint that limits requests, fails or answers without end, and what it
//! keeps of its answers.

use std::time::Duration;

use alloy::primitives::Address;
use serde_json::json;
use stylus_devnode::ForkOptions;

use crate::fork::{INPUT, call, forked, options, origin, sent};
use crate::front::{Front, Script};
use crate::support::{balance, block_number, rpc, rpc_error};

#[test]
fn limits_of_the_endpoint_are_waited_for_and_what_was_read_is_kept() {
    let origin = origin();
    let limited = Script {
        limited: 1,
        ..Script::default()
    };
    let front = Front::of(origin.node.port(), limited);
    let folder = tempfile::tempdir().expect("a folder");
    let with_cache = || ForkOptions {
        cache: Some(folder.path().to_owned()),
        ..options(front.url())
    };
    let first = forked(with_cache());
    assert_eq!(rpc(first.port(), "eth_call", call(&origin)), INPUT);
    drop(first);
    let read = std::mem::take(&mut front.script().requests);
    assert!(read.iter().any(|method| method == "eth_getCode"));
    let again = forked(with_cache());
    assert_eq!(rpc(again.port(), "eth_call", call(&origin)), INPUT);
    let mut requests = front.script().requests.clone();
    requests.sort();
    // The block itself, to know that it is the same, and ArbOS' version with it.
    let head = [
        "eth_blockNumber",
        "eth_chainId",
        "eth_getBlockByNumber",
        "eth_getStorageAt",
    ];
    assert_eq!(requests, head);
}

#[test]
fn what_one_endpoint_said_is_not_taken_for_what_another_says() {
    let origin = origin();
    let [honest, other] = [(); 2].map(|()| Front::of(origin.node.port(), Script::default()));
    let folder = tempfile::tempdir().expect("a folder");
    let poor = Address::repeat_byte(7);
    let balance_through = |front: &Front| {
        let fork = forked(ForkOptions {
            cache: Some(folder.path().to_owned()),
            ..options(front.url())
        });
        balance(fork.port(), &poor)
    };
    assert_eq!(balance_through(&honest), "0x0");
    // Outside of blocks, so that number and hash stay.
    let gift = json!([poor, "0x64"]);
    rpc(origin.node.port(), "anvil_setBalance", gift);
    assert_eq!(balance_through(&other), "0x64");
    assert_eq!(balance_through(&honest), "0x0", "kept from before");
}

#[test]
fn a_refused_request_is_sent_once_more_and_no_third_time() {
    let origin = origin();
    let script = Script {
        every_second: true,
        ..Script::default()
    };
    let front = Front::of(origin.node.port(), script);
    let fork = forked(ForkOptions {
        backoff: Duration::from_millis(1),
        ..ForkOptions::new(front.url())
    });
    assert_eq!(rpc(fork.port(), "eth_call", call(&origin)), INPUT);
    // Each is sent once more, and none a third time.
    let (arrived, answered) = {
        let script = front.script();
        (script.arrived, script.answered)
    };
    assert!(answered >= 2, "{answered}");
    assert_eq!(arrived, 2 * answered);
}

#[test]
fn an_endpoint_that_fails_is_an_error_without_its_key_and_the_fork_continues() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let fork = forked(ForkOptions {
        retries: 0,
        ..options(front.url())
    });
    let here = fork.port();
    let number = block_number(here);
    front.script().broken = Some(500);
    let transaction = json!({ "from": origin.sender, "to": origin.program, "data": INPUT });
    for (method, params) in [
        ("eth_call", call(&origin)),
        ("eth_sendTransaction", json!([transaction])),
        ("anvil_setBalance", json!([Address::repeat_byte(7), "0x1"])),
        ("eth_getBlockByNumber", json!(["0x1", false])),
    ] {
        let error = rpc_error(here, method, params).to_string();
        assert!(error.contains("127.0.0.1"), "{method}: {error}");
        assert!(!error.contains("secretkey"), "{method}: {error}");
    }
    assert_eq!(block_number(here), number);
    front.script().broken = None;
    assert_eq!(rpc(here, "eth_call", call(&origin)), INPUT);
    assert_eq!(sent(here, &origin)["status"], "0x1");
}
