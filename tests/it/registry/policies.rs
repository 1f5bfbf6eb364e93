//! Policies on the chain: delays, lambdas, and expressions that are refused.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades_interface::limits::LAMBDA_GAS;
use stylus_upgrades_interface::reasons::{blocked_by, definition_state, invalid_policy};

use super::fixture::{Fixture, Reverted, account, framework, is, part, refused, set_policy};

/// What the approvers are asked: another role of "A".
fn audit() -> IRegistry::setPolicyCall {
    set_policy("audit", &is(account(7)))
}

/// Code of a lambda that answers a constant word.
fn answers(value: u8) -> [u8; 8] {
    // PUSH1 value PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
    [0x60, value, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]
}

/// Code that never ends.
const LOOPS: [u8; 3] = [0x5b, 0x5f, 0x56];

#[test]
fn a_delay_is_waited_for_and_then_anybody_executes() {
    let mut fixture = Fixture::of(&format!("AND({},AFTER(3600))", is(account(0))));
    let first = fixture.accepted(0, &audit()).returned;
    assert_eq!(
        (first.approvals, first.required, first.executed),
        (1, 1, false)
    );
    let open = fixture.readiness(first.action);
    assert_eq!(open.blockedBy, blocked_by::DELAY);
    fixture.refuses(0, &audit(), approved_already(0, first.action));
    fixture.refuses(5, &audit(), not_an_approver(5));
    fixture.wait(3_600);
    let found = fixture.readiness(first.action).blockedBy;
    assert_eq!(found, blocked_by::NOTHING);
    let last = fixture.accepted(5, &audit());
    assert!(last.returned.executed);
    assert!(
        last.events::<IRegistry::Approved>().is_empty(),
        "a stranger is never recorded"
    );
}

#[test]
fn revoking_restarts_the_delay() {
    let mut fixture = Fixture::of(&format!(
        "AND({},{},AFTER(1000))",
        is(account(0)),
        is(account(1))
    ));
    let action = fixture.records(0, &audit());
    assert_eq!(fixture.readiness(action).notBefore, 0);
    fixture.accepted(1, &audit());
    let first = fixture.readiness(action).notBefore;
    fixture.wait(500);
    fixture.accepted(1, &IRegistry::revokeCall { action });
    assert_eq!(fixture.readiness(action).notBefore, 0);
    fixture.accepted(1, &audit());
    assert!(fixture.readiness(action).notBefore >= first + 500);
    fixture.wait(600);
    fixture.refuses(5, &audit(), not_an_approver(5));
}

#[test]
fn a_lambda_that_reverts_loops_or_answers_nonsense_says_no() {
    let mut fixture = Fixture::new(&is(account(0)));
    let reverts = [0x5f, 0x5f, 0xfd];
    let answers_two_words = [0x60, 0x01, 0x5f, 0x52, 0x60, 0x40, 0x5f, 0xf3];
    let writes = [&[0x60, 0x01, 0x5f, 0x55][..], &answers(1)].concat(); // before it consents
    for code in [&reverts[..], &LOOPS, &[0x00], &answers_two_words, &writes] {
        let lambda = fixture.deploy_evm(code);
        let policy = format!("OR(CALL({}),{})", is(lambda), is(account(0)));
        let name = format!("{lambda}");
        fixture.accepted(0, &calls::create_definition(name.clone(), policy.clone()));
        let call = calls::set_policy(name, "audit", is(account(7)));
        fixture.refuses(1, &call, not_an_approver(1));
        fixture.executes(0, &call);
    }
}

#[test]
fn a_lambda_alone_lets_anybody_in_and_a_changed_one_nobody() {
    let mut fixture = Fixture::new(&is(account(0)));
    let yes = fixture.deploy_evm(&answers(1));
    fixture.defined(&format!("OR(CALL({}),{})", is(yes), is(account(0))));
    fixture.executes(5, &audit());
    let other = [&answers(1)[..], &[0]].concat();
    fixture.chain.set_code(yes, other.into());
    fixture.refuses(5, &audit(), not_an_approver(5));
}

#[test]
fn a_lambda_is_never_starved() {
    let mut fixture = Fixture::new(&is(account(0)));
    let yes = fixture.deploy_evm(&answers(1));
    fixture.defined(&format!("OR(CALL({}),{})", is(yes), is(account(0))));
    let registry = fixture.registry;
    let Err(Reverted(data)) = fixture.send_with_gas(account(5), registry, &audit(), 450_000) else {
        panic!("not refused");
    };
    let error = IRegistry::InsufficientGas::abi_decode(&data).expect("InsufficientGas");
    assert!(error.left < error.needed && error.needed > LAMBDA_GAS);
}

#[test]
fn a_lambda_burns_no_more_than_its_share() {
    let mut fixture = Fixture::new(&is(account(0)));
    let lambda = fixture.deploy_evm(&LOOPS);
    fixture.defined(&format!("OR(CALL({}),{})", is(lambda), is(account(0))));
    let (registry, gas) = (fixture.registry, 2_000_000);
    let done = fixture.send_with_gas(account(0), registry, &audit(), gas);
    let done = done.expect("what is left suffices");
    assert!(done.returned.executed);
    assert!(done.gas > LAMBDA_GAS, "the lambda burnt all of its share");
}

#[test]
fn one_leaf_has_one_voice() {
    let mut fixture = Fixture::of(&is(account(0)));
    let yes = is(fixture.deploy_evm(&answers(1)));
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
        let twice = bad_policy(
            &expression.clone(),
            expression.rfind(&leaf).expect("a leaf of it") as u32,
            invalid_policy::DUPLICATE,
        );
        fixture.refuses(0, &set_policy("audit", &expression), twice.clone());
        let call = calls::define("B", expression, a.clone(), a.clone());
        fixture.refuses(0, &call, twice);
    }
    let policy = format!("OutOf(2,{a},{b},CALL({yes}))");
    fixture.accepted(0, &set_policy("audit", &policy));
}

#[test]
fn what_nobody_may_be_is_no_leaf() {
    let mut fixture = Fixture::of(&is(account(0)));
    let registry = fixture.registry;
    let forbidden =
        |address: Address| bad_policy(&is(address), 0, invalid_policy::FORBIDDEN_ADDRESS);
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
        fixture.refuses(0, &set_policy("audit", &is(address)), forbidden(address));
    }
    let lambda = format!("CALL({})", is(account(3)));
    let expected = bad_policy(&lambda, 5, invalid_policy::BAD_LAMBDA);
    fixture.refuses(0, &set_policy("audit", &lambda), expected.clone());
    // its owner could give it another answer at any time
    let yes = fixture.deploy_evm(&answers(1));
    let designator = [&[0xef, 0x01, 0x00], yes.as_slice()].concat();
    fixture.chain.set_code(account(3), designator.into());
    fixture.refuses(0, &set_policy("audit", &lambda), expected);
}

#[test]
fn none_means_never_again() {
    let mut fixture = Fixture::of(&is(account(0)));
    let none = |fixture: &mut Fixture, role: &str| fixture.accepted(0, &set_policy(role, "NONE"));
    none(&mut fixture, "migrate");
    assert_eq!(fixture.definition().state, definition_state::FROZEN);
    let expression = is(account(0));
    let error = bad_policy(&expression, 0, invalid_policy::FINAL);
    fixture.refuses(0, &set_policy("migrate", &expression), error);
    none(&mut fixture, "policy");
    fixture.refuses(0, &set_policy("audit", &expression), not_an_approver(0));
}

#[test]
fn roles_with_labels_of_ones_own_can_be_queried() {
    let mut fixture = Fixture::of(&is(account(0)));
    let (a, b) = (account(1), account(2));
    let ask = |approvers: Vec<Address>| calls::satisfies("A", "audit", approvers);
    refused(
        fixture.view(&ask(vec![a])),
        IRegistry::UnknownRole {
            role: "audit".into(),
        },
    );
    fixture.accepted(
        0,
        &set_policy("audit", &format!("AND({},{})", is(a), is(b))),
    );
    assert_eq!(fixture.view(&ask(vec![a])), Ok(false));
    assert_eq!(fixture.view(&ask(vec![b, a, a])), Ok(true));
    fixture.refuses(0, &set_policy("bad role", &is(a)), bad_label("bad role", 3));
}

#[test]
fn a_policy_of_four_kilobytes_is_kept_and_a_longer_one_refused() {
    let mut fixture = Fixture::of(&is(account(0)));
    let long = format!("{}{}", " ".repeat(4_096 - 42), is(account(3)));
    fixture.accepted(0, &set_policy("audit", &long));
    assert_eq!(fixture.view(&calls::policy("A", "audit")), Ok(long.clone()));
    let longer = format!(" {long}");
    let expected = bad_policy(&longer, 0, invalid_policy::TOO_LONG);
    fixture.refuses(0, &set_policy("audit", &longer), expected);
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
        let gas = fixture.accepted(0, &define).gas;
        println!("define {name}: {gas} gas");
        let call = calls::set_policy(name, "audit", is(account(7)));
        let first = fixture.accepted(0, &call);
        println!("approve {name}: {} gas", first.gas);
        assert_eq!(first.returned.executed, alone);
        if !alone {
            assert_eq!((first.returned.approvals, first.returned.required), (1, 2));
            fixture.executes(1, &call);
        }
    }
}
