//! Which instances a plan has tried: those that the simulation has brought to the version. Of all others it says
//! that they were not tried.

use crate::governance::creation::weight;
use crate::prelude::*;

const LATER: &str = "plan A 3.0 counter-v2 --accept=migration-omitted";

/// A plan of the upgrade to 2.0, whose step has that argument.
pub(crate) fn plan(step: &str, more: &str) -> String {
    format!("plan A 2.0 counter-v2 --call migrate(uint256) {step} {more}")
}

/// The instances of the plan, each with the versions before and after.
fn instances(plan: &Value) -> Vec<(&str, &str, &str)> {
    let all = list(plan, "instances").iter();
    all.map(|one| (text(one, "proxy"), text(one, "from"), text(one, "to")))
        .collect()
}

/// What is said of the whole.
fn verdict(sandbox: &Sandbox, words: &str) -> String {
    let (_, lines) = sandbox.reported("Other", words);
    masked(&lines[0])
}

#[test]
fn the_instances_that_a_plan_shows_are_those_that_are_upgraded_on_the_copy() {
    let sandbox = Sandbox::with_counter("Admin", 2);
    sandbox.done("Admin", MIGRATE);
    for _ in 0..5 {
        sandbox.done("Admin", CREATE);
    }
    let proxies = sandbox.proxies();
    let words = format!("{LATER} --instances 2");
    let planned = sandbox.done("Other", &words);
    let first: Vec<String> = proxies[..2].iter().map(|one| format!("{one:#x}")).collect();
    let expected: Vec<_> = first.iter().map(|one| (&**one, "2.0", "3.0")).collect();
    assert_eq!(instances(&planned), expected, "{planned:#}");
    planned.has(json!({"untried": 5, "others": []}));
    assert_snapshot!(verdict(&sandbox, &words), @"! it would succeed on the instances that were tried");
    let whole = sandbox.done("Other", LATER);
    whole.has(json!({"untried": 0}));
    assert!(instances(&whole).iter().all(|(_, _, to)| *to == "3.0"));
}

#[test]
fn instances_that_are_still_to_be_resumed_are_resumed_and_upgraded_in_a_plan() {
    let sandbox = Sandbox::with_counter("Admin", 7);
    sandbox.done("Admin", "pause A");
    let resume = abi::resumeCall {
        name: "A".into(),
        version: "1.0".into(),
    };
    sandbox.send(0, &resume);
    let words = plan("5", "--instances 7");
    let planned = sandbox.done("Other", &words);
    let all = instances(&planned);
    let is_there = all.iter().all(|(_, _, to)| *to == "2.0");
    assert!(all.len() == 7 && is_there, "{planned:#}");
    planned.has(json!({"untried": 0}));
    assert_snapshot!(verdict(&sandbox, &words), @"✓ it would succeed");
}

#[test]
fn a_review_gives_no_good_mark_where_instances_are_left_that_were_not_tried() {
    let sandbox = Sandbox::with_counter(BOTH, 17);
    sandbox.proposed("Admin", MIGRATE);
    let review = sandbox.review("Admin2", "A");
    let cards = list(&review, "findings").iter();
    let tried: Vec<_> = cards.filter(|card| card["part"] == "trial").collect();
    assert!(
        tried.iter().all(|card| card["severity"] == "unknown"),
        "{tried:?}"
    );
    let messages = texts(tried, "message");
    assert_snapshot!(masked(&messages.join("\n")), @"
    the upgrade succeeds on 16 instances, and only the registry and its instances change: the same with [number] amounts from [number] to [number] gas, on block [number]
    tried: 16 instances; not tried: 1
    ");
}

#[test]
fn what_is_current_with_another_migration_is_reported_as_refused() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done("Admin", MIGRATE);
    let planned = sandbox.run("Other", &plan("6", ""));
    assert_eq!(error(&planned), "VersionExists", "{planned:?}");
    for same in [&plan("5", "")[..], "plan A 2.0"] {
        sandbox.done("Other", same).has(json!({"is_current": true}));
    }
}

#[test]
fn a_further_way_to_what_is_current_is_reported_as_not_tried_and_open_to_any_rollout() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.transcript(&format!(
        "Admin 0 | register A 1.1 counter-v1 --initial --accept=initializer-of-other
         Admin 0 | {MIGRATE}
         Admin 0 | policy update A {BOTH}
         Admin 3 | register A 2.0 --from 1.1 --script counter-v1 --call increment()"
    ));
    let review = sandbox.review("Admin2", "A");
    assert_snapshot!(weight(&review, "trial"), @"unknown: trial; not checked: the migration was not tried; once it is registered, anybody can run it on instances at 1.1 (rollout)");
    let cards = list(&review, "findings").iter();
    let mut steps = cards.filter(|card| card["part"] == "steps");
    assert!(steps.all(|card| card["severity"] != "good"), "{review:#}");
}
