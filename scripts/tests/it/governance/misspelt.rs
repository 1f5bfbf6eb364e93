//! Names and words that are a slip away from what there is, and what the answer to them says.

use crate::governance::sandbox::{Answer, CREATE, Sandbox, error, text};

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
fn a_role_that_is_not_there_is_answered_with_those_that_are() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let words = "policy explain A --role migrat";
    let answer = sandbox.run("Admin", &words);
    answer.is(1, "UnknownRole");
    assert!(
        reported(&answer, "message").contains("\"migrat\""),
        "{answer:?}"
    );
    assert_eq!(
        reported(&answer, "expected"),
        "one of create, migrate, policy"
    );
    assert_eq!(reported(&answer, "next"), "did you mean migrate?");
}

#[test]
fn the_words_of_policies_may_be_written_in_lower_case() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let policy = "or(Admin,outof(2,Admin2,Admin3,Other),and(Admin2,after(60)))";
    let set = sandbox.done("Admin", &format!("policy update A {policy}"));
    let written = text(&set, "policy");
    assert!(written.starts_with("OR(0x"), "{written}");
    assert!(
        written.contains("OutOf(2,") && written.contains("AFTER(60)"),
        "{written}"
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
    let proposed = sandbox.run("Admin", &words);
    assert_eq!(proposed.exit, Some(3), "{proposed:?}");
    let action = text(&proposed.document, "action").to_owned();
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

#[test]
fn what_is_done_is_said_once_where_there_is_no_terminal() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let words = "plan A 2.0 counter-v2 --call migrate(uint256) 5";
    let answer = sandbox.run("Admin", &words);
    assert_eq!(answer.exit, Some(0), "{answer:?}");
    let lines = answer.stderr.lines();
    let lines = lines.filter(|line| line.starts_with("trying A 2.0"));
    assert_eq!(lines.count(), 1, "{}", answer.stderr);
}

#[test]
fn a_long_label_is_not_repeated_in_full() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let label = "1".repeat(3_000);
    let words = format!("register A {label} counter-v2 --initial");
    let answer = sandbox.run("Admin", &words);
    assert_eq!(error(&answer), "InvalidLabel", "{answer:?}");
    for field in ["message", "found"] {
        let text = reported(&answer, field);
        assert!(text.len() < 500, "{text}");
        assert!(text.contains("more characters"), "{text}");
    }
    assert_eq!(sandbox.run("Admin", &CREATE).exit, Some(0));
}

#[test]
fn the_role_pause_is_explained_by_the_one_that_decides_for_it() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let words = "policy explain A --role pause";
    let explained = sandbox.done("Admin", &words);
    assert_eq!(text(&explained["policies"][0], "role"), "migrate");
    let (_, lines) = sandbox.reported("Admin", &words);
    assert!(
        lines[0].starts_with("pause is not set, so migrate decides"),
        "{lines:?}"
    );
    let answer = sandbox.run("Admin", "policy update A --role migrat Admin");
    answer.is(2, "Unconfirmed");
    let message = reported(&answer, "message");
    assert!(message.contains("did you mean \"migrate\"?"), "{message}");
}

#[test]
fn a_version_that_is_not_there_is_answered_with_those_that_are() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let words = "rollback A --to 9.0 --as 3.0";
    let answer = sandbox.run("Admin", &words);
    answer.is(1, "VersionNotFound");
    assert_eq!(reported(&answer, "expected"), "one of 1.0");
}

#[test]
fn what_is_missing_is_said_by_the_command_that_needs_it() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let cases: [(&[&str], &str, &str); 5] = [
        (&["define", "B"], "next", "stylus-upgrades define --help"),
        (
            &["policy", "explain"],
            "next",
            "stylus-upgrades policy explain --help",
        ),
        (
            &["create-proxy", "A", "1.0", "--init", "initialize(uint256)"],
            "expected",
            "1 argument",
        ),
        (
            &["create-proxy", "A", "1.0", "--init", "initialize(uint256)"],
            "found",
            "none",
        ),
        (
            &["node", "--port", "99999"],
            "next",
            "stylus-upgrades node --help",
        ),
    ];
    for (words, field, expected) in cases {
        let answer = match words[0] {
            "node" => {
                let output = sandbox.raw(&[words, &["--json"]].concat());
                let stdout = String::from_utf8(output.stdout).expect("text");
                let stderr = String::from_utf8(output.stderr).expect("text");
                Answer::of(output.status.code(), &stdout, stderr)
            }
            _ => sandbox.run("Admin", words),
        };
        answer.is(2, "Usage");
        assert_eq!(reported(&answer, field), expected, "{words:?}");
        assert!(!reported(&answer, "message").contains('\n'), "{answer:?}");
    }
    let again = sandbox.run("Admin", "registry deploy --save");
    assert_eq!(error(&again), "ManifestDiffers");
    let next = reported(&again, "next");
    assert!(next.contains("leave --save out"), "{next}");
}
