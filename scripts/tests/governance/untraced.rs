//! An endpoint without `debug_…`, as most providers are: what needs a trace says so, and everything
//! else works.

use crate::relay::Relay;
use crate::sandbox::{MIGRATE, Sandbox, error, text};
use serde_json::Value;

/// A migration that every instance refuses.
const FAILS: [&str; 9] = [
    "migrate",
    "A",
    "2.0",
    "counter-v2",
    "--script",
    "counter-back",
    "--call",
    "nothing()",
    "--no-migration",
];

#[test]
fn without_tracing_a_refusal_says_that_the_instance_is_unknown_and_every_other_command_works() {
    let sandbox = Sandbox::with_counter("Admin", 2);
    let relay = Relay::to(&sandbox.node.endpoint(), |request: &Value| {
        let is_trace = request["method"].as_str()?.starts_with("debug_");
        is_trace.then_some("the method is not available")
    });
    let url = relay.endpoint();
    let at = |words: &[&str]| sandbox.run("Admin", &[words, &["--rpc-url", &url]].concat());
    let traced = sandbox.run("Admin", &FAILS);
    let message = text(&traced.document["error"], "message");
    assert!(message.contains("what fails is instance 0x"), "{message}");
    let untraced = at(&FAILS);
    assert_eq!(
        (untraced.exit, error(&untraced)),
        (traced.exit, error(&traced))
    );
    let report = &untraced.document["error"];
    assert!(
        text(report, "message").contains("the endpoint has no debug_traceCall"),
        "{report}"
    );
    assert!(
        text(report, "next").contains("stylus-upgrades plan"),
        "{report}"
    );
    // The plan needs no tracing, and says what would fail.
    let words: Vec<_> = FAILS.iter().copied().skip(1).collect();
    let plan = at(&[&["plan"][..], &words].concat());
    assert_eq!(plan.exit, Some(1), "{plan:?}");
    assert!(plan.document["problems"][0]["message"].is_string());

    let before = relay.methods().len();
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
    let later = relay.methods().split_off(before);
    let traces = later.iter().filter(|method| method.starts_with("debug_"));
    assert_eq!(
        traces.count(),
        0,
        "nobody asks for a trace of what succeeds"
    );
}
