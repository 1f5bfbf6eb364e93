//! Instances with an EVM or beacon proxy, from the command line.

use crate::sandbox::{CREATE, MIGRATE, Sandbox, error, text};
use serde_json::Value;

/// Whether all of a command's checks hold.
fn holds(document: &Value) -> bool {
    let checks = document["checks"].as_array().expect("checks");
    !checks.is_empty() && checks.iter().all(|check| check["ok"] == true)
}

#[test]
fn an_evm_proxy_is_planned_migrated_verified_and_examined_as_a_wasm_one_is() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let created = sandbox.done("Admin", &[&CREATE[..], &["--kind", "evm"]].concat());
    let proxy = text(&created, "proxy");
    let plan = [&["plan"][..], &MIGRATE[1..]].concat();
    let planned = sandbox.done("Other", &plan);
    assert_eq!(planned["instances"].as_array().map(Vec::len), Some(2));
    let migrated = sandbox.done("Admin", &MIGRATE);
    assert!(holds(&migrated), "{migrated}");
    let status = sandbox.done("Other", &["status", proxy]);
    let instance = &status["instance"];
    assert_eq!(
        (text(instance, "kind"), text(instance, "version")),
        ("evm", "2.0")
    );
    assert_eq!(text(instance, "registry"), text(&status, "registry"));
    let verified = sandbox.done("Other", &["verify", "A", "--framework"]);
    assert!(holds(&verified), "{verified}");
    let history = sandbox.done("Other", &["history", "A"]);
    assert!(holds(&history), "{history}");
    let examined = sandbox.done("Other", &["doctor"]);
    assert_eq!(examined["findings"], Value::Array(vec![]), "{examined}");
}

#[test]
fn what_only_the_registry_of_an_evm_proxy_does_is_refused_by_name_before_a_transaction() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let created = sandbox.done("Admin", &[&CREATE[..], &["--kind", "evm"]].concat());
    let proxy = text(&created, "proxy");
    let block = || sandbox.node.with_chain(|chain| chain.block_number());
    let before = block().expect("it");
    let refused = sandbox.run("Admin", &["upgrade", proxy, "2.0"]);
    assert_eq!((refused.exit, error(&refused)), (Some(1), "NotDirectly"));
    assert_eq!(block().expect("it"), before);
}

#[test]
fn a_beacon_proxy_follows_what_is_current_and_takes_no_migration() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let create = [&CREATE[..], &["--kind", "beacon"]].concat();
    let created = sandbox.done("Admin", &create);
    let proxy = text(&created, "proxy");
    let block = || sandbox.node.with_chain(|chain| chain.block_number());
    let deployed = sandbox.run("Admin", &MIGRATE);
    assert_eq!((deployed.exit, error(&deployed)), (Some(1), "InvalidStep"));
    let before = block().expect("it");
    let again = sandbox.run("Admin", &MIGRATE);
    assert_eq!(error(&again), "InvalidStep");
    assert_eq!(block().expect("it"), before, "nothing is sent");
    let other = [&CREATE[..2], &["0.9"], &CREATE[3..], &["--kind", "beacon"]].concat();
    assert_eq!(sandbox.run("Admin", &other).exit, Some(1));

    let migrate = ["migrate", "A", "2.0", "counter-v2", "--no-migration"];
    sandbox.done("Admin", &migrate);
    let status = sandbox.done("Other", &["status", proxy]);
    let instance = &status["instance"];
    assert_eq!(text(instance, "kind"), "beacon");
    assert_eq!(text(instance, "version"), "2.0");
    let verified = sandbox.done("Other", &["verify", "A", "--framework"]);
    assert!(holds(&verified), "{verified}");
    let examined = sandbox.done("Other", &["doctor"]);
    assert_eq!(examined["findings"], Value::Array(vec![]), "{examined}");
    let refused = sandbox.run("Admin", &["upgrade", proxy, "1.0"]);
    assert_eq!((refused.exit, error(&refused)), (Some(1), "NotDirectly"));
}
