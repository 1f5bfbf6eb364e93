//! Expectations of an upgrade, from the plan that writes them to the check that holds them on chain.

use crate::governance::plan::PLAN;
use crate::governance::sandbox::{MIGRATE, Sandbox, error, text};
use serde_json::{Value, json};

const FILE: &str = "expect.toml";

fn write(sandbox: &Sandbox, content: &str) {
    std::fs::write(sandbox.path(FILE), content).expect("written");
}

fn with<'w>(words: &[&'w str], more: &[&'w str]) -> Vec<&'w str> {
    [words, more].concat()
}

/// Whether a document says that text anywhere.
fn says(document: &Value, text: &str) -> bool {
    document.to_string().contains(text)
}

#[test]
fn what_plan_writes_is_checked_on_chain_and_read_in_words_by_everybody() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    let plan = with(&PLAN, &["--write-expect", FILE]);
    let planned = sandbox.done("Other", &plan);
    let file = std::fs::read_to_string(sandbox.path(FILE)).expect("written");
    assert!(
        file.contains("unchanged = [\n    \"value()\",\n]"),
        "{file}"
    );
    let hash = text(&planned, "state_difference").to_owned();

    let expecting = with(&PLAN, &["--expect", FILE]);
    let tried = sandbox.done("Other", &expecting);
    assert_eq!(tried["expectations"], json!(["unchanged value()"]));
    assert_eq!(
        text(&tried, "state_difference"),
        hash,
        "the check changes no state"
    );
    let (_, lines) = sandbox.reported("Other", &expecting);
    assert!(
        lines
            .iter()
            .any(|line| line.ends_with("expects       unchanged value()")),
        "{lines:#?}"
    );

    let migrate = with(&MIGRATE, &["--expect", FILE]);
    let proposed = sandbox.run("Admin", &migrate);
    assert_eq!(proposed.exit, Some(3), "{proposed:?}");
    let action = text(&proposed.document, "action").to_owned();
    // The chain goes on elsewhere: what the upgrade changes is the same.
    sandbox.wait(5_000);
    let same = sandbox.done("Admin2", &["pending", &action, "--against", &hash]);
    assert!(
        says(&same["findings"], "it expects: unchanged value()"),
        "{same:#}"
    );
    assert!(says(&same["facts"], "unchanged value()"), "{same:#}");
    let other = format!("0x{}", "11".repeat(32));
    let differs = sandbox.run("Admin2", &["pending", &action, "--against", &other]);
    assert_eq!(
        (differs.exit, error(&differs)),
        (Some(1), "StateDifference")
    );
    let no_action = sandbox.run("Admin2", &["pending", "A", "--against", &hash]);
    assert_eq!(no_action.exit, Some(2), "{no_action:?}");

    sandbox.done(
        "Admin2",
        &["approve", &action, "--accept", "absent:interface"],
    );
    let history = sandbox.done("Other", &["history", "A"]);
    assert!(says(&history["checks"], "unchanged value()"), "{history:#}");
    let status = sandbox.done("Other", &["status", "A"]);
    assert!(!says(&status, "1 instance waits"), "{status}");
}

#[test]
fn an_outcome_that_was_not_expected_is_refused_by_plan_and_by_the_chain() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    write(
        &sandbox,
        "unchanged = [\"value()\"]\nequal = { \"step()\" = 6 }\n",
    );
    let planned = sandbox.run("Other", &with(&PLAN, &["--expect", FILE]));
    assert_eq!(planned.exit, Some(1), "{planned:?}");
    assert!(
        says(&planned.document["error"], "equal step() 6"),
        "{planned:?}"
    );
    let refused = sandbox.run("Admin", &with(&MIGRATE, &["--expect", FILE]));
    assert_eq!(
        (refused.exit, error(&refused)),
        (Some(1), "PostConditionFailed"),
        "{refused:?}"
    );

    write(
        &sandbox,
        "unchanged = [\"value()\"]\nequal = { \"step()\" = 5 }\n",
    );
    let dry = sandbox.done("Admin", &with(&MIGRATE, &["--expect", FILE, "--dry-run"]));
    assert_eq!(dry["executed"], true, "{dry}");
    let done = sandbox.done("Admin", &with(&MIGRATE, &["--expect", FILE]));
    assert_eq!(done["executed"], true, "{done}");
}

#[test]
fn expectations_that_no_check_could_hold_are_refused_before_anything_is_sent() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let before = sandbox.block();
    for (content, more, exit, name) in [
        ("", &[][..], 2, "ExpectationsEmpty"),
        (
            "unchanged = [\"value()\", \"value()\"]",
            &[],
            2,
            "ExpectationTwice",
        ),
        ("unchanged = [\"nothing()\"]", &[], 1, "ExpectationLost"),
        ("unchanged = [\"step()\"]", &[], 1, "ExpectationUnanswered"),
        (
            "unchanged = [\"value()\"]",
            &["--check", "counter-v1"],
            2,
            "ExpectationsOfStep",
        ),
        (
            "unchanged = [\"value()\"]",
            &["--script", "counter-back"],
            2,
            "ExpectationsOfStep",
        ),
    ] {
        write(&sandbox, content);
        let words = with(&with(&MIGRATE, &["--expect", FILE]), more);
        let refused = sandbox.run("Admin", &words);
        assert_eq!(
            (refused.exit, error(&refused)),
            (Some(exit), name),
            "{content}: {refused:?}"
        );
    }
    let complex = [
        "migrate",
        "A",
        "2.0",
        "counter-v2",
        "--complex",
        "points-cursor",
        "--handler",
        "Admin",
    ];
    let refused = sandbox.run("Admin", &with(&complex, &["--expect", FILE]));
    assert_eq!(error(&refused), "ExpectationsOfStep", "{refused:?}");
    assert_eq!(sandbox.block(), before, "something was sent");
}
