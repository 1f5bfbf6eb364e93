//! Who proposes what cannot succeed is refused before anything is sent, unless he means it.

use crate::prelude::*;

/// One instance whose migration to 2.0 reverts, because its mark is set already.
fn failing(policy: &str) -> (Sandbox, Address) {
    let sandbox = Sandbox::with_counter(policy, 1);
    let proxy = sandbox.proxies()[0];
    sandbox.set_slot(proxy, slots::migrated("2.0"), slots::SET);
    (sandbox, proxy)
}

/// A creation whose initializer refuses its arguments: tokens of nobody.
const CREATION: &str = "create-proxy A 1.0 --init initialize(address,uint256) \
                        0x0000000000000000000000000000000000000000 1000";

/// A definition of tokens whose creation takes such a policy.
fn creating(policy: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let define = format!("define A --migrate Admin --policy Admin --create {policy}");
    sandbox.done("Admin", &define);
    sandbox.done("Admin", "register A 1.0 erc20-v1");
    sandbox
}

#[test]
fn a_call_that_would_fail_once_approved_is_refused_before_anything_is_sent() {
    let sandbox = creating(BOTH);
    let before = sandbox.nonce();
    let file = sandbox.path("call.json").display().to_string();
    let exported = sandbox.run("Other", &format!("{CREATION} --as Admin --export {file}"));
    for refused in [sandbox.run("Admin", CREATION), exported] {
        refused.ends(1);
        let message = "create a proxy of A 1.0 would fail after the last approval";
        refused.says("message", &[message]);
        refused.says("next", &["--accept would-fail"]);
        assert!(!refused.said("expected").is_empty(), "{refused:?}");
    }
    assert_eq!(sandbox.nonce(), before, "something was sent");
    assert!(sandbox.open("A").is_empty(), "nothing was proposed");

    // Without progress the warning is printed anyway.
    let meant = sandbox.run("Admin", &format!("{CREATION} --accept=would-fail --quiet"));
    let document = meant.ends(3);
    document.has(json!({"approvals": 1, "would_fail": {"name": "WouldFail"}}));
    meant.warns(&["warning: create a proxy of A 1.0 would fail"]);
    assert!(!meant.stderr.contains(" …"), "{}", meant.stderr);
    assert_eq!(sandbox.open("A").len(), 1);
}

/// A migration that does what `function` of a hostile script does is refused with the reason and with advice.
fn is_told(function: &str, ended: &str, next: &str) {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/contracts/hostile");
    let accepts = "--accept insert:script:constructor_caller";
    let script = format!("migrate A 2.0 counter-v1 --script {source} --call {function} {accepts}");
    // The plan tells it before anything is sent.
    let planned = sandbox.run("Other", &script.replacen("migrate ", "plan ", 1));
    let refused = planned;
    refused.is(1, "MigrationNotApplied");
    refused.says("found", &[ended]).says("next", &[next]);
    let said = refused.document["error"].to_string();
    assert!(!said.contains("#[migration]"), "{said}");
}

#[test]
fn a_migration_that_panics_is_told_from_one_that_is_missing() {
    is_told("panic()", "reverted without data, as a panic does", "panic");
}

#[test]
#[ignore = "nightly: runs until the gas is used up, about 8 s"]
fn a_migration_that_runs_out_of_gas_is_told_from_one_that_is_missing() {
    let next = "a complex migration works in batches";
    is_told("spin()", "it ran out of gas", next);
}

#[test]
fn an_instance_that_fails_stays_as_it_was_and_stops_no_other() {
    let (sandbox, proxy) = failing("Admin");
    sandbox.done("Admin", CREATE);
    // It is told before anything is sent, and can be left behind.
    let before = sandbox.nonce();
    let refused = sandbox.run("Admin", MIGRATE);
    let accept = format!("--accept AlreadyMigrated:{proxy}");
    refused.is(1, "AlreadyMigrated").says("next", &[&accept]);
    assert_eq!(sandbox.nonce(), before, "something was sent");
    let migrated = sandbox.run("Admin", &format!("{MIGRATE} {accept}"));
    let document = migrated.ends(5);
    document.has(json!({"executed": true, "upgraded": 1, "left": 1}));
    let skipped = &list(document, "skipped")[0];
    assert_eq!(account(skipped, "proxy"), proxy);
    contains(text(skipped, "reason"), &["AlreadyMigrated"]);
    assert_eq!(texts(&sandbox.instances("A"), "version"), ["1.0", "2.0"]);
}

#[test]
fn the_address_of_an_instance_is_no_instance_before_it_is_approved() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", &format!("policy update A --role create {BOTH}"));
    let line = |key: &str, exit: i32| {
        let shown = sandbox.shown(key, CREATE, exit);
        let line = shown.lines().find(|line| line.starts_with("proxy  "));
        line.expect("its address").to_owned()
    };
    let open = line("Admin", 3);
    let there = line("Admin2", 0);
    assert_eq!(
        open,
        format!("{there} (does not exist until the action is executed)")
    );
}

#[test]
fn what_cannot_be_tried_is_proposed_and_said_to_be_untried() {
    let sandbox = creating(BOTH);
    sandbox.set_code(sandbox.node.addresses()[1], hex!("00"));
    let proposed = sandbox.run("Admin", CREATION);
    contains(text(proposed.ends(3), "not_tried"), &["is a contract"]);
    proposed.warns(&["was not simulated"]);
    assert_eq!(sandbox.open("A").len(), 1);
}

/// A contract that refuses every question.
const REFUSES: &str = "0xc5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5";

/// What is said where its consent, and a delay of a day, are taken as given.
fn given() -> String {
    let lambda: Address = REFUSES.parse().expect("an address");
    format!("assumed: {lambda} consents, and the delay of 1 day is over")
}

/// A policy that asks that contract, which is there, and waits for a day.
fn asking(sandbox: &Sandbox) -> String {
    sandbox.set_code(REFUSES.parse().expect("an address"), hex!("60006000fd"));
    format!("AND(Admin,CALL({REFUSES}),AFTER(1d))")
}

#[test]
fn delays_and_contracts_of_a_policy_count_as_given_and_a_note_says_so() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let policy = asking(&sandbox);
    sandbox.done("Admin", &format!("policy update A {policy}"));
    // A whole upgrade is planned, proposed and reviewed as if they had agreed.
    let planned = sandbox.done("Other", PLAN);
    planned.has(json!({"verdict": "whole", "given": {"delay": 86400}, "others": []}));
    let shown = sandbox.shown("Other", PLAN, 0);
    contains(&shown, &[&given(), "✓ it would succeed"]);
    let proposed = sandbox.run("Admin", MIGRATE);
    proposed.ends(3).has(json!({"given": {"delay": 86400}}));
    proposed.warns(&[&given()]);
    let review = sandbox.review("Other", "A");
    let cards = list(&review, "findings").iter();
    let tried: Vec<_> = cards.filter(|card| card["part"] == "trial").collect();
    let weighs = |severity: &str, says: &str| {
        let mut found = tried.iter();
        let is_it =
            |card: &&&Value| card["severity"] == severity && text(card, "message").contains(says);
        assert!(
            found.any(|card| is_it(&card)),
            "{severity} {says}: {tried:#?}"
        );
    };
    weighs("note", &given());
    weighs("good", "the upgrade succeeds on 1 instance");
}

#[test]
fn what_fails_once_delays_and_contracts_agree_is_refused_before_anything_is_sent() {
    let sandbox = Sandbox::new();
    let policy = asking(&sandbox);
    let define = format!("define A --migrate Admin --policy Admin --create {policy}");
    sandbox.done("Admin", &define);
    sandbox.done("Admin", "register A 1.0 erc20-v1");
    let before = sandbox.nonce();
    sandbox.run("Admin", CREATION).is(1, "WouldFail");
    assert_eq!(sandbox.nonce(), before, "something was sent");
    let meant = sandbox.run("Admin", &format!("{CREATION} --accept=would-fail"));
    meant
        .ends(3)
        .has(json!({"would_fail": {"name": "WouldFail"}}));
}
