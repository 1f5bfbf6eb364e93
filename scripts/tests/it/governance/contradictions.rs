//! An endpoint whose answers cannot all be true: several nodes behind one name, of which some lag, or
//! one that lies. What was not seen is not reported as done, and nothing is done twice.

use crate::prelude::*;
const RECEIPT: &str = "eth_getTransactionReceipt";

/// Runs a command at an endpoint that changes answers.
fn at(
    sandbox: &Sandbox,
    words: &str,
    lie: impl Fn(&Value, &mut Value) + Send + Sync + 'static,
) -> Answer {
    let relay = Relay::lying(&sandbox.node.endpoint(), lie);
    sandbox.run_at(&relay, "Admin", words)
}

#[test]
fn the_receipt_of_another_transaction_is_no_receipt() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let answer = at(&sandbox, CREATE, |request, answer| {
        if request["method"] == RECEIPT && answer["result"].is_object() {
            answer["result"]["transactionHash"] = json!(format!("0x{}", "ab".repeat(32)));
        }
    });
    answer.is(4, "MaybeSent");
    assert_snapshot!(answer.refusal(), @"
    message: create a proxy of A 1.0 may have been sent, in the transaction [hash]: no answer from http://127.0.0.1:[port]: a contradictory answer: the receipt of [hash] for [hash]
    expected: an answer that says whether the transaction was taken
    found: no answer from http://127.0.0.1:[port]: a contradictory answer: the receipt of [hash] for [hash]
    next: run the same command again with the same key: it looks for [hash] first; on a local chain or a fork, run it from this folder
    ");
    // What was sent stays in the journal: the next run tells of it and sends nothing.
    sandbox.done("Admin", CREATE).has(json!({"executed": true}));
    assert_eq!(sandbox.proxies().len(), 1);
}

#[test]
fn a_receipt_without_its_logs_is_no_approval_of_another() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done("Admin", REGISTER);
    let answer = at(&sandbox, MIGRATE, |request, answer| {
        if request["method"] == RECEIPT && answer["result"].is_object() {
            answer["result"]["logs"] = json!([]);
        }
    });
    answer.is(1, "NoEvent");
    // An honest endpoint tells what came of it, with every check.
    let again = sandbox.done("Admin", MIGRATE);
    again.has(json!({"executed": true, "executed_by": null}));
    holds(&again);
}

#[test]
fn logs_that_were_not_requested_are_refused() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let answer = at(&sandbox, "history A", |request, answer| {
        if request["method"] == "eth_getLogs" && answer["result"][0].is_object() {
            answer["result"][0]["address"] = json!(format!("0x{}", "ab".repeat(20)));
        }
    });
    answer.is(4, "Unreachable");
    // In another order they are the same logs.
    let backwards = at(&sandbox, "verify A", |request, answer| {
        let logs = answer["result"].as_array_mut();
        if let (true, Some(logs)) = (request["method"] == "eth_getLogs", logs) {
            logs.reverse();
        }
    });
    backwards.ends(0);
}

#[test]
fn a_replaced_proxy_is_found_out_though_it_is_the_first_of_its_kind() {
    let sandbox = Sandbox::with_counter("Admin", 2);
    let of = |document: &Value, ok| -> Vec<String> {
        let what = checks(document, ok).into_iter();
        let proxies = what.filter_map(|what| what.strip_prefix("proxy code of "));
        proxies.map(str::to_lowercase).collect()
    };
    let honest = sandbox.done("Admin", "verify A");
    let all = of(&honest, true);
    assert_eq!((all.len(), of(&honest, false).len()), (2, 0), "{honest}");
    let first = all[0].clone();
    let answer = at(&sandbox, "verify A", move |request, answer| {
        let account = request["params"][0].as_str().map(str::to_lowercase);
        if request["method"] == "eth_getCode" && account.as_ref() == Some(&first) {
            answer["result"] = json!("0x60016000f3");
        }
    });
    let found = answer.ends(1);
    assert_eq!(
        (of(found, false), of(found, true)),
        (all[..1].into(), all[1..].into())
    );
}
