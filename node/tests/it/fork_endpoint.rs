//! What a fork does with an endpoint that limits requests, fails or answers without end, and what it
//! keeps of its answers.

use std::net::TcpStream;
use std::time::Duration;

use alloy::primitives::{Address, U256};
use serde_json::json;
use stylus_devnode::{Fork, ForkOptions};

use crate::fork::{INPUT, call, forked, options, origin, sent};
use crate::front::{Front, Script};
use crate::support::{balance, begun, block_number, eventually, mine, node, rpc, rpc_error};

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

/// Reads of accounts that only the endpoint knows, whose callers wait.
fn waiting_reads(port: u16, count: u32) -> Vec<TcpStream> {
    let reads = (0..count).map(|at| {
        let account = Address::from_word(U256::from(0x1_0000_0000_u64 + u64::from(at)).into());
        let params = json!([account, "latest"]);
        begun(port, "keep-alive", "eth_getBalance", &params)
    });
    reads.collect()
}

#[test]
fn reads_that_wait_for_the_endpoint_hold_only_each_other_and_end_with_their_callers() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let fork = forked(options(front.url()));
    let port = fork.port();
    assert_eq!(rpc(port, "eth_call", call(&origin)), INPUT);
    let before = {
        let mut script = front.script();
        script.pause = Duration::from_secs(3_600);
        script.sent
    };
    let waiting = waiting_reads(port, 100);
    eventually("the endpoint is asked", || {
        let script = front.script();
        (script.arrived >= before + 64).then_some(())
    });
    assert_eq!(rpc(port, "eth_chainId", json!([])), "0x64aba");
    assert_eq!(block_number(port), "0x2");
    assert_eq!(rpc(port, "eth_call", call(&origin)), INPUT);
    balance(port, &origin.sender);
    assert_eq!(front.script().sent, before, "all of them wait still");
    // Their callers leave: what needs the endpoint has places again.
    drop(waiting);
    front.script().pause = Duration::ZERO;
    assert_eq!(balance(port, &Address::repeat_byte(0x99)), "0x0");
    let sent = front.script().sent;
    assert!(
        sent < before + 64,
        "{sent}: the answers of the first ones came"
    );
}

#[test]
fn an_endpoint_that_asks_for_an_hour_is_an_error_that_says_so() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let fork = forked(options(front.url()));
    let port = fork.port();
    {
        let mut script = front.script();
        (script.limited, script.retry_after) = (1_000, 3_600);
    }
    for params in [
        json!([Address::repeat_byte(0x98), "latest"]),
        json!([Address::repeat_byte(0x98), "0x1"]),
    ] {
        let error = rpc_error(port, "eth_getBalance", params).to_string();
        assert!(error.contains("300 s or more"), "{error}");
    }
    assert_eq!(rpc(port, "eth_chainId", json!([])), "0x64aba");
    front.script().limited = 0;
    assert_eq!(balance(port, &Address::repeat_byte(0x98)), "0x0");
}

#[test]
fn what_a_server_that_is_no_node_answers_is_shown_to_nobody() {
    let node = node();
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let secret = "the-intranets-secret";
    for page in [
        (200, format!("<p>{secret}</p>")),
        (
            200,
            json!({ "jsonrpc": "2.0", "id": 0, "result": secret }).to_string(),
        ),
        (
            200,
            json!({ "jsonrpc": secret, "id": secret, "result": [secret] }).to_string(),
        ),
        (200, json!([secret]).to_string()),
        (403, format!("<p>{secret}</p>")),
        (500, json!({ "message": secret }).to_string()),
    ] {
        front.script().page = Some(page.clone());
        let reset = json!([{ "forking": { "jsonRpcUrl": front.url() } }]);
        let error = rpc_error(node.port(), "anvil_reset", reset).to_string();
        assert!(!error.contains(secret), "{page:?}: {error}");
        assert!(error.contains("127.0.0.1"), "{error}");
    }
}

#[test]
fn answers_of_limits_are_shown_to_nobody_after_retries_either() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let fork = forked(ForkOptions {
        backoff: Duration::from_millis(1),
        compute_units: None,
        ..options(front.url())
    });
    front.script().page = Some((429, "the-intranets-secret".to_owned()));
    for at in ["latest", "0x1"] {
        let unread = json!([Address::repeat_byte(0x95), at]);
        let error = rpc_error(fork.port(), "eth_getBalance", unread).to_string();
        assert!(error.contains("HTTP error 429"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn where_nobody_listens_the_error_says_so_at_once_and_names_the_url_once() {
    let origin = node();
    let url = origin.endpoint();
    // Who asked again would wait for an hour first.
    let options = ForkOptions {
        backoff: Duration::from_secs(3_600),
        ..options(url.clone())
    };
    let fork = forked(options.clone());
    drop(origin);
    let refused = Fork::connect(options).expect_err("nobody is there");
    let reset = json!([{ "forking": { "jsonRpcUrl": url } }]);
    let reset = rpc_error(fork.port(), "anvil_reset", reset);
    for error in [
        &refused.to_string(),
        reset["message"].as_str().expect("text"),
    ] {
        assert!(error.starts_with(&url), "{error}");
        assert_eq!(error.matches(&url).count(), 1, "{error}");
        assert!(error.contains("Connection refused"), "{error}");
    }
}

#[test]
fn answers_with_another_id_are_refused() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let fork = forked(options(front.url()));
    for id in [json!(4_711), json!(null), json!("0")] {
        front.script().id = Some(id.clone());
        for at in ["latest", "0x1"] {
            let unread = json!([Address::repeat_byte(0x96), at]);
            let error = rpc_error(fork.port(), "eth_getBalance", unread).to_string();
            assert!(error.contains("another id"), "{id}: {error}");
        }
    }
    front.script().id = None;
    assert_eq!(balance(fork.port(), &Address::repeat_byte(0x96)), "0x0");
}

#[test]
fn a_block_that_a_reorganization_took_away_is_named() {
    let origin = origin();
    let there = origin.node.port();
    let fork = forked(options(origin.node.endpoint()));
    rpc(there, "anvil_rollback", json!(["0x1"]));
    rpc(there, "evm_increaseTime", json!([77]));
    mine(there);
    let unread = json!([Address::repeat_byte(0x97), "latest"]);
    let error = rpc_error(fork.port(), "eth_getBalance", unread).to_string();
    assert!(error.contains("reorganization"), "{error}");
    assert!(error.contains("block 2"), "{error}");
}
