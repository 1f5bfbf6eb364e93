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
    let mut told = Vec::new();
    for refused in [sandbox.run("Admin", CREATION), exported] {
        refused.ends(1);
        told.push(refused.refusal());
    }
    assert_snapshot!(told.join("\n\n"));
    assert_eq!(sandbox.nonce(), before, "something was sent");
    assert!(sandbox.open("A").is_empty(), "nothing was proposed");

    // Without progress the warning is printed anyway.
    let meant = sandbox.run("Admin", &format!("{CREATION} --accept=would-fail --quiet"));
    let document = meant.ends(3);
    document.has(json!({"approvals": 1, "would_fail": {"name": "WouldFail"}}));
    assert_snapshot!(meant.notes(), @"
    warning: create a proxy of A 1.0 would fail after the last approval: ERC20InvalidReceiver([address])
    warning: --accept names what was not found: would-fail
    ");
    assert!(!meant.stderr.contains(" …"), "{}", meant.stderr);
    assert_eq!(sandbox.open("A").len(), 1);
}

/// A migration that does what `function` of a hostile script does is refused with the reason and with advice.
fn told_of(function: &str) -> String {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/contracts/hostile");
    let accepts = "--accept insert:script:constructor_caller";
    let script = format!("migrate A 2.0 counter-v1 --script {source} --call {function} {accepts}");
    // The plan tells it before anything is sent.
    let planned = sandbox.run("Other", &script.replacen("migrate ", "plan ", 1));
    planned.is(1, "MigrationNotApplied").refusal()
}

#[test]
fn a_migration_that_panics_is_told_from_one_that_is_missing() {
    assert_snapshot!(told_of("panic()"), @r#"
    message: the upgrade of [address] would be refused: MigrationNotApplied("1.0", "2.0"): its code reverted without data, as a panic does, and as code does that has no function [hex], or whose function takes no ether
    expected: a migration 1.0 → 2.0 that marks itself
    found: its code reverted without data, as a panic does, and as code does that has no function [hex], or whose function takes no ether
    next: leave out a --value that the function does not take; else call the function in a test with the data that the instance holds, and correct it: an overflow, an index or an unwrap panics; to leave it behind: --accept MigrationNotApplied:[address]
    "#);
}

#[test]
#[ignore = "nightly: runs until the gas is used up, about 8 s"]
fn a_migration_that_runs_out_of_gas_is_told_from_one_that_is_missing() {
    assert_snapshot!(told_of("spin()"), @r#"
    message: the upgrade of [address] would be refused: MigrationNotApplied("1.0", "2.0"): it ran out of gas
    expected: a migration 1.0 → 2.0 that marks itself
    found: it ran out of gas
    next: do less in one step: a complex migration works in batches (stylus-upgrades register --complex); to leave it behind: --accept MigrationNotApplied:[address]
    "#);
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
    assert_snapshot!(masked(text(skipped, "reason")), @r#"AlreadyMigrated("1.0", "2.0")"#);
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
    assert_snapshot!(masked(text(proposed.ends(3), "not_tried")), @"the approver [address] is a contract: its transaction cannot be simulated (as a direct call it fails: ERC20InvalidReceiver([address]))");
    assert_snapshot!(proposed.notes(), @"
    create a proxy of A 1.0  (decided by create)
      initializer   calls initialize(address,uint256)
        owner       [address] (address)
        supply      1000 (uint256)
    the execution after the last approval was not simulated: the approver [address] is a contract: its transaction cannot be simulated (as a direct call it fails: ERC20InvalidReceiver([address]))
    sending create a proxy of A 1.0: about [amount] ETH, [number] L1+L2 gas
    at most [amount] ETH leaves [address] in all, fees and values (--max-spend)
    ");
    assert_eq!(sandbox.open("A").len(), 1);
}

/// A contract that refuses every question.
const REFUSES: &str = "0xc5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5";

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
    assert_snapshot!(masked(&shown));
    let proposed = sandbox.run("Admin", MIGRATE);
    proposed.ends(3).has(json!({"given": {"delay": 86400}}));
    assert_snapshot!(proposed.notes());
    let review = sandbox.review("Other", "A");
    let cards = list(&review, "findings").iter();
    let tried = cards.filter(|card| card["part"] == "trial");
    let tried = tried.map(|card| format!("{}: {}", text(card, "severity"), text(card, "message")));
    assert_snapshot!(masked(&tried.collect::<Vec<_>>().join("\n")), @"
    note: assumed: [address] consents, and the delay of 1 day is over
    good: the upgrade succeeds on 1 instance, and only the registry and its instances change: the same with [number] amounts from [number] to [number] gas, on block [number]
    ");
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
