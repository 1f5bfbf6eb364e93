//! Between two questions of a command that upgrades, somebody else registers or activates a version. What is
//! upgraded then was compared, or the command says that it was not.

use crate::prelude::*;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Who alone migrates: each of two.
const EITHER: &str = "OR(Admin,Admin2)";

/// Runs a command of Admin2 through an endpoint; before the request of that number `work` is done. Requests that
/// the command makes at the same time wait for it. Gives the answer, and whether it was done.
fn interrupted(
    sandbox: &Arc<Sandbox>,
    words: &str,
    place: usize,
    work: impl Fn(&Sandbox) + Send + Sync + 'static,
) -> (Answer, bool) {
    let count = Arc::new(Mutex::new(0));
    let (other, counted) = (sandbox.clone(), count.clone());
    let relay = Relay::interrupting(&sandbox.node.endpoint(), move |_| {
        let mut count = counted.lock().expect("a request before it failed");
        if *count == place {
            work(&other);
        }
        *count += 1;
    });
    let answer = sandbox.run_at(&relay, "Admin2", words);
    let requests = *count.lock().expect("a request failed");
    (answer, requests > place)
}

/// The versions that the answer says to have been compared.
fn compared(answer: &Answer) -> BTreeSet<&str> {
    let steps = answer.document["storage"].as_array().into_iter().flatten();
    steps.map(|step| text(step, "to")).collect()
}

/// The versions of all instances.
fn versions(sandbox: &Sandbox) -> BTreeSet<String> {
    let all = sandbox.instances("A");
    texts(&all, "version")
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// What succeeded was compared; what was not is named.
fn require_truth(sandbox: &Sandbox, answer: &Answer, place: &str) {
    let mut moved = versions(sandbox);
    moved.remove("1.0");
    let compared = compared(answer);
    let is_compared = moved
        .iter()
        .all(|version| compared.contains(version.as_str()));
    let is_named = answer.document["not_compared"] != Value::Null;
    assert!(is_compared || is_named, "{place}: {moved:?} {answer:#?}");
    assert_eq!(is_named, !is_compared, "{place}: {moved:?} {answer:#?}");
    if is_named {
        assert_eq!(answer.exit, Some(1), "{place}: {answer:#?}");
        assert_eq!(answer.document["coverage"]["layout"], "absent", "{place}");
    }
}

#[test]
fn an_upgrade_to_what_is_registered_meanwhile_was_compared_or_is_refused() {
    let mut ends = BTreeSet::new();
    for place in 0..12 {
        let sandbox = Arc::new(Sandbox::with_counter(EITHER, 1));
        let upgrade = format!("upgrade {} 2.0", sandbox.proxies()[0]);
        let (answer, is_done) = interrupted(&sandbox, &upgrade, place, |sandbox| {
            sandbox.done("Admin", REGISTER);
        });
        require_truth(&sandbox, &answer, &place.to_string());
        ends.insert((is_done, versions(&sandbox).contains("2.0")));
    }
    // What is registered before the command begins to read is compared and upgraded. All that it reads is of one
    // block, so what is registered later is refused.
    let both = [(true, true), (true, false)];
    assert!(both.iter().all(|end| ends.contains(end)), "{ends:?}");
}

/// The migration to a version that is registered.
pub(crate) fn migration(sandbox: &Sandbox, name: &str, version: &str) -> abi::migrateCall {
    let call = abi::getVersionCall {
        name: name.into(),
        version: version.into(),
    };
    let found = sandbox.ask(sandbox.registry(), call);
    abi::migrateCall {
        name: name.into(),
        version: version.into(),
        code: found.code,
        step: found.steps[0].clone(),
    }
}

/// Makes 2.0 current, of which no instance is, and gives the migration to 3.0, which is registered.
fn a_way_past(sandbox: &Sandbox) -> abi::migrateCall {
    // The way from 1.0 to 3.0 takes less gas than the one over 2.0.
    sandbox.transcript(&format!(
        "Admin 0 | {REGISTER}
         Admin 0 | register A 3.0 counter-v2 --from 2.0 --accept=migration-omitted
         Admin 0 | register A 3.0 --from 1.0 --accept=migration-omitted,migration-bypassed:2.0"
    ));
    let third = migration(sandbox, "A", "3.0");
    sandbox.send(0, &migration(sandbox, "A", "2.0"));
    third
}

#[test]
fn what_a_rollout_moved_uncompared_is_reported_where_the_endpoint_answers_nothing_after_it() {
    let sandbox = Arc::new(Sandbox::with_counter(EITHER, 5));
    let third = a_way_past(&sandbox);
    let other = sandbox.clone();
    let sent = AtomicUsize::new(0);
    let relay = Relay::to(&sandbox.node.endpoint(), move |request| {
        let method = request["method"].as_str().unwrap_or_default();
        if method == "eth_sendRawTransaction" && sent.fetch_add(1, Ordering::Relaxed) == 0 {
            other.send(0, &third);
        }
        (method == "eth_call" && sent.load(Ordering::Relaxed) > 0).then_some("no more today")
    });
    let answer = sandbox.run_at(&relay, "Admin2", "upgrade A");
    require_truth(&sandbox, &answer, "after it");
    let found = list(&answer.document, "not_compared").len();
    assert_eq!(found, 5, "{answer:#?}");
    answer.document.has(json!({"left": null, "upgraded": 5}));
}

#[test]
fn an_instance_of_a_version_that_nobody_registered_is_not_created_without_its_initializer() {
    let sandbox = Arc::new(Sandbox::with_counter(EITHER, 0));
    for place in [0, 1, 2] {
        let create = format!("create-proxy A 9.{place}");
        let accepts = "--initial --accept=initializer-of-other";
        let register = format!("register A 9.{place} counter-v1 {accepts}");
        let (answer, is_done) = interrupted(&sandbox, &create, place, move |sandbox| {
            sandbox.done("Admin", &register);
        });
        assert_ne!(answer.exit, Some(0), "{place}: {answer:#?}");
        assert!(is_done, "{place}");
    }
}
