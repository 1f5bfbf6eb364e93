//! Instances with an EVM proxy, from the command line.

use crate::prelude::*;

/// Two instances, the second behind an EVM proxy, which is returned.
fn with_evm_proxy() -> (Sandbox, String) {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let created = sandbox.done("Admin", &format!("{CREATE} --kind evm"));
    (sandbox, text(&created, "proxy").to_owned())
}

#[test]
fn an_evm_proxy_is_planned_migrated_verified_and_examined_as_a_wasm_one_is() {
    let (sandbox, proxy) = with_evm_proxy();
    let planned = sandbox.done("Other", PLAN);
    assert_eq!(list(&planned, "instances").len(), 2);
    holds(&sandbox.done("Admin", MIGRATE));
    let status = sandbox.done("Other", &format!("status {proxy}"));
    let registry = text(&status, "registry");
    status["instance"].has(json!({"kind": "evm", "version": "2.0", "registry": registry}));
    holds(&sandbox.done("Other", "verify A --framework"));
    holds(&sandbox.done("Other", "history A"));
    #[cfg(feature = "watch")]
    sandbox.done("Other", "doctor").has(json!({"findings": []}));
}

#[test]
fn the_registry_upgrades_one_evm_proxy_for_who_decides_alone_and_nobody_else() {
    let (sandbox, proxy) = with_evm_proxy();
    sandbox.done("Admin", REGISTER);
    let upgrade = format!("upgrade {proxy} 2.0");
    sandbox.run("Other", &upgrade).is(1, "UpgradeNotAuthorized");
    sandbox
        .done("Admin", &upgrade)
        .has(json!({"route": "registry"}));
    let all = sandbox.instances("A");
    let found = texts(&all, "version");
    assert_eq!(found, ["1.0", "2.0"], "the other one stays");
}
