//! `plan --replay` and governance that comes through other contracts.

use crate::governance::replay::{USER, groups, increment, plan, proxy};
use crate::prelude::*;
use stylus_chain::Overrides;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Calls `target` with its calldata, and keeps the first word of what comes back in slot 1.
fn forwarder(target: Address) -> Bytes {
    let mut code = alloy::hex!("365f5f3760205f365f5f73").to_vec();
    code.extend(target);
    code.extend(alloy::hex!("5af1505f5160015500"));
    code.into()
}

#[test]
fn what_a_contract_decides_is_not_compared_and_neither_is_its_storage() {
    let multisig = Address::repeat_byte(0x77);
    let sandbox = Sandbox::with_counter(&format!("OR(Admin,{multisig})"), 1);
    let registry: Address = sandbox.saved("registry").parse().expect("an address");
    let user = sandbox.node.addresses()[USER];
    let created = sandbox.node.with_chain(move |chain| {
        chain.set_code(multisig, forwarder(registry));
        chain.mine(1, None).expect("a block");
        let query = abi::getVersionCall {
            name: "A".into(),
            version: "1.0".into(),
        };
        let call = CallRequest {
            to: Some(registry),
            input: query.abi_encode().into(),
            ..CallRequest::default()
        };
        let answer = chain.call(call, BlockId::latest(), &Overrides::default());
        let answer = answer.expect("the registry").output;
        abi::getVersionCall::abi_decode_returns(&answer).expect("it")
    });
    let code = created.expect("the chain").code;
    increment(&sandbox, user, 1);
    sandbox.chain(move |chain| {
        let add = abi::addVersionCall {
            name: "A".into(),
            version: "1.5".into(),
            code,
            step: stylus_upgrades::registry::nothing("1.0"),
        };
        let call = CallRequest {
            to: Some(multisig),
            gas: Some(10_000_000),
            input: add.abi_encode().into(),
            ..CallRequest::default()
        };
        chain.impersonate(user);
        let hash = chain.submit_unsigned(user, call).expect("sent");
        let receipt = chain.receipt(hash).expect("mined");
        assert!(receipt.success && !receipt.logs.is_empty());
    });
    increment(&sandbox, user, 1);
    let replay = &sandbox.done("Other", &plan("5", &["--replay", "2"]))["replay"];
    assert_eq!(
        (&replay["others"], &replay["not_compared"]),
        (&json!(1), &json!(1))
    );
    let differ = replay["not_compared_differ"].as_array().expect("hashes");
    assert_eq!(differ.len(), 1, "{replay}");
    assert_eq!(groups(replay), [("gas", 2)], "{replay}");
    let account = json!(multisig.to_string().to_lowercase());
    let left_out = replay["left_out_accounts"].as_array().expect("accounts");
    assert!(left_out.contains(&account), "{replay}");
    let storage = replay["storage"].as_array().expect("storage").iter();
    assert!(
        storage.clone().all(|one| one["account"] != account),
        "{replay}"
    );
}

/// Asks the registry something without calldata, then increments, and fails where that fails.
fn gate(registry: Address, proxy: Address) -> Bytes {
    let mut code = alloy::hex!("5f5f5f5f73").to_vec();
    code.extend(registry);
    code.extend(alloy::hex!("5afa50 63d09de08a5f52 5f5f6004601c5f73"));
    code.extend(proxy);
    code.extend(alloy::hex!("5af1 6047575f5ffd5b00"));
    code.into()
}

#[test]
fn a_users_call_is_compared_though_it_touches_the_registry() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let registry: Address = sandbox.saved("registry").parse().expect("an address");
    let (proxy, user) = (proxy(&sandbox), sandbox.node.addresses()[USER]);
    let gated = Address::repeat_byte(0x77);
    sandbox.chain(move |chain| {
        chain.set_code(gated, gate(registry, proxy));
        chain.mine(1, None).expect("a block");
        chain.impersonate(user);
        // `value()` of the instance itself, and what goes through the other contract.
        for (to, input) in [(proxy, &alloy::hex!("3fa4f245")[..]), (gated, &[])] {
            let call = CallRequest {
                to: Some(to),
                gas: Some(1_000_000),
                input: Bytes::copy_from_slice(input),
                ..CallRequest::default()
            };
            let hash = chain.submit_unsigned(user, call).expect("sent");
            assert!(chain.receipt(hash).expect("mined").success);
        }
    });
    let step = U256::MAX.to_string();
    let answer = sandbox.run("Other", &plan(&step, &["--replay", "1"]));
    answer.is(1, "ReplayFails");
    let replay = &answer.document["replay"];
    assert_eq!(
        (&replay["others"], &replay["not_compared"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(groups(replay)[0], ("fails_now", 1), "{replay}");
}

#[test]
fn a_replay_of_nothing_is_no_all_clear() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let words = plan("5", &["--replay", "3"]);
    let answer = sandbox.run("Other", &words);
    answer.is(1, "ReplayEmpty");
    assert!(answer.document["replay"].is_null(), "{answer:?}");
    let expected = [&words[..], &["--accept=replay-empty"]].concat();
    assert_eq!(sandbox.done("Other", &expected)["ok"], true);
}
