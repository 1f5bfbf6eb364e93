//! An endpoint without `debug_…`, as most providers are.

use crate::governance::relay::Relay;
use crate::governance::sandbox::{MIGRATE, Sandbox, text};
use alloy::primitives::Address;
use serde_json::Value;
use stylus_upgrades_interface::slots;

#[test]
fn what_succeeds_asks_for_no_trace() {
    let sandbox = Sandbox::with_counter("Admin", 2);
    let relay = Relay::to(&sandbox.node.endpoint(), |request: &Value| {
        let is_trace = request["method"].as_str()?.starts_with("debug_");
        is_trace.then_some("the method is not available")
    });
    let url = relay.endpoint();
    let at = |words: &[&str]| sandbox.run("Admin", &[words, &["--rpc-url", &url]].concat());
    for words in [
        &MIGRATE[..],
        &["status"],
        &["pending"],
        &["history", "A"],
        &["verify", "A"],
        &["upgrade", "A"],
        &["doctor"],
    ] {
        let answer = at(words);
        assert_eq!(answer.exit, Some(0), "{words:?}: {answer:?}");
    }
    let requests = relay.methods();
    let traces = requests
        .iter()
        .filter(|method| method.starts_with("debug_"));
    assert_eq!(
        traces.count(),
        0,
        "nobody asks for a trace of what succeeds"
    );
}

#[test]
fn which_instance_refuses_a_migration_is_named_without_traces_of_the_endpoint() {
    let sandbox = Sandbox::with_counter("Admin", 2);
    let status = sandbox.done("Other", "status A");
    let proxy = text(&status["definitions"][0]["instances"][1], "proxy");
    let account: Address = proxy.parse().expect("an address");
    let marked = sandbox.node.with_chain(move |chain| {
        chain.set_storage_at(account, slots::migrated("2.0").into(), slots::SET)
    });
    marked.expect("the chain");
    let proxy = account.to_string();
    let relay = Relay::to(&sandbox.node.endpoint(), |request: &Value| {
        let is_trace = request["method"].as_str()?.starts_with("debug_");
        is_trace.then_some("the method is not available")
    });
    let url = relay.endpoint();
    let at = |words: &[&str]| sandbox.run("Admin", &[words, &["--rpc-url", &url]].concat());
    let refused = at(&MIGRATE);
    refused.is(1, "AlreadyMigrated");
    let said = &refused.document["error"];
    let message = text(said, "message");
    assert!(
        message.contains("nothing was sent") && message.contains(&proxy),
        "{said}"
    );

    let planned = at(&[&["plan"], &MIGRATE[1..]].concat());
    assert_eq!(planned.exit, Some(1), "{planned:?}");
    let problems = planned.document["problems"].to_string();
    assert!(problems.contains(&proxy), "{problems}");
}
