//! An upgrade tried on a copy of the chain's state: what it reports, and that it changes nothing.

use crate::prelude::*;

/// The kinds of the problems, without the account that one is about.
fn problems(document: &Value) -> Vec<&str> {
    let ids = texts(list(document, "problems"), "id").into_iter();
    ids.map(|id| id.split(":0x").next().unwrap_or(id)).collect()
}

/// Asserts that a plan has found these problems and no others.
#[track_caller]
fn fails(sandbox: &Sandbox, plan: &str, ids: &[&str]) -> Value {
    let answer = sandbox.run("Other", plan);
    assert_eq!(problems(answer.ends(1)), ids, "{answer:?}");
    answer.document
}

fn change<'a>(instance: &'a Value, name: &str) -> &'a Value {
    let mut changes = list(instance, "changes").iter();
    let named = changes.find(|change| change["name"] == name);
    named.unwrap_or_else(|| panic!("no {name} in {instance}"))
}

fn word(number: u64) -> String {
    B256::from(U256::from(number)).to_string()
}

#[test]
fn code_that_is_not_deployed_is_tried_with_its_storage_events_gas_and_approvals() {
    let sandbox = Sandbox::with_counter(BOTH, 2);
    let before = sandbox.block();
    let plan = sandbox.done("Other", PLAN);
    plan.has(json!({"ok": true, "from": "1.0", "policy": {"fewest": 2}}));
    let instances = list(&plan, "instances");
    assert_eq!(instances.len(), 2);
    for instance in instances {
        assert_eq!(text(instance, "to"), "2.0");
        change(instance, "step").has(json!({"before": word(0), "after": word(5)}));
        change(instance, "implementation (ERC-1967)");
        change(instance, "migrated[\"2.0\"]").has(json!({"after": word(1)}));
        assert_eq!(list(instance, "changes").len(), 3);
        let events = texts(list(instance, "events"), "what");
        assert_eq!(events[0], "Migrated(\"1.0\", \"2.0\")");
        assert!(events[1].starts_with("Upgraded("));
    }
    let names = texts(list(&plan, "transactions"), "name").into_iter();
    let names: Vec<_> = names.filter_map(|name| name.split(' ').next()).collect();
    assert_eq!(
        names,
        [
            "deploy", "activate", "publish", "migrate", "migrate", "rollout"
        ]
    );

    assert_eq!(before, sandbox.block(), "the plan sent something");
    assert!(sandbox.open("").is_empty());
    let shown = sandbox.shown("Other", PLAN, 0);
    assert_snapshot!(masked(&shown));
    // Hashes wait until somebody asks for them.
    let full = sandbox.shown("Other", &format!("{PLAN} --full"), 0);
    assert_snapshot!(masked(&full));
}

#[test]
fn what_the_plan_says_is_what_happens_to_the_unit_of_gas() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let plan = sandbox.done("Other", PLAN);
    let shown = sandbox.shown("Other", PLAN, 0);
    assert!(shown.lines().count() <= 26, "{shown}");
    let first = sandbox.proposed("Admin", MIGRATE);
    let last = sandbox.done("Admin2", MIGRATE);
    let gas = |documents: &[&Value]| -> Vec<Value> {
        let all = documents.iter().flat_map(|one| list(one, "transactions"));
        all.map(|one| one["gas"].clone()).collect()
    };
    assert_eq!(gas(&[&plan]), gas(&[&first, &last]));
    let history = sandbox.done("Other", "history A");
    let proposed = list(&history, "entries")
        .iter()
        .rfind(|entry| entry["event"] == "Proposed");
    assert_eq!(proposed.expect("it")["what"], "proposed migration to 2.0");
    assert_eq!(first["display"], plan["display"]);
}

#[test]
fn an_open_action_is_tried_without_its_source() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    sandbox.transcript("Other 2 Usage | plan A 2.0");
    let open = sandbox.proposed("Admin", MIGRATE);
    let plan = sandbox.done("Admin2", "plan A 2.0");
    assert_eq!(plan["display"], open["display"]);
    assert_eq!(list(&plan, "transactions").len(), 2);
}

#[test]
fn of_several_open_actions_for_one_version_the_one_that_is_named_is_tried() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let other = "migrate A 2.0 counter-v2 --call migrate(uint256) 6";
    let first = sandbox.action("Admin", MIGRATE);
    let second = sandbox.action(
        "Admin2",
        &format!("{other} --accept other-action:{}", &first[..18]),
    );
    let unmeant = sandbox.run("Admin2", other);
    unmeant.is(2, "Unconfirmed").says("message", &[&first]);
    assert_snapshot!(unmeant.refusal(), @"
    message: another open action [hash] (proposer Admin ([address])) is about A 2.0 and has other arguments: an approval of this one does not count for it. Compare: stylus-upgrades pending [hash]; then approve or cancel it
    expected: --accept other-action:[hex]
    found: no --accept for it
    next: nothing was sent; to accept it, give --accept other-action:[hex]
    ");
    let all = sandbox.shown("Other", "pending A", 0);
    assert_snapshot!(masked(&all), @"
    [hash]  migrate A to 2.0: 1 of 2 approvals, still needed: Admin2; open until [time]; can still say no: Admin (proposer), until the last approval, which executes it; cancel: nobody (not set); ! another open action differs; ! ends 1 open action, which must be proposed again: migrate A to 2.0 ([hex])
    [hash]  migrate A to 2.0: 1 of 2 approvals, still needed: Admin; open until [time]; can still say no: Admin2 (proposer), until the last approval, which executes it; cancel: nobody (not set); ! another open action differs; ! ends 1 open action, which must be proposed again: migrate A to 2.0 ([hex])
    next: `stylus-upgrades pending [hash]` shows what it does, what checks find, and who approves it how
    ");
    let one = sandbox.shown("Other", &format!("pending {first}"), 0);
    contains(&one, &[&second]);
    assert_snapshot!(masked(&one));
    let unmeant = sandbox.run("Admin2", &format!("approve {first}"));
    unmeant.is(2, "Unconfirmed").says("message", &[&second]);
    assert_snapshot!(unmeant.refusal(), @"
    message: another open action [hash] (proposer Admin2 ([address])) is about A 2.0 and has other arguments: an approval of this one does not count for it. Compare: stylus-upgrades pending [hash]; then approve or cancel it
    expected: --accept other-action:[hex]
    found: no --accept for it
    next: nothing was sent; to accept it, give --accept other-action:[hex]
    ");
    let refused = sandbox.run("Other", "plan A 2.0");
    refused.is(2, "Usage").says("expected", &[&first, &second]);
    assert_snapshot!(refused.refusal(), @"
    message: several open actions lead to A 2.0
    expected: one of [hash], [hash]
    found: none named
    next: give --action ID; stylus-upgrades pending lists open actions
    ");
    for (action, step) in [(&first, 5), (&second, 6)] {
        let plan = sandbox.done("Other", &format!("plan A 2.0 --action {}", &action[..12]));
        let changed = change(&plan["instances"][0], "step");
        changed.has(json!({"after": word(step)}));
    }
    for digits in ["0x12345678", "", "0x", &first[..4]] {
        let unnamed = sandbox.run("Other", &format!("plan A 2.0 --action {digits}"));
        unnamed.is(2, "Usage");
    }
}

#[test]
fn a_delay_passes_in_the_plan_and_a_frozen_policy_is_a_problem() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let delayed = "policy update A AND(OutOf(2,Admin,Admin2,Admin3),AFTER(172800))";
    sandbox.done("Admin", delayed);
    let plan = sandbox.done("Other", PLAN);
    plan.has(json!({"ok": true, "policy": {"delays": [172_800]}}));
    assert_eq!(text(&plan["instances"][0], "to"), "2.0");
    plan["given"].has(json!({"delay": 172_800}));

    // Of two delays that run beside each other the first one that suffices is assumed to be over.
    let sandbox = Sandbox::with_counter("Admin", 1);
    let either = "policy update A OR(AND(Admin,AFTER(172800)),AND(Admin,AFTER(3600)))";
    sandbox.done("Admin", either);
    let plan = sandbox.done("Other", PLAN);
    plan["given"].has(json!({"delay": 3_600}));
    // One that begins after the other adds to it, and one that runs already has less left.
    let sandbox = Sandbox::with_counter("Admin", 1);
    let both = "policy update A AND(Admin,AFTER(172800),AFTER(3600))";
    sandbox.done("Admin", both);
    let plan = sandbox.done("Other", PLAN);
    plan["given"].has(json!({"delay": 172_800}));

    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done("Admin", "policy update A NONE --accept policy-none");
    fails(&sandbox, PLAN, &["Frozen"]);
}

#[test]
fn code_that_nobody_activated_and_migrations_that_fail_are_problems() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let inactive = sandbox.done("Admin", "deploy counter-v2 --no-activate");
    let at = text(&inactive, "address");
    let refused = sandbox.run(
        "Other",
        &format!("plan A 2.0 {at} --call migrate(uint256) 5"),
    );
    let found = problems(refused.ends(1));
    assert!(found.contains(&"ImplementationNotRunnable"), "{found:?}");

    sandbox.transcript(
        "Other 0       | plan A 2.0 counter-v2 --call migrate 5
         Other 2 Usage | plan A 2.0 counter-v2 --call grate 5",
    );
    let wrong = "plan A 2.0 counter-v2 --call increment()";
    let told = sandbox.raw(wrong);
    let told = String::from_utf8(told.stdout).expect("text");
    assert_snapshot!(masked(&told));
    let unmarked = fails(
        &sandbox,
        wrong,
        &["MigrationNotApplied", "MigrationUndeclared"],
    );
    unmarked.has(json!({"error": {"name": "MigrationNotApplied"}}));
}

#[test]
fn an_activation_that_is_about_to_expire_is_a_warning() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done("Admin", "deploy counter-v2");
    sandbox.wait(340 * DAY);
    let plan = sandbox.done("Other", PLAN);
    assert!(
        texts(list(&plan, "findings"), "id").contains(&"ExpiresSoon"),
        "{plan:#}"
    );
    assert_eq!(text(&plan["instances"][0], "to"), "2.0");
}

#[test]
fn a_selector_that_proxies_answer_themselves_is_a_problem_in_evm_and_wasm_code() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let account = Address::repeat_byte(0xe1);
    // Answers implementation() with one word, reverts everything else.
    let evm = hex!("5f3560e01c635c60da1b14 601157 5f5ffd 5b60205ff3");
    sandbox.set_code(account, evm);
    let plan = sandbox.run("Other", &format!("plan A 2.0 {account}"));
    assert!(
        problems(&plan.document).contains(&"SelectorClash"),
        "{plan:?}"
    );

    let wat = r#"(module
        (import "vm_hooks" "read_args" (func $read (param i32)))
        (import "vm_hooks" "write_result" (func $write (param i32 i32)))
        (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32)
            (call $read (i32.const 0))
            (call $write (i32.const 64) (i32.const 32))
            (i32.ne (i32.load (i32.const 0)) (i32.const 0x1bda605c))))"#;
    sandbox.write("clash.wasm", wat::parse_str(wat).expect("a module"));
    let plan = sandbox.run("Other", "plan A 2.0 clash.wasm");
    let mut found = list(&plan.document, "problems").iter();
    let clash = found.find(|one| text(one, "id").starts_with("SelectorClash:0x"));
    let clash = clash.unwrap_or_else(|| panic!("{plan:?}"));
    assert_snapshot!(masked(text(clash, "message")), @"the new code implements implementation(), which the proxy answers itself");
}

#[test]
fn a_proxy_that_nobody_registered_is_a_problem_wherever_it_hides() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let definition = sandbox.definition("A");
    let v1 = account(&definition["versions"][0], "implementation");
    let proxy = account(&definition["instances"][0], "proxy");
    let hidden = Address::repeat_byte(9).into_word();
    sandbox.set_slot(v1, slots::IMPLEMENTATION, hidden);
    fails(&sandbox, PLAN, &["HiddenProxy"]);
    sandbox.set_slot(v1, slots::IMPLEMENTATION, B256::ZERO);
    sandbox.set_slot(proxy, slots::IMPLEMENTATION, hidden);
    let between = sandbox.run("Other", PLAN);
    assert!(problems(&between.document).contains(&"HiddenProxy"));
}
