//! Commands that leave instances in a complex migration: partly done, and the next command is named.

use crate::governance::creation::weight;
use crate::governance::interrupted::migration;
use crate::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) const MIGRATE: &str = "migrate P 2.0 points-v2 --complex points-cursor --handler Admin";

/// A registry with a definition `P` of registers of points: version 1.0, and `instances` instances.
pub(super) fn registers(instances: usize) -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::new();
    sandbox.done("Admin", "define P --migrate Admin");
    sandbox.done("Admin", "register P 1.0 points-v1");
    let create = "create-proxy P 1.0 --init initialize(address) Admin";
    let proxies = (0..instances).map(|_| {
        let created = sandbox.done("Admin", create);
        text(&created, "proxy").to_owned()
    });
    let proxies = proxies.collect();
    (sandbox, proxies)
}

/// Registers with 2.0 current, to which no instance was upgraded.
fn current_and_not_rolled_out(instances: usize) -> (Sandbox, Vec<String>) {
    let (sandbox, proxies) = registers(instances);
    sandbox.done("Admin", &MIGRATE.replace("migrate", "register"));
    // No command: it would roll out at once.
    sandbox.send(0, &migration(&sandbox, "P", "2.0"));
    (sandbox, proxies)
}

/// Asserts that each of the instances is paused, and the command that continues it is named.
fn names_next(document: &Value, proxies: &[String]) {
    let next = texts(list(document, "paused"), "next");
    let next: Vec<_> = next.iter().map(|one| one.to_lowercase()).collect();
    for proxy in proxies {
        let own = format!("stylus-upgrades run-migration {proxy}").to_lowercase();
        assert!(next.contains(&own), "{proxy}: {next:?}");
    }
}

#[test]
#[ignore = "nightly: many commands of several people, about 11 s"]
fn a_complex_migration_of_more_than_four_instances_ends_partly_done_and_names_every_next_command() {
    let (sandbox, proxies) = registers(6);
    let migrated = sandbox.run("Admin", MIGRATE);
    assert_eq!(list(migrated.ends(5), "paused").len(), 6);
    names_next(&migrated.document, &proxies);
    let again = sandbox.run("Admin", "upgrade P"); // nothing is left to roll out
    names_next(again.ends(5), &proxies);
    for proxy in &proxies {
        sandbox.done("Admin", &format!("run-migration {proxy}"));
    }
    let instances = sandbox.instances("P");
    assert_eq!(texts(&instances, "version"), ["2.0"; 6]);
}

#[test]
#[ignore = "nightly: many commands of several people, about 8 s"]
fn few_that_wait_among_many_are_compared_before_migrate_takes_them_along() {
    let (sandbox, _) = current_and_not_rolled_out(5);
    sandbox.run("Admin", "upgrade P --max 1").ends(5);
    // Four wait, and one in a complex step does not: all four go along with the call.
    let words = "migrate P 3.0 points-v2 --accept=migration-omitted";
    let migrated = sandbox.run("Admin", words);
    let document = migrated.ends(5);
    assert_eq!(list(document, "paused").len(), 4, "{document:#}");
    document.has(json!({"not_compared": null}));
    let mut compared = list(document, "storage").iter();
    let is_first = |one: &Value| one["from"] == "1.0" && one["to"] == "2.0";
    assert!(compared.any(is_first), "{document:#}");
}

#[test]
fn what_is_upgraded_into_a_complex_step_after_a_pause_is_named_with_the_next_command() {
    let (sandbox, proxies) = current_and_not_rolled_out(5);
    sandbox.done("Admin", "pause P");
    let paused = sandbox.run("Admin", "upgrade P");
    paused.is(1, "DefinitionPaused");
    assert_snapshot!(paused.refusal(), @"
    message: P is paused: its instances are not upgraded meanwhile
    expected: a definition that is live
    found: P is paused
    next: stylus-upgrades resume P, then the same command; only register works during a pause
    ");
    // Nothing was activated during the pause: each runs what it ran.
    sandbox.done("Admin", "resume P").has(json!({"left": 0}));
    assert_eq!(texts(&sandbox.instances("P"), "version"), ["1.0"; 5]);
    let again = sandbox.run("Admin", "upgrade P");
    names_next(again.ends(5), &proxies);

    // The end of a complex step during a pause leads to the stub.
    sandbox.done("Admin", "pause P");
    sandbox
        .run("Admin", &format!("run-migration {}", proxies[0]))
        .ends(0);
    let instances = sandbox.instances("P");
    let mut all = instances.iter();
    let first = all.find(|one| one["proxy"] == proxies[0].as_str());
    first
        .expect("it")
        .has(json!({"version": "2.0", "state": "paused"}));
}

#[test]
#[ignore = "nightly: many commands of several people, about 9 s"]
fn a_program_that_could_not_end_is_refused_before_anything_is_sent() {
    let (sandbox, _) = registers(0);
    let before = sandbox.nonce();
    // code that names no UpgradeabilityStorage at all
    let other = MIGRATE.replace("points-cursor", "points-v1");
    let refused = sandbox.run("Admin", &other);
    assert_eq!(error(&refused), "ProgramOfOtherFramework", "{refused:?}");
    // what the program was linked to is not on this chain
    let pinned = stylus_upgrades::build::Framework::pinned().expect("it");
    sandbox.set_code(pinned.storage.address, Bytes::new());
    for words in [MIGRATE, &MIGRATE.replace("migrate", "plan")] {
        let refused = sandbox.run("Admin", words);
        assert_eq!(error(&refused), "ProgramCannotEnd", "{refused:?}");
        for field in ["expected", "found", "next"] {
            refused.said(field);
        }
    }
    assert_eq!(sandbox.nonce(), before);
}

#[test]
#[ignore = "nightly: many commands of several people, about 16 s"]
fn migrate_to_what_is_current_once_more_takes_along_what_was_rolled_back() {
    let (sandbox, proxies) = registers(1);
    let rolled_back = &proxies[0];
    sandbox.transcript(&format!(
        "Admin 5 | {MIGRATE}
         Admin 0 | run-migration {rolled_back} --abort
         Admin 0 | run-migration {rolled_back}"
    ));
    assert_eq!(sandbox.version(rolled_back), "1.0");

    // No rollout reaches it, the call does: that is what a plan tries.
    let planned = sandbox.done("Other", "plan P 2.0");
    planned.has(json!({"is_current": false}));
    planned["instances"][0].has(json!({"migrating": false, "to": "2.0"}));

    let again = sandbox.run("Admin", MIGRATE);
    assert_eq!(again.ends(5)["paused"][0]["proxy"], rolled_back.as_str());
    sandbox.done("Admin", &format!("run-migration {rolled_back}"));
    assert_eq!(sandbox.version(rolled_back), "2.0");
    assert_snapshot!(masked(&sandbox.shown("Admin", MIGRATE, 0)), @"
    P 2.0 is activated already
    code of P 2.0 deployed at [address]
    checked    steps partial: the fields of the code that migrates are not known: derive StorageLayout, and build it here
    P is at 2.0: nothing to upgrade
    ");
}

/// Registers of 40 points each.
fn with_points(instances: usize) -> (Sandbox, Vec<String>) {
    let (sandbox, proxies) = registers(instances);
    let members: Vec<String> = (1..=40).map(|number| format!("{number:#042x}")).collect();
    let members = members.join(",");
    for proxy in &proxies {
        let award = format!("send {proxy} award(address[],uint256) [{members}] 5");
        sandbox.done("Admin", &award);
    }
    (sandbox, proxies)
}

#[test]
fn a_complex_migration_is_tried_with_its_batches_and_its_end() {
    let (sandbox, proxies) = with_points(1);
    sandbox.done("Admin", &format!("policy update P {BOTH}"));
    let action = sandbox.action("Admin", MIGRATE);
    let words = format!("plan P 2.0 --action {action}");
    let planned = sandbox.done("Admin2", &words);
    planned.has(json!({"untried": 0}));
    assert_ne!(planned["verdict"], "only-started", "{planned:#}");
    let instance = &planned["instances"][0];
    instance.has(json!({"to": "2.0", "migrating": false, "batches": {"tried": 1}}));
    assert_eq!(instance["batches"].get("left"), None, "{planned:#}");
    let shown = sandbox.shown("Admin2", &words, 0);
    // Without the 40 items.
    let lines = shown.lines();
    let lines: Vec<&str> = lines
        .filter(|line| !line.contains("state.points"))
        .collect();
    assert_snapshot!(masked(&lines.join("\n")));
    let review = sandbox.review("Admin2", "P");
    let cards = list(&review, "findings").iter();
    let tried = cards.filter(|card| card["part"] == "trial");
    let says = texts(tried, "message").join("; ");
    assert_snapshot!(masked(&says), @"the upgrade succeeds on 1 instance, and only the registry and its instances change: the same with [number] amounts from [number] to [number] gas, on block [number]. But the script reads how much gas is left (evm_gas_left): its result may depend on the gas limit; unit(): 1 → 10 ([address]: it reads no storage, so the code decides it)");

    // What a copy shows is what happens.
    sandbox.run("Admin2", &format!("approve {action}")).ends(5);
    sandbox.done("Admin", &format!("run-migration {}", proxies[0]));
    assert_eq!(sandbox.version(&proxies[0]), "2.0");
}

#[test]
fn of_a_complex_migration_the_rest_is_reported_by_number_as_not_tried() {
    let (sandbox, _) = with_points(1);
    sandbox.done("Admin", &format!("policy update P {BOTH}"));
    let action = sandbox.action("Admin", MIGRATE);
    let words = format!("plan P 2.0 --batches 0 --action {action}");
    let planned = sandbox.done("Admin2", &words);
    planned.has(json!({"verdict": "only-started"}));
    let instance = &planned["instances"][0];
    instance.has(json!({"migrating": true, "batches": {"tried": 0, "left": 40}}));
    let (_, lines) = sandbox.reported("Admin2", &words);
    assert_snapshot!(masked(&lines.join("\n")));
}

#[test]
fn a_complex_migration_whose_items_the_handler_brings_is_reported_as_tried_at_its_start() {
    let sandbox = Sandbox::new();
    sandbox.transcript(
        "Admin 0 | define N --migrate Admin
         Admin 0 | register N 1.0 erc721-basic
         Admin 0 | create-proxy N 1.0 --init initialize(address) Admin --save it
         Admin 0 | send it mint(address,uint256[]) Admin2 [900,3,5]",
    );
    sandbox.done("Admin", &format!("policy update N {BOTH}"));
    let complex = "--complex erc721-enumerate --handler Admin";
    sandbox.proposed("Admin", &format!("migrate N 2.0 erc721-full {complex}"));
    let review = sandbox.review("Admin2", "N");
    assert_snapshot!(weight(&review, "trial"), @"unknown: trial; only the start of the complex migration was tried, on 1 instance: its batches and its end were not, and what they change and call is not known");
    let cards = list(&review, "findings").iter();
    let mut steps = cards.filter(|card| card["part"] == "steps");
    assert!(steps.all(|card| card["severity"] != "good"), "{review:#}");
}

#[test]
fn a_migration_that_is_aborted_while_its_batches_are_sent_stops_and_says_so() {
    let (sandbox, proxies) = registers(1);
    sandbox.done("Admin", "policy update P OR(Admin,Admin2)");
    let sandbox = Arc::new(sandbox);
    sandbox.run("Admin", MIGRATE).ends(5);
    let early = sandbox.run("Admin", &format!("upgrade {} 2.0", proxies[0]));
    early.is(1, "UpgradeInProgress");
    assert_snapshot!(early.refusal(), @"
    message: upgrade [address] from 1.0 to 2.0 was refused: UpgradeInProgress()
    expected: an instance that is live
    found: a paused contract, or an upgrade of it that is running
    next: stylus-upgrades status shows which: stylus-upgrades run-migration PROXY continues a migration, stylus-upgrades resume NAME ends a pause, stylus-upgrades upgrade NAME follows where one has ended
    ");
    let leaves = sandbox.run("Admin", &format!("transfer {} Other", proxies[0]));
    leaves.is(1, "UpgradeInProgress");
    assert_snapshot!(leaves.refusal(), @"
    message: [address] is in a complex migration: end it before the transfer
    expected: an instance that no complex migration is changing
    found: migrating
    next: nothing was sent; first end it: stylus-upgrades run-migration [address], or with --abort to go back
    ");
    let (other, proxy, sent) = (sandbox.clone(), proxies[0].clone(), AtomicUsize::new(0));
    let relay = Relay::interrupting(&sandbox.node.endpoint(), move |request| {
        let is_sending = request["method"] == "eth_sendRawTransaction";
        if is_sending && sent.fetch_add(1, Ordering::Relaxed) == 0 {
            other.done("Admin2", &format!("run-migration {proxy} --abort"));
        }
    });
    let run = format!("run-migration {}", proxies[0]);
    sandbox.run_at(&relay, "Admin", &run).is(1, "Aborted");
}

/// One that went back in a pause is on the stub, and the next rollout takes it from there: it waits for that.
#[test]
fn what_went_back_in_a_pause_is_named_as_waiting_until_it_is_resumed() {
    let (sandbox, proxies) = registers(1);
    let proxy = &proxies[0];
    sandbox.transcript(&format!(
        "Admin 5 | {MIGRATE}
         Admin 0 | pause P
         Admin 0 | run-migration {proxy} --abort
         Admin 0 | run-migration {proxy}"
    ));
    // no command: it would roll out at once
    let resume = abi::resumeCall {
        name: "P".into(),
        version: "2.0".into(),
    };
    sandbox.send(0, &resume);
    let definition = sandbox.definition("P");
    definition["instances"][0].has(json!({"version": "1.0", "state": "paused"}));
    let waiting = texts(list(&definition, "waiting"), "proxy");
    assert_eq!(waiting.len(), 1, "{definition:#}");
    sandbox.done("Other", "upgrade P");
    let instances = sandbox.instances("P");
    instances[0].has(json!({"version": "1.0", "state": "live"}));
}
