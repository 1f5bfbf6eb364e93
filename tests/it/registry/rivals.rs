//! Approvers who act against each other, and strangers against them: the order of approvals,
//! removed approvers, and what an approval is bound to.

use alloy::primitives::{B256, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_chain::{CallRequest, Chain, ChainConfig};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::{definition_state, invalid_policy};
use stylus_upgrades_interface::registry::IRegistry;
use stylus_upgrades_tests::abi::ICounter;
use stylus_upgrades_tests::calls;

use super::fixture::{
    Fixture, Reverted, account, add_version, initial_step, is, refused, set_policy, step,
};
use super::team::*;

/// Both transactions in one block, in this order; whether each succeeded, and its output.
fn in_one_block(fixture: &mut Fixture, calls: [(usize, Vec<u8>); 2]) -> [(bool, Bytes); 2] {
    fixture.chain.set_automine(false);
    let registry = fixture.registry;
    let hashes = calls.map(|(who, input)| {
        let request = CallRequest {
            to: Some(registry),
            gas: Some(10_000_000),
            input: input.into(),
            ..CallRequest::default()
        };
        fixture
            .chain
            .submit_unsigned(account(who), request)
            .expect("accepted")
    });
    fixture.chain.mine(1, None).expect("a block");
    fixture.chain.set_automine(true);
    let receipts = hashes.map(|hash| fixture.chain.receipt(hash).expect("mined"));
    assert_eq!(receipts[0].block_number, receipts[1].block_number);
    receipts.map(|receipt| (receipt.success, receipt.output))
}

#[test]
fn of_two_versions_that_are_completed_in_one_block_the_second_reverts() {
    let (mut fixture, code) = fixture();
    let one = migration(&code, "2.0", step("1.0", 0, Bytes::new()));
    let mut other = one.clone();
    other.code.sourceHash = B256::repeat_byte(1);
    fixture.send(account(0), &one).expect("recorded");
    fixture.send(account(1), &other).expect("recorded");
    let [first, second] = in_one_block(
        &mut fixture,
        [(2, one.abi_encode()), (0, other.abi_encode())],
    );
    assert!(first.0, "{first:?}");
    let exists = IRegistry::VersionExists {
        name: "A".into(),
        version: "2.0".into(),
    };
    assert!(!second.0);
    refused(Err::<(), _>(Reverted(second.1)), exists);
    let query = calls::get_version("A", "2.0");
    assert_eq!(fixture.view(&query).expect("added").code, one.code);
}

#[test]
fn of_two_policies_that_are_completed_in_one_block_the_second_is_a_proposal_under_the_first() {
    let (mut fixture, _) = fixture();
    let one = set_policy("policy", &two_of(&[1, 2, 3]));
    let other = set_policy("policy", &two_of(&[0, 2, 3]));
    fixture.send(account(1), &one).expect("recorded");
    fixture.send(account(0), &other).expect("recorded");
    let [first, second] = in_one_block(
        &mut fixture,
        [(2, one.abi_encode()), (2, other.abi_encode())],
    );
    assert!(first.0 && second.0);
    let record =
        |output: &Bytes| IRegistry::setPolicyCall::abi_decode_returns(output).expect("a progress");
    assert!(record(&first.1).executed);
    let open = record(&second.1);
    assert_eq!((open.approvals, open.executed), (1, false));
    let open = readiness(&fixture, open.action).expect("open");
    assert_eq!(open.approved, [account(2)], "nothing of before counts");
    assert_eq!(policy_of(&fixture, "policy"), one.expression);
}

#[test]
fn one_key_cannot_veto_its_own_removal() {
    let (mut fixture, _) = fixture();
    let [rogue, ..] = TEAM;
    let removal = set_policy("policy", &two_of(&[1, 2, 3]));

    // it may be the first to propose it, withdraw its own approval, and cancel what others approve
    let action = fixture.send(account(rogue), &removal).expect("recorded");
    let action = action.returned.action;
    fixture
        .send(account(rogue), &IRegistry::revokeCall { action })
        .expect("revoked");
    fixture.send(account(1), &removal).expect("recorded");
    fixture
        .send(account(rogue), &IRegistry::cancelCall { action })
        .expect("its own proposal");

    // what another proposes is not its to cancel, whatever it approves, proposes or migrates
    let again = fixture
        .send(account(1), &removal)
        .expect("recorded")
        .returned;
    let action = again.action;
    let cancelled = fixture.send(account(rogue), &IRegistry::cancelCall { action });
    assert!(cancelled.is_err());
    // to refuse it keeps its own signature from counting, and nobody else's approval
    fixture
        .send(account(rogue), &IRegistry::revokeCall { action })
        .expect("a refusal");
    for n in 0..16 {
        fixture
            .send(account(rogue), &set_policy(&format!("role-{n}"), "NONE"))
            .expect("recorded");
    }
    assert!(
        fixture
            .send(account(2), &removal)
            .expect("executed")
            .returned
            .executed
    );
    let caller = account(rogue);
    refused(
        fixture.send(caller, &set_policy("policy", &is(caller))),
        IRegistry::NotAnApprover { caller },
    );
}

#[test]
fn who_may_only_migrate_or_create_voids_nothing_that_others_approved() {
    let mut fixture = Fixture::new(&is(account(0)));
    let call = IRegistry::createDefinitionCall {
        name: "A".into(),
        migratePolicy: is(account(3)),
        policyPolicy: two_of(&TEAM),
        createPolicy: is(account(4)),
    };
    fixture.send(account(0), &call).expect("defined");
    let code = fixture.deploy("counter-v1");
    let change = set_policy("migrate", &two_of(&TEAM));
    let open = fixture
        .send(account(0), &change)
        .expect("recorded")
        .returned;

    fixture
        .send(account(3), &add_version(&code, "1.0", initial_step()))
        .expect("added");
    for n in 2..6u8 {
        let from = format!("{}.0", n - 1);
        let next = migration(&code, &format!("{n}.0"), step(&from, 0, Bytes::new()));
        fixture.send(account(3), &next).expect("activated");
        fixture.send(account(4), &creation(n, 1)).expect("created");
    }
    assert_eq!(
        readiness(&fixture, open.action).expect("open").approved,
        [account(0)]
    );
    let done = fixture
        .send(account(1), &change)
        .expect("executed")
        .returned;
    assert!(done.executed && done.action == open.action);
    let caller = account(3);
    refused(
        fixture.send(
            caller,
            &add_version(&code, "7.0", step("5.0", 0, Bytes::new())),
        ),
        IRegistry::NotAnApprover { caller },
    );
}

#[test]
fn an_approver_who_is_removed_while_an_action_is_pending_counts_no_more() {
    let (mut fixture, code) = fixture();
    let call = add_version(&code, "2.0", step("1.0", 0, Bytes::new()));
    let action = fixture.send(account(2), &call).expect("recorded");
    let action = action.returned.action;
    together(&mut fixture, &set_policy("migrate", &two_of(&[0, 1, 3])));

    refused(
        readiness(&fixture, action),
        IRegistry::ActionNotFound { action },
    );
    let caller = account(2);
    refused(
        fixture.send(caller, &call),
        IRegistry::NotAnApprover { caller },
    );
    refused(
        fixture.send(caller, &IRegistry::cancelCall { action }),
        IRegistry::ActionNotFound { action },
    );
    let first = fixture.send(account(0), &call).expect("recorded").returned;
    assert_eq!((first.approvals, first.executed), (1, false));
    assert_ne!(first.action, action);
    let last = fixture.send(account(3), &call).expect("executed").returned;
    assert!(last.executed);
}

#[test]
fn an_approval_that_was_revoked_is_not_used_by_whoever_comes_next() {
    let (mut fixture, code) = fixture();
    let call = add_version(&code, "2.0", step("1.0", 0, Bytes::new()));
    let action = fixture.send(account(0), &call).expect("recorded");
    let action = action.returned.action;
    fixture
        .send(account(0), &IRegistry::revokeCall { action })
        .expect("revoked");
    let next = fixture.send(account(1), &call).expect("recorded").returned;
    assert_eq!((next.approvals, next.executed), (1, false));
    refused(
        fixture.send(account(0), &IRegistry::revokeCall { action }),
        IRegistry::NotApproved {
            approver: account(0),
            action,
        },
    );
}

#[test]
fn an_approval_counts_for_one_definition_one_epoch_and_one_round() {
    let (mut fixture, _) = fixture();
    let define = calls::create_definition("B", two_of(&TEAM));
    fixture.send(account(0), &define).expect("defined");
    let call = set_policy("audit", &is(account(7)));
    let approve = |fixture: &mut Fixture, who: usize| {
        let done = fixture
            .send(account(who), &call)
            .expect("accepted")
            .returned;
        (done.approvals, done.executed)
    };
    assert_eq!(approve(&mut fixture, 0), (1, false));

    let elsewhere = IRegistry::setPolicyCall {
        name: "B".into(),
        ..call.clone()
    };
    let done = fixture.send(account(1), &elsewhere).expect("recorded");
    assert!(!done.returned.executed, "another definition");

    assert_eq!(approve(&mut fixture, 1), (2, true));
    assert_eq!(approve(&mut fixture, 2), (1, false), "another round");
    let action = fixture
        .view(&IRegistry::actionOfCall {
            call: call.abi_encode().into(),
        })
        .expect("open");
    fixture
        .send(account(2), &IRegistry::cancelCall { action })
        .expect("cancelled");
    assert_eq!(approve(&mut fixture, 1), (1, false), "another round again");

    let epoch = set_policy("policy", &two_of(&[2, 1, 0]));
    fixture.send(account(0), &epoch).expect("recorded");
    fixture.send(account(2), &epoch).expect("executed");
    assert_eq!(approve(&mut fixture, 0), (1, false), "another epoch");
}

#[test]
fn an_approval_does_not_count_on_a_fork_of_the_chain_with_another_id() {
    let (mut fixture, _) = fixture();
    let call = set_policy("audit", &is(account(7)));
    let here = fixture.send(account(0), &call).expect("recorded").returned;
    let mut state = fixture.chain.dump_state().expect("a dump");
    let chain_id = state.chain_id + 1;
    state.chain_id = chain_id;
    let mut fork = Fixture {
        chain: Chain::new(ChainConfig {
            auto_impersonate: true,
            chain_id,
            ..ChainConfig::default()
        }),
        registry: fixture.registry,
    };
    fork.chain.load_state(state).expect("loaded");
    assert_eq!(
        policy_of(&fork, "policy"),
        policy_of(&fixture, "policy"),
        "all of the state is there"
    );
    let there = fork.send(account(1), &call).expect("recorded").returned;
    assert_eq!((there.approvals, there.executed), (1, false));
    assert_ne!(there.action, here.action);
    assert!(
        fixture
            .send(account(1), &call)
            .expect("executed")
            .returned
            .executed
    );
}

#[test]
fn who_sees_an_approval_on_its_way_and_comes_first_gains_nothing() {
    let (mut fixture, code) = fixture();
    let call = migration(&code, "2.0", step("1.0", 0, Bytes::new()));
    fixture.send(account(0), &call).expect("recorded");
    // a stranger copies it, and an approver's rival proposal takes nothing away from it
    let caller = account(STRANGER);
    refused(
        fixture.send(caller, &call),
        IRegistry::NotAnApprover { caller },
    );
    let rival = migration(&code, "2.0", step("1.0", 1, vec![1, 2, 3, 4].into()));
    let rival = fixture.send(account(2), &rival).expect("recorded").returned;
    let done = fixture.send(account(1), &call).expect("executed").returned;
    assert!(done.executed && done.action != rival.action);
}

#[test]
fn of_two_creations_with_one_salt_the_second_is_refused_and_a_stranger_makes_none() {
    let (mut fixture, _) = fixture();
    let (mine, theirs) = (creation(1, 7), creation(1, 666));
    let caller = account(STRANGER);
    refused(
        fixture.send(caller, &theirs),
        IRegistry::NotAnApprover { caller },
    );
    fixture.send(account(2), &theirs).expect("recorded");
    fixture.send(account(0), &mine).expect("recorded");
    let proxy = fixture
        .send(account(1), &mine)
        .expect("created")
        .returned
        .proxy;
    refused(
        fixture.send(account(0), &theirs),
        IRegistry::ProxyExists { proxy },
    );
    let value = fixture
        .ask(proxy, &ICounter::valueCall {})
        .expect("answers");
    assert_eq!(value, U256::from(7));
    for again in [
        ICounter::initializeCall {
            value: U256::from(666),
        }
        .abi_encode(),
        Proxy::upgradeToAndCallCall {
            version: "1.0".into(),
            data: theirs.initData,
        }
        .abi_encode(),
    ] {
        let sent = fixture.raw(caller, proxy, again.into(), U256::ZERO, 9_000_000);
        assert!(sent.is_err(), "nobody initializes it a second time");
    }
}

#[test]
fn a_singleton_has_one_instance_and_then_never_again() {
    let (mut fixture, _) = fixture();
    let proxy = create(&mut fixture, 1);
    together(&mut fixture, &set_policy("create", "NONE"));
    for who in [0, 1, STRANGER] {
        let caller = account(who);
        refused(
            fixture.send(caller, &creation(2, 7)),
            IRegistry::NotAnApprover { caller },
        );
        refused(
            fixture.send(caller, &creation(1, 7)),
            IRegistry::NotAnApprover { caller },
        );
    }
    let back = two_of(&TEAM);
    fixture
        .send(account(0), &set_policy("create", &back))
        .map(drop)
        .map_or_else(
            |error| {
                let expected = IRegistry::InvalidPolicy {
                    expression: back.clone(),
                    offset: 0,
                    reason: invalid_policy::FINAL,
                };
                refused(Err::<(), _>(error), expected);
            },
            |()| panic!("never again"),
        );
    let definition = IRegistry::definitionCall { name: "A".into() };
    let definition = fixture.view(&definition).expect("A");
    assert_eq!(
        (definition.instances, definition.state),
        (1, definition_state::LIVE),
        "it can still be upgraded"
    );
    let code = fixture.deploy("counter-v1");
    together(
        &mut fixture,
        &migration(&code, "2.0", step("1.0", 0, Bytes::new())),
    );
    let at = fixture.view(&IRegistry::instanceOfCall { proxy });
    assert_eq!(at.expect("an instance").version, "2.0");
}
