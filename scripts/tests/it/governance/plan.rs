//! An upgrade tried on a copy of the chain's state: what it reports, and that it changes nothing.

use crate::prelude::*;
use stylus_upgrades_interface::slots;

pub(crate) const BOTH: &str = "AND(Admin,Admin2)";
pub(crate) const PLAN: [&str; 7] = [
    "plan",
    "A",
    "2.0",
    "counter-v2",
    "--call",
    "migrate(uint256)",
    "5",
];
const DAY: u64 = 86_400;

alloy::sol! {
    interface IArbOwner {
        function setWasmPageLimit(uint16 limit) external;
    }
}

fn problems(document: &Value) -> Vec<&str> {
    let problems = document["problems"].as_array().expect("problems");
    problems.iter().map(|problem| text(problem, "id")).collect()
}

fn change<'a>(instance: &'a Value, name: &str) -> &'a Value {
    let changes = instance["changes"].as_array().expect("changes").iter();
    let mut named = changes.filter(|change| change["name"] == name);
    named
        .next()
        .unwrap_or_else(|| panic!("no {name} in {instance}"))
}

fn word(number: u64) -> String {
    B256::from(U256::from(number)).to_string()
}

#[test]
fn code_that_is_not_deployed_is_tried_with_its_storage_events_gas_and_approvals() {
    let sandbox = Sandbox::with_counter(BOTH, 2);
    let before = sandbox.block();
    let plan = sandbox.done("Other", &PLAN);
    assert_eq!(
        (&plan["ok"], text(&plan, "from")),
        (&json!(true), "1.0"),
        "{plan}"
    );
    assert_eq!(plan["policy"]["fewest"], 2);
    let instances = plan["instances"].as_array().expect("instances");
    assert_eq!(instances.len(), 2);
    for instance in instances {
        assert_eq!(text(instance, "to"), "2.0");
        let step = change(instance, "step");
        assert_eq!(
            (text(step, "before"), text(step, "after")),
            (&*word(0), &*word(5))
        );
        change(instance, "implementation (ERC-1967)");
        assert_eq!(
            text(change(instance, "migrated[\"2.0\"]"), "after"),
            word(1)
        );
        assert_eq!(instance["changes"].as_array().map(Vec::len), Some(3));
        let events = instance["events"].as_array().expect("events");
        assert_eq!(text(&events[0], "what"), "Migrated(\"1.0\", \"2.0\")");
        assert!(text(&events[1], "what").starts_with("Upgraded("));
    }
    let names: Vec<_> = plan["transactions"]
        .as_array()
        .expect("transactions")
        .iter()
        .map(|one| {
            text(one, "name")
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert_eq!(
        names,
        ["deploy", "activate", "publish", "migrate", "migrate"]
    );

    let after = sandbox.block();
    assert_eq!(before, after, "the plan sent something");
    assert_eq!(sandbox.done("Other", "pending")["actions"], json!([]));
    let (exit, lines) = sandbox.reported("Other", &PLAN);
    assert_eq!(exit, Some(0));
    assert!(lines.contains(&"  step: 0 → 5".to_owned()), "{lines:?}");
    assert!(lines.contains(&"✓ it would succeed".to_owned()));
}

#[test]
fn what_the_plan_says_is_what_happens_to_the_unit_of_gas() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let plan = sandbox.done("Other", &PLAN);
    let first = sandbox.run("Admin", &MIGRATE).document;
    let last = sandbox.done("Admin2", &MIGRATE);
    let planned: Vec<_> = plan["transactions"]
        .as_array()
        .expect("them")
        .iter()
        .map(|one| one["gas"].clone())
        .collect();
    let real: Vec<_> = [&first, &last]
        .iter()
        .flat_map(|document| document["transactions"].as_array().expect("them"))
        .map(|one| one["gas"].clone())
        .collect();
    assert_eq!(planned, real);
    assert_eq!(plan["call"], {
        let history = sandbox.done("Other", "history A");
        let entries = history["entries"].as_array().expect("them").clone();
        let proposed = entries.iter().rfind(|entry| entry["event"] == "Proposed");
        assert_eq!(proposed.expect("it")["what"], "proposed migration to 2.0");
        plan["call"].clone()
    });
    assert_eq!(first["display"], plan["display"]);
}

#[test]
fn an_open_action_is_tried_without_its_source() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let unknown = sandbox.run("Other", "plan A 2.0");
    unknown.is(2, "Usage");
    let open = sandbox.run("Admin", &MIGRATE).document;
    let plan = sandbox.done("Admin2", "plan A 2.0");
    assert_eq!(plan["display"], open["display"]);
    assert_eq!(plan["transactions"].as_array().map(Vec::len), Some(1));
}

#[test]
fn of_several_open_actions_for_one_version_the_one_that_is_named_is_tried() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let other = [
        "migrate",
        "A",
        "2.0",
        "counter-v2",
        "--call",
        "migrate(uint256)",
        "6",
    ];
    let meant = [&other[..], &["--accept", "other-action"]].concat();
    let actions = [("Admin", &MIGRATE[..]), ("Admin2", &meant[..])].map(|(who, words)| {
        let proposed = sandbox.proposed(who, words);
        text(&proposed, "action").to_owned()
    });
    let unmeant = sandbox.run("Admin2", &other);
    unmeant.is(2, "Unconfirmed");
    assert!(text(&unmeant.document["error"], "message").contains(&actions[0]));
    let other = &actions[1];
    for (looked_at, told) in [
        (
            "A",
            format!("another open action for A 2.0 has other arguments (action {other})"),
        ),
        (
            &actions[0],
            format!("another open action {other} (proposer "),
        ),
    ] {
        let (_, lines) = sandbox.reported("Other", &format!("pending {looked_at}"));
        assert!(lines.iter().any(|line| line.contains(&told)), "{lines:?}");
    }
    let unmeant = sandbox.run("Admin2", &format!("approve {}", actions[0]));
    unmeant.is(2, "Unconfirmed");
    assert!(text(&unmeant.document["error"], "message").contains(other));
    let refused = sandbox.run("Other", "plan A 2.0");
    refused.is(2, "Usage");
    let expected = text(&refused.document["error"], "expected");
    for (action, step) in actions.iter().zip([5, 6]) {
        assert!(expected.contains(action), "{expected}");
        let plan = sandbox.done("Other", &["plan", "A", "2.0", "--action", &action[..12]]);
        let instances = plan["instances"].as_array().expect("instances");
        let changed = change(&instances[0], "step");
        assert_eq!(text(changed, "after"), &*word(step));
    }
    for digits in ["0x12345678", "", "0x", &actions[0][..4]] {
        let unnamed = sandbox.run("Other", &format!("plan A 2.0 --action {digits}"));
        unnamed.is(2, "Usage");
    }
}

#[test]
fn a_delay_passes_in_the_plan_and_a_frozen_policy_is_a_problem() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done(
        "Admin",
        "policy update A AND(OutOf(2,Admin,Admin2,Admin3),AFTER(172800))",
    );
    let plan = sandbox.done("Other", &PLAN);
    assert_eq!(plan["ok"], true);
    assert_eq!(text(&plan["instances"][0], "to"), "2.0");
    let explained = &plan["policy"];
    assert_eq!(explained["delays"], json!([172_800]));

    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done("Admin", "policy update A NONE --accept policy-none");
    let frozen = sandbox.run("Other", &PLAN);
    assert_eq!(
        (frozen.exit, problems(&frozen.document)),
        (Some(1), vec!["Frozen"])
    );
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
    let found = problems(&refused.document);
    assert_eq!(refused.exit, Some(1));
    assert!(found.contains(&"ImplementationNotRunnable"), "{found:?}");

    let by_name = "plan A 2.0 counter-v2 --call migrate 5";
    let named = sandbox.done("Other", &by_name);
    assert_eq!(named["ok"], true, "{named:#}");
    let unknown = ["plan", "A", "2.0", "counter-v2", "--call", "grate", "5"];
    let unknown = sandbox.run("Other", &unknown);
    unknown.is(2, "Usage");

    let wrong = "plan A 2.0 counter-v2 --call increment()";
    let told = sandbox.raw(&wrong);
    let told = String::from_utf8(told.stdout).expect("text");
    let last = told.lines().last().unwrap_or_default();
    assert!(last.starts_with("    next "), "{told}");
    let unmarked = sandbox.run("Other", &wrong);
    assert_eq!(unmarked.exit, Some(1));
    assert_eq!(
        problems(&unmarked.document),
        ["MigrationNotApplied", "MigrationUndeclared"]
    );
    assert_eq!(error(&unmarked), "MigrationNotApplied");
}

#[test]
fn an_activation_that_is_about_to_expire_is_a_problem() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done("Admin", "deploy counter-v2");
    sandbox.wait(340 * DAY);
    let plan = sandbox.run("Other", &PLAN);
    assert_eq!(
        (plan.exit, problems(&plan.document)),
        (Some(1), vec!["ExpiresSoon"])
    );
    assert_eq!(text(&plan.document["instances"][0], "to"), "2.0");
}

#[test]
fn a_selector_that_proxies_answer_themselves_is_a_problem_in_evm_and_wasm_code() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    // Answers implementation() with one word, reverts everything else.
    let mut evm = vec![
        0x5f, 0x35, 0x60, 0xe0, 0x1c, 0x63, 0x5c, 0x60, 0xda, 0x1b, 0x14,
    ];
    evm.extend_from_slice(&[
        0x60, 0x11, 0x57, 0x5f, 0x5f, 0xfd, 0x5b, 0x60, 0x20, 0x5f, 0xf3,
    ]);
    let account = Address::repeat_byte(0xe1);
    let code = Bytes::from(evm);
    sandbox.chain(move |chain| chain.set_code(account, code));
    let plan = sandbox.run("Other", &["plan", "A", "2.0", &account.to_string()]);
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
    let wasm = wat::parse_str(wat).expect("a module");
    std::fs::write(sandbox.path("clash.wasm"), wasm).expect("written");
    let plan = sandbox.run("Other", "plan A 2.0 clash.wasm");
    let clash = plan.document["problems"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["id"] == "SelectorClash").cloned())
        .unwrap_or_else(|| panic!("{plan:?}"));
    assert!(text(&clash, "message").contains("implementation()"));
}

#[test]
fn a_proxy_that_nobody_registered_is_a_problem_wherever_it_hides() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let status = sandbox.done("Other", "status A");
    let definition = &status["definitions"][0];
    let account =
        |value: &Value, field: &str| -> Address { text(value, field).parse().expect("it") };
    let v1 = account(&definition["versions"][0], "implementation");
    let proxy = account(&definition["instances"][0], "proxy");
    let set = |who: Address, word: B256| {
        let slot = slots::IMPLEMENTATION.into();
        sandbox.chain(move |chain| chain.set_storage_at(who, slot, word));
    };
    set(v1, Address::repeat_byte(9).into_word());
    let behind = sandbox.run("Other", &PLAN);
    assert_eq!(
        (behind.exit, problems(&behind.document)),
        (Some(1), vec!["HiddenProxy"])
    );
    set(v1, B256::ZERO);
    set(proxy, Address::repeat_byte(9).into_word());
    let between = sandbox.run("Other", &PLAN);
    assert!(problems(&between.document).contains(&"HiddenProxy"));
}
