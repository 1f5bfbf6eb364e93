//! An endpoint of two nodes, one of which lags: it takes transactions and has receipts, and what is
//! read comes from before them.

use crate::governance::earlier::killed;
use crate::governance::relay::ask;
use crate::prelude::*;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;
use stylus_devnode::{NodeHandle, spawn};

/// How long a node lags behind each transaction.
const LAG: Duration = Duration::from_millis(1_500);
const SEND: &str = "eth_sendRawTransaction";
/// Nitro's answer to a transaction whose predecessor has not arrived.
const EARLY: &str =
    "nonce too high: address 0x0000000000000000000000000000000000000001, tx: 1 state: 0";

/// A node that stays as the sandbox's is now.
fn lagging(sandbox: &Sandbox) -> NodeHandle {
    let node = spawn(NodeConfig::default()).expect("a free port");
    let chain = sandbox.chain(|chain| chain.branch());
    node.with_chain(move |own| *own = chain).expect("the chain");
    node
}

#[test]
fn a_node_that_lags_behind_each_transaction_is_waited_for() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let node = lagging(&sandbox);
    let host = node.address().to_string();
    let sent = Mutex::new(None::<Instant>);
    let relay = Relay::lying(&sandbox.node.endpoint(), move |request, answer| {
        let mut sent = sent.lock().expect("it");
        match request["method"].as_str() {
            Some(SEND) => *sent = Some(Instant::now()),
            Some("eth_getTransactionReceipt") => {}
            _ if sent.is_some_and(|sent| sent.elapsed() < LAG) => *answer = ask(&host, request),
            _ => {}
        }
    });
    let before = sandbox.nonce();
    let answer = sandbox.run_at(&relay, "Admin", MIGRATE);
    answer.ends(0).has(json!({"executed": true}));
    // Code, activation, layout, migrate and rollout, each once.
    assert_eq!(sandbox.nonce() - before, 5, "{answer:?}");
    let create = "create-proxy A 2.0 --accept=initializer-omitted";
    sandbox.run_at(&relay, "Admin", create).ends(0);
    assert_eq!(sandbox.proxies().len(), 2);
}

/// A sequencer that has not seen the transaction before says so, and takes the same bytes later.
#[test]
fn a_transaction_that_is_early_is_sent_again_as_it_is() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = sent.clone();
    let relay = Relay::to(&sandbox.node.endpoint(), move |request| {
        if request["method"] != SEND {
            return None;
        }
        let mut seen = seen.lock().expect("it");
        seen.push(request["params"][0].clone());
        (seen.len() < 3).then_some(EARLY)
    });
    sandbox.run_at(&relay, "Admin", CREATE).ends(0);
    let sent = sent.lock().expect("it");
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|bytes| *bytes == sent[0]), "the same bytes");
    assert_eq!(sandbox.proxies().len(), 1);
}

/// What is never taken is refused by its cause, and was not sent.
#[test]
fn a_transaction_before_it_that_never_arrives_is_named() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let relay = Relay::to(&sandbox.node.endpoint(), |request| {
        (request["method"] == SEND).then_some(EARLY)
    });
    let refused = sandbox.run_at(&relay, "Admin", CREATE);
    refused.is(4, "NonceGap");
    assert!(sandbox.proxies().is_empty());
    assert!(
        !sandbox.path(".stylus-upgrades").exists(),
        "a journal is left"
    );
}

#[test]
fn an_earlier_runs_transaction_that_a_lagging_node_does_not_know_is_not_forgotten() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let node = lagging(&sandbox);
    killed(&sandbox, CREATE, "sent:1");

    // The next run sees nothing of it, and tries the same again, for another fee.
    let host = node.address().to_string();
    let relay = Relay::lying(&sandbox.node.endpoint(), move |request, answer| {
        if request["method"] != SEND {
            *answer = ask(&host, request);
        }
        let fees = answer.pointer_mut("/result/baseFeePerGas");
        for fee in fees.and_then(Value::as_array_mut).into_iter().flatten() {
            *fee = json!("0x77359400");
        }
    });
    sandbox.run_at(&relay, "Admin", CREATE).is(4, "NonceTaken");

    // The one after it reports what the first had done.
    let again = sandbox.run("Admin", CREATE);
    again.ends(0).has(json!({"executed": true}));
    assert_snapshot!(again.notes(), @"an earlier run already sent: create a proxy of A 1.0");
    assert_eq!(sandbox.proxies().len(), 1);
    assert!(
        !sandbox.path(".stylus-upgrades").exists(),
        "a journal is left"
    );
}

#[test]
fn a_journal_counts_at_every_endpoint_of_its_chain() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    killed(&sandbox, CREATE, "mined:1");
    // A node that has no old blocks, or one that says what it likes of them.
    let relay = Relay::lying(&sandbox.node.endpoint(), |request, answer| {
        if request["method"] == "eth_getBlockByNumber" && request["params"][0] == "0x0" {
            answer["result"] = Value::Null;
        }
    });
    sandbox.run_at(&relay, "Admin", CREATE).ends(0);
    assert_eq!(sandbox.proxies().len(), 1);
}

#[test]
fn what_is_checked_is_read_as_of_one_block_whichever_node_answers() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let node = lagging(&sandbox);
    sandbox.done("Admin", MIGRATE);
    let host = node.address().to_string();
    let (requests, logs) = (AtomicU32::new(0), AtomicU32::new(0));
    let relay = Relay::lying(&sandbox.node.endpoint(), move |request, answer| {
        let is_behind = match request["method"].as_str() {
            // It leaves out what it does not have, without a word.
            Some("eth_getLogs") => logs.fetch_add(1, Ordering::Relaxed) < 2,
            Some("eth_call" | "eth_getCode" | "eth_getStorageAt") => {
                requests.fetch_add(1, Ordering::Relaxed) % 2 == 1
            }
            _ => false,
        };
        if is_behind {
            *answer = ask(&host, request);
        }
    });
    for words in [
        "verify A",
        "status A",
        #[cfg(feature = "watch")]
        "doctor",
    ] {
        sandbox.run_at(&relay, "Admin", words).ends(0);
    }
    let status = sandbox.run_at(&relay, "Admin", "status A").document;
    let definition = &status["definitions"][0];
    definition.has(json!({"current": "2.0"}));
    definition["instances"][0].has(json!({"version": "2.0"}));
}

#[test]
#[ignore = "nightly: waits for as long as a node may lag, about 40 s"]
fn a_node_that_never_comes_to_what_was_seen_is_named() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let sent = Mutex::new(false);
    let begun = sandbox.block();
    let relay = Relay::lying(&sandbox.node.endpoint(), move |request, answer| {
        let mut sent = sent.lock().expect("it");
        match request["method"].as_str() {
            Some(SEND) => *sent = true,
            Some("eth_blockNumber") if *sent => answer["result"] = json!(format!("{begun:#x}")),
            _ => {}
        }
    });
    let refused = sandbox.run_at(&relay, "Admin", MIGRATE);
    refused.is(4, "Lagging");
    assert_snapshot!(refused.notes(), @"
    read from  registry [address] on chain 412346 at block [number]
    storage    2.0 can take over the storage of 1.0
    sending deploy counter-v2: about [amount] ETH, [number] L1+L2 gas
    at most [amount] ETH leaves [address] in all, fees and values (--max-spend)
    http://127.0.0.1:[port] lags behind: it is at block [number] and 23 was seen already
    ");
    // At a node that does not, the same command goes on.
    sandbox.run("Admin", MIGRATE).ends(0);
}
