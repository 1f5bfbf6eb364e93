//! An endpoint without `debug_…`, as most providers are.

use crate::relay::Relay;
use crate::sandbox::{MIGRATE, Sandbox};
use serde_json::Value;

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
        &["rollout", "A"],
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
