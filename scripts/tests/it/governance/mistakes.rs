//! What people get wrong: the wrong chain, a key that is not theirs, a manifest that cannot be written.

use crate::prelude::*;

/// A failure that says what happened, what was expected, what was found, and what to do next.
fn refused(answer: &Answer, exit: i32, name: &str) {
    answer.is(exit, name);
    for field in ["message", "expected", "found", "next"] {
        assert!(!answer.said(field).is_empty(), "{answer:?}");
    }
}

#[test]
fn a_registry_that_is_not_on_this_chain_is_reported_and_does_not_look_like_an_empty_one() {
    let (sandbox, other) = (Sandbox::with_counter("Admin", 1), Sandbox::bare());
    let endpoint = other.node.endpoint();
    let approve = format!("approve 0x{}", "11".repeat(32));
    for words in [
        "status",
        "status A",
        "pending",
        "history A",
        "verify",
        "upgrade A",
        "register A 2.0 counter-v2",
        "create-proxy A 1.0",
        "define B --migrate Admin",
        "plan A 2.0 counter-v2",
        "policy update A Admin2",
        &approve,
    ] {
        let answer = sandbox.run("Admin", &format!("{words} --rpc-url {endpoint}"));
        refused(&answer, 4, "Missing");
        answer.says("found", &["no code on chain 412346", &endpoint]);
    }
}

#[test]
fn a_key_that_cannot_be_checked_is_not_used() {
    let sandbox = Sandbox::new();
    for (from, name) in [
        ("vitalik.eth", "FromMalformed"),
        ("0x0000000000000000000000000000000000000001", "OtherAddress"),
    ] {
        let mut command = sandbox.command_of("Admin", "define A --migrate Admin");
        let output = command.env("ETH_FROM", from).output();
        refused(&Answer::of(output.expect("it starts")), 2, name);
    }
}

#[test]
fn a_manifest_that_cannot_be_written_is_found_out_before_anything_is_paid_for() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    // Too long for the file that is written beside it.
    let [own, bare] = ["m", "n"].map(|letter| format!("{}.toml", letter.repeat(240)));
    sandbox.write(&own, sandbox.read(MANIFEST));
    sandbox.write(&bare, format!("rpc = {:?}\n", sandbox.node.endpoint()));
    let before = sandbox.nonce();
    sandbox.transcript(&format!(
        "Admin 2 ManifestUnreadable | {CREATE} --save one --manifest {own}
         Admin 2 ManifestUnreadable | registry deploy --save --manifest {bare}"
    ));
    assert_eq!(sandbox.nonce(), before, "something was sent");
}

#[test]
fn a_key_that_is_typed_in_place_of_an_id_or_a_name_is_not_repeated() {
    const DIGITS: &str = "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
    let sandbox = Sandbox::with_counter("Admin", 0);
    for key in [format!("0x{DIGITS}"), DIGITS.into(), DIGITS.to_uppercase()] {
        for words in [
            "approve KEY",
            "approve KEY --offline",
            "approve KEY --export call.json --as Admin",
            "submit KEY",
            "pending KEY",
            "pending KEY --against KEY",
            "revoke KEY",
            "cancel KEY",
            "history KEY",
            "status KEY",
            "verify KEY",
            "upgrade KEY",
            "trace KEY",
            "migrate A KEY KEY",
            "plan A 2.0 --action KEY",
        ] {
            let answer = sandbox.run("Admin", &words.replace("KEY", &key));
            let all = format!("{}{}", answer.document, answer.stderr).to_lowercase();
            assert!(!all.contains(DIGITS), "{words}: {answer:?}");
        }
    }
    let unknown = sandbox.run("Admin", &format!("approve 0x{DIGITS}"));
    unknown.is(1, "UnknownAction");
    assert_eq!(unknown.said("found"), "0xb6b1…0659");

    // An id that the chain has is repeated in full: the next command needs it.
    sandbox.done("Admin", &format!("policy update A {BOTH}"));
    let action = sandbox.action("Admin", MIGRATE);
    let refused = sandbox.run("Other", &format!("cancel {action}"));
    contains(&refused.document["error"].to_string(), &[&action]);
}
