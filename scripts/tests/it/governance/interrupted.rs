//! Between two questions of a command that upgrades, somebody else registers or activates a version. What is
//! upgraded then was compared, or the command says that it was not.

use crate::governance::creation::send;
use crate::governance::effects::ask;
use crate::prelude::*;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Who alone migrates: each of two.
const EITHER: &str = "OR(Admin,Admin2)";

/// Runs a command of Admin2 through an endpoint; before the request for which `is_there` holds, which is given
/// its number, `work` is done once. Gives the answer, and whether it was done.
fn interrupted(
    sandbox: &Arc<Sandbox>,
    words: &(impl Words + ?Sized),
    is_there: impl Fn(usize, &str) -> bool + Send + Sync + 'static,
    work: impl Fn(&Sandbox) + Send + Sync + 'static,
) -> (Answer, bool) {
    let words = &words.list()[..];
    let count = AtomicUsize::new(0);
    let done = Arc::new(AtomicUsize::new(0));
    let (other, noted) = (sandbox.clone(), done.clone());
    let relay = Relay::interrupting(&sandbox.node.endpoint(), move |request| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let method = request["method"].as_str().unwrap_or_default();
        if is_there(number, method) && noted.fetch_add(1, Ordering::Relaxed) == 0 {
            work(&other);
        }
    });
    let endpoint = relay.endpoint();
    let answer = sandbox.run("Admin2", &[words, &["--rpc-url", &endpoint]].concat());
    (answer, done.load(Ordering::Relaxed) > 0)
}

/// The versions that the answer says to have been compared.
fn compared(answer: &Answer) -> BTreeSet<&str> {
    let steps = answer.document["storage"].as_array().into_iter().flatten();
    steps.map(|step| text(step, "to")).collect()
}

/// The versions of all instances.
fn versions(sandbox: &Sandbox) -> BTreeSet<String> {
    let status = sandbox.done("Other", "status A");
    let instances = status["definitions"][0]["instances"].as_array();
    let versions = instances.into_iter().flatten();
    versions
        .map(|one| text(one, "version").to_owned())
        .collect()
}

/// What succeeded was compared; what was not is named.
fn require_truth(sandbox: &Sandbox, answer: &Answer, place: &str) {
    let moved: BTreeSet<String> = versions(sandbox)
        .into_iter()
        .filter(|one| one != "1.0")
        .collect();
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

/// The version that `MIGRATE` leads to, registered alone.
fn register(sandbox: &Sandbox) {
    sandbox.done("Admin", &[&["register"], &MIGRATE[1..]].concat());
}

#[test]
fn an_upgrade_to_what_is_registered_meanwhile_was_compared_or_is_refused() {
    let mut ends = BTreeSet::new();
    for place in 3..12 {
        let sandbox = Arc::new(Sandbox::with_counter(EITHER, 1));
        let status = sandbox.done("Other", "status A");
        let proxy = text(&status["definitions"][0]["instances"][0], "proxy").to_owned();
        let words = ["upgrade", &proxy, "2.0"];
        let is_there = move |number: usize, _: &str| number == place;
        let (answer, is_done) = interrupted(&sandbox, &words, is_there, register);
        require_truth(&sandbox, &answer, &place.to_string());
        let is_upgraded = versions(&sandbox).contains("2.0");
        ends.insert((is_done, is_upgraded));
    }
    // Registered early enough it is compared and upgraded, later it is refused.
    assert!(
        ends.contains(&(true, true)) && ends.contains(&(true, false)),
        "{ends:?}"
    );
}

/// The migration to a version that is registered.
pub(crate) fn migration(sandbox: &Sandbox, name: &str, version: &str) -> abi::migrateCall {
    let call = abi::getVersionCall {
        name: name.into(),
        version: version.into(),
    };
    let found = ask(sandbox, call);
    abi::migrateCall {
        name: name.into(),
        version: version.into(),
        code: found.code,
        step: found.steps[0].clone(),
    }
}

/// Makes 2.0 current, of which no instance is, and gives the migration to 3.0, which is registered.
fn a_way_past(sandbox: &Sandbox) -> abi::migrateCall {
    register(sandbox);
    let later = "register A 3.0 counter-v2 --from 2.0 --accept=migration-omitted";
    sandbox.done("Admin", &later);
    let direct = "register A 3.0 --from 1.0 --accept=migration-omitted";
    sandbox.done("Admin", &direct); // it takes less gas than the way over 2.0
    let (second, third) = (
        migration(sandbox, "A", "2.0"),
        migration(sandbox, "A", "3.0"),
    );
    send(sandbox, 0, &second);
    third
}

#[test]
fn what_a_rollout_moved_uncompared_is_reported_where_the_endpoint_answers_nothing_behind_it() {
    let sandbox = Arc::new(Sandbox::with_counter(EITHER, 5));
    let third = a_way_past(&sandbox);
    let other = sandbox.clone();
    let sent = AtomicUsize::new(0);
    let relay = Relay::to(&sandbox.node.endpoint(), move |request| {
        let method = request["method"].as_str().unwrap_or_default();
        if method == "eth_sendRawTransaction" && sent.fetch_add(1, Ordering::Relaxed) == 0 {
            send(&other, 0, &third);
        }
        (method == "eth_call" && sent.load(Ordering::Relaxed) > 0).then_some("no more today")
    });
    let words = ["upgrade", "A", "--rpc-url", &relay.endpoint()];
    let answer = sandbox.run("Admin2", &words);
    require_truth(&sandbox, &answer, "behind it");
    let moved = answer.document["not_compared"].as_array().expect("them");
    assert_eq!(moved.len(), 5, "{answer:#?}");
    assert_eq!(answer.document["left"], Value::Null);
    assert_eq!(answer.document["upgraded"], 5);
}

#[test]
fn an_instance_of_a_version_that_nobody_registered_is_not_created_without_its_initializer() {
    let sandbox = Arc::new(Sandbox::with_counter(EITHER, 0));
    for place in [0, 1, 2] {
        let version = format!("9.{place}");
        let words = ["create-proxy", "A", &version];
        let register = version.clone();
        let is_there = move |number: usize, _: &str| number == place;
        let (answer, is_done) = interrupted(&sandbox, &words, is_there, move |sandbox| {
            let words = format!(
                "register A {register} counter-v1 --initial \
                              --accept=initializer-of-other"
            );
            sandbox.done("Admin", &words);
        });
        assert_ne!(answer.exit, Some(0), "{place}: {answer:#?}");
        assert!(is_done, "{place}");
    }
}
