//! What a fork does with an endpoint that limits requests, fails or answers without end, and what it
//! keeps of its answers.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use alloy::primitives::Address;
use serde_json::json;
use stylus_devnode::{Fork, ForkError, ForkOptions};

use crate::fork::{INPUT, call, forked, options, origin, sent};
use crate::front::{Front, Script};
use crate::support::{rpc, rpc_error};

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
        rpc(fork.port(), "eth_getBalance", json!([poor, "latest"]))
    };
    assert_eq!(balance_through(&honest), "0x0");
    // Outside of blocks, so that number and hash stay.
    let gift = json!([poor, "0x64"]);
    rpc(origin.node.port(), "anvil_setBalance", gift);
    assert_eq!(balance_through(&other), "0x64");
    assert_eq!(balance_through(&honest), "0x0", "kept from before");
}

#[test]
fn a_cache_that_others_may_write_is_refused_by_its_name() {
    let origin = origin();
    let folder = tempfile::tempdir().expect("a folder");
    let with_cache = || ForkOptions {
        cache: Some(folder.path().to_owned()),
        ..options(origin.node.endpoint())
    };
    let set = |mode: u32| {
        let mode = PermissionsExt::from_mode(mode);
        std::fs::set_permissions(folder.path(), mode).expect("set");
    };
    drop(forked(with_cache()));
    set(0o777);
    let refused = Fork::connect(with_cache()).expect_err("anybody may write there");
    assert!(matches!(refused, ForkError::Cache(_)), "{refused}");
    assert!(
        refused.to_string().contains("--no-storage-caching"),
        "{refused}"
    );
    set(0o700);
    let inner = std::fs::read_dir(folder.path()).expect("a folder").next();
    let inner = inner.expect("made by the first fork").expect("it").path();
    let other = folder.path().join("other");
    std::fs::rename(&inner, &other).expect("moved");
    std::os::unix::fs::symlink(&other, &inner).expect("a link");
    let refused = Fork::connect(with_cache()).expect_err("a link");
    assert!(refused.to_string().contains("symbolic link"), "{refused}");
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
fn what_is_known_to_be_needed_is_one_request() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let fork = forked(options(front.url()));
    // The newest block's number, the block, its ArbOS version, and what every chain needs.
    assert_eq!(front.script().arrived, 4);
    front.script().requests.clear();
    assert_eq!(rpc(fork.port(), "eth_call", call(&origin)), INPUT);
    println!("{:?}", front.script().requests);
    // The program, its activation and its module's hash.
    assert_eq!(front.script().arrived, 4 + 3);
}

/// A call on a fork through an endpoint that takes batches of at most so many requests: what arrived
/// there. One batch is longer, from which the fork learns the limit.
fn through_batches_of(longest: usize) -> Script {
    let origin = origin();
    let script = Script {
        longest_batch: Some(longest),
        ..Script::default()
    };
    let front = Front::of(origin.node.port(), script);
    let fork = forked(options(front.url()));
    assert_eq!(rpc(fork.port(), "eth_call", call(&origin)), INPUT);
    let script = std::mem::take(&mut *front.script());
    assert_eq!(
        script.arrived - script.answered,
        1,
        "it is given one longer batch, and then none"
    );
    script
}

#[test]
fn an_endpoint_without_batches_gets_one_request_after_the_other() {
    let script = through_batches_of(0);
    let answered = script.answered as usize;
    assert_eq!(
        answered,
        script.requests.len(),
        "each is a request of its own"
    );
}

#[test]
fn an_endpoint_that_limits_batches_to_ten_gets_batches_of_ten() {
    let script = through_batches_of(10);
    let (requests, answered) = (script.requests.len(), script.answered as usize);
    assert!(requests > 40, "the words of ArbOS alone: {requests}");
    assert!(answered < requests / 3, "{requests} in {answered} batches");
}

#[test]
fn an_endpoint_that_fails_is_an_error_without_its_key_and_the_fork_goes_on() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let fork = forked(ForkOptions {
        retries: 0,
        ..options(front.url())
    });
    let here = fork.port();
    let number = rpc(here, "eth_blockNumber", json!([]));
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
    assert_eq!(rpc(here, "eth_blockNumber", json!([])), number);
    front.script().broken = None;
    assert_eq!(rpc(here, "eth_call", call(&origin)), INPUT);
    assert_eq!(sent(here, &origin)["status"], "0x1");
}
