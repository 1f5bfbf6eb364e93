//! Policies on the chain: delays, lambdas, and expressions that are refused.

use crate::prelude::*;
use stylus_upgrades_interface::limits::LAMBDA_GAS;
use stylus_upgrades_interface::reasons::{blocked_by, definition_state, invalid_policy};

use super::fixture::{Done, Fixture, Reverted, account, framework, is, part, refused};

fn fixture(policy: &str) -> Fixture {
    let mut fixture = Fixture::new(&is(account(0)));
    fixture.define(policy).expect("defined");
    fixture
}

fn send(fixture: &mut Fixture, who: usize) -> Result<Done<Progress>, Reverted> {
    set(fixture, who, "audit", &is(account(7)))
}

fn set(
    fixture: &mut Fixture,
    who: usize,
    role: &str,
    expression: &str,
) -> Result<Done<Progress>, Reverted> {
    fixture.send(account(who), &calls::set_policy("A", role, expression))
}

fn readiness(fixture: &Fixture, action: B256) -> IRegistry::readinessReturn {
    fixture
        .view(&IRegistry::readinessCall { action })
        .expect("open")
}

/// Creation code of EVM code.
fn creation(code: &[u8]) -> Vec<u8> {
    // PUSH1 len DUP1 PUSH1 9 PUSH0 CODECOPY PUSH0 RETURN
    let mut creation = vec![
        0x60,
        code.len() as u8,
        0x80,
        0x60,
        0x09,
        0x5f,
        0x39,
        0x5f,
        0xf3,
    ];
    creation.extend_from_slice(code);
    creation
}

/// A lambda that answers a constant word.
fn answers(value: u8) -> Vec<u8> {
    // PUSH1 value PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
    creation(&[0x60, value, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3])
}

#[test]
fn a_delay_is_waited_for_and_then_anybody_executes() {
    let mut fixture = fixture(&format!("AND({},AFTER(3600))", is(account(0))));
    let first = send(&mut fixture, 0).expect("recorded").returned;
    assert_eq!(
        (first.approvals, first.required, first.executed),
        (1, 1, false)
    );
    let open = readiness(&fixture, first.action);
    assert_eq!(open.blockedBy, blocked_by::DELAY);
    refused(
        send(&mut fixture, 0),
        IRegistry::AlreadyApproved {
            approver: account(0),
            action: first.action,
        },
    );
    refused(
        send(&mut fixture, 5),
        IRegistry::NotAnApprover { caller: account(5) },
    );
    fixture.wait(3_600);
    assert_eq!(
        readiness(&fixture, first.action).blockedBy,
        blocked_by::NOTHING
    );
    let last = send(&mut fixture, 5).expect("executed");
    assert!(last.returned.executed);
    assert!(
        last.events::<IRegistry::Approved>().is_empty(),
        "a stranger is never recorded"
    );
}

#[test]
fn revoking_restarts_the_delay() {
    let mut fixture = fixture(&format!(
        "AND({},{},AFTER(1000))",
        is(account(0)),
        is(account(1))
    ));
    let action = send(&mut fixture, 0).expect("recorded").returned.action;
    assert_eq!(readiness(&fixture, action).notBefore, 0);
    send(&mut fixture, 1).expect("recorded");
    let first = readiness(&fixture, action).notBefore;
    fixture.wait(500);
    fixture
        .send(account(1), &IRegistry::revokeCall { action })
        .expect("revoked");
    assert_eq!(readiness(&fixture, action).notBefore, 0);
    send(&mut fixture, 1).expect("recorded");
    assert!(readiness(&fixture, action).notBefore >= first + 500);
    fixture.wait(600);
    refused(
        send(&mut fixture, 5),
        IRegistry::NotAnApprover { caller: account(5) },
    );
}

#[test]
fn a_lambda_that_reverts_loops_or_answers_nonsense_says_no() {
    let mut fixture = Fixture::new(&is(account(0)));
    for code in [
        creation(&[0x5f, 0x5f, 0xfd]),                               // reverts
        creation(&[0x5b, 0x5f, 0x56]),                               // loops
        creation(&[0x00]),                                           // answers nothing
        creation(&[0x60, 0x01, 0x5f, 0x52, 0x60, 0x40, 0x5f, 0xf3]), // answers two words
        // writes a slot before it consents
        creation(&[
            0x60, 0x01, 0x5f, 0x55, 0x60, 0x01, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3,
        ]),
    ] {
        let lambda = fixture.deploy_code(&code).implementation;
        let policy = format!("OR(CALL({}),{})", is(lambda), is(account(0)));
        let name = format!("{lambda}");
        let define = calls::create_definition(name.clone(), policy.clone());
        fixture.send(account(0), &define).expect("defined");
        let call = calls::set_policy(name, "audit", is(account(7)));
        refused(
            fixture.send(account(1), &call),
            IRegistry::NotAnApprover { caller: account(1) },
        );
        assert!(
            fixture
                .send(account(0), &call)
                .expect("executed")
                .returned
                .executed
        );
    }
}

#[test]
fn a_lambda_alone_lets_anybody_in_and_a_changed_one_nobody() {
    let mut fixture = Fixture::new(&is(account(0)));
    let yes = fixture.deploy_code(&answers(1)).implementation;
    fixture
        .define(&format!("OR(CALL({}),{})", is(yes), is(account(0))))
        .expect("defined");
    assert!(send(&mut fixture, 5).expect("executed").returned.executed);
    let other = answers(1);
    fixture
        .chain
        .set_code(yes, [&other[9..], &[0]].concat().into());
    refused(
        send(&mut fixture, 5),
        IRegistry::NotAnApprover { caller: account(5) },
    );
}

#[test]
fn a_lambda_is_never_starved() {
    let mut fixture = Fixture::new(&is(account(0)));
    let yes = fixture.deploy_code(&answers(1)).implementation;
    fixture
        .define(&format!("OR(CALL({}),{})", is(yes), is(account(0))))
        .expect("defined");
    let call = calls::set_policy("A", "audit", is(account(7)));
    let registry = fixture.registry;
    let Err(Reverted(data)) =
        fixture.pay_with_gas(account(5), registry, &call, U256::ZERO, 450_000)
    else {
        panic!("not refused");
    };
    let error = <IRegistry::InsufficientGas as alloy::sol_types::SolError>::abi_decode(&data)
        .expect("InsufficientGas");
    assert!(error.left < error.needed && error.needed > LAMBDA_GAS);
}

#[test]
fn a_lambda_burns_no_more_than_its_share() {
    let mut fixture = Fixture::new(&is(account(0)));
    let loops = creation(&[0x5b, 0x5f, 0x56]);
    let lambda = fixture.deploy_code(&loops).implementation;
    fixture
        .define(&format!("OR(CALL({}),{})", is(lambda), is(account(0))))
        .expect("defined");
    let call = calls::set_policy("A", "audit", is(account(7)));
    let (registry, gas) = (fixture.registry, 2_000_000);
    let done = fixture.pay_with_gas(account(0), registry, &call, U256::ZERO, gas);
    let done = done.expect("what is left suffices");
    assert!(done.returned.executed);
    assert!(done.gas > LAMBDA_GAS, "the lambda burnt all of its share");
}

#[test]
fn one_leaf_has_one_voice() {
    let mut fixture = fixture(&is(account(0)));
    let yes = is(fixture.deploy_code(&answers(1)).implementation);
    let [a, b] = [1, 2].map(|n| is(account(n)));
    for (expression, leaf) in [
        (
            format!("OutOf(2,{a},{b},CALL({yes}),CALL({yes}))"),
            format!("CALL({yes})"),
        ),
        (
            format!("OutOf(2,{a},OR({b},CALL({yes})),CALL({yes}))"),
            format!("CALL({yes})"),
        ),
        (format!("AND({a},{a})"), a.clone()),
        (format!("AND({a},AND({b},{a}))"), a.clone()),
        (format!("OR({b},AND({a},OutOf(1,{a},{b})))"), a.clone()),
    ] {
        let twice = IRegistry::InvalidPolicy {
            offset: expression.rfind(&leaf).expect("a leaf of it") as u32,
            expression: expression.clone(),
            reason: invalid_policy::DUPLICATE,
        };
        refused(set(&mut fixture, 0, "audit", &expression), twice.clone());
        let call = IRegistry::createDefinitionCall {
            name: "B".into(),
            migratePolicy: expression,
            policyPolicy: a.clone(),
            createPolicy: a.clone(),
        };
        refused(fixture.send(account(0), &call), twice);
    }
    let policy = format!("OutOf(2,{a},{b},CALL({yes}))");
    set(&mut fixture, 0, "audit", &policy).expect("one voice each");
}

#[test]
fn what_nobody_may_be_is_no_leaf() {
    let mut fixture = fixture(&is(account(0)));
    let registry = fixture.registry;
    let forbidden = |address: Address| IRegistry::InvalidPolicy {
        expression: is(address),
        offset: 0,
        reason: invalid_policy::FORBIDDEN_ADDRESS,
    };
    for address in [
        Address::ZERO,
        Address::with_last_byte(1),
        Address::with_last_byte(0x71),
        registry,
        part("registry-governance").address,
        part("registry-factory").address,
        part("registry-upgrades").address,
        part("registry-records").address,
        framework().storage.address,
    ] {
        refused(
            set(&mut fixture, 0, "audit", &is(address)),
            forbidden(address),
        );
    }
    let lambda = format!("CALL({})", is(account(3)));
    let expected = IRegistry::InvalidPolicy {
        expression: lambda.clone(),
        offset: 5,
        reason: invalid_policy::BAD_LAMBDA,
    };
    refused(set(&mut fixture, 0, "audit", &lambda), expected.clone());
    // its owner could give it another answer at any time
    let yes = fixture.deploy_code(&answers(1)).implementation;
    let designator = [&[0xef, 0x01, 0x00], yes.as_slice()].concat();
    fixture.chain.set_code(account(3), designator.into());
    refused(set(&mut fixture, 0, "audit", &lambda), expected);
}

#[test]
fn none_means_never_again() {
    let mut fixture = fixture(&is(account(0)));
    let none = |fixture: &mut Fixture, role: &str| set(fixture, 0, role, "NONE").expect("executed");
    none(&mut fixture, "migrate");
    let state = fixture
        .view(&IRegistry::definitionCall { name: "A".into() })
        .expect("definition")
        .state;
    assert_eq!(state, definition_state::FROZEN);
    let expression = is(account(0));
    refused(
        set(&mut fixture, 0, "migrate", &expression),
        IRegistry::InvalidPolicy {
            expression: expression.clone(),
            offset: 0,
            reason: invalid_policy::FINAL,
        },
    );
    none(&mut fixture, "policy");
    refused(
        set(&mut fixture, 0, "audit", &expression),
        IRegistry::NotAnApprover { caller: account(0) },
    );
}

#[test]
fn roles_with_labels_of_ones_own_can_be_queried() {
    let mut fixture = fixture(&is(account(0)));
    let (a, b) = (account(1), account(2));
    let ask = |approvers: Vec<Address>| IRegistry::satisfiesCall {
        name: "A".into(),
        role: "audit".into(),
        approvers,
    };
    refused(
        fixture.view(&ask(vec![a])),
        IRegistry::UnknownRole {
            role: "audit".into(),
        },
    );
    set(
        &mut fixture,
        0,
        "audit",
        &format!("AND({},{})", is(a), is(b)),
    )
    .expect("executed");
    assert_eq!(fixture.view(&ask(vec![a])), Ok(false));
    assert_eq!(fixture.view(&ask(vec![b, a, a])), Ok(true));
    refused(
        set(&mut fixture, 0, "bad role", &is(a)),
        IRegistry::InvalidLabel {
            label: "bad role".into(),
            reason: 3,
        },
    );
}

#[test]
fn a_policy_of_four_kilobytes_is_kept_and_a_longer_one_refused() {
    let mut fixture = fixture(&is(account(0)));
    let long = format!("{}{}", " ".repeat(4_096 - 42), is(account(3)));
    set(&mut fixture, 0, "audit", &long).expect("executed");
    assert_eq!(fixture.view(&calls::policy("A", "audit")), Ok(long.clone()));
    let longer = format!(" {long}");
    let expected = IRegistry::InvalidPolicy {
        expression: longer.clone(),
        offset: 0,
        reason: invalid_policy::TOO_LONG,
    };
    refused(set(&mut fixture, 0, "audit", &longer), expected);
}

#[test]
fn the_largest_policies_work() {
    let mut fixture = Fixture::new(&is(account(0)));
    let nth = |n: usize| is(Address::with_last_byte(n as u8 + 0x20)).replace("0x00", "0x77");
    let strangers = |n: usize| (1..n).map(nth).collect::<Vec<_>>().join(",");
    let wide = format!(
        "OutOf(2,{},{},{})",
        is(account(0)),
        is(account(1)),
        strangers(63)
    );
    let shared: Vec<String> = (1..31)
        .map(|n| format!("OR({},{})", nth(n % 10), nth(n % 7)))
        .collect();
    let shared = format!(
        "OR({},{},{})",
        is(account(0)),
        is(account(1)),
        shared.join(",")
    );
    let deep = format!(
        "{}AND({},{}){}",
        "OR(".repeat(7),
        is(account(0)),
        is(account(1)),
        ")".repeat(7)
    );
    for (name, policy, alone) in [
        ("wide", wide, false),
        ("shared", shared, true),
        ("deep", deep, false),
    ] {
        let define = calls::create_definition(name, policy);
        let gas = fixture.send(account(0), &define).expect("defined").gas;
        println!("define {name}: {gas} gas");
        let call = calls::set_policy(name, "audit", is(account(7)));
        let first = fixture.send(account(0), &call).expect("accepted");
        println!("approve {name}: {} gas", first.gas);
        assert_eq!(first.returned.executed, alone);
        if !alone {
            assert_eq!((first.returned.approvals, first.returned.required), (1, 2));
            assert!(
                fixture
                    .send(account(1), &call)
                    .expect("accepted")
                    .returned
                    .executed
            );
        }
    }
}
