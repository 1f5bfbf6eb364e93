//! Instances with an EVM proxy, from the command line.

use crate::prelude::*;
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
    let status = sandbox.done("Other", &format!("status {proxy}"));
    let instance = &status["instance"];
    assert_eq!(
        (text(instance, "kind"), text(instance, "version")),
        ("evm", "2.0")
    );
    assert_eq!(text(instance, "registry"), text(&status, "registry"));
    let verified = sandbox.done("Other", "verify A --framework");
    assert!(holds(&verified), "{verified}");
    let history = sandbox.done("Other", "history A");
    assert!(holds(&history), "{history}");
    let examined = sandbox.done("Other", "doctor");
    assert_eq!(examined["findings"], Value::Array(vec![]), "{examined}");
}

#[test]
fn the_registry_upgrades_one_evm_proxy_for_who_decides_alone_and_nobody_else() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let created = sandbox.done("Admin", &[&CREATE[..], &["--kind", "evm"]].concat());
    let proxy = text(&created, "proxy");
    sandbox.done("Admin", &[&["register"][..], &MIGRATE[1..]].concat());
    let refused = sandbox.run("Other", &format!("upgrade {proxy} 2.0"));
    refused.is(1, "UpgradeNotAuthorized");
    let upgraded = sandbox.done("Admin", &format!("upgrade {proxy} 2.0"));
    assert_eq!(text(&upgraded, "route"), "registry");
    let status = sandbox.done("Other", "status A");
    let instances = status["definitions"][0]["instances"].as_array();
    let versions = instances.expect("instances").iter();
    let versions: Vec<_> = versions.map(|one| text(one, "version")).collect();
    assert_eq!(versions, ["1.0", "2.0"], "the other one stays");
}
