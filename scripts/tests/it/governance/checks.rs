//! Steps with a check, which every approver reads and the registry asks.

use crate::prelude::*;

/// A check that answers every question with empty bytes.
fn check(sandbox: &Sandbox) -> Address {
    let account = Address::repeat_byte(0xc7);
    sandbox.set_code(account, hex!("60205f5260405ff3"));
    account
}

#[test]
fn a_step_names_its_check_which_every_approver_reads_and_the_registry_asks() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let check = check(&sandbox).to_string();
    let proposed = sandbox.proposed("Admin", &format!("{MIGRATE} --check {check}"));
    let fields = list(&proposed["display"], "fields");
    let field = |name| fields.iter().find(|one| one["name"] == name);
    let found = field("check").map(|one| text(one, "value"));
    assert_eq!(found, Some(&check[..]));
    let is_check = field("check hash").is_some() && field("script").is_none();
    assert!(is_check, "{fields:?}");
    let action = text(&proposed, "action");
    let review = sandbox.review("Admin2", "A");
    let ids = texts(list(&review, "findings"), "id");
    assert!(ids.contains(&"step-check"), "{review:#}");
    let planned = sandbox.done("Other", &format!("plan A 2.0 --action {action}"));
    planned.has(json!({"verdict": "whole"}));
    let approve = format!("approve {action} --accept absent:interface");
    sandbox
        .done("Admin2", &approve)
        .has(json!({"executed": true}));
    let step = &sandbox.definition("A")["versions"][1]["steps"][0];
    step.has(json!({"kind": "call", "named": "check"}));
    let history = sandbox.done("Other", "history A");
    assert!(
        checks(&history, true).contains(&"check 1.0 → 2.0"),
        "{history:#}"
    );
}

#[test]
fn along_a_check_one_instance_is_upgraded_by_the_registry() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let second = sandbox.done("Admin", CREATE);
    let check = check(&sandbox);
    sandbox.done("Admin", &format!("{REGISTER} --check {check}"));
    let proxy = text(&second, "proxy");
    let upgrade = format!("upgrade {proxy} 2.0");
    let upgraded = sandbox.done("Admin", &upgrade);
    upgraded.has(json!({"route": "registry", "to": "2.0"}));
    assert_eq!(sandbox.version(proxy), "2.0");
    let again = sandbox.run("Admin", &upgrade);
    assert_eq!(error(&again), "AlreadyAtVersion", "{again:?}");
}

#[test]
fn new_code_in_against_is_told_as_swapped() {
    let sandbox = Sandbox::bare();
    let folder = sandbox.path("fresh");
    std::fs::create_dir(&folder).expect("a folder");
    sandbox.write("fresh/Cargo.toml", "[package]\nname = \"fresh\"\n");
    let swapped = [
        "check A git:main --against fresh",
        "check A --against fresh",
    ];
    let told = swapped.map(|words| sandbox.run("Other", words).is(2, "Usage").refusal());
    assert_snapshot!(told.join("\n\n"));
}
