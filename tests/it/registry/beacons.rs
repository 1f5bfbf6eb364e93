//! Instances that ask a beacon: they follow what is current.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades::build::evm;
use stylus_upgrades::registry::definition_id;
use stylus_upgrades_interface::instance::IInstanceRegistry;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::{instance_state, invalid_step, proxy_kind};
use stylus_upgrades_interface::registry::{Code, IRegistry};
use stylus_upgrades_interface::slots;
use stylus_upgrades_tests::abi::{ICounter, IHostile};

use super::fixture::{Fixture, account, initial_step, refused, step};
use super::kinds::{answer, create, instance, slot};

/// A counter with an instance that asks the beacon.
fn following() -> (Fixture, Code, Address) {
    let mut fixture = Fixture::of_one();
    let code = fixture.deploy("counter-v1");
    fixture.add("1.0", &code, initial_step());
    let init = ICounter::initializeCall {
        value: U256::from(7),
    };
    let proxy = create(&mut fixture, proxy_kind::BEACON, &init);
    (fixture, code, proxy)
}

fn beacon(fixture: &Fixture) -> Address {
    evm::beacon_address(fixture.registry, definition_id("A"))
}

#[test]
fn a_beacon_proxy_follows_what_is_current() {
    let (mut fixture, first, proxy) = following();
    let beacon = beacon(&fixture);
    assert_eq!(slot(&fixture, proxy, slots::IMPLEMENTATION), B256::ZERO);
    assert_eq!(slot(&fixture, proxy, slots::BEACON), beacon.into_word());
    let question = Proxy::implementationCall {};
    assert_eq!(fixture.ask(beacon, &question), Ok(first.implementation));
    let registry = fixture.registry;
    let answered = answer(&fixture, registry, proxy, &question.abi_encode());
    let word = Bytes::from(first.implementation.into_word().0);
    assert_eq!(answered, Ok(word), "to its registry it answers itself");
    let answered = answer(&fixture, account(5), proxy, &question.abi_encode());
    answered.expect_err("to users only the counter does");
    assert_eq!(instance(&fixture, proxy).kind, proxy_kind::BEACON);

    let second = fixture.deploy("counter-v2");
    let done = fixture.send(
        account(0),
        &IRegistry::migrateCall {
            name: "A".into(),
            version: "2.0".into(),
            code: second.clone(),
            step: step("1.0", 0, Bytes::new()),
        },
    );
    let done = done.expect("migrated");
    let reported: Vec<_> = done.events::<Proxy::Upgraded>();
    assert_eq!(reported.len(), 1, "by the beacon");
    assert_eq!(reported[0].implementation, second.implementation);
    assert!(done.events::<IRegistry::InstanceUpgraded>().is_empty());
    assert_eq!(fixture.ask(beacon, &question), Ok(second.implementation));
    assert_eq!(instance(&fixture, proxy).version, "2.0");
    assert_eq!(
        fixture.ask(proxy, &ICounter::valueCall {}),
        Ok(U256::from(7))
    );
    assert_eq!(fixture.ask(proxy, &ICounter::stepCall {}), Ok(U256::ZERO));
    let rollout = IRegistry::rolloutCall {
        name: "A".into(),
        max: 9,
    };
    let rolled_out = fixture.send(account(5), &rollout).expect("nothing lags");
    assert_eq!(
        (rolled_out.returned.upgraded, rolled_out.returned.left),
        (0, 0)
    );
    // who comes later asks the same beacon
    let create = IRegistry::createProxyCall {
        name: "A".into(),
        version: "2.0".into(),
        kind: proxy_kind::BEACON,
        salt: B256::repeat_byte(1),
        initData: Bytes::new(),
    };
    let later = fixture.send(account(0), &create).expect("created");
    let later = later.returned.proxy;
    assert_eq!(slot(&fixture, later, slots::BEACON), beacon.into_word());
}

#[test]
fn a_beacon_proxy_is_created_at_the_current_version_alone() {
    let (mut fixture, first, _) = following();
    fixture.add("2.0", &first, step("1.0", 0, Bytes::new()));
    let create = IRegistry::createProxyCall {
        name: "A".into(),
        version: "2.0".into(),
        kind: proxy_kind::BEACON,
        salt: B256::repeat_byte(1),
        initData: Bytes::new(),
    };
    let what = "a beacon proxy not at current";
    refused(
        fixture.send(account(0), &create),
        IRegistry::NotSupported { what: what.into() },
    );
}

#[test]
fn a_version_with_a_migration_does_not_become_current_where_a_beacon_proxy_follows() {
    let (mut fixture, _, _) = following();
    let second = fixture.deploy("counter-v2");
    let call = ICounter::migrateCall {
        step: U256::from(5),
    };
    let migrate = IRegistry::migrateCall {
        name: "A".into(),
        version: "2.0".into(),
        code: second,
        step: step("1.0", 1, call.abi_encode().into()),
    };
    refused(
        fixture.send(account(0), &migrate),
        IRegistry::InvalidStep {
            from: "1.0".into(),
            to: "2.0".into(),
            reason: invalid_step::BEACON,
        },
    );
}

#[test]
fn a_beacon_proxy_begins_no_upgrade_and_nobody_but_the_registry_sets_its_beacon() {
    let (mut fixture, first, proxy) = following();
    let second = fixture.deploy("counter-v2");
    fixture.add("2.0", &second, step("1.0", 0, Bytes::new()));
    let begin = IInstanceRegistry::beginUpgradeCall {
        caller: account(0),
        version: "2.0".into(),
    };
    let what = "the upgrade of a beacon proxy";
    let money = U256::from(10u64.pow(18));
    fixture.chain.set_balance(proxy, money);
    refused(
        fixture.send(proxy, &begin),
        IRegistry::NotSupported { what: what.into() },
    );
    let beacon = beacon(&fixture);
    let word = Bytes::from(account(7).into_word().0);
    let sent = fixture.raw(account(0), beacon, word, U256::ZERO, 100_000);
    sent.expect("it is an answer");
    let question = Proxy::implementationCall {};
    assert_eq!(fixture.ask(beacon, &question), Ok(first.implementation));
}

#[test]
fn a_beacon_proxy_that_is_being_created_meets_everybody_with_the_stub() {
    let mut fixture = Fixture::of_one();
    let code = fixture.deploy("hostile");
    fixture.add("1.0", &code, initial_step());
    let address = IRegistry::proxyAddressCall {
        name: "A".into(),
        kind: proxy_kind::BEACON,
        salt: B256::ZERO,
    };
    let target = fixture.view(&address).expect("an address");
    let inner = IHostile::readSlotCall { slot: B256::ZERO };
    let enter = IHostile::callCall {
        target,
        value: U256::ZERO,
        data: inner.abi_encode().into(),
    };
    let init = IHostile::initializeCall {
        actions: vec![enter.abi_encode().into()],
    };
    let create = IRegistry::createProxyCall {
        name: "A".into(),
        version: "1.0".into(),
        kind: proxy_kind::BEACON,
        salt: B256::ZERO,
        initData: init.abi_encode().into(),
    };
    refused(
        fixture.send(account(0), &create),
        Proxy::UpgradeInProgress {},
    );
}

#[test]
fn a_beacon_proxy_is_paused_and_resumed_with_its_definition() {
    let (mut fixture, _, proxy) = following();
    let pause = IRegistry::pauseCall { name: "A".into() };
    fixture.send(account(0), &pause).expect("paused");
    let value = ICounter::valueCall {};
    refused(fixture.ask(proxy, &value), Proxy::UpgradeInProgress {});
    assert_eq!(instance(&fixture, proxy).state, instance_state::PAUSED);
    let resume = IRegistry::resumeCall { name: "A".into() };
    fixture.send(account(0), &resume).expect("resumed");
    assert_eq!(fixture.ask(proxy, &value), Ok(U256::from(7)));
    assert_eq!(instance(&fixture, proxy).state, instance_state::LIVE);
}
