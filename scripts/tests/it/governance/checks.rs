//! Steps with a check, steps that leave failing instances to the rollout, and instances that wait.

use crate::prelude::*;
use alloy::primitives::hex;

/// Answers every question with empty bytes.
const CONTENT: [u8; 8] = hex!("60205f5260405ff3");
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
    let proposed = sandbox.proposed("Admin", &migrate);
    let fields = proposed["display"]["fields"].as_array().expect("fields");
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
    let action = text(&proposed, "action");
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
