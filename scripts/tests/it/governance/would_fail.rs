//! Who proposes what cannot succeed is refused before anything is sent, unless he means it.

use crate::governance::plan::BOTH;
use crate::prelude::*;
use stylus_upgrades_interface::slots;

/// One instance whose migration to 2.0 reverts, because its mark is set already.
fn failing(policy: &str) -> (Sandbox, Address) {
    let sandbox = Sandbox::with_counter(policy, 1);
    let status = sandbox.done("Other", "status A");
    let proxy = text(&status["definitions"][0]["instances"][0], "proxy");
    let proxy: Address = proxy.parse().expect("an address");
    sandbox
        .chain(move |chain| chain.set_storage_at(proxy, slots::migrated("2.0").into(), slots::SET));
    (sandbox, proxy)
}

fn open_actions(sandbox: &Sandbox) -> usize {
    let pending = sandbox.done("Other", "pending A");
    pending["actions"].as_array().expect("actions").len()
}

#[test]
fn a_call_that_would_fail_once_approved_is_refused_before_anything_is_sent() {
    let (sandbox, proxy) = failing(BOTH);
    let before = sandbox.nonce();
    let file = sandbox.path("call.json").display().to_string();
    let exported = ["--as", "Admin", "--export", &file];
    let exported = sandbox.run("Other", &[&MIGRATE[..], &exported].concat());
    for refused in [sandbox.run("Admin", &MIGRATE), exported] {
        refused.is(1, "AlreadyMigrated");
        let said = &refused.document["error"];
        for (field, part) in [
            (
                "message",
                "nothing was sent: migrate A to 2.0 would be refused",
            ),
            ("message", &proxy.to_string()),
            ("next", "--accept would-fail"),
        ] {
            assert!(text(said, field).contains(part), "{part}: {said}");
        }
        assert!(!text(said, "expected").is_empty(), "{said}");
    }
    assert_eq!(sandbox.nonce(), before, "something was sent");
    assert_eq!(open_actions(&sandbox), 0, "nothing was proposed");

    // Without progress the warning is printed all the same.
    let quiet = ["--accept=would-fail", "--quiet"];
    let meant = sandbox.run("Admin", &[&MIGRATE[..], &quiet].concat());
    assert_eq!(meant.exit, Some(3), "{meant:?}");
    assert_eq!(meant.document["approvals"], json!(1));
    assert_eq!(meant.document["would_fail"]["name"], "WouldFail");
    assert!(
        meant
            .stderr
            .contains("warning: migrate A to 2.0 would fail")
    );
    assert!(!meant.stderr.contains(" …"), "{}", meant.stderr);
    assert_eq!(open_actions(&sandbox), 1);
}

/// A migration that does what `function` of a hostile script does is refused with the reason and with advice.
fn is_told(function: &str, ended: &str, next: &str) {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/contracts/hostile");
    let script = ["migrate", "A", "2.0", "counter-v1", "--script", source];
    let refused = sandbox.run("Admin", &[&script[..], &["--call", function]].concat());
    refused.is(1, "MigrationNotApplied");
    let said = &refused.document["error"];
    assert!(text(said, "found").contains(ended), "{said}");
    assert!(text(said, "next").contains(next), "{said}");
    assert!(!said.to_string().contains("#[migration]"), "{said}");
}

#[test]
fn a_migration_that_panics_is_told_from_one_that_is_missing() {
    is_told("panic()", "its code panicked (", "an unwrap panics");
}

#[test]
#[ignore = "nightly: runs until the gas is used up, about 8 s"]
fn a_migration_that_runs_out_of_gas_is_told_from_one_that_is_missing() {
    let next = "a complex migration works in batches";
    is_told("spin()", "it ran out of gas", next);
}

#[test]
fn what_one_decides_alone_and_would_fail_costs_nothing() {
    let (sandbox, proxy) = failing("Admin");
    let before = sandbox.nonce();
    let refused = sandbox.run("Admin", &MIGRATE);
    refused.is(1, "AlreadyMigrated");
    let said = text(&refused.document["error"], "message");
    assert!(
        said.contains("nothing was sent") && said.contains(&proxy.to_string()),
        "{said}"
    );
    let now = sandbox.nonce();
    assert_eq!(now, before, "something was sent: {refused:?}");
}

#[test]
fn the_address_of_an_instance_is_no_instance_before_it_is_approved() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", &format!("policy update A --role create {}", BOTH));
    let line = |lines: &[String]| {
        let line = lines.iter().find(|line| line.starts_with("proxy  "));
        line.expect("its address").clone()
    };
    let (exit, first) = sandbox.reported("Admin", &CREATE);
    assert_eq!(exit, Some(3), "{first:?}");
    let open = line(&first);
    let (exit, last) = sandbox.reported("Admin2", &CREATE);
    assert_eq!(exit, Some(0), "{last:?}");
    let there = format!(
        "{} (does not exist until the action is executed)",
        line(&last)
    );
    assert_eq!(open, there);
}

#[test]
fn what_fails_in_the_plan_is_proposed_where_that_is_meant_and_its_call_said_to_be_untried() {
    let (delayed, _) = failing(BOTH);
    let delay = "AND(Admin,Admin2,AFTER(60))";
    delayed.done("Admin", &format!("policy update A {delay}"));
    let (of_contract, _) = failing(BOTH);
    let admin2 = of_contract.node.accounts().mnemonic()[1].address();
    let code = Bytes::from_static(&[0]);
    let set = of_contract
        .node
        .with_chain(move |chain| chain.set_code(admin2, code));
    set.expect("the chain");
    for (sandbox, why) in [(delayed, "a delay"), (of_contract, "is a contract")] {
        let refused = sandbox.run("Admin", &MIGRATE);
        assert_eq!(error(&refused), "AlreadyMigrated", "{refused:?}");
        let meant = [&MIGRATE[..], &["--accept=would-fail"]].concat();
        let proposed = sandbox.run("Admin", &meant);
        assert_eq!(proposed.exit, Some(3), "{proposed:?}");
        let untried = text(&proposed.document, "not_tried");
        assert!(untried.contains(why), "{untried}");
        assert!(proposed.stderr.contains("was not simulated"));
        assert_eq!(open_actions(&sandbox), 1);
    }
}
