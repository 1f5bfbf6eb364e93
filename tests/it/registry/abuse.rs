//! Malicious instances and steps, used against the registry.

use crate::prelude::*;
use crate::registry::errors::not_an_instance;
use crate::review::fixture::call;
use stylus_upgrades_interface::instance::IInstanceRegistry;

use super::fixture::{
    Done, Fixture, Reverted, account, all_of, is, new_proxy, plain, refused, step,
};

const ADMIN: usize = 0;

/// A definition with a hostile version 1.0, and an instance of it.
fn fixture() -> (Fixture, Code, Address) {
    let (mut fixture, code) = Fixture::with_first_version("hostile");
    let proxy = create(&mut fixture, 1, vec![]).expect("created");
    (fixture, code, proxy)
}

fn create(fixture: &mut Fixture, n: u8, actions: Vec<Bytes>) -> Result<Address, Reverted> {
    let init = IHostile::initializeCall { actions }.abi_encode();
    let call = new_proxy(0, n, init);
    Ok(fixture.send(account(ADMIN), &call)?.returned.proxy)
}

fn begin(caller: Address) -> IInstanceRegistry::beginUpgradeCall {
    calls::begin_upgrade(caller, "2.0")
}

fn end(version: &str) -> IInstanceRegistry::endUpgradeCall {
    calls::end_upgrade(version)
}

/// Version 2.0 by a migration that runs these actions, which every instance takes or none.
fn migrate(fixture: &mut Fixture, code: &Code, data: Bytes) -> Result<Done<Progress>, Reverted> {
    let call = calls::migrate("A", "2.0", code, step("1.0", 1, data));
    fixture.tries(ADMIN, &call)
}

fn acting(action: Bytes) -> Bytes {
    let actions = vec![action];
    data(&hostile::migrate(actions))
}

#[test]
fn an_instance_cannot_claim_that_somebody_else_upgrades_it() {
    let (mut fixture, code, proxy) = fixture();
    fixture.add("2.0", &code, plain("1.0"));
    let registry = fixture.registry;
    for action in [
        call(registry, &begin(account(ADMIN))),
        call(registry, &begin(registry)),
        call(registry, &end("2.0")),
    ] {
        let actions = vec![action];
        let act = act(actions);
        fixture.refuses_at(proxy, 5, &act, not_an_instance(proxy));
    }
    assert_eq!(fixture.instance(proxy).version, "1.0");
}

#[test]
fn a_migration_cannot_change_the_registry() {
    let (mut fixture, code, proxy) = fixture();
    let registry = fixture.registry;
    let other = create(&mut fixture, 2, vec![]).expect("created");
    for action in [
        call(registry, &calls::rollout("A", [])),
        call(registry, &calls::set_policy("A", "x", is(proxy))),
        call(registry, &IRegistry::revokeCall { action: B256::ZERO }),
        call(registry, &IRegistry::cancelCall { action: B256::ZERO }),
        call(registry, &begin(account(ADMIN))),
        call(other, &calls::upgrade_to("2.0")),
    ] {
        let found = migrate(&mut fixture, &code, acting(action));
        refused(found, IRegistry::Reentered {});
    }
    let found = migrate(&mut fixture, &code, acting(call(registry, &end("2.0"))));
    refused(found, not_an_instance(proxy));
    let found = migrate(&mut fixture, &code, acting(call(registry, &end("1.0"))));
    refused(found, not_an_instance(proxy));
    let views = call(registry, &IRegistry::instanceOfCall { proxy });
    migrate(&mut fixture, &code, acting(views)).expect("views always answer");
}

#[test]
fn an_instance_does_not_end_the_upgrade_of_another() {
    let (mut fixture, code, _) = fixture();
    let registry = fixture.registry;
    let other = create(&mut fixture, 2, vec![]).expect("created");
    let actions = vec![call(registry, &end("2.0"))];
    let end = act(actions);
    let found = migrate(&mut fixture, &code, acting(call(other, &end)));
    refused(found, not_an_instance(other));
    assert_eq!(fixture.instance(other).version, "1.0");
}

#[test]
fn an_initializer_cannot_change_the_registry() {
    let (mut fixture, _, _) = fixture();
    let registry = fixture.registry;
    for action in [
        call(registry, &calls::rollout("A", [])),
        call(registry, &new_proxy(0, 0, Bytes::new())),
        call(registry, &begin(account(ADMIN))),
    ] {
        let found = create(&mut fixture, 2, vec![action]);
        refused(found, IRegistry::Reentered {});
    }
    let instances = fixture.definition().instances;
    assert_eq!(instances, 1, "nothing is left of the attempts");
    create(&mut fixture, 2, vec![]).expect("the salt is free");
}

#[test]
fn a_long_reason_is_cut() {
    let (mut fixture, code, proxy) = fixture();
    let reason = vec![0xee; 5_000].into();
    let revert = data(&IHostile::revertWithCall { data: reason });
    let order = calls::migrate("A", "2.0", &code, step("1.0", 1, revert));
    fixture.accepted(ADMIN, &order);
    fixture.follow().skips(proxy, vec![0xee; 1_024]);
}

#[test]
fn value_goes_to_the_initializer_of_who_alone_may_create() {
    let (mut fixture, _, _) = fixture();
    let registry = fixture.registry;
    let init = data(&IHostile::initializeCall { actions: vec![] });
    let create = new_proxy(0, 9, init);
    let value = U256::from(1_000);
    let created = fixture.pay(account(ADMIN), registry, &create, value);
    let proxy = created.expect("created").returned.proxy;
    assert_eq!(fixture.balance(proxy), value);

    fixture.set("create", &all_of(&[0, 1]));
    let create = IRegistry::createProxyCall {
        salt: B256::repeat_byte(8),
        ..create
    };
    let paid = fixture.pay(account(0), registry, &create, value);
    refused(paid, Proxy::ValueNotAccepted { value });
    let promised = fixture.accepted(0, &create).returned;
    assert!(!promised.progress.executed);
    assert_eq!(fixture.created(1, &create), promised.proxy);
}
