//! What becomes of transactions and of other callers while a fork's endpoint fails, or answers without end.

use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Duration;

use alloy::primitives::Address;
use serde_json::{Value, json};
use stylus_devnode::{Fork, ForkOptions, MiningMode, NodeConfig, NodeHandle, spawn};

use crate::fork::{forked, options};
use crate::front::{Front, Script};
use crate::support::{
    self, LONGEST_WAIT, balance, block_number, eventually, mine, node, nonce, receipt, request,
    rpc, rpc_error, set_code, transact,
};

/// A chain, what is in front of it, and a fork of it that makes blocks in a certain way.
struct Scene {
    _origin: NodeHandle,
    front: Front,
    fork: NodeHandle,
    accounts: Vec<Address>,
}

fn scene(mining: MiningMode) -> Scene {
    let origin = node();
    let front = Front::of(origin.port(), Script::default());
    let options = ForkOptions {
        retries: 0,
        timeout: Duration::from_secs(3_600),
        ..options(front.url())
    };
    let config = NodeConfig {
        fork: Some(Fork::connect(options).expect("the endpoint answers")),
        mining,
        ..NodeConfig::default()
    };
    Scene {
        accounts: origin.addresses(),
        _origin: origin,
        front,
        fork: spawn(config).expect("the fork starts"),
    }
}

impl Scene {
    fn port(&self) -> u16 {
        self.fork.port()
    }

    /// A transfer of one of the accounts.
    fn transfer(&self, from: usize, to: Address) -> Value {
        json!({ "from": self.accounts[from], "to": to, "value": "0x1", "gas": "0x5208" })
    }

    fn send(&self, from: usize, to: Address) -> Value {
        let transfer = self.transfer(from, to);
        rpc(self.port(), "eth_sendTransaction", json!([transfer]))
    }

    fn hang(&self, pause: Duration) {
        self.front.script().pause = pause;
    }

    fn waiting(&self) -> Value {
        rpc(self.port(), "txpool_status", json!([]))["pending"].clone()
    }

    fn is_mined(&self, hash: &Value) -> bool {
        !receipt(self.port(), hash).is_null()
    }
}

const HOUR: Duration = Duration::from_secs(3_600);

/// Accounts that only the endpoint knows.
fn unknown(of: u8) -> Address {
    Address::repeat_byte(of)
}

/// Sends a request whose answer nobody reads yet.
fn begun(port: u16, method: &str, params: Value) -> TcpStream {
    support::begun(port, "keep-alive", method, &params)
}

/// What something comes to that must not wait.
fn at_once<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    std::thread::spawn(move || drop(done.send(work())));
    let result = result.recv_timeout(LONGEST_WAIT / 6);
    result.unwrap_or_else(|_| panic!("{what} waits"))
}

#[test]
fn what_waits_for_a_block_is_there_still_after_the_endpoint_failed() {
    let scene = scene(MiningMode::Manual);
    let here = scene.port();
    let sent = [
        scene.send(0, unknown(0x21)),
        scene.send(0, scene.accounts[1]),
    ];
    let number = block_number(here);
    scene.front.script().broken = Some(500);
    for (method, params) in [
        ("evm_mine", json!([])),
        ("anvil_mine", json!(["0x3"])),
        ("evm_setAutomine", json!([true])),
    ] {
        let error = rpc_error(here, method, params).to_string();
        assert!(error.contains("HTTP error 500"), "{method}: {error}");
        assert_eq!(scene.waiting(), "0x2", "{method}");
        assert_eq!(block_number(here), number, "{method}");
    }
    assert_eq!(rpc(here, "anvil_getAutomine", json!([])), false);
    scene.front.script().broken = None;
    mine(here);
    assert!(sent.iter().all(|hash| scene.is_mined(hash)));
}

#[test]
fn a_caller_that_leaves_takes_no_transactions_of_others_along() {
    let scene = scene(MiningMode::Manual);
    let here = scene.port();
    let sent = [0, 1, 2].map(|at: u8| scene.send(at.into(), unknown(0x31 + at)));
    let before = scene.front.script().arrived;
    scene.hang(HOUR);
    let leaving = begun(here, "evm_mine", json!([]));
    eventually("the endpoint is asked", || {
        (scene.front.script().arrived > before).then_some(())
    });
    drop(leaving);
    scene.hang(Duration::ZERO);
    assert_eq!(scene.waiting(), "0x3");
    mine(here);
    assert!(sent.iter().all(|hash| scene.is_mined(hash)));
}

#[test]
fn timed_blocks_go_on_without_what_waits_for_the_endpoint() {
    let scene = scene(MiningMode::Interval(Duration::from_millis(100)));
    let here = scene.port();
    for fails in [true, false] {
        match fails {
            true => scene.front.script().broken = Some(500),
            false => scene.hang(HOUR),
        }
        let to = unknown(0x41 + u8::from(fails));
        let late = scene.send(0, to);
        let after = scene.send(0, scene.accounts[1]);
        let known = scene.send(2, scene.accounts[1]);
        eventually("a block with what is known", || {
            scene.is_mined(&known).then_some(())
        });
        assert!(!scene.is_mined(&late) && !scene.is_mined(&after));
        let snapshot = at_once("a snapshot", move || rpc(here, "evm_snapshot", json!([])));
        assert!(snapshot.is_string());
        scene.front.script().broken = None;
        scene.hang(Duration::ZERO);
        if fails {
            eventually("a block with the others", || {
                (scene.is_mined(&late) && scene.is_mined(&after)).then_some(())
            });
            assert_eq!(balance(here, &to), "0x1");
        }
    }
    at_once("the end", move || drop(scene.fork));
}

#[test]
fn who_lacks_what_the_endpoint_does_not_give_keeps_nobody_waiting() {
    let scene = scene(MiningMode::Auto);
    let here = scene.port();
    scene.hang(HOUR);
    let word = format!("0x{}", "0".repeat(64));
    let changes = [
        (
            "eth_sendTransaction",
            json!([scene.transfer(0, unknown(0x51))]),
        ),
        ("anvil_setBalance", json!([unknown(0x52), "0x1"])),
        ("anvil_setCode", json!([unknown(0x53), "0x00"])),
        ("anvil_setNonce", json!([unknown(0x54), "0x1"])),
        ("anvil_setStorageAt", json!([unknown(0x55), "0x0", word])),
        (
            "anvil_dealERC20",
            json!([scene.accounts[0], unknown(0x56), "0x1"]),
        ),
        (
            "anvil_reset",
            json!([{ "forking": { "jsonRpcUrl": scene.front.url(), "blockNumber": "0x0" } }]),
        ),
        ("anvil_setRpcUrl", json!([scene.front.url()])),
    ];
    let waiting = changes.map(|(method, params)| {
        let before = scene.front.script().arrived;
        let waiting = begun(here, method, params);
        eventually(method, || {
            (scene.front.script().arrived > before).then_some(())
        });
        let transfer = scene.transfer(1, scene.accounts[2]);
        let sent = at_once(method, move || transact(here, transfer));
        assert_eq!(sent["status"], "0x1", "{method}");
        at_once(method, move || mine(here));
        waiting
    });
    drop(waiting);
    scene.hang(Duration::ZERO);
    let sent = transact(here, scene.transfer(0, unknown(0x51)));
    assert_eq!(sent["status"], "0x1");
    scene.hang(HOUR);
    let _waiting = begun(here, "anvil_setBalance", json!([unknown(0x57), "0x1"]));
    at_once("the end", move || drop(scene.fork));
}

#[test]
fn a_transaction_is_held_while_the_one_before_it_reads() {
    let scene = scene(MiningMode::Auto);
    let here = scene.port();
    let before = scene.front.script().arrived;
    scene.hang(HOUR);
    let numbered = |to, nonce: &str| {
        let mut transfer = scene.transfer(0, to);
        transfer["nonce"] = json!(nonce);
        json!([transfer])
    };
    let first = begun(here, "eth_sendTransaction", numbered(unknown(0x61), "0x0"));
    eventually("the endpoint is asked", || {
        (scene.front.script().arrived > before).then_some(())
    });
    let second = numbered(scene.accounts[1], "0x1");
    let held = std::thread::spawn(move || request(here, "eth_sendTransaction", second));
    // Longer than what comes too early is held.
    std::thread::sleep(Duration::from_millis(2_500));
    assert!(!held.is_finished());
    drop(first);
    // Nobody reads the one before it any more.
    let refused = held.join().expect("an answer");
    assert!(refused.to_string().contains("nonce too high"), "{refused}");
}

#[test]
fn what_lacks_something_else_each_time_is_waited_for() {
    let scene = scene(MiningMode::Auto);
    let (here, contract) = (scene.port(), unknown(0x71));
    // TIMESTAMP, SLOAD.
    set_code(here, &contract, "0x425400");
    scene.hang(Duration::from_millis(1_200));
    let call = json!({ "from": scene.accounts[0], "to": contract, "gas": "0x186a0" });
    assert_eq!(transact(here, call)["status"], "0x1");
}

#[test]
fn reads_of_older_blocks_that_wait_have_places_as_all_that_wait() {
    let scene = scene(MiningMode::Auto);
    let here = scene.port();
    mine(here);
    let before = scene.front.script().arrived;
    scene.hang(HOUR);
    let reads = (0..100).map(|count| match count % 2 {
        0 => begun(here, "eth_getBlockByNumber", json!(["0x0", true])),
        _ => begun(here, "eth_getBlockReceipts", json!(["0x0"])),
    });
    let reads: Vec<_> = reads.collect();
    eventually("all places are taken", || {
        (scene.front.script().arrived >= before + 64).then_some(())
    });
    std::thread::sleep(Duration::from_millis(300));
    let arrived = scene.front.script().arrived;
    assert!(arrived <= before + 64, "{}", arrived - before);
    let known = at_once("what is known", move || block_number(here));
    assert_eq!(known, "0x1");
    drop(reads);
    scene.hang(Duration::ZERO);
    let first = rpc(here, "eth_getBlockByNumber", json!(["0x0", false]));
    assert_eq!(first["number"], "0x0");
}

#[test]
fn a_new_fork_needs_its_endpoint_neither_for_empty_blocks_nor_for_transfers() {
    let origin = node();
    let front = Front::of(origin.port(), Script::default());
    let fork = forked(options(front.url()));
    front.script().broken = Some(500);
    let (here, accounts) = (fork.port(), fork.addresses());
    mine(here);
    rpc(here, "anvil_mine", json!(["0x3", "0x10"]));
    let transfer = json!({ "from": accounts[0], "to": accounts[1], "value": "0x1" });
    assert_eq!(transact(here, transfer)["status"], "0x1");
    assert_eq!(block_number(here), "0x5");
}

#[test]
fn what_waits_for_the_endpoint_is_not_done_on_another_chain() {
    let scene = scene(MiningMode::Auto);
    let here = scene.port();
    scene.hang(Duration::from_secs(2));
    scene.front.script().requests.clear();
    let transfer = json!([scene.transfer(0, unknown(0x31))]);
    let waiting = std::thread::spawn(move || request(here, "eth_sendTransaction", transfer));
    eventually("the endpoint is asked", || {
        (!scene.front.script().requests.is_empty()).then_some(())
    });
    rpc(here, "anvil_reset", json!([]));
    let answer = waiting.join().expect("it is answered");
    assert_eq!(answer["error"]["code"], -32000, "{answer}");
    let words = answer["error"]["message"].as_str().expect("text");
    assert!(words.contains("the chain was reset"), "{answer}");
    assert_eq!(nonce(here, &scene.accounts[0]), "0x0");
}
