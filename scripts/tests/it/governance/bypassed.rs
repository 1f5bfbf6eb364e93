//! Ways around a migration: who adds one, and each who approves it, accepts that by the migration's id. Paths that a
//! version does not have.

use crate::governance::complex::registers;
use crate::governance::creation::weight;
use crate::prelude::*;

/// 2.0 by a complex migration, and 3.0 with the same code behind it; none of them is current.
fn behind_a_migration(sandbox: &Sandbox, keys: &[&str]) {
    for words in [
        "register P 2.0 points-v2 --complex points-cursor --handler Admin",
        "register P 3.0 points-v2 --from 2.0 --accept migration-omitted",
    ] {
        for (at, key) in keys.iter().enumerate() {
            let is_last = at + 1 == keys.len();
            sandbox.run(key, words).ends(if is_last { 0 } else { 3 });
        }
    }
}

#[test]
fn a_step_around_a_complex_migration_is_refused_until_its_id_is_accepted() {
    let (sandbox, proxies) = registers(1);
    behind_a_migration(&sandbox, &["Admin"]);
    let before = sandbox.nonce();
    let around = "register P 3.0 --from 1.0";
    let refused = sandbox.run("Admin", around);
    refused.is(1, "MigrationBypassed");
    assert_snapshot!(refused.refusal(), @"
    message: instances of P that go 1.0 → 3.0 leave out the migration into 2.0: the complex migration by the program with the code hash [hash], with the data [hex]
    expected: the same migrations on every way between two versions
    found: 1.0 → 2.0 → 3.0 runs it; 1.0 → 3.0 does not
    next: let the new step run that migration too, or begin it behind 2.0; if instances are to leave the migration out, as around a faulty version: --accept migration-bypassed:2.0
    ");
    let other = format!("{around} --accept migration-omitted,migration-bypassed:3.0");
    sandbox.run("Admin", &other).is(1, "MigrationBypassed");
    assert_eq!(sandbox.nonce(), before);
    assert_eq!(sandbox.version(&proxies[0]), "1.0");
}

#[test]
fn each_approver_of_a_step_around_a_migration_accepts_it_too() {
    let sandbox = Sandbox::new();
    sandbox.done(
        "Admin",
        &["define", "P", "--migrate", BOTH, "--create", "Admin"],
    );
    let both = ["Admin", "Admin2"];
    sandbox.run("Admin", "register P 1.0 points-v1").ends(3);
    sandbox.run("Admin2", "register P 1.0 points-v1").ends(0);
    behind_a_migration(&sandbox, &both);
    let accept = "--accept migration-bypassed:2.0";
    let action = sandbox.action("Admin", &format!("register P 3.0 --from 1.0 {accept}"));
    let review = sandbox.run("Admin2", &format!("pending {action}"));
    assert_snapshot!(weight(&review.document, "migration-bypassed:2.0"), @"danger: migration-bypassed:2.0; instances of P that go 1.0 → 3.0 leave out the migration into 2.0: the complex migration by the program with the code hash [hash], with the data [hex]; 1.0 → 2.0 → 3.0 runs it; 1.0 → 3.0 does not; let the new step run that migration too, or begin it behind 2.0; if instances are to leave the migration out, as around a faulty version: --accept migration-bypassed:2.0");
    let approve = format!("approve {action}");
    let refused = sandbox.run("Admin2", &approve);
    refused.is(1, "MigrationBypassed");
    assert_snapshot!(refused.refusal(), @"
    message: instances of P that go 1.0 → 3.0 leave out the migration into 2.0: the complex migration by the program with the code hash [hash], with the data [hex]
    expected: the same migrations on every way between two versions
    found: 1.0 → 2.0 → 3.0 runs it; 1.0 → 3.0 does not
    next: to refuse the action, so that everybody sees it: stylus-upgrades revoke [hex]. The rest is for who proposed it, or accepts it; let the new step run that migration too, or begin it behind 2.0; if instances are to leave the migration out, as around a faulty version: --accept migration-bypassed:2.0
    ");
    sandbox.done("Admin2", &format!("{approve} {accept}"));
}

#[test]
fn who_loses_a_path_is_named_where_a_version_is_registered() {
    let sandbox = Sandbox::with_counter("Admin", 2);
    // A version that no other one leads to: what is created until then has no path to it.
    let initial = sandbox.run("Admin", "register A 2.0 counter-v2 --initial");
    assert_snapshot!(weight(initial.ends(0), "path-lost:1.0"), @"warning: path-lost:1.0; 2 instances at 1.0, and those that are created there, will have no path to A 2.0; stylus-upgrades register A 2.0 --from 1.0 adds one, with the migrations that their data need");
}

#[test]
fn an_instance_that_will_have_no_path_is_named_before_it_is_created() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    // No other version leads to 2.0, and none from it.
    sandbox.done("Admin", "register A 2.0 counter-v2 --initial");
    let at_current = sandbox.done("Admin", CREATE);
    assert!(
        !at_current.to_string().contains("path-lost"),
        "{at_current}"
    );
    sandbox.done("Admin", "migrate A 3.0 counter-v1");
    let create = "create-proxy A 2.0 --init initialize(uint256,uint256) 7 1";
    let created = sandbox.done("Admin", create);
    let mut found = list(&created, "findings").iter();
    let found = found.find(|finding| finding["id"] == "path-lost:2.0");
    assert_eq!(
        text(found.expect("a finding"), "message"),
        "the instance will be at 2.0, and have no path to A 3.0"
    );
}

/// Two steps that leave out a migration together: who proposes or approves the second one is asked, though the first one is
/// still open.
#[test]
fn a_step_counts_beside_the_open_actions_that_add_others() {
    let sandbox = Sandbox::new();
    sandbox.done(
        "Admin",
        &["define", "P", "--migrate", BOTH, "--create", "Admin"],
    );
    for words in [
        "register P 1.0 points-v1",
        "register P 2.0 points-v2 --complex points-cursor --handler Admin",
        "register P 1.1 points-v1 --initial --accept initializer-of-other",
    ] {
        sandbox.run("Admin", words).ends(3);
        sandbox.run("Admin2", words).ends(0);
    }
    let first = sandbox.action("Admin", "register P 1.1 --from 1.0");
    let second = sandbox.run("Admin", "register P 3.0 points-v2 --from 1.1");
    second.is(1, "MigrationBypassed");
    assert_snapshot!(second.refusal(), @"
    message: instances of P that go 1.0 → 1.1 → 3.0 leave out the migration into 2.0: the complex migration by the program with the code hash [hash], with the data [hex]
    expected: the same migrations on every way between two versions
    found: 1.0 → 2.0 runs it; 1.0 → 1.1 → 3.0 does not
    next: let the new step run that migration too, or begin it behind 2.0; if instances are to leave the migration out, as around a faulty version: --accept migration-bypassed:2.0
    ");
    // Once it is cancelled, nothing leads from 1.0 to 1.1: then the step is what is asked.
    sandbox.done("Admin", &format!("cancel {first}"));
    sandbox
        .run("Admin", "register P 3.0 points-v2 --from 1.1")
        .ends(3);
    sandbox
        .run("Admin", "register P 1.1 --from 1.0")
        .is(1, "MigrationBypassed");
}
