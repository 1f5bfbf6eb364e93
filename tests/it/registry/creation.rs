//! The registry is created once. Its parts refuse every caller but the registry.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades_interface::chain::CONSTRUCTOR_SELECTOR;
use stylus_upgrades_interface::parts::IParts;
use stylus_upgrades_interface::reasons::invalid_policy;

use super::fixture::{Fixture, Reverted, account, all_of, framework, is, new_proxy, refused};

/// The constructor's calldata, with account 1 as the policy.
fn constructor() -> Vec<u8> {
    let policy = (is(account(1)),).abi_encode_params();
    [CONSTRUCTOR_SELECTOR.as_slice(), &policy].concat()
}

/// The deployer wraps the constructor's own error.
#[track_caller]
fn is_wrapped(found: Result<Address, Reverted>, error: impl SolError) {
    let found = found.expect_err("refused").0;
    let error = error.abi_encode();
    let mut parts = found.windows(error.len());
    assert!(parts.any(|part| part == error), "{found}");
}

/// Reverts without data.
#[track_caller]
fn nothing<T: std::fmt::Debug>(result: Result<T, Reverted>) {
    assert_eq!(result.expect_err("refused"), Reverted(Bytes::new()));
}

#[test]
fn nobody_constructs_a_registry_twice() {
    let mut fixture = Fixture::new(&is(account(0)));
    let registry = fixture.registry;
    nothing(fixture.send_bytes(1, registry, constructor()));
    let policy = calls::policy(String::new(), "define");
    assert_eq!(fixture.view(&policy), Ok(is(account(0))));
}

#[test]
fn a_part_refuses_to_run_on_its_own_storage() {
    let mut fixture = Fixture::new(&is(account(0)));
    let name = String::new();
    let definition = IRegistry::definitionCall { name }.abi_encode();
    for part in framework().parts.iter().map(|part| part.address) {
        nothing(fixture.send_bytes(1, part, constructor()));
        nothing(fixture.send_bytes(1, part, definition.clone()));
    }
}

#[test]
fn an_unknown_selector_reverts() {
    let mut fixture = Fixture::new(&is(account(0)));
    let registry = fixture.registry;
    for data in [vec![], vec![1, 2, 3], vec![1, 2, 3, 4]] {
        nothing(fixture.send_bytes(0, registry, data));
    }
}

#[test]
fn a_call_that_is_cut_short_reverts() {
    let mut fixture = Fixture::new(&is(account(0)));
    let registry = fixture.registry;
    let whole = calls::create_definition("A", is(account(0))).abi_encode();
    for len in [4, 35, 36, 131, 132, 160, whole.len() - 33] {
        let sent = fixture.send_bytes(0, registry, whole[..len].to_vec());
        refused(sent, not_supported("calldata encoding"));
    }
    fixture.send_bytes(0, registry, whole).expect("whole");
}

#[test]
fn a_registry_is_not_created_with_a_policy_that_is_none() {
    let mut fixture = Fixture::new(&is(account(0)));
    let found = fixture.deploy_registry("Admin");
    is_wrapped(found, bad_policy("Admin", 0, invalid_policy::SYNTAX));
}

#[test]
fn a_registry_is_not_created_with_other_parts_than_it_was_built_with() {
    let other = Bytes::from_static(&[0x00]);
    for part in &framework().parts {
        let mut fixture = Fixture::new(&is(account(0)));
        fixture.chain.set_code(part.address, other.clone());
        let built = part.artifact.codehash().into();
        let error = code_changed(part.address, built, keccak256(&other));
        is_wrapped(fixture.deploy_registry(&is(account(1))), error);
    }
}

#[test]
fn what_one_part_asks_of_another_is_not_answered_from_outside() {
    let mut fixture = Fixture::of_one();
    let registry = fixture.registry;
    let action = calls::pause("A").abi_encode();
    let submitted = IRegistry::submitSignedCall {
        action: action.into(),
        deadline: u64::MAX,
        approvals: vec![],
    };
    let verify = IParts::verifySignedCall {
        submitted: submitted.abi_encode().into(),
        epoch: 0,
        round: 0,
    };
    let reserve = IParts::reserveMemoryCall {};
    let call = calls::set_policy("A", "audit", is(account(1)));
    let check = IParts::checkCallCall { call: data(&call) };
    for calldata in [data(&reserve), data(&check), data(&verify)] {
        nothing(fixture.send_bytes(0, registry, calldata));
    }
}

/// An instance of A with a proxy of that kind.
fn create(kind: u8) -> IRegistry::createProxyCall {
    new_proxy(kind, 0, Bytes::new())
}

#[test]
fn a_proxy_is_created_only_where_the_pause_stub_is() {
    let (mut fixture, _) = Fixture::with_first_version("counter-v1");
    let (stub, other) = (framework().stub.address, Bytes::from_static(&[0x00]));
    fixture.chain.set_code(stub, other.clone());
    let create = create(0);
    let error = code_changed(stub, keccak256(&framework().stub.code), keccak256(&other));
    fixture.refuses(0, &create, error);
    fixture.chain.set_code(stub, framework().stub.code.clone());
    fixture.accepted(0, &create);
}

#[test]
fn a_used_salt_gathers_no_approval() {
    let (mut fixture, _) = Fixture::with_first_version("counter-v1");
    let create = create(0);
    let proxy = fixture.created(0, &create);
    fixture.set("create", &all_of(&[0, 1]));
    fixture.refuses(0, &create, IRegistry::ProxyExists { proxy });
}

#[test]
fn a_kind_of_proxy_that_is_not_built_is_refused() {
    let (mut fixture, _) = Fixture::with_first_version("counter-v1");
    for kind in [2, 3, 9] {
        fixture.refuses(0, &create(kind), not_supported("proxy kind"));
    }
}
