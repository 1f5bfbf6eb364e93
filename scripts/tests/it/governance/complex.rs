//! Commands that leave instances in a complex migration: partly done, and the next command is named.

use crate::governance::creation::{card, send};
use crate::governance::effects::ask;
use crate::governance::interrupted::migration;
use crate::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use stylus_upgrades_interface::registry::IRegistry as abi;

/// A registry with a definition `P` of registers of points: version 1.0, and so many instances.
fn registers(instances: usize) -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::new();
    sandbox.done("Admin", "define P --migrate Admin");
    sandbox.done("Admin", "register P 1.0 points-v1");
    let proxies = (0..instances).map(|_| created(&sandbox)).collect();
    (sandbox, proxies)
}

fn created(sandbox: &Sandbox) -> String {
    let create = "create-proxy P 1.0 --init initialize(address) Admin";
    text(&sandbox.done("Admin", &create), "proxy").to_owned()
}

/// A registry where 2.0 is current, and the only instance was called back from it to 1.0.
fn one_called_back() -> (Sandbox, String) {
    let (sandbox, proxies) = registers(1);
    let proxy = proxies[0].clone();
    assert_eq!(sandbox.run("Admin", &MIGRATE).exit, Some(5));
    sandbox.done("Admin", &format!("run-migration {proxy} --abort"));
    sandbox.done("Admin", &format!("run-migration {proxy}"));
    (sandbox, proxy)
}

const MIGRATE: [&str; 8] = [
    "migrate",
    "P",
    "2.0",
    "points-v2",
    "--complex",
    "points-cursor",
    "--handler",
    "Admin",
];

/// Whether the command that goes on with that instance is named.
fn names_next(paused: &[Value], proxy: &str) -> bool {
    let next = format!("stylus-upgrades run-migration {proxy}").to_lowercase();
    paused
        .iter()
        .any(|one| text(one, "next").to_lowercase() == next)
}

fn instance<'a>(status: &'a Value, proxy: &str) -> &'a Value {
    let all = status["definitions"][0]["instances"].as_array();
    let found = all
        .into_iter()
        .flatten()
        .find(|one| text(one, "proxy") == proxy);
    found.unwrap_or_else(|| panic!("no {proxy} in {status}"))
}

#[test]
#[ignore = "nightly: many commands of several people, about 11 s"]
fn a_complex_migration_of_more_than_four_instances_ends_partly_done_and_names_every_next_command() {
    let (sandbox, proxies) = registers(6);
    let migrated = sandbox.run("Admin", &MIGRATE);
    assert_eq!(migrated.exit, Some(5), "{migrated:?}");
    let paused = migrated.document["paused"].as_array().expect("them");
    assert_eq!(paused.len(), 6);
    for proxy in &proxies {
        assert!(names_next(paused, proxy), "{proxy}: {paused:?}");
    }
    let (exit, lines) = sandbox.reported("Admin", "upgrade P");
    assert_eq!(exit, Some(0), "nothing is left to roll out: {lines:?}");
    for proxy in &proxies {
        sandbox.done("Admin", &format!("run-migration {proxy}"));
    }
    let status = sandbox.done("Other", "status P");
    assert!(
        proxies
            .iter()
            .all(|one| text(instance(&status, one), "version") == "2.0")
    );
}

#[test]
#[ignore = "nightly: many commands of several people, about 8 s"]
fn few_that_wait_among_many_are_compared_before_migrate_takes_them_along() {
    let (sandbox, _) = registers(5);
    sandbox.done("Admin", &[&["register"], &MIGRATE[1..]].concat());
    // No command: it would roll out at once.
    send(&sandbox, 0, &migration(&sandbox, "P", "2.0"));
    let one = sandbox.run("Admin", "upgrade P --max 1");
    assert_eq!(one.exit, Some(5), "{one:?}");
    // Four wait, and one in a complex step does not: all four go along with the call.
    let words = "migrate P 3.0 points-v2 --accept=migration-omitted";
    let migrated = sandbox.run("Admin", &words);
    let paused = migrated.document["paused"].as_array().expect("them");
    assert_eq!((migrated.exit, paused.len()), (Some(5), 4), "{migrated:#?}");
    assert_eq!(migrated.document["not_compared"], Value::Null);
    let compared = migrated.document["storage"].as_array().expect("steps");
    let pair = |one: &Value| (text(one, "from").to_owned(), text(one, "to").to_owned());
    let pairs: Vec<_> = compared.iter().map(pair).collect();
    assert!(pairs.contains(&("1.0".into(), "2.0".into())), "{pairs:?}");
}

#[test]
fn what_a_resume_upgrades_into_a_complex_step_is_named_with_the_next_command() {
    let (sandbox, proxies) = registers(5);
    sandbox.done("Admin", &[&["register"], &MIGRATE[1..]].concat());
    send(&sandbox, 0, &migration(&sandbox, "P", "2.0"));
    sandbox.done("Admin", "pause P");
    // The old code is gone: the rollout that resumes its instances takes them past it.
    let call = abi::getVersionCall {
        name: "P".into(),
        version: "1.0".into(),
    };
    let old = ask(&sandbox, call).code.implementation;
    sandbox.chain(move |chain| chain.set_code(old, alloy::primitives::Bytes::new()));
    let resumed = sandbox.run("Admin", "resume P");
    assert_eq!(resumed.exit, Some(5), "{resumed:#?}");
    let paused = resumed.document["paused"].as_array().expect("them");
    for proxy in &proxies {
        assert!(names_next(paused, proxy), "{proxy}: {resumed:#?}");
    }
}

#[test]
#[ignore = "nightly: many commands of several people, about 9 s"]
fn a_program_that_could_not_end_is_refused_before_anything_is_sent() {
    let (sandbox, _) = registers(0);
    let nonce = |sandbox: &Sandbox| {
        let key = sandbox.node.accounts().mnemonic()[0].address();
        let found = sandbox.chain(move |chain| {
            let latest = stylus_chain::BlockId::latest();
            chain.account(key, latest).map(|account| account.nonce)
        });
        found.expect("an account")
    };
    let before = nonce(&sandbox);
    // code that names no UpgradeabilityStorage at all
    let mut other = MIGRATE;
    other[5] = "points-v1";
    let refused = sandbox.run("Admin", &other);
    assert_eq!(error(&refused), "ProgramOfOtherFramework", "{refused:?}");
    // what the program was linked to is not on this chain
    let pinned = stylus_upgrades::build::Framework::pinned().expect("it");
    let storage = pinned.storage.address;
    sandbox.chain(move |chain| chain.set_code(storage, alloy::primitives::Bytes::new()));
    for words in [&MIGRATE[..], &[&["plan"], &MIGRATE[1..]].concat()] {
        let refused = sandbox.run("Admin", words);
        assert_eq!(error(&refused), "ProgramCannotEnd", "{refused:?}");
        for field in ["expected", "found", "next"] {
            assert!(refused.document["error"][field].is_string(), "{refused:?}");
        }
    }
    assert_eq!(nonce(&sandbox), before);
}

#[test]
#[ignore = "nightly: many commands of several people, about 16 s"]
fn migrate_to_what_is_current_once_more_takes_along_what_was_called_back() {
    let (sandbox, called_back) = one_called_back();
    let status = sandbox.done("Other", "status P");
    assert_eq!(text(instance(&status, &called_back), "version"), "1.0");

    // No rollout reaches it, the call does: that is what a plan tries.
    let planned = sandbox.done("Other", "plan P 2.0");
    assert_eq!(planned["instances"][0]["migrating"], true, "{planned:#}");
    assert_eq!(planned["is_current"], false, "{planned:#}");
    let (_, lines) = sandbox.reported("Other", "plan P 2.0");
    let is_end =
        |line: &String| line == "! only the start of the migration was simulated: it succeeds";
    assert!(lines.iter().any(is_end), "{lines:#?}");

    let again = sandbox.run("Admin", &MIGRATE);
    assert_eq!(again.exit, Some(5), "{again:?}");
    assert_eq!(again.document["paused"][0]["proxy"], called_back.as_str());
    sandbox.done("Admin", &format!("run-migration {called_back}"));
    let status = sandbox.done("Other", "status P");
    assert_eq!(text(instance(&status, &called_back), "version"), "2.0");

    let (exit, lines) = sandbox.reported("Admin", &MIGRATE);
    assert_eq!(exit, Some(0));
    assert!(
        lines.contains(&"P 2.0 is activated already".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn of_a_complex_migration_only_the_start_is_reported_as_tried() {
    let (sandbox, _) = registers(1);
    sandbox.done("Admin", "policy update P AND(Admin,Admin2)");
    sandbox.run("Admin", &MIGRATE);
    let pending = sandbox.done("Admin2", "pending P");
    let action = text(&pending["actions"][0], "action");
    let review = sandbox.done("Admin2", &format!("pending {action}"));
    let (weight, says) = card(&review, "trial");
    assert_eq!(weight, "unknown", "{says}");
    assert!(says.contains("only the start"), "{says}");
    let (_, lines) = sandbox.reported("Admin2", &format!("plan P 2.0 --action {action}"));
    let is_said = lines.iter().any(|line| line.contains("only the start"));
    assert!(is_said, "{lines:#?}");
    let end = lines.iter().find(|line| line.contains("would succeed"));
    assert_eq!(
        end.map(String::as_str),
        Some("! only the start of the migration was simulated: it succeeds")
    );
    let about_steps = |card: &&Value| card["part"] == "steps";
    let cards = review["findings"].as_array().expect("findings");
    let is_good = |card: &Value| card["severity"] == "good";
    assert!(!cards.iter().filter(about_steps).any(is_good), "{review:#}");
}

#[test]
fn a_migration_that_is_aborted_while_its_batches_are_sent_stops_and_says_so() {
    let (sandbox, proxies) = registers(1);
    sandbox.done("Admin", "policy update P OR(Admin,Admin2)");
    let sandbox = Arc::new(sandbox);
    assert_eq!(sandbox.run("Admin", &MIGRATE).exit, Some(5));
    let (other, proxy, sent) = (sandbox.clone(), proxies[0].clone(), AtomicUsize::new(0));
    let relay = Relay::interrupting(&sandbox.node.endpoint(), move |request| {
        let is_sending = request["method"] == "eth_sendRawTransaction";
        if is_sending && sent.fetch_add(1, Ordering::Relaxed) == 0 {
            other.done("Admin2", &format!("run-migration {proxy} --abort"));
        }
    });
    let run = ["run-migration", &proxies[0], "--rpc-url", &relay.endpoint()];
    let stopped = sandbox.run("Admin", &run);
    stopped.is(1, "Aborted");
}
