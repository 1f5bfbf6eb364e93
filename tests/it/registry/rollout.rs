//! Rollouts of many instances. They are upgraded in rounds, and skipped for a reason, but never
//! for lack of gas.

use crate::prelude::*;
use stylus_upgrades_interface::limits::ROLLOUT_GAS;

use super::fixture::{Done, Fixture, Reverted, account, refused, step};

const ADMIN: usize = 0;

fn fixture() -> (Fixture, Code, Code) {
    let (mut fixture, v1) = Fixture::with_first_version("counter-v1");
    let v2 = fixture.deploy("counter-v2");
    (fixture, v1, v2)
}

fn create(fixture: &mut Fixture, n: u8, version: &str) -> Address {
    let init = if version == "1.0" {
        ICounter::initializeCall {
            value: U256::from(n),
        }
        .abi_encode()
    } else {
        Vec::new()
    };
    let call = calls::create_proxy("A", version, 0, B256::repeat_byte(n), init);
    fixture
        .send(account(ADMIN), &call)
        .expect("created")
        .returned
        .proxy
}

fn to_2(code: &Code) -> IRegistry::migrateCall {
    let data: Bytes = ICounter::migrateCall {
        step: U256::from(10),
    }
    .abi_encode()
    .into();
    calls::migrate("A", "2.0", code, step("1.0", 1, data))
}

fn rollout(
    fixture: &mut Fixture,
    max: u16,
    gas: u64,
) -> Result<Done<IRegistry::rolloutReturn>, Reverted> {
    let registry = fixture.registry;
    let call = calls::rollout("A", max);
    fixture.pay_with_gas(account(5), registry, &call, U256::ZERO, gas)
}

fn version(fixture: &Fixture, proxy: Address) -> String {
    fixture
        .view(&IRegistry::instanceOfCall { proxy })
        .expect("an instance")
        .version
}

#[test]
fn four_instances_are_upgraded_at_once_and_five_in_two_rounds() {
    let (mut fixture, _, v2) = fixture();
    let proxies: Vec<_> = (1..=5).map(|n| create(&mut fixture, n, "1.0")).collect();
    let done = fixture.send(account(ADMIN), &to_2(&v2)).expect("activated");
    assert!(done.events::<IRegistry::InstanceUpgraded>().is_empty());
    let first = rollout(&mut fixture, 2, 30_000_000)
        .expect("rolled out")
        .returned;
    assert_eq!((first.upgraded, first.left), (2, 3));
    let rest = rollout(&mut fixture, 100, 30_000_000)
        .expect("rolled out")
        .returned;
    assert_eq!((rest.upgraded, rest.left), (3, 0));
    let none = rollout(&mut fixture, 100, 30_000_000)
        .expect("nothing to do")
        .returned;
    assert_eq!((none.upgraded, none.left), (0, 0));
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(version(&fixture, *proxy), "2.0");
        assert_eq!(
            fixture.ask(*proxy, &ICounter::valueCall {}),
            Ok(U256::from(n + 1))
        );
    }
    let page = |start, count| {
        fixture
            .view(&IRegistry::instancesCall {
                name: "A".into(),
                start,
                count,
            })
            .expect("a page")
    };
    assert_eq!(page(0, 10), proxies);
    assert_eq!(page(3, 1), proxies[3..4]);
}

#[test]
fn a_migration_that_fails_for_one_reverts_all_of_a_handful() {
    let (mut fixture, _, v2) = fixture();
    let proxies: Vec<_> = (1..=3).map(|n| create(&mut fixture, n, "1.0")).collect();
    let mut call = to_2(&v2);
    call.step.data = vec![1, 2, 3, 4].into(); // no such function
    let before = fixture
        .view(&IRegistry::definitionCall { name: "A".into() })
        .expect("definition")
        .sequence;
    let expected = Proxy::MigrationNotApplied {
        from: "1.0".into(),
        to: "2.0".into(),
    };
    refused(fixture.send(account(ADMIN), &call), expected);
    let after = fixture
        .view(&IRegistry::definitionCall { name: "A".into() })
        .expect("definition");
    assert_eq!((after.sequence, after.current.as_str()), (before, "1.0"));
    assert!(
        proxies
            .iter()
            .all(|proxy| version(&fixture, *proxy) == "1.0")
    );
}

#[test]
fn one_that_fails_is_reported_and_goes_to_the_end() {
    let (mut fixture, _, v2) = fixture();
    for n in 1..=5 {
        create(&mut fixture, n, "1.0");
    }
    let mut call = to_2(&v2);
    call.step.data = vec![1, 2, 3, 4].into();
    fixture.send(account(ADMIN), &call).expect("activated");
    let done = rollout(&mut fixture, 3, 32_000_000).expect("rolled out");
    assert_eq!((done.returned.upgraded, done.returned.left), (0, 5));
    let skipped = done.events::<IRegistry::InstanceSkipped>();
    let expected = Proxy::MigrationNotApplied {
        from: "1.0".into(),
        to: "2.0".into(),
    }
    .abi_encode();
    assert!(skipped.iter().all(|event| event.reason[..] == expected[..]));
    let order = |done: &Done<IRegistry::rolloutReturn>| {
        done.events::<IRegistry::InstanceSkipped>()
            .into_iter()
            .map(|event| event.proxy)
            .collect::<Vec<_>>()
    };
    let first = order(&done);
    let second = order(&rollout(&mut fixture, 5, 32_000_000).expect("rolled out"));
    assert_eq!(second[2..], first[..], "those that failed wait at the end");
}

#[test]
fn a_failure_with_too_little_gas_is_not_one() {
    let (mut fixture, _, v2) = fixture();
    for n in 1..=5 {
        create(&mut fixture, n, "1.0");
    }
    let mut call = to_2(&v2);
    call.step.data = vec![1, 2, 3, 4].into();
    fixture.send(account(ADMIN), &call).expect("activated");
    let Err(Reverted(data)) = rollout(&mut fixture, 1, 20_000_000) else {
        panic!("not refused");
    };
    let error = IRegistry::InsufficientGas::abi_decode(&data).expect("InsufficientGas");
    assert_eq!(error.needed, ROLLOUT_GAS);
    assert!(error.left < ROLLOUT_GAS);
}

#[test]
fn a_stranger_upgrades_only_by_rollout() {
    let (mut fixture, _, v2) = fixture();
    let proxy = create(&mut fixture, 1, "1.0");
    fixture.add("2.0", &v2, to_2(&v2).step);
    let stranger = account(5);
    let upgrade = |version: &str| Proxy::upgradeToCall {
        version: version.into(),
    };
    refused(
        fixture.pay(stranger, proxy, &upgrade("2.0"), U256::ZERO),
        Proxy::UpgradeNotAuthorized {
            caller: stranger,
            from: "1.0".into(),
            to: "2.0".into(),
        },
    );
    refused(
        fixture.pay(stranger, proxy, &upgrade("9"), U256::ZERO),
        Proxy::VersionNotFound {
            name: "A".into(),
            version: "9".into(),
        },
    );
    refused(
        fixture.pay(account(ADMIN), proxy, &upgrade("1.0"), U256::ZERO),
        Proxy::AlreadyAtVersion {
            version: "1.0".into(),
        },
    );
    let plan = fixture
        .view(&IRegistry::planCall {
            instance: proxy,
            version: "2.0".into(),
        })
        .expect("a plan");
    assert_eq!(
        (plan.labels, plan.steps),
        (vec!["2.0".to_owned()], vec![to_2(&v2).step])
    );
    fixture
        .pay(account(ADMIN), proxy, &upgrade("2.0"), U256::ZERO)
        .expect("upgraded");
    refused(
        fixture.pay(account(ADMIN), proxy, &upgrade("1.0"), U256::ZERO),
        Proxy::NoPath {
            name: "A".into(),
            from: "2.0".into(),
            to: "1.0".into(),
        },
    );
}

#[test]
fn code_that_was_replaced_is_not_run() {
    let (mut fixture, _, v2) = fixture();
    for n in 1..=5 {
        create(&mut fixture, n, "1.0");
    }
    fixture.send(account(ADMIN), &to_2(&v2)).expect("activated");
    let other = fixture.deploy("counter-back");
    let code = fixture
        .chain
        .account(other.implementation, stylus_chain::BlockId::latest())
        .expect("code")
        .code;
    fixture.chain.set_code(v2.implementation, code);
    let done = rollout(&mut fixture, 1, 32_000_000).expect("rolled out");
    let reason = &done.events::<IRegistry::InstanceSkipped>()[0].reason;
    let expected = IRegistry::CodeChanged {
        account: v2.implementation,
        expected: v2.codehash,
        found: other.codehash,
    };
    assert_eq!(*reason, Bytes::from(expected.abi_encode()));
}
