//! State that lasts for a transaction, such as tokens and locks. It must not outlive the call that
//! it was made for.

use crate::prelude::*;
use crate::registry::errors::in_progress;
use stylus_upgrades_interface::migratable::IMigratable::NotInUpgrade;

use super::fixture::{Scenario, call, migrating, plain, try_call, upgrade_to};
use crate::registry::fixture::refused;

fn fails(with: &'static [u8]) -> Bytes {
    data(&IHostile::revertWithCall { data: with.into() })
}

#[test]
fn an_upgrade_that_fails_leaves_no_token_and_no_lock_to_the_next_call() {
    let mut scenario = Scenario::new();
    scenario.add("2.0", migrating(vec![fails(b"no")]));
    scenario.add("2.1", plain("1.0"));
    let (proxy, registry) = (scenario.proxy, scenario.registry);
    let other = scenario.create(2, "1.0");
    let again = hostile::migrate(vec![]);
    let created = scenario.creation(3, "1.0");
    let sent = scenario.boss(vec![
        try_call(proxy, &upgrade_to("2.0")),
        call(proxy, &again),
    ]);
    refused(sent, NotInUpgrade {});
    let done = scenario
        .boss(vec![
            try_call(proxy, &upgrade_to("2.0")),
            call(other, &upgrade_to("2.1")),
            try_call(proxy, &upgrade_to("2.0")),
            call(registry, &created),
            try_call(proxy, &upgrade_to("2.0")),
            call(proxy, &upgrade_to("2.1")),
        ])
        .expect("only what fails fails");
    let upgraded = done.events::<IRegistry::InstanceUpgraded>();
    let upgraded: Vec<_> = upgraded.into_iter().map(|event| event.proxy).collect();
    assert_eq!(upgraded, [other, proxy]);
    assert_eq!(scenario.version(proxy), "2.1");
    assert_eq!(scenario.slot(proxy, slots::migrated("2.0")), B256::ZERO);
}

#[test]
fn an_upgrade_leaves_no_token_behind() {
    let mut scenario = Scenario::new();
    scenario.add("2.0", migrating(vec![]));
    let proxy = scenario.proxy;
    for late in [
        data(&hostile::migrate(vec![])),
        data(&IHostile::initializeCall { actions: vec![] }),
    ] {
        let late = hostile::send(proxy, late);
        let sent = scenario.boss(vec![call(proxy, &upgrade_to("2.0")), late]);
        refused(sent, NotInUpgrade {});
    }
}

#[test]
fn a_creation_whose_initializer_consumed_nothing_leaves_no_token_behind() {
    let mut scenario = Scenario::new();
    let registry = scenario.registry;
    let mut creation = scenario.creation(2, "1.0");
    creation.initData = data(&act(vec![]));
    let query = calls::proxy_address("A", 0, creation.salt);
    let proxy = scenario.view(&query).expect("an address");
    let late = IHostile::initializeCall { actions: vec![] };
    let sent = scenario.boss(vec![call(registry, &creation), call(proxy, &late)]);
    refused(sent, NotInUpgrade {});
}

#[test]
fn a_proxy_is_upgraded_once_in_a_transaction() {
    let mut scenario = Scenario::new();
    scenario.add("2.0", migrating(vec![]));
    scenario.add("3.0", plain("2.0"));
    let (proxy, registry) = (scenario.proxy, scenario.registry);
    let created = scenario.creation(2, "1.0");
    let query = calls::proxy_address("A", 0, created.salt);
    let second = scenario.view(&query).expect("an address");
    for twice in [
        vec![
            call(proxy, &upgrade_to("2.0")),
            call(proxy, &upgrade_to("3.0")),
        ],
        vec![call(registry, &created), call(second, &upgrade_to("2.0"))],
    ] {
        refused(scenario.boss(twice), in_progress());
    }
    let done = scenario
        .boss(vec![
            call(registry, &created),
            try_call(second, &upgrade_to("2.0")),
            call(proxy, &upgrade_to("3.0")),
            try_call(proxy, &upgrade_to("3.0")),
        ])
        .expect("once each");
    assert_eq!(done.events::<Proxy::Upgraded>().len(), 2);
    let upgraded = scenario.upgrade(second, "2.0");
    upgraded.expect("in the next transaction");
}

#[test]
fn a_stranger_cannot_keep_the_lock_or_use_it_up() {
    let mut scenario = Scenario::new();
    scenario
        .migrate("2.0", migrating(vec![fails(b"no")]))
        .expect_err("one that fails");
    let (proxy, registry) = (scenario.proxy, scenario.registry);
    scenario.add("2.0", migrating(vec![]));
    // the boss is a stranger's tool here: it tries everything that reverts, then works
    let nothing = calls::rollout("A", []);
    let unknown = calls::rollout("B", []);
    let begin = calls::begin_upgrade(registry, "2.0");
    let mut actions = Vec::new();
    for _ in 0..3 {
        actions.push(call(registry, &nothing));
        actions.push(try_call(registry, &unknown));
        actions.push(try_call(registry, &begin));
        let action = B256::ZERO;
        actions.push(try_call(registry, &IRegistry::cancelCall { action }));
        actions.push(try_call(registry, &IRegistry::revokeCall { action }));
        actions.push(try_call(proxy, &upgrade_to("9")));
    }
    actions.push(call(proxy, &upgrade_to("2.0")));
    scenario.boss(actions).expect("nothing is left locked");
    assert_eq!(scenario.version(proxy), "2.0");
}
