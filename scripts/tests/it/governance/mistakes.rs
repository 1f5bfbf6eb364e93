//! What people get wrong: the wrong chain, a key that is not theirs, a manifest that cannot be written.

use crate::prelude::*;

/// A failure that says what happened, what was expected, what was found, and what to do next.
fn refused(answer: &Answer, exit: i32, name: &str) {
    assert_eq!(answer.exit, Some(exit), "{answer:?}");
    assert_eq!(error(answer), name, "{answer:?}");
    for field in ["message", "expected", "found", "next"] {
        let reported = answer.document["error"][field].as_str();
        assert!(
            reported.is_some_and(|reported| !reported.is_empty()),
            "{answer:?}"
        );
    }
}

#[test]
fn a_registry_that_is_not_on_this_chain_is_reported_and_does_not_look_like_an_empty_one() {
    let (sandbox, other) = (Sandbox::with_counter("Admin", 1), Sandbox::bare());
    let elsewhere = ["--rpc-url", &other.node.endpoint()];
    for words in [
        &["status"][..],
        &["status", "A"],
        &["pending"],
        &["history", "A"],
        &["verify"],
        &["upgrade", "A"],
        &["register", "A", "2.0", "counter-v2"],
        &["create-proxy", "A", "1.0"],
        &["define", "B", "--migrate", "Admin"],
        &["plan", "A", "2.0", "counter-v2"],
        &["policy", "update", "A", "Admin2"],
        &["approve", &format!("0x{}", "11".repeat(32))],
    ] {
        let answer = sandbox.run("Admin", &[words, &elsewhere].concat());
        refused(&answer, 4, "Missing");
        let found = text(&answer.document["error"], "found");
        assert!(
            found.contains("no code on chain 412346") && found.contains(&other.node.endpoint()),
            "{words:?}: {found}"
        );
    }
}

#[test]
fn a_key_that_cannot_be_checked_is_not_used() {
    let sandbox = Sandbox::new();
    let define = "define A --migrate Admin --private-key-path Admin --json";
    for (from, name) in [
        ("vitalik.eth", "FromMalformed"),
        ("0x0000000000000000000000000000000000000001", "OtherAddress"),
    ] {
        let output = sandbox.command(&define).env("ETH_FROM", from).output();
        let output = output.expect("it starts");
        let answer = Answer {
            exit: output.status.code(),
            document: serde_json::from_slice(&output.stdout).expect("one document"),
            stderr: String::new(),
        };
        refused(&answer, 2, name);
    }
}

#[test]
fn a_manifest_that_cannot_be_written_is_found_out_before_anything_is_paid_for() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    // Too long for the file that is written beside it.
    let manifest = format!("{}.toml", "m".repeat(240));
    std::fs::copy(
        sandbox.path("stylus-upgrades.toml"),
        sandbox.path(&manifest),
    )
    .expect("copied");
    let nonce = || {
        let account = sandbox.node.addresses()[0];
        let found =
            sandbox.chain(move |chain| chain.account(account, stylus_chain::BlockId::latest()));
        found.expect("an account").nonce
    };
    let before = nonce();
    let words = [&CREATE[..], &["--save", "one", "--manifest", &manifest]].concat();
    let refused = sandbox.run("Admin", &words);
    refused.is(2, "ManifestUnreadable");
    assert_eq!(nonce(), before, "something was sent");

    let bare = format!("{}.toml", "n".repeat(240));
    let rpc = format!("rpc = {:?}\n", sandbox.node.endpoint());
    std::fs::write(sandbox.path(&bare), rpc).expect("written");
    let deploy = format!("registry deploy --save --manifest {bare}");
    let refused = sandbox.run("Admin", &deploy);
    refused.is(2, "ManifestUnreadable");
    assert_eq!(nonce(), before, "something was sent");
}
