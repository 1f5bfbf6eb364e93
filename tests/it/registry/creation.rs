//! The registry is created once. Its parts refuse every caller but the registry.

use crate::prelude::*;
use stylus_upgrades_interface::chain::CONSTRUCTOR_SELECTOR;
use stylus_upgrades_interface::parts::IParts;
use stylus_upgrades_interface::reasons::invalid_policy;

use super::fixture::{Fixture, Reverted, account, framework, is, refused};

fn constructor(policy: &str) -> Bytes {
    [
        CONSTRUCTOR_SELECTOR.as_slice(),
        &(policy.to_owned(),).abi_encode_params(),
    ]
    .concat()
    .into()
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
    nothing(fixture.raw(
        account(1),
        registry,
        constructor(&is(account(1))),
        U256::ZERO,
        5_000_000,
    ));
    let policy = calls::policy(String::new(), "define");
    assert_eq!(fixture.view(&policy), Ok(is(account(0))));
}

#[test]
fn a_part_refuses_to_run_on_its_own_storage() {
    let mut fixture = Fixture::new(&is(account(0)));
    let definition: Bytes = IRegistry::definitionCall {
        name: String::new(),
    }
    .abi_encode()
    .into();
    for part in framework().parts.iter().map(|part| part.address) {
        nothing(fixture.raw(
            account(1),
            part,
            constructor(&is(account(1))),
            U256::ZERO,
            5_000_000,
        ));
        nothing(fixture.raw(account(1), part, definition.clone(), U256::ZERO, 5_000_000));
    }
}

#[test]
fn an_unknown_selector_reverts() {
    let mut fixture = Fixture::new(&is(account(0)));
    let registry = fixture.registry;
    for data in [
        Bytes::new(),
        Bytes::from(vec![1, 2, 3]),
        Bytes::from(vec![1, 2, 3, 4]),
    ] {
        nothing(fixture.raw(account(0), registry, data, U256::ZERO, 5_000_000));
    }
}

#[test]
fn a_call_that_is_cut_short_reverts() {
    let mut fixture = Fixture::new(&is(account(0)));
    let registry = fixture.registry;
    let whole = calls::create_definition("A", is(account(0))).abi_encode();
    for len in [4, 35, 36, 131, 132, 160, whole.len() - 33] {
        nothing(fixture.raw(
            account(0),
            registry,
            whole[..len].to_vec().into(),
            U256::ZERO,
            5_000_000,
        ));
    }
    fixture
        .raw(account(0), registry, whole.into(), U256::ZERO, 5_000_000)
        .expect("whole");
}

#[test]
fn a_registry_is_not_created_with_a_policy_that_is_none() {
    let mut fixture = Fixture::new(&is(account(0)));
    let found = fixture.deploy_registry("Admin").expect_err("refused");
    let expected = IRegistry::InvalidPolicy {
        expression: "Admin".into(),
        offset: 0,
        reason: invalid_policy::SYNTAX,
    };
    let expected = alloy::sol_types::SolError::abi_encode(&expected);
    assert!(
        found.0.windows(expected.len()).any(|part| part == expected),
        "the deployer wraps the constructor's own error: {}",
        found.0
    );
}

#[test]
fn a_registry_is_not_created_with_other_parts_than_it_was_built_with() {
    let other = Bytes::from_static(&[0x00]);
    for part in &framework().parts {
        let mut fixture = Fixture::new(&is(account(0)));
        fixture.chain.set_code(part.address, other.clone());
        let found = fixture
            .deploy_registry(&is(account(1)))
            .expect_err("refused");
        let expected = IRegistry::CodeChanged {
            account: part.address,
            expected: part.artifact.codehash().into(),
            found: alloy::primitives::keccak256(&other),
        };
        let expected = alloy::sol_types::SolError::abi_encode(&expected);
        assert!(
            found.0.windows(expected.len()).any(|part| part == expected),
            "the deployer wraps the constructor's own error: {}",
            found.0
        );
    }
}

#[test]
fn what_one_part_asks_of_another_is_not_answered_from_outside() {
    let mut fixture = Fixture::new(&is(account(0)));
    fixture.define(&is(account(0))).expect("defined");
    let registry = fixture.registry;
    let upgrade_all = [
        alloy::primitives::keccak256("upgradeLagging(bytes32)")[..4].as_ref(),
        alloy::primitives::keccak256("A").as_slice(),
    ]
    .concat();
    let definition = alloy::primitives::keccak256("A");
    let action = IRegistry::pauseCall { name: "A".into() }.abi_encode();
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
    let pause = IParts::pauseOrResumeCall { definition };
    for calldata in [upgrade_all, pause.abi_encode(), verify.abi_encode()] {
        nothing(fixture.raw(account(0), registry, calldata.into(), U256::ZERO, 5_000_000));
    }
}

/// An instance of A with a proxy of that kind.
fn create(kind: u8) -> IRegistry::createProxyCall {
    calls::create_proxy("A", "1.0", kind, B256::ZERO, Bytes::new())
}

#[test]
fn a_proxy_is_created_only_where_the_pause_stub_is() {
    let (mut fixture, _) = Fixture::with_first_version("counter-v1");
    let (stub, other) = (framework().stub_address, Bytes::from_static(&[0x00]));
    fixture.chain.set_code(stub, other.clone());
    let create = create(0);
    refused(
        fixture.send(account(0), &create),
        IRegistry::CodeChanged {
            account: stub,
            expected: alloy::primitives::keccak256(&framework().stub),
            found: alloy::primitives::keccak256(&other),
        },
    );
    fixture.chain.set_code(stub, framework().stub.clone());
    fixture.send(account(0), &create).expect("created");
}

#[test]
fn a_used_salt_gathers_no_approval() {
    let (mut fixture, _) = Fixture::with_first_version("counter-v1");
    let create = create(0);
    let instance = fixture.send(account(0), &create).expect("created").returned;
    fixture.set(
        "create",
        &format!("AND({},{})", is(account(0)), is(account(1))),
    );
    refused(
        fixture.send(account(0), &create),
        IRegistry::ProxyExists {
            proxy: instance.proxy,
        },
    );
}

#[test]
fn a_kind_of_proxy_that_is_not_built_is_refused() {
    let (mut fixture, _) = Fixture::with_first_version("counter-v1");
    for kind in [2, 3, 9] {
        refused(
            fixture.send(account(0), &create(kind)),
            IRegistry::NotSupported {
                what: "proxy kind".into(),
            },
        );
    }
}
