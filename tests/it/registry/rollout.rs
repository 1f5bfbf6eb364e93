//! Rollouts of many instances. They are upgraded in rounds, and skipped for a reason, but never
//! for lack of gas.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades_interface::limits::ROLLOUT_GAS;

use super::fixture::{Done, Fixture, Reverted, account, new_proxy, step};

const ADMIN: usize = 0;

fn fixture() -> (Fixture, Code, Code) {
    let (mut fixture, v1) = Fixture::with_first_version("counter-v1");
    let v2 = fixture.deploy("counter-v2");
    (fixture, v1, v2)
}

fn create(fixture: &mut Fixture, n: u8) -> Address {
    let init = calls::initialize_counter(n.into()).abi_encode();
    fixture.created(ADMIN, &new_proxy(0, n, init))
}

fn to_2(code: &Code) -> IRegistry::migrateCall {
    let data: Bytes = calls::migrate_counter(10).abi_encode().into();
    calls::migrate("A", "2.0", code, step("1.0", 1, data))
}

/// The same with calldata of no function.
fn failing(code: &Code) -> IRegistry::migrateCall {
    let mut call = to_2(code);
    call.step.data = vec![1, 2, 3, 4].into();
    call
}

/// Anybody rolls out to up to so many: how many were upgraded, and how many are left.
fn counts(fixture: &mut Fixture, max: u16) -> (u16, u16) {
    let done = fixture.rollout(max, 30_000_000).expect("rolled out");
    (done.returned.upgraded, done.returned.left)
}

#[test]
fn four_instances_are_upgraded_at_once_and_five_in_two_rounds() {
    let (mut fixture, _, v2) = fixture();
    let proxies: Vec<_> = (1..=5).map(|n| create(&mut fixture, n)).collect();
    let done = fixture.accepted(ADMIN, &to_2(&v2));
    assert!(done.events::<IRegistry::InstanceUpgraded>().is_empty());
    assert_eq!(counts(&mut fixture, 2), (2, 3));
    assert_eq!(counts(&mut fixture, 100), (3, 0));
    assert_eq!(counts(&mut fixture, 100), (0, 0));
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(fixture.instance(*proxy).version, "2.0");
        let value = fixture.ask(*proxy, &ICounter::valueCall {});
        assert_eq!(value, Ok(U256::from(n + 1)));
    }
    let page = |start, count| fixture.view(&calls::instances("A", start, count));
    assert_eq!(page(0, 10).expect("a page"), proxies);
    assert_eq!(page(3, 1).expect("a page"), proxies[3..4]);
}

#[test]
fn a_migration_that_fails_for_one_reverts_all_of_a_handful() {
    let (mut fixture, _, v2) = fixture();
    let proxies: Vec<_> = (1..=3).map(|n| create(&mut fixture, n)).collect();
    let call = failing(&v2);
    let before = fixture.definition().sequence;
    fixture.refuses(ADMIN, &call, not_applied("1.0", "2.0"));
    let after = fixture.definition();
    assert_eq!((after.sequence, after.current.as_str()), (before, "1.0"));
    for proxy in proxies {
        assert_eq!(fixture.instance(proxy).version, "1.0");
    }
}

#[test]
fn one_that_fails_is_reported_and_goes_to_the_end() {
    let (mut fixture, _, v2) = fixture();
    for n in 1..=5 {
        create(&mut fixture, n);
    }
    fixture.accepted(ADMIN, &failing(&v2));
    let done = fixture.rollout(3, 32_000_000).expect("rolled out");
    assert_eq!((done.returned.upgraded, done.returned.left), (0, 5));
    let skipped = done.skipped();
    let expected = not_applied("1.0", "2.0").abi_encode();
    assert!(skipped.iter().all(|event| event.reason[..] == expected[..]));
    let order = |done: &Done<IRegistry::rolloutReturn>| -> Vec<Address> {
        let skipped = done.skipped().into_iter();
        skipped.map(|event| event.proxy).collect()
    };
    let first = order(&done);
    let second = order(&fixture.rollout(5, 32_000_000).expect("rolled out"));
    assert_eq!(second[2..], first[..], "those that failed wait at the end");
}

#[test]
fn a_failure_with_too_little_gas_is_not_one() {
    let (mut fixture, _, v2) = fixture();
    for n in 1..=5 {
        create(&mut fixture, n);
    }
    fixture.accepted(ADMIN, &failing(&v2));
    let Err(Reverted(data)) = fixture.rollout(1, 20_000_000) else {
        panic!("not refused");
    };
    let error = IRegistry::InsufficientGas::abi_decode(&data).expect("InsufficientGas");
    assert_eq!(error.needed, ROLLOUT_GAS);
    assert!(error.left < ROLLOUT_GAS);
}

#[test]
fn a_stranger_upgrades_only_by_rollout() {
    let (mut fixture, _, v2) = fixture();
    let proxy = create(&mut fixture, 1);
    fixture.add("2.0", &v2, to_2(&v2).step);
    let error = not_authorized(account(5), "1.0", "2.0");
    fixture.refuses_at(proxy, 5, &calls::upgrade_to("2.0"), error);
    fixture.refuses_at(proxy, 5, &calls::upgrade_to("9"), version_not_found("9"));
    fixture.refuses_at(proxy, ADMIN, &calls::upgrade_to("1.0"), already_at("1.0"));
    let (instance, version) = (proxy, "2.0".into());
    let plan = fixture.view(&IRegistry::planCall { instance, version });
    let plan = plan.expect("a plan");
    assert_eq!(
        (plan.labels, plan.steps),
        (vec!["2.0".to_owned()], vec![to_2(&v2).step])
    );
    fixture.accepted_by(proxy, ADMIN, &calls::upgrade_to("2.0"));
    fixture.refuses_at(
        proxy,
        ADMIN,
        &calls::upgrade_to("1.0"),
        no_path("2.0", "1.0"),
    );
}

#[test]
fn code_that_was_replaced_is_not_run() {
    let (mut fixture, _, v2) = fixture();
    for n in 1..=5 {
        create(&mut fixture, n);
    }
    fixture.accepted(ADMIN, &to_2(&v2));
    let other = fixture.deploy("counter-back");
    let code = fixture.code(other.implementation);
    fixture.chain.set_code(v2.implementation, code);
    let done = fixture.rollout(1, 32_000_000).expect("rolled out");
    let reason = &done.skipped()[0].reason;
    let expected = code_changed(v2.implementation, v2.codehash, other.codehash);
    assert_eq!(*reason, Bytes::from(expected.abi_encode()));
}
