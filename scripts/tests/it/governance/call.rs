//! `call` and `send`: what they know by name, and what they refuse.

use crate::governance::trace::with_instance;
use crate::prelude::*;

/// An account without code.
const NOBODY: &str = "0x00000000000000000000000000000000000000aa";

#[test]
fn a_function_is_called_by_its_signature_its_name_or_its_calldata() {
    let (sandbox, _) = with_instance();
    for function in ["value() returns (uint256)", "value()", "value"] {
        let answer = sandbox.done("Other", &["call", "counter", function]);
        assert_eq!(answer["returned"], json!(["7"]), "{function}: {answer}");
        assert_eq!(answer["function"], "value()");
    }
    let answer = sandbox.done("Other", "call counter 0x3fa4f245");
    assert_eq!(answer["returned"], json!(null));
    assert_eq!(answer["data"], format!("0x{:064x}", 7));

    let sent = sandbox.done("Other", "send counter increment");
    assert!(
        text(&sent, "tx").len() == 66 && sent["gas"].as_u64() > Some(21_000),
        "{sent}"
    );
    let answer = sandbox.done("Other", "call counter value");
    assert_eq!(answer["returned"], json!(["8"]));
}

#[test]
fn what_is_not_known_is_not_guessed_and_what_is_refused_is_not_sent() {
    let (sandbox, _) = with_instance();
    let cases: [(&[&str], &str); 7] = [
        (&["call", "counter", "nothing"], "Usage"),
        (&["call", "counter", "initialize"], "Usage"),
        (
            &["call", "counter", "initialize(uint256)", "1"],
            "NotInUpgrade",
        ),
        (
            &["send", "counter", "initialize(uint256)", "1"],
            "NotInUpgrade",
        ),
        (&["call", NOBODY, "value"], "Usage"),
        (
            &["call", NOBODY, "value() returns (uint256)"],
            "UnexpectedAnswer",
        ),
        (
            &["send", "counter", "increment()", "--value", "1"],
            "Revert",
        ),
    ];
    let before = sandbox.block();
    for (words, name) in cases {
        let refused = sandbox.run("Other", words);
        assert_eq!(error(&refused), name, "{words:?}: {refused:?}");
        let next = text(&refused.document["error"], "next");
        let names_labels = next.contains("#[migration(from, to)]");
        assert_eq!(names_labels, name == "NotInUpgrade", "{words:?}: {next}");
    }
    let after = sandbox.block();
    assert_eq!(before, after, "nothing was mined");
}

#[test]
fn who_sends_needs_a_key_and_who_reads_needs_none() {
    let (sandbox, _) = with_instance();
    let sent = sandbox.raw("send counter increment --json");
    assert_eq!(sent.status.code(), Some(2));
    let read = sandbox.raw("call counter value");
    assert_eq!(
        (read.status.code(), &read.stdout[..]),
        (Some(0), &b"7\n"[..])
    );
}
