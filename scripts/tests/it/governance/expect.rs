//! Expectations of an upgrade, from the plan that writes them to the check that holds them on chain.

use crate::governance::plan::PLAN;
use crate::governance::sandbox::{Answer, CREATE_SAVED, MIGRATE, Sandbox, error, text};
use serde_json::{Value, json};

const FILE: &str = "expect.toml";
/// Two people, and two days.
const DELAYED: &str = "AND(Admin,Admin2,AFTER(172800))";

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
        file.contains("expect = [\n    \"unchanged value()\",\n]"),
        "{file}"
    );
    let unchecked = text(&planned, "state_difference").to_owned();

    let expecting = with(&PLAN, &["--expect", FILE]);
    let tried = sandbox.done("Other", &expecting);
    assert_eq!(tried["expectations"], json!(["unchanged value()"]));
    let hash = text(&tried, "state_difference").to_owned();
    assert_ne!(hash, unchecked, "the hash covers the check");
    let (_, lines) = sandbox.reported("Other", &expecting);
    assert!(
        lines
            .iter()
            .any(|line| line.ends_with("expects       unchanged value()")),
        "{lines:#?}"
    );

    let migrate = with(&MIGRATE, &["--expect", FILE]);
    let proposed = sandbox.proposed("Admin", &migrate);
    let action = text(&proposed, "action").to_owned();
    // The chain goes on elsewhere: what the upgrade changes is the same.
    sandbox.wait(5_000);
    let same = sandbox.done("Admin2", &format!("pending {action} --against {hash}"));
    assert!(
        says(&same["findings"], "it expects: unchanged value()"),
        "{same:#}"
    );
    assert!(says(&same["facts"], "unchanged value()"), "{same:#}");
    let other = format!("0x{}", "11".repeat(32));
    let differs = sandbox.run("Admin2", &format!("pending {action} --against {other}"));
    differs.is(1, "StateDifference");
    let no_action = sandbox.run("Admin2", &format!("pending A --against {hash}"));
    assert_eq!(no_action.exit, Some(2), "{no_action:?}");

    sandbox.done(
        "Admin2",
        &format!("approve {action} --accept absent:interface"),
    );
    let history = sandbox.done("Other", "history A");
    assert!(says(&history["checks"], "unchanged value()"), "{history:#}");
    let status = sandbox.done("Other", "status A");
    assert!(!says(&status, "1 instance waits"), "{status}");
}

#[test]
fn an_outcome_that_was_not_expected_is_refused_by_plan_and_by_the_chain() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    write(
        &sandbox,
        "expect = [\"unchanged value()\", \"equal step() 6\"]\n",
    );
    let planned = sandbox.run("Other", &with(&PLAN, &["--expect", FILE]));
    assert_eq!(planned.exit, Some(1), "{planned:?}");
    assert!(
        says(&planned.document["error"], "equal step() 6"),
        "{planned:?}"
    );
    let refused = sandbox.run("Admin", &with(&MIGRATE, &["--expect", FILE]));
    refused.is(1, "PostConditionFailed");

    write(
        &sandbox,
        "expect = [\"unchanged value()\", \"equal step() 5\"]\n",
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
        ("expect = []", &[][..], 2, "ExpectationsSyntax"),
        (
            "expect = [\"unchanged value()\", \"unchanged value()\"]",
            &[],
            2,
            "ExpectationsSyntax",
        ),
        (
            "expect = [\"unchanged nothing()\"]",
            &[],
            1,
            "ExpectationLost",
        ),
        (
            "expect = [\"unchanged step()\"]",
            &[],
            1,
            "PostConditionFailed",
        ),
        (
            "expect = [\"unchanged value()\"]",
            &["--check", "counter-v1"],
            2,
            "ExpectationsOfStep",
        ),
        (
            "expect = [\"unchanged value()\"]",
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

/// What the counter's value is, read through its proxy.
fn value(sandbox: &Sandbox) -> Value {
    sandbox.done("Other", "call counter value()")["returned"][0].clone()
}

/// The version of the instance that has that name in the manifest.
fn version(sandbox: &Sandbox, name: &str) -> Value {
    sandbox.done("Other", &format!("status {name}"))["instance"]["version"].clone()
}

/// The file that `plan` writes for a step.
fn generated(sandbox: &Sandbox, step: &[&str]) -> String {
    let _ = std::fs::remove_file(sandbox.path(FILE));
    let plan = with(&with(&["plan"], step), &["--write-expect", FILE]);
    let planned = sandbox.done("Other", &plan);
    assert_eq!(
        planned["ok"], true,
        "without expectations it would succeed: {planned}"
    );
    std::fs::read_to_string(sandbox.path(FILE)).expect("written")
}

/// The reasons why instances wait.
fn reasons(answer: &Answer) -> String {
    answer.document["waiting"].to_string()
}

#[test]
#[ignore = "nightly: many commands of several people, about 10 s"]
fn state_that_moved_while_the_delay_ran_is_refused_on_chain() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", &CREATE_SAVED);
    sandbox.done("Admin", &format!("policy update A {}", DELAYED));
    let step = [
        "A",
        "2.0",
        "counter-v1",
        "--foreign",
        "--call",
        "increment()",
    ];
    let file = generated(&sandbox, &step);
    let meant = "\"equal value() 8\"";
    assert!(file.contains(&format!("# {meant}")), "{file}");
    write(&sandbox, &file.replace(&format!("# {meant}"), meant));
    let migrate = with(
        &with(&["migrate"], &step),
        &["--expect", FILE, "--skip-failing"],
    );
    let proposed = sandbox.proposed("Admin", &migrate);
    let action = text(&proposed, "action").to_owned();
    let approved = sandbox.run("Admin2", &format!("approve {action}"));
    assert_eq!(
        (approved.exit, text(&approved.document, "blocked_by")),
        (Some(3), "delay")
    );

    sandbox.done("Other", "send counter increment()");
    assert_eq!(value(&sandbox), "8");
    sandbox.wait(172_800);
    let refusal = "PostConditionFailed(\\\"equal value() 8\\\")";
    let pending = sandbox.done("Other", &format!("pending {action}"));
    assert!(says(&pending["findings"], refusal), "{pending:#}");
    let executed = sandbox.run("Other", &format!("approve {action}"));
    assert_eq!(
        (executed.exit, &executed.document["executed"]),
        (Some(3), &json!(true)),
        "{executed:?}"
    );
    assert!(reasons(&executed).contains(refusal), "{executed:?}");
    assert_eq!(
        (version(&sandbox, "counter"), value(&sandbox)),
        (json!("1.0"), json!("8"))
    );
    sandbox.done("Other", "send counter increment()");
    assert_eq!(value(&sandbox), "9");
}

#[test]
#[ignore = "nightly: four definitions and their upgrades by commands, about 20 s"]
fn wasm_instances_go_where_their_getters_say_so_and_nowhere_else() {
    let sandbox = Sandbox::new();
    let admin = [
        "--migrate",
        "Admin",
        "--policy",
        "Admin",
        "--create",
        "Admin",
    ];
    for (name, code, init) in [
        ("Points", "points-v1", &["initialize(address)", "Admin"][..]),
        ("Ledger", "ledger-v1", &["initialize(uint64)", "3"]),
        ("Lazy", "ledger-v1", &["initialize(uint64)", "3"]),
        (
            "Token",
            "erc20-v1",
            &["initialize(address,uint256)", "Admin", "1000"],
        ),
    ] {
        sandbox.done("Admin", &with(&["define", name], &admin));
        sandbox.done("Admin", &format!("register {name} 1.0 {code}"));
        let create = ["create-proxy", name, "1.0", "--save", name, "--init"];
        sandbox.done("Admin", &with(&create, init));
    }
    let expecting = ["--expect", FILE];
    // Kinds none, call of the mixin, and call of code that does not know it.
    for (step, expected) in [
        (&["Points", "1.1", "points-v1"][..], "unchanged unit()"),
        (
            &["Token", "2.0", "erc20-v2", "--call", "migrate()"],
            "unchanged totalSupply()",
        ),
        (
            &[
                "Ledger",
                "1.1",
                "ledger-v1",
                "--foreign",
                "--call",
                "close(address)",
                "Admin",
            ],
            "unchanged fee()",
        ),
    ] {
        generated(&sandbox, step);
        let migrate = with(&with(&["migrate"], step), &expecting);
        let done = sandbox.done("Admin", &migrate);
        assert_eq!(done["executed"], true, "{done}");
        assert!(says(&done["facts"], expected), "{done:#}");
        assert_eq!(version(&sandbox, step[0]), step[1]);
    }
    // A unit that is another one though no migration converts what was counted in it; a getter that answers in
    // another form.
    let lost = "function-removed:balance(address),returns-changed:fee(),function-changed:write(address[],uint64)";
    for (step, was, expected) in [
        (
            &["Points", "2.0", "points-v2"][..],
            "1.1",
            "unchanged unit()",
        ),
        (
            &[
                "Lazy",
                "2.0",
                "ledger-v2",
                "--call",
                "migrate(uint64)",
                "0",
                "--accept",
                lost,
            ],
            "1.0",
            "unchanged fee()",
        ),
    ] {
        generated(&sandbox, step);
        let migrate = with(&with(&["migrate"], step), &expecting);
        let refused = sandbox.run("Admin", &migrate);
        refused.is(1, "PostConditionFailed");
        let waits = sandbox.run("Admin", &with(&migrate, &["--skip-failing"]));
        assert_eq!(waits.exit, Some(3), "{waits:?}");
        assert!(reasons(&waits).contains(expected), "{waits:?}");
        assert_eq!(version(&sandbox, step[0]), was);
    }
}
