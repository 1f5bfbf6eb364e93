//! An endpoint whose answers cannot all be true: several nodes behind one name, of which some lag, or
//! one that lies. What was not seen is not reported as done, and nothing is done twice.

use crate::prelude::*;
const RECEIPT: &str = "eth_getTransactionReceipt";

/// Runs a command at an endpoint that changes answers.
fn at(
    sandbox: &Sandbox,
    words: &(impl Words + ?Sized),
    lie: impl Fn(&Value, &mut Value) + Send + Sync + 'static,
) -> Answer {
    let words = &words.list()[..];
    let relay = Relay::lying(&sandbox.node.endpoint(), lie);
    sandbox.run(
        "Admin",
        &[words, &["--rpc-url", &relay.endpoint()]].concat(),
    )
}

fn instances(sandbox: &Sandbox) -> usize {
    let status = sandbox.done("Admin", "status A");
    let instances = status["definitions"][0]["instances"].as_array();
    instances.expect("instances").len()
}

#[test]
fn the_receipt_of_another_transaction_is_no_receipt() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let answer = at(&sandbox, &CREATE, |request, answer| {
        if request["method"] == RECEIPT && answer["result"].is_object() {
            answer["result"]["transactionHash"] = json!(format!("0x{}", "ab".repeat(32)));
        }
    });
    answer.is(4, "MaybeSent");
    assert!(text(&answer.document["error"], "found").contains("the receipt of 0xabab"));
    // What was sent stays in the journal: the next run tells of it and sends nothing.
    let again = sandbox.done("Admin", &CREATE);
    assert_eq!(again["executed"], true);
    assert_eq!(instances(&sandbox), 1);
}

#[test]
fn a_receipt_without_its_logs_is_no_approval_of_another() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let migrate = "migrate A 2.0 counter-v2 --call migrate(uint256) 5";
    sandbox.done(
        "Admin",
        "register A 2.0 counter-v2 --call migrate(uint256) 5",
    );
    let answer = at(&sandbox, &migrate, |request, answer| {
        if request["method"] == RECEIPT && answer["result"].is_object() {
            answer["result"]["logs"] = json!([]);
        }
    });
    answer.is(1, "NoEvent");
    // An honest endpoint tells what came of it, with every check.
    let again = sandbox.done("Admin", &migrate);
    assert_eq!(again["executed"], true);
    assert!(again["executed_by"].is_null(), "{again}");
    assert!(!again["checks"].as_array().expect("checks").is_empty());
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
        if let (true, Some(logs)) = (
            request["method"] == "eth_getLogs",
            answer["result"].as_array_mut(),
        ) {
            logs.reverse();
        }
    });
    assert_eq!(backwards.exit, Some(0), "{backwards:?}");
}

#[test]
fn a_replaced_proxy_is_found_out_though_it_is_the_first_of_its_kind() {
    let sandbox = Sandbox::with_counter("Admin", 2);
    let proxies = |answer: &Answer| -> Vec<(String, bool)> {
        let checks = answer.document["checks"].as_array().expect("checks");
        let named = checks.iter().filter_map(|check| {
            let proxy = text(check, "what").strip_prefix("proxy code of ")?;
            Some((proxy.to_lowercase(), check["ok"] == true))
        });
        named.collect()
    };
    let honest = sandbox.run("Admin", "verify A");
    let all = proxies(&honest);
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|(_, ok)| *ok), "{honest:?}");
    let first = all[0].0.clone();
    let answer = at(&sandbox, "verify A", move |request, answer| {
        let account = request["params"][0].as_str().map(str::to_lowercase);
        if request["method"] == "eth_getCode" && account.as_ref() == Some(&first) {
            answer["result"] = json!("0x60016000f3");
        }
    });
    assert_eq!(answer.exit, Some(1), "{answer:?}");
    let shown: Vec<bool> = proxies(&answer).into_iter().map(|(_, ok)| ok).collect();
    assert_eq!(shown, [false, true], "{answer:?}");
}
