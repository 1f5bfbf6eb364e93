//! Expectations of an upgrade, from the plan that writes them to the check that holds them on chain.

use crate::prelude::*;

const FILE: &str = "expect.toml";

/// Whether a document says that text anywhere.
fn says(document: &Value, text: &str) -> bool {
    document.to_string().contains(text)
}

#[test]
fn what_plan_writes_is_checked_on_chain_and_read_in_words_by_everybody() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let planned = sandbox.done("Other", &format!("{PLAN} --write-expect {FILE}"));
    let file = sandbox.read(FILE);
    assert_snapshot!(masked(&file), @r#"
    # What must hold of every instance after the upgrade. For --expect.
    expect = [
        "unchanged value()",
    ]
    "#);

    let expecting = format!("{PLAN} --expect {FILE}");
    let tried = sandbox.done("Other", &expecting);
    tried.has(json!({"expectations": ["unchanged value()"]}));
    let hash = text(&tried, "state_difference");
    let unchecked = text(&planned, "state_difference");
    assert_ne!(hash, unchecked, "the hash covers the check");
    let shown = sandbox.shown("Other", &expecting, 0);
    assert_snapshot!(masked(&shown));

    let action = sandbox.action("Admin", &format!("{MIGRATE} --expect {FILE}"));
    // The chain continues elsewhere: what the upgrade changes is the same.
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
    sandbox
        .run("Admin2", &format!("pending A --against {hash}"))
        .ends(2);

    let approve = format!("approve {action} --accept absent:interface");
    sandbox.done("Admin2", &approve);
    let history = sandbox.done("Other", "history A");
    assert!(says(&history["checks"], "unchanged value()"), "{history:#}");
    let status = sandbox.done("Other", "status A");
    assert!(!says(&status, "1 instance waits"), "{status}");
}

#[test]
fn an_outcome_that_was_not_expected_is_refused_by_plan_and_by_the_chain() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.write(
        FILE,
        "expect = [\"unchanged value()\", \"equal step() 6\"]\n",
    );
    let planned = sandbox.run("Other", &format!("{PLAN} --expect {FILE}"));
    planned.ends(1);
    assert_snapshot!(planned.refusal(), @r#"
    message: the upgrade of [address] would be refused: PostConditionFailed("equal step() 6")
    expected: equal step() 6 after the step
    found: it does not hold
    next: nothing has changed: correct the calldata, or the code that the condition belongs to; to leave it behind: --accept PostConditionFailed:[address]
    "#);
    // `migrate` says the same before it sends anything.
    let migrate = format!("{MIGRATE} --expect {FILE}");
    let refused = sandbox.run("Admin", &migrate);
    refused.is(1, "PostConditionFailed");
    assert_snapshot!(refused.refusal(), @r#"
    message: the upgrade of [address] would be refused: PostConditionFailed("equal step() 6")
    expected: equal step() 6 after the step
    found: it does not hold
    next: nothing has changed: correct the calldata, or the code that the condition belongs to; to leave it behind: --accept PostConditionFailed:[address]
    "#);
    // Where that is meant, the version is activated, and the instance stays as it was.
    let proxy = sandbox.proxies()[0];
    let meant = format!("{migrate} --accept PostConditionFailed:{proxy}");
    skips(&sandbox.run("Admin", &meant), "equal step() 6");
    assert_eq!(texts(&sandbox.instances("A"), "version"), ["1.0"]);

    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.write(
        FILE,
        "expect = [\"unchanged value()\", \"equal step() 5\"]\n",
    );
    for words in [format!("{migrate} --dry-run"), migrate] {
        sandbox.done("Admin", &words).has(json!({"executed": true}));
    }
    assert_eq!(texts(&sandbox.instances("A"), "version"), ["2.0"]);
}

#[test]
fn expectations_that_no_check_could_hold_are_refused_before_anything_is_sent() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let before = sandbox.block();
    let value = r#""unchanged value()""#;
    let twice = r#""unchanged value()", "unchanged value()""#;
    for (content, more, exit, name) in [
        ("", "", 2, "ExpectationsSyntax"),
        (twice, "", 2, "ExpectationsSyntax"),
        (r#""unchanged nothing()""#, "", 1, "ExpectationLost"),
        (value, "--check counter-v1", 2, "ExpectationsOfStep"),
        (value, "--script counter-back", 2, "ExpectationsOfStep"),
    ] {
        sandbox.write(FILE, format!("expect = [{content}]"));
        let refused = sandbox.run("Admin", &format!("{MIGRATE} --expect {FILE} {more}"));
        refused.is(exit, name);
    }
    let complex = "migrate A 2.0 counter-v2 --complex points-cursor --handler Admin";
    let refused = sandbox.run("Admin", &format!("{complex} --expect {FILE}"));
    assert_eq!(error(&refused), "ExpectationsOfStep", "{refused:?}");
    assert_eq!(sandbox.block(), before, "something was sent");
}

/// What the counter's value is, read through its proxy.
fn value(sandbox: &Sandbox) -> Value {
    sandbox.done("Other", "call counter value()")["returned"][0].clone()
}

/// The file that `plan` writes for a step.
fn generated(sandbox: &Sandbox, step: &str) -> String {
    let _ = std::fs::remove_file(sandbox.path(FILE));
    let planned = sandbox.done("Other", &format!("plan {step} --write-expect {FILE}"));
    planned.has(json!({"ok": true}));
    sandbox.read(FILE)
}

/// Asserts for which reason instances stayed as they were.
fn skips(answer: &Answer, reason: &str) {
    assert!(says(&answer.ends(5)["skipped"], reason), "{answer:?}");
}

#[test]
#[ignore = "nightly: many commands of several people, about 10 s"]
fn state_that_moved_while_the_delay_ran_is_refused_on_chain() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", CREATE_SAVED);
    sandbox.done("Admin", "policy update A AND(Admin,Admin2,AFTER(172800))");
    let step = "A 2.0 counter-v1 --foreign --call increment()";
    let file = generated(&sandbox, step);
    let meant = "\"equal value() 8\"";
    contains(&file, &[&format!("# {meant}")]);
    sandbox.write(FILE, file.replace(&format!("# {meant}"), meant));
    let migrate = format!("migrate {step} --expect {FILE}");
    let action = sandbox.action("Admin", &migrate);
    let approved = sandbox.proposed("Admin2", &format!("approve {action}"));
    approved.has(json!({"blocked_by": "delay"}));

    sandbox.done("Other", "send counter increment()");
    assert_eq!(value(&sandbox), "8");
    sandbox.wait(2 * DAY);
    let refusal = "PostConditionFailed(\\\"equal value() 8\\\")";
    let pending = sandbox.done("Other", &format!("pending {action}"));
    assert!(says(&pending["findings"], refusal), "{pending:#}");
    let approve = format!("approve {action}");
    sandbox.run("Other", &approve).is(1, "PostConditionFailed");
    let counter = sandbox.proxies()[0];
    let accept = format!("--accept PostConditionFailed:{counter}");
    let executed = sandbox.run("Other", &format!("{approve} {accept}"));
    executed.document.has(json!({"executed": true}));
    skips(&executed, refusal);
    assert_eq!(
        (sandbox.version("counter"), value(&sandbox)),
        ("1.0".into(), json!("8"))
    );
    sandbox.done("Other", "send counter increment()");
    assert_eq!(value(&sandbox), "9");
}

#[test]
#[ignore = "nightly: four definitions and their upgrades by commands, about 20 s"]
fn wasm_instances_go_where_their_getters_say_so_and_nowhere_else() {
    let sandbox = Sandbox::new();
    for (name, code, init) in [
        ("Points", "points-v1", "initialize(address) Admin"),
        ("Ledger", "ledger-v1", "initialize(uint64) 3"),
        ("Lazy", "ledger-v1", "initialize(uint64) 3"),
        (
            "Token",
            "erc20-v1",
            "initialize(address,uint256) Admin 1000",
        ),
    ] {
        sandbox.transcript(&format!(
            "Admin 0 | define {name} --migrate Admin --policy Admin --create Admin
             Admin 0 | register {name} 1.0 {code}
             Admin 0 | create-proxy {name} 1.0 --save {name} --init {init}"
        ));
    }
    // Kinds none, call of the mixin, and call of code that does not know it.
    let close = "Ledger 1.1 ledger-v1 --foreign --call close(address) Admin";
    for (step, version, expected) in [
        ("Points 1.1 points-v1", "1.1", "unchanged unit()"),
        (
            "Token 2.0 erc20-v2 --call migrate()",
            "2.0",
            "unchanged totalSupply()",
        ),
        (close, "1.1", "unchanged fee()"),
    ] {
        generated(&sandbox, step);
        let done = sandbox.done("Admin", &format!("migrate {step} --expect {FILE}"));
        done.has(json!({"executed": true}));
        assert!(says(&done["facts"], expected), "{done:#}");
        assert_eq!(sandbox.version(step.list()[0]), version);
    }
    // A unit that is another one though no migration converts what was counted in it; a getter that answers in
    // another form.
    let lost = "function-removed:balance(address),returns-changed:fee(),function-changed:write(address[],uint64)";
    let lazy = format!("Lazy 2.0 ledger-v2 --call migrate(uint64) 0 --accept {lost}");
    for (step, was, expected) in [
        ("Points 2.0 points-v2", "1.1", "unchanged unit()"),
        (&lazy, "1.0", "unchanged fee()"),
    ] {
        generated(&sandbox, step);
        let migrate = format!("migrate {step} --expect {FILE}");
        let refused = sandbox.run("Admin", &migrate);
        assert!(says(&refused.ends(1)["error"], expected), "{refused:?}");
        let status = sandbox.done("Other", &format!("status {}", step.list()[0]));
        let proxy = account(&status["instance"], "proxy");
        let name = error(&refused);
        let meant = format!("{migrate} --accept {name}:{proxy}");
        skips(&sandbox.run("Admin", &meant), expected);
        assert_eq!(sandbox.version(step.list()[0]), was);
    }
}
