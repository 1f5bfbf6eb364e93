//! `plan --replay` and governance that comes through other contracts.

use super::replay::{USER, groups, increment};
use crate::governance::untried::plan;
use crate::prelude::*;

/// Calls `target` with its calldata, and keeps the first word of what comes back in slot 1.
fn forwarder(target: Address) -> Bytes {
    let mut code = hex!("365f5f3760205f365f5f73").to_vec();
    code.extend(target);
    code.extend(hex!("5af1505f5160015500"));
    code.into()
}

#[test]
fn what_a_contract_decides_is_not_compared_and_neither_is_its_storage() {
    let multisig = Address::repeat_byte(0x77);
    let sandbox = Sandbox::with_counter(&format!("OR(Admin,{multisig})"), 1);
    let registry = sandbox.registry();
    let user = sandbox.node.addresses()[USER];
    sandbox.set_code(multisig, forwarder(registry));
    sandbox.mine();
    let query = abi::getVersionCall {
        name: "A".into(),
        version: "1.0".into(),
    };
    let code = sandbox.ask(registry, query).code;
    increment(&sandbox, user, 1);
    let add = abi::addVersionCall {
        name: "A".into(),
        version: "1.5".into(),
        code,
        step: stylus_upgrades::registry::nothing("1.0"),
    };
    let receipt = sandbox.sent(user, multisig, add.abi_encode().into(), 10_000_000);
    assert!(receipt.success && !receipt.logs.is_empty());
    increment(&sandbox, user, 1);
    let replay = &sandbox.done("Other", &plan("5", "--replay 2"))["replay"];
    replay.has(json!({"others": 1, "not_compared": 1}));
    assert_eq!(list(replay, "not_compared_differ").len(), 1, "{replay}");
    assert_eq!(groups(replay), [("gas", 2)], "{replay}");
    let account = json!(multisig.to_string().to_lowercase());
    assert!(
        list(replay, "left_out_accounts").contains(&account),
        "{replay}"
    );
    let mut storage = list(replay, "storage").iter();
    assert!(storage.all(|one| one["account"] != account), "{replay}");
}

/// Asks the registry something without calldata, then increments, and fails where that fails.
fn gate(registry: Address, proxy: Address) -> Bytes {
    let mut code = hex!("5f5f5f5f73").to_vec();
    code.extend(registry);
    code.extend(hex!("5afa50 63d09de08a5f52 5f5f6004601c5f73"));
    code.extend(proxy);
    code.extend(hex!("5af1 6047575f5ffd5b00"));
    code.into()
}

#[test]
fn a_users_call_is_compared_though_it_touches_the_registry() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let proxy = sandbox.proxies()[0];
    let user = sandbox.node.addresses()[USER];
    let gated = Address::repeat_byte(0x77);
    sandbox.set_code(gated, gate(sandbox.registry(), proxy));
    sandbox.mine();
    // `value()` of the instance itself, and what goes through the other contract.
    for (to, input) in [(proxy, &hex!("3fa4f245")[..]), (gated, &[])] {
        assert!(
            sandbox
                .sent(user, to, input.to_vec().into(), 1_000_000)
                .success
        );
    }
    let step = U256::MAX.to_string();
    let answer = sandbox.run("Other", &plan(&step, "--replay 1"));
    answer.is(1, "ReplayFails");
    let replay = &answer.document["replay"];
    replay.has(json!({"others": 1, "not_compared": 0}));
    assert_eq!(groups(replay)[0], ("fails_now", 1), "{replay}");
}

#[test]
fn a_replay_of_nothing_is_no_all_clear() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let words = plan("5", "--replay 3");
    let answer = sandbox.run("Other", &words);
    answer.is(1, "ReplayEmpty");
    assert!(answer.document["replay"].is_null(), "{answer:?}");
    let expected = format!("{words} --accept=replay-empty");
    sandbox.done("Other", &expected).has(json!({"ok": true}));
}
