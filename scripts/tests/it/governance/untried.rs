//! Which instances a plan has tried: those that the trial has brought to the version. Of all others it says
//! that they were not tried.

use crate::governance::creation::{card, send};
use crate::governance::replay::plan;
use crate::prelude::*;
use stylus_upgrades_interface::registry::IRegistry as abi;

const LATER: [&str; 5] = [
    "plan",
    "A",
    "3.0",
    "counter-v2",
    "--accept=migration-omitted",
];

/// The instances of the plan, each with the versions before and after.
fn instances(plan: &Value) -> Vec<(&str, &str, &str)> {
    let all = plan["instances"].as_array().expect("instances").iter();
    all.map(|one| (text(one, "proxy"), text(one, "from"), text(one, "to")))
        .collect()
}

fn created(sandbox: &Sandbox) -> String {
    text(&sandbox.done("Admin", &CREATE), "proxy").to_owned()
}

/// What is said of the whole.
fn verdict(sandbox: &Sandbox, words: &(impl Words + ?Sized)) -> String {
    let (_, lines) = sandbox.reported("Other", words);
    let found = lines.iter().find(|line| line.contains("it would succeed"));
    found.unwrap_or_else(|| panic!("{lines:#?}")).clone()
}

#[test]
fn the_instances_that_a_plan_shows_are_those_that_are_upgraded_on_the_copy() {
    let sandbox = Sandbox::with_counter("Admin", 2);
    sandbox.done("Admin", &MIGRATE);
    let stragglers: Vec<String> = (0..5).map(|_| created(&sandbox)).collect();
    // The five are in front of the queue, and behind the two in the list of instances.
    let words = [&LATER[..], &["--instances", "2"]].concat();
    let planned = sandbox.done("Other", &words);
    let expected: Vec<_> = stragglers[..2]
        .iter()
        .map(|proxy| (proxy.as_str(), "1.0", "3.0"))
        .collect();
    assert_eq!(instances(&planned), expected, "{planned:#}");
    assert_eq!(planned["untried"], 5, "{planned:#}");
    assert_eq!(planned["others"], json!([]), "{planned:#}");
    assert_eq!(
        verdict(&sandbox, &words),
        "! it would succeed on the instances that were tried"
    );
    let whole = sandbox.done("Other", &LATER);
    assert_eq!(whole["untried"], 0, "{whole:#}");
    assert!(instances(&whole).iter().all(|(_, _, to)| *to == "3.0"));
}

#[test]
fn instances_that_are_still_to_be_resumed_are_resumed_and_upgraded_in_a_plan() {
    let sandbox = Sandbox::with_counter("Admin", 7);
    let name = || "A".to_owned();
    send(&sandbox, 0, &abi::pauseCall { name: name() });
    send(&sandbox, 0, &abi::resumeCall { name: name() });
    let words = plan("5", &["--instances", "7"]);
    let planned = sandbox.done("Other", &words);
    let all = instances(&planned);
    let is_there = all.iter().all(|(_, _, to)| *to == "2.0");
    assert!(all.len() == 7 && is_there, "{planned:#}");
    assert_eq!(planned["untried"], 0, "{planned:#}");
    assert_eq!(verdict(&sandbox, &words), "✓ it would succeed");
}

#[test]
fn a_review_gives_no_good_mark_where_instances_are_left_that_were_not_tried() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 17);
    sandbox.run("Admin", &MIGRATE);
    let pending = sandbox.done("Admin2", "pending A");
    let action = text(&pending["actions"][0], "action");
    let review = sandbox.done("Admin2", &format!("pending {action}"));
    let cards = review["findings"].as_array().expect("findings").iter();
    let tried: Vec<_> = cards
        .filter(|card| card["part"] == "trial")
        .map(|card| (text(card, "severity"), text(card, "message")))
        .collect();
    assert!(
        tried.iter().all(|(weight, _)| *weight == "unknown"),
        "{tried:?}"
    );
    let says = "tried: 16 instances; not tried: 1";
    assert!(tried.contains(&("unknown", says)), "{tried:?}");
}

#[test]
fn what_is_current_with_another_migration_is_reported_as_refused() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done("Admin", &MIGRATE);
    let planned = sandbox.run("Other", &plan("6", &[]));
    assert_eq!(error(&planned), "VersionExists", "{planned:?}");
    let same = sandbox.done("Other", &plan("5", &[]));
    assert_eq!(same["is_current"], true, "{same:#}");
    let same = sandbox.done("Other", "plan A 2.0");
    assert_eq!(same["is_current"], true, "{same:#}");
}

#[test]
fn a_further_way_to_what_is_current_is_reported_as_not_tried_and_open_to_any_rollout() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done(
        "Admin",
        "register A 1.1 counter-v1 --initial --accept=initializer-of-other",
    );
    sandbox.done("Admin", &MIGRATE);
    sandbox.done("Admin", "policy update A AND(Admin,Admin2)");
    let script = ["--script", "counter-v1", "--call", "increment()"];
    let way = [&["register", "A", "2.0", "--from", "1.1"][..], &script].concat();
    let proposed = sandbox.proposed("Admin", &way);
    let action = text(&proposed, "action");
    let review = sandbox.done("Admin2", &format!("pending {action}"));
    let (weight, says) = card(&review, "trial");
    assert_eq!(weight, "unknown", "{says}");
    assert!(
        says.contains("anybody can run it on instances at 1.1"),
        "{says}"
    );
    let cards = review["findings"].as_array().expect("findings").iter();
    let mut steps = cards.filter(|card| card["part"] == "steps");
    assert!(steps.all(|card| card["severity"] != "good"), "{review:#}");
}
