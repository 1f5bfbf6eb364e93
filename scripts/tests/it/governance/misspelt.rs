//! Names and words that are a slip away from what there is, and what the answer to them says.

use crate::governance::sandbox::{Answer, Sandbox, error, text};

/// What the answer says under that name.
fn reported<'a>(answer: &'a Answer, field: &str) -> &'a str {
    text(&answer.document["error"], field)
}

#[test]
fn a_definition_that_is_not_there_is_answered_with_those_that_are() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", "define Ledger --migrate Admin");
    for words in [
        &["status", "Leger"][..],
        &["history", "Leger"],
        &["upgrade", "Leger"],
        &["pending", "Leger"],
        &["policy", "explain", "Leger"],
        &["plan", "Leger", "2.0", "counter-v2"],
        &["register", "Leger", "2.0", "counter-v2"],
        &[
            "create-proxy",
            "Leger",
            "1.0",
            "--accept=initializer-omitted",
        ],
    ] {
        let answer = sandbox.run("Admin", words);
        assert_eq!(answer.exit, Some(1), "{words:?} {answer:?}");
        assert_eq!(error(&answer), "DefinitionNotFound", "{words:?}");
        let expected = reported(&answer, "expected");
        assert_eq!(expected, "one of A, Ledger");
        assert_eq!(
            reported(&answer, "next"),
            "did you mean Ledger?",
            "{words:?}"
        );
    }
    let nothing_like_it = sandbox.run("Admin", "status Points");
    let next = reported(&nothing_like_it, "next");
    assert!(
        next.contains("stylus-upgrades define Points --migrate POLICY"),
        "{next}"
    );
}

#[test]
fn a_function_that_the_code_does_not_declare_is_repeated_as_it_was_typed() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let create = "create-proxy A 1.0 --init initialise(uint256) 7";
    let answer = sandbox.run("Admin", &create);
    assert_eq!(error(&answer), "InitializerUndeclared", "{answer:?}");
    let found = reported(&answer, "found");
    assert!(
        found.starts_with("the function initialise(uint256) "),
        "{found}"
    );
    let expected = reported(&answer, "expected");
    assert!(expected.starts_with("initialize(uint256)"), "{expected}");
    let call = ["--call", "migrat(uint256)", "5"];
    for command in ["migrate", "plan"] {
        let words = [&[command, "A", "2.0", "counter-v2"][..], &call].concat();
        let answer = sandbox.run("Admin", &words);
        let message = answer.document.to_string();
        assert!(
            message.contains("the function migrat(uint256) "),
            "{message}"
        );
    }
}

#[test]
fn a_constructor_that_would_not_run_is_refused_unless_it_is_meant() {
    let sandbox = Sandbox::new();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/contracts/hostile");
    let refused = sandbox.run("Admin", &format!("deploy {source}"));
    refused.is(2, "HasConstructor");
    assert!(reported(&refused, "next").contains("--accept constructor"));
    sandbox.done("Admin", &format!("deploy {source} --accept=constructor"));
    sandbox.done("Admin", "deploy counter-v1"); // it has none

    sandbox.done("Admin", "define A --migrate Admin");
    let registered = sandbox.run("Admin", &format!("register A 1.0 {source}"));
    assert_eq!(registered.exit, Some(0), "{registered:?}");
    assert!(
        registered
            .stderr
            .contains("warning: hostile has a #[constructor]"),
        "{}",
        registered.stderr
    );
}

/// What the interface of counter-v1 loses with points-v1.
const LOST: [&str; 3] = [
    "function-removed:increment()",
    "function-removed:value()",
    "error-removed:Overflow(uint256,uint256)",
];

#[test]
fn a_stranger_who_approves_is_refused_before_anything_is_checked() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 0);
    // The storage of another contract: whoever checks it refuses it.
    let mut words = vec![
        "migrate",
        "A",
        "2.0",
        "points-v1",
        "--accept=migration-omitted",
    ];
    let refused = sandbox.run("Admin", &words);
    assert_eq!(error(&refused), "LayoutRefused", "{refused:?}");
    for finding in reported(&refused, "found").split(", ") {
        words.extend(["--accept", finding]);
    }
    for lost in LOST {
        words.extend(["--accept", lost]);
    }
    let proposed = sandbox.proposed("Admin", &words);
    let action = text(&proposed, "action").to_owned();
    let checked = sandbox.run("Admin2", &format!("approve {action}"));
    assert_eq!(error(&checked), "LayoutRefused", "{checked:?}");
    let next = reported(&checked, "next").to_owned();
    assert!(next.contains("InterfaceLost refuses it too"), "{next}");
    let mut approve = vec!["approve", &action];
    for lost in LOST {
        approve.extend(["--accept", lost]);
    }
    let checked = sandbox.run("Admin2", &approve);
    assert_eq!(error(&checked), "LayoutRefused", "{checked:?}");
    let answer = sandbox.run("Other", &format!("approve {action}"));
    answer.is(1, "NotAnApprover");
}
