//! Rollouts: `migrate` makes a version current and touches no instance. Who calls `rollout` names instances, and each
//! moves by itself, or stays and is named with the reason, but never for lack of gas.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades_interface::limits::ROLLOUT_GAS;

use super::fixture::{Fixture, Reverted, account, new_proxy, plain, step};
use super::replay::agrees_with_the_views;

const ADMIN: usize = 0;

fn fixture() -> (Fixture, Code, Code) {
    let (mut fixture, v1) = Fixture::with_first_version("counter-v1");
    let v2 = fixture.deploy("counter-v2");
    (fixture, v1, v2)
}

fn create(fixture: &mut Fixture, n: u8) -> Address {
    let init = calls::initialize_counter(n.into()).abi_encode();
    fixture.created(ADMIN, &new_proxy(n % 2, n, init)) // WASM and EVM proxies in turn
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

#[test]
fn migrate_touches_no_instance_and_rollout_moves_those_that_are_named() {
    let (mut fixture, _, v2) = fixture();
    let proxies: Vec<_> = (1..=5).map(|n| create(&mut fixture, n)).collect();
    let done = fixture.accepted(ADMIN, &to_2(&v2));
    assert!(done.events::<IRegistry::InstanceUpgraded>().is_empty());
    assert!(done.logs.iter().all(|log| !proxies.contains(&log.address)));
    for (n, proxy) in proxies.iter().enumerate() {
        let value = fixture.ask(*proxy, &ICounter::valueCall {});
        assert_eq!(value, Ok(U256::from(n + 1)), "users notice nothing yet");
        assert_eq!(fixture.instance(*proxy).version, "1.0");
    }
    let mut rolled = |these: &[Address]| {
        let done = fixture.accepted(5, &calls::rollout("A", these));
        assert!(done.skipped().is_empty());
        let moved = done.events::<IRegistry::InstanceUpgraded>();
        let moved: Vec<_> = moved.into_iter().map(|event| event.proxy).collect();
        assert_eq!(moved.len(), usize::from(done.returned));
        moved
    };
    assert!(rolled(&[]).is_empty());
    assert_eq!(rolled(&proxies[3..]), proxies[3..], "those, in that order");
    assert_eq!(
        rolled(&proxies),
        proxies[..3],
        "the others are where they belong"
    );
    let twice = [proxies[0], proxies[0]];
    assert!(rolled(&twice).is_empty());
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(fixture.instance(*proxy).version, "2.0");
        let value = fixture.ask(*proxy, &ICounter::valueCall {});
        assert_eq!(value, Ok(U256::from(n + 1)));
    }
    agrees_with_the_views(&fixture, "A");
    let page = |start, count| fixture.view(&calls::instances("A", start, count));
    assert_eq!(page(0, 10).expect("a page"), proxies);
    assert_eq!(page(3, 1).expect("a page"), proxies[3..4]);
}

#[test]
fn an_instance_that_is_named_twice_moves_once() {
    let (mut fixture, _, v2) = fixture();
    let proxy = create(&mut fixture, 1);
    fixture.accepted(ADMIN, &to_2(&v2));
    let done = fixture.accepted(5, &calls::rollout("A", [proxy, proxy]));
    assert_eq!(done.returned, 1);
    assert_eq!(done.events::<IRegistry::InstanceUpgraded>().len(), 1);
}

#[test]
fn who_is_no_instance_of_the_definition_reverts_the_whole_rollout() {
    let (mut fixture, v1, v2) = fixture();
    let proxy = create(&mut fixture, 1);
    fixture.accepted(
        ADMIN,
        &calls::create_definition("B", super::fixture::is(account(0))),
    );
    let add = calls::add_version("B", "1.0", &v1, plain(""));
    fixture.accepted(ADMIN, &add);
    let of_b = calls::create_proxy("B", "1.0", 0, B256::ZERO, Bytes::new());
    let of_b = fixture.created(ADMIN, &of_b);
    fixture.accepted(ADMIN, &to_2(&v2));
    for other in [of_b, account(9), Address::ZERO] {
        let call = calls::rollout("A", [proxy, other]);
        fixture.refuses(5, &call, not_an_instance(other));
        assert_eq!(fixture.instance(proxy).version, "1.0");
    }
}

#[test]
fn a_migration_that_fails_for_one_stops_nobody() {
    let (mut fixture, _, v2) = fixture();
    let proxies: Vec<_> = (1..=3).map(|n| create(&mut fixture, n)).collect();
    let done = fixture.executes(ADMIN, &failing(&v2));
    assert!(done.skipped().is_empty());
    assert_eq!(fixture.definition().current, "2.0");
    let done = fixture.follow();
    assert_eq!(done.returned, 0);
    let expected = not_applied("1.0", "2.0").abi_encode();
    let skipped = done.skipped();
    let named: Vec<_> = skipped.iter().map(|event| event.proxy).collect();
    assert_eq!(named, proxies);
    assert!(skipped.iter().all(|event| event.reason[..] == expected[..]));
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(fixture.instance(*proxy).version, "1.0");
        let value = fixture.ask(*proxy, &ICounter::valueCall {});
        assert_eq!(value, Ok(U256::from(n + 1)), "it runs what it ran");
    }
    agrees_with_the_views(&fixture, "A");
}

#[test]
fn a_failure_with_too_little_gas_is_not_one() {
    let (mut fixture, _, v2) = fixture();
    let proxies: Vec<_> = (1..=2).map(|n| create(&mut fixture, n)).collect();
    fixture.accepted(ADMIN, &failing(&v2));
    for (proxy, hops) in proxies.into_iter().zip([2, 1]) {
        let Err(Reverted(data)) = fixture.rollout([proxy], 20_000_000) else {
            panic!("not refused");
        };
        let error = IRegistry::InsufficientGas::abi_decode(&data).expect("InsufficientGas");
        // each call between the registry and the code keeps one 64th
        let with_hops = (0..hops).fold(ROLLOUT_GAS, |gas, _| gas + gas / 63);
        assert!(error.needed >= with_hops, "{error:?}");
        assert!(error.needed < with_hops + 20_000, "{error:?}");
        assert!(error.left < ROLLOUT_GAS);
        let gas = error.needed + 600_000;
        let done = fixture
            .rollout([proxy], gas)
            .expect("with what it asked for");
        assert_eq!(done.returned, 0);
        done.skips(proxy, not_applied("1.0", "2.0").abi_encode());
    }
}

#[test]
fn what_moves_needs_no_more_gas_than_it_takes() {
    let (mut fixture, _, v2) = fixture();
    let proxies: Vec<_> = (1..=2).map(|n| create(&mut fixture, n)).collect();
    fixture.accepted(ADMIN, &to_2(&v2));
    let done = fixture.rollout(proxies, 3_000_000).expect("rolled out");
    assert_eq!(done.returned, 2);
}

#[test]
fn who_is_ahead_is_left_alone_until_the_current_version_goes_past() {
    let (mut fixture, code, _) = fixture();
    let proxies: Vec<_> = (1..=3).map(|n| create(&mut fixture, n)).collect();
    let [ahead, ..] = proxies[..] else {
        panic!("three");
    };
    fixture.add("2.0", &code, plain("1.0"));
    let upgrade = calls::upgrade_instance(ahead, "2.0", Bytes::new());
    fixture.accepted(ADMIN, &upgrade);
    assert_eq!(fixture.follow().returned, 0);
    assert_eq!(fixture.instance(ahead).version, "2.0");
    let past = calls::migrate("A", "3.0", &code, plain("1.0"));
    fixture.accepted(ADMIN, &past);
    let done = fixture.follow();
    assert_eq!(done.returned, 2);
    done.skips(ahead, no_path("2.0", "3.0").abi_encode());
    fixture.accepted(ADMIN, &calls::add_step("A", "3.0", plain("2.0")));
    assert_eq!(fixture.follow().returned, 1);
    assert_eq!(fixture.instance(ahead).version, "3.0");
}

#[test]
fn a_stranger_upgrades_only_by_rollout() {
    let (mut fixture, _, v2) = fixture();
    let init = calls::initialize_counter(1).abi_encode();
    let proxy = fixture.created(ADMIN, &new_proxy(proxy_kind::WASM, 1, init));
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
    assert_eq!(fixture.follow().returned, 0, "it is not current");
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
    let proxy = create(&mut fixture, 1);
    fixture.accepted(ADMIN, &to_2(&v2));
    let other = fixture.deploy("counter-back");
    let code = fixture.code(other.implementation);
    fixture.chain.set_code(v2.implementation, code);
    let expected = code_changed(v2.implementation, v2.codehash, other.codehash);
    fixture.follow().skips(proxy, expected.abi_encode());
}
