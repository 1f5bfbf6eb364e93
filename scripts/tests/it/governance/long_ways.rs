//! Ways of more steps than one upgrade takes.

use crate::prelude::*;
use stylus_upgrades_interface::registry::{Code, Step};

/// The number of versions.
const VERSIONS: usize = 40;

/// Registers versions up to 40.0 with the code of 1.0, each from the one before, and makes the last one current.
fn register_all(sandbox: &Sandbox, who: &[usize]) {
    let registry = sandbox.registry();
    let get = abi::getVersionCall {
        name: "A".into(),
        version: "1.0".into(),
    };
    let code: Code = sandbox.ask(registry, get).code;
    for at in 2..=VERSIONS {
        let step = Step {
            from: format!("{}.0", at - 1),
            kind: 0,
            script: Address::ZERO,
            scriptCodehash: B256::ZERO,
            data: Bytes::new(),
        };
        let migrate = abi::migrateCall {
            name: "A".into(),
            version: format!("{at}.0"),
            code: code.clone(),
            step,
        };
        for who in who {
            sandbox.send(*who, &migrate);
        }
    }
}

/// The chain takes 32 steps at once. So the command for one instance to one version names the one that takes it along
/// in stages, and takes it as far as one upgrade goes.
#[test]
fn one_instance_is_upgraded_over_40_versions_in_stages() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    register_all(&sandbox, &[0]);
    let proxy = sandbox.proxies()[0].to_string();
    let before = sandbox.nonce();
    let far = format!("upgrade {proxy} {VERSIONS}.0");
    let refused = sandbox.run("Admin", &far);
    refused
        .is(1, "NoPath")
        .says("next", &["stylus-upgrades upgrade A"]);
    assert_eq!(sandbox.nonce(), before, "nothing was sent");
    for (version, from) in [("33.0", "1.0"), ("40.0", "33.0")] {
        let upgraded = sandbox.done("Admin", &format!("upgrade {proxy} {version}"));
        upgraded.has(json!({"from": from, "to": version, "executed": true}));
        assert_eq!(sandbox.version(&proxy), version);
    }
    sandbox.run("Admin", &far).is(1, "AlreadyAtVersion");
}

#[test]
fn an_instance_at_the_first_of_40_versions_reaches_the_last_one_in_one_command() {
    for (policy, who, key) in [("Admin", &[0][..], "Admin"), (BOTH, &[0, 1], "Other")] {
        let sandbox = Sandbox::with_counter(policy, 1);
        register_all(&sandbox, who);
        let proxy = sandbox.proxies()[0].to_string();
        let upgraded = sandbox.run(key, "upgrade A");
        upgraded.warns(&["1 instance went as far as one upgrade takes, 32 steps"]);
        upgraded.ends(0).has(json!({"upgraded": 1, "left": 0}));
        assert_eq!(sandbox.version(&proxy), format!("{VERSIONS}.0"), "{policy}");
        assert_eq!(texts(&sandbox.instances("A"), "state"), ["live"]);
    }
}
