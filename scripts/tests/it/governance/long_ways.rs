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
    refused.is(1, "NoPath");
    assert_snapshot!(refused.refusal(), @r#"
    message: upgrade [address] from 1.0 to 40.0 was refused: NoPath("A", "1.0", "40.0")
    expected: a chain of steps from 1.0 to 40.0
    found: none within the limits
    next: first answer which migrations the data of 1.0 must run to become those of 40.0; with these (--call, --script or --complex) stylus-upgrades register A 40.0 --from 1.0 adds a step; a way of more than 32 steps takes several upgrades: stylus-upgrades upgrade A; where 1.0 is newer than the current version, stylus-upgrades migrate A 1.0 SOURCE makes it current first; to return to earlier code: stylus-upgrades rollback A --to 40.0 --label VERSION
    "#);
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
    let mut told = Vec::new();
    for (policy, who, key) in [("Admin", &[0][..], "Admin"), (BOTH, &[0, 1], "Other")] {
        let sandbox = Sandbox::with_counter(policy, 1);
        register_all(&sandbox, who);
        let proxy = sandbox.proxies()[0].to_string();
        let upgraded = sandbox.run(key, "upgrade A");
        let notes = upgraded.notes();
        let notes = notes.lines();
        let notes: Vec<&str> = notes.filter(|line| !line.starts_with("storage ")).collect();
        told.push(notes.join("\n"));
        upgraded.ends(0).has(json!({"upgraded": 1, "left": 0}));
        assert_eq!(sandbox.version(&proxy), format!("{VERSIONS}.0"), "{policy}");
        assert_eq!(texts(&sandbox.instances("A"), "state"), ["live"]);
    }
    assert_snapshot!(told.join("\n\n"));
}
