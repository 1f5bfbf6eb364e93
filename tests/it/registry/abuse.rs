//! Malicious instances and steps, used against the registry.

use crate::prelude::*;
use stylus_upgrades_interface::instance::IInstanceRegistry;

use super::fixture::{Done, Fixture, Reverted, account, is, refused, step};

const ADMIN: usize = 0;

/// A definition with a hostile version 1.0, and an instance of it.
fn fixture() -> (Fixture, Code, Address) {
    let (mut fixture, code) = Fixture::with_first_version("hostile");
    let proxy = create(&mut fixture, 1, vec![]).expect("created");
    (fixture, code, proxy)
}

fn create(fixture: &mut Fixture, n: u8, actions: Vec<Bytes>) -> Result<Address, Reverted> {
    let init = IHostile::initializeCall { actions }.abi_encode();
    let call = calls::create_proxy("A", "1.0", 0, B256::repeat_byte(n), init);
    Ok(fixture.send(account(ADMIN), &call)?.returned.proxy)
}

fn call(target: Address, data: impl SolCall) -> Bytes {
    IHostile::callCall {
        target,
        value: U256::ZERO,
        data: data.abi_encode().into(),
    }
    .abi_encode()
    .into()
}

fn begin(caller: Address) -> IInstanceRegistry::beginUpgradeCall {
    IInstanceRegistry::beginUpgradeCall {
        caller,
        version: "2.0".into(),
    }
}

fn end(version: &str) -> IInstanceRegistry::endUpgradeCall {
    IInstanceRegistry::endUpgradeCall {
        version: version.into(),
    }
}

/// Version 2.0 by a migration that runs these actions.
fn migrate(
    fixture: &mut Fixture,
    code: &Code,
    data: Bytes,
) -> Result<Done<stylus_upgrades_interface::registry::Progress>, Reverted> {
    let step = step("1.0", 1, data);
    let call = calls::migrate("A", "2.0", code, step);
    fixture.send(account(ADMIN), &call)
}

fn acting(actions: Vec<Bytes>) -> Bytes {
    IHostile::migrateCall { actions }.abi_encode().into()
}

#[test]
fn an_instance_cannot_claim_that_somebody_else_upgrades_it() {
    let (mut fixture, code, proxy) = fixture();
    fixture.add("2.0", &code, step("1.0", 0, Bytes::new()));
    let registry = fixture.registry;
    for data in [
        call(registry, begin(account(ADMIN))),
        call(registry, begin(registry)),
        call(registry, end("2.0")),
    ] {
        let act = IHostile::actCall {
            actions: vec![data],
        };
        refused(
            fixture.pay(account(5), proxy, &act, U256::ZERO),
            IRegistry::NotAnInstance { proxy },
        );
    }
    assert_eq!(
        fixture
            .view(&IRegistry::instanceOfCall { proxy })
            .expect("instance")
            .version,
        "1.0"
    );
}

#[test]
fn a_migration_cannot_change_the_registry() {
    let (mut fixture, code, proxy) = fixture();
    let registry = fixture.registry;
    let other = create(&mut fixture, 2, vec![]).expect("created");
    for data in [
        call(registry, calls::rollout("A", 1)),
        call(registry, calls::set_policy("A", "x", is(proxy))),
        call(registry, IRegistry::revokeCall { action: B256::ZERO }),
        call(registry, IRegistry::cancelCall { action: B256::ZERO }),
        call(registry, begin(account(ADMIN))),
        call(
            other,
            Proxy::upgradeToCall {
                version: "2.0".into(),
            },
        ),
    ] {
        refused(
            migrate(&mut fixture, &code, acting(vec![data])),
            IRegistry::Reentered {},
        );
    }
    refused(
        migrate(
            &mut fixture,
            &code,
            acting(vec![call(registry, end("2.0"))]),
        ),
        IRegistry::NotAnInstance { proxy },
    );
    refused(
        migrate(
            &mut fixture,
            &code,
            acting(vec![call(registry, end("1.0"))]),
        ),
        IRegistry::NotAnInstance { proxy },
    );
    let views = call(registry, IRegistry::instanceOfCall { proxy });
    migrate(&mut fixture, &code, acting(vec![views])).expect("views always answer");
}

#[test]
fn an_instance_does_not_end_the_upgrade_of_another() {
    let (mut fixture, code, _) = fixture();
    let registry = fixture.registry;
    let other = create(&mut fixture, 2, vec![]).expect("created");
    let end = IHostile::actCall {
        actions: vec![call(registry, end("2.0"))],
    };
    refused(
        migrate(&mut fixture, &code, acting(vec![call(other, end)])),
        IRegistry::NotAnInstance { proxy: other },
    );
    let instance = IRegistry::instanceOfCall { proxy: other };
    assert_eq!(fixture.view(&instance).expect("instance").version, "1.0");
}

#[test]
fn an_initializer_cannot_change_the_registry() {
    let (mut fixture, _, _) = fixture();
    let registry = fixture.registry;
    for data in [
        call(registry, calls::rollout("A", 1)),
        call(
            registry,
            calls::create_proxy("A", "1.0", 0, B256::ZERO, Bytes::new()),
        ),
        call(registry, begin(account(ADMIN))),
    ] {
        refused(
            create(&mut fixture, 2, vec![data]).map(|_| ()),
            IRegistry::Reentered {},
        );
    }
    let instances = fixture
        .view(&IRegistry::definitionCall { name: "A".into() })
        .expect("definition")
        .instances;
    assert_eq!(instances, 1, "nothing is left of the attempts");
    create(&mut fixture, 2, vec![]).expect("the salt is free");
}

#[test]
fn a_migration_that_never_ends_is_skipped() {
    let (mut fixture, code, _) = fixture();
    for n in 2..=5 {
        create(&mut fixture, n, vec![]).expect("created");
    }
    let spin = IHostile::spinCall {}.abi_encode();
    migrate(&mut fixture, &code, acting(vec![spin.into()])).expect("activated");
    let registry = fixture.registry;
    let rollout = calls::rollout("A", 1);
    let done = fixture
        .pay_with_gas(account(5), registry, &rollout, U256::ZERO, 32_000_000)
        .expect("rolled out");
    assert_eq!((done.returned.upgraded, done.returned.left), (0, 5));
    assert_eq!(done.events::<IRegistry::InstanceSkipped>().len(), 1);
}

#[test]
fn a_long_reason_is_cut() {
    let (mut fixture, code, _) = fixture();
    for n in 2..=5 {
        create(&mut fixture, n, vec![]).expect("created");
    }
    let revert = IHostile::revertWithCall {
        data: vec![0xee; 5_000].into(),
    }
    .abi_encode();
    migrate(&mut fixture, &code, revert.into()).expect("activated");
    let registry = fixture.registry;
    let rollout = calls::rollout("A", 1);
    let done = fixture
        .pay_with_gas(account(5), registry, &rollout, U256::ZERO, 32_000_000)
        .expect("rolled out");
    assert_eq!(
        done.events::<IRegistry::InstanceSkipped>()[0].reason,
        Bytes::from(vec![0xee; 1_024])
    );
}

#[test]
fn value_goes_to_the_initializer_of_who_alone_may_create() {
    let (mut fixture, _, _) = fixture();
    let registry = fixture.registry;
    let init: Bytes = IHostile::initializeCall { actions: vec![] }
        .abi_encode()
        .into();
    let create = calls::create_proxy("A", "1.0", 0, B256::repeat_byte(9), init);
    let value = U256::from(1_000);
    let proxy = fixture
        .pay(account(ADMIN), registry, &create, value)
        .expect("created")
        .returned
        .proxy;
    let balance = fixture
        .chain
        .account(proxy, stylus_chain::BlockId::latest())
        .expect("latest")
        .balance;
    assert_eq!(balance, value);

    let both = format!("AND({},{})", is(account(0)), is(account(1)));
    let set = calls::set_policy("A", "create", both);
    fixture.send(account(ADMIN), &set).expect("set");
    let create = IRegistry::createProxyCall {
        salt: B256::repeat_byte(8),
        ..create
    };
    refused(
        fixture.pay(account(0), registry, &create, value),
        Proxy::ValueNotAccepted { value },
    );
    let promised = fixture
        .send(account(0), &create)
        .expect("recorded")
        .returned;
    assert!(!promised.progress.executed);
    let instance = fixture.send(account(1), &create).expect("created").returned;
    assert_eq!(instance.proxy, promised.proxy);
}
