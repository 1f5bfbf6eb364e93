//! Steps with a check, steps that leave failing instances to the rollout, and instances that wait.

use crate::governance::sandbox::{CREATE, MIGRATE, Sandbox, error, text};
use alloy::primitives::{Address, Bytes, hex};
use serde_json::json;

/// Answers every question with empty bytes.
const CONTENT: [u8; 8] = hex!("60205f5260405ff3");
/// Refuses.
const REFUSES: [u8; 3] = hex!("5f5ffd");

/// A check with that code.
fn check(sandbox: &Sandbox, code: &'static [u8]) -> String {
    let account = Address::repeat_byte(0xc7);
    let code = Bytes::from_static(code);
    sandbox
        .node
        .with_chain(move |chain| chain.set_code(account, code))
        .expect("set");
    account.to_string()
}

fn version(sandbox: &Sandbox, proxy: &str) -> String {
    let status = sandbox.done("Other", &format!("status {proxy}"));
    text(&status["instance"], "version").to_owned()
}

#[test]
fn a_step_names_its_check_which_every_approver_reads_and_the_registry_asks() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    let check = check(&sandbox, &CONTENT);
    let migrate = [&MIGRATE[..], &["--check", &check]].concat();
    let proposed = sandbox.run("Admin", &migrate);
    assert_eq!(proposed.exit, Some(3), "{proposed:?}");
    let fields = proposed.document["display"]["fields"]
        .as_array()
        .expect("fields");
    let field = |name| {
        fields
            .iter()
            .find(|one| one["name"] == name)
            .map(|one| text(one, "value"))
    };
    assert_eq!(field("check"), Some(check.as_str()));
    assert!(
        field("check hash").is_some() && field("script").is_none(),
        "{fields:?}"
    );
    let action = text(&proposed.document, "action");
    let reviewed = sandbox.done("Admin2", &format!("pending {action}"));
    let cards = reviewed["findings"].as_array().expect("findings");
    assert!(
        cards.iter().any(|card| card["id"] == "step-check"),
        "{reviewed:#}"
    );
    let planned = sandbox.done("Other", &format!("plan A 2.0 --action {action}"));
    assert_eq!(planned["verdict"], "whole", "{planned:#}");
    let done = sandbox.done(
        "Admin2",
        &format!("approve {action} --accept absent:interface"),
    );
    assert_eq!(done["executed"], true);
    let status = sandbox.done("Other", "status A");
    let steps = &status["definitions"][0]["versions"][1]["steps"];
    assert_eq!(
        (&steps[0]["kind"], &steps[0]["named"]),
        (&json!("call"), &json!("check"))
    );
    let history = sandbox.done("Other", "history A");
    let said = history["checks"].as_array().expect("checks").iter();
    let said: Vec<_> = said.map(|one| text(one, "what")).collect();
    assert!(said.contains(&"check 1.0 → 2.0"), "{said:?}");
}

#[test]
#[ignore = "nightly: many commands of several people, about 7 s"]
fn an_instance_that_its_check_refuses_stops_all_or_waits_where_that_was_said() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let second = sandbox.done("Admin", &CREATE);
    let check = check(&sandbox, &REFUSES);
    let migrate = [&MIGRATE[..], &["--check", &check]].concat();
    let refused = sandbox.run("Admin", &migrate);
    assert_eq!(refused.exit, Some(1), "{refused:?}");

    let skipping = [&migrate[..], &["--skip-failing"]].concat();
    let waits = sandbox.run("Admin", &skipping);
    assert_eq!(waits.exit, Some(3), "{waits:?}");
    let fields = waits.document["display"]["fields"]
        .as_array()
        .expect("fields");
    let migration = fields.iter().find(|one| one["name"] == "migration");
    let migration = text(migration.expect("it"), "value");
    assert!(
        migration.ends_with("an instance that fails waits for the rollout"),
        "{migration}"
    );
    let waiting = waits.document["waiting"].as_array().expect("a list");
    assert_eq!(waiting.len(), 2, "{waits:?}");
    assert!(waiting.iter().any(|one| one["proxy"] == second["proxy"]));
    assert_eq!(text(&waits.document, "next"), "stylus-upgrades upgrade A");
    let proxy = text(&second, "proxy");
    assert_eq!(version(&sandbox, proxy), "1.0");
    let examined = sandbox.run("Other", "doctor");
    let findings = examined.document["findings"].as_array().expect("findings");
    assert_eq!(
        findings
            .iter()
            .filter(|one| one["id"] == "InstanceWaits")
            .count(),
        2
    );
    let status = sandbox.done("Other", "status A");
    assert_eq!(
        status["definitions"][0]["waiting"].as_array().map(Vec::len),
        Some(2)
    );

    check_is_content(&sandbox);
    // Its code is not the one that was approved any more: nobody moves along that step.
    let rolled = sandbox.run("Other", "upgrade A");
    assert_eq!(rolled.exit, Some(5), "{rolled:?}");
    assert_eq!(version(&sandbox, proxy), "1.0");
}

/// The same account with other code.
fn check_is_content(sandbox: &Sandbox) {
    check(sandbox, &CONTENT);
}

#[test]
fn along_a_check_one_instance_is_upgraded_by_the_registry() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let second = sandbox.done("Admin", &CREATE);
    let check = check(&sandbox, &CONTENT);
    let register = [&["register"][..], &MIGRATE[1..], &["--check", &check]].concat();
    sandbox.done("Admin", &register);
    let proxy = text(&second, "proxy");
    let upgraded = sandbox.done("Admin", &format!("upgrade {proxy} 2.0"));
    assert_eq!(
        (text(&upgraded, "route"), text(&upgraded, "to")),
        ("registry", "2.0")
    );
    assert_eq!(version(&sandbox, proxy), "2.0");
    let again = sandbox.run("Admin", &format!("upgrade {proxy} 2.0"));
    assert_eq!(error(&again), "AlreadyAtVersion", "{again:?}");
}
