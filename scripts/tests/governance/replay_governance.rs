//! `plan --replay` and governance that comes through other contracts.

use crate::replay::{USER, groups, increment, plan};
use crate::sandbox::Sandbox;
use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use serde_json::json;
use stylus_chain::{BlockId, CallRequest, Overrides};
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
    let decided = sandbox.node.with_chain(move |chain| {
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
    decided.expect("the chain");
    increment(&sandbox, user, 1);
    let replay = &sandbox.done("Other", &plan("5", &["--replay", "2"]))["replay"];
    assert_eq!(
        (&replay["others"], &replay["not_compared"]),
        (&json!(1), &json!(1))
    );
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
