//! Malicious code that was approved: a migration or an implementation. It can damage its own
//! instance. It cannot make the registry record what did not happen.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades_interface::reasons::not_runnable;

use super::fixture::{Scenario, call, migrating, plain, try_call, upgrade_to, write};
use crate::registry::fixture::{framework, is, refused};

fn begin(scenario: &Scenario, version: &str) -> Bytes {
    let begin = calls::begin_upgrade(scenario.boss, version);
    call(scenario.registry, &begin)
}

fn end(scenario: &Scenario, version: &str) -> Bytes {
    let end = calls::end_upgrade(version);
    call(scenario.registry, &end)
}

#[test]
fn a_migration_that_ends_its_upgrade_early_ends_in_nothing() {
    // once it has ended its own upgrade, the registry's lock is free, and it could do anything
    for case in 0..5 {
        let mut scenario = Scenario::new();
        let rollout = calls::rollout("A", [scenario.proxy]);
        let early = end(&scenario, "2.0");
        let rest = match case {
            0 => vec![],
            1 => vec![call(scenario.registry, &rollout)],
            2 => vec![begin(&scenario, "3.0")],
            3 => vec![begin(&scenario, "3.0"), end(&scenario, "3.0")],
            _ => vec![try_call(scenario.proxy, &upgrade_to("3.0"))],
        };
        let actions = [vec![early], rest].concat();
        scenario.add("2.0", migrating(actions));
        scenario.add("3.0", plain("2.0"));
        let proxy = scenario.proxy;
        let sent = scenario.upgrade(proxy, "2.0");
        refused(sent, not_an_instance(proxy));
        assert_eq!(scenario.version(proxy), "1.0", "{case}");
        let sent = scenario.upgrade(proxy, "3.0");
        refused(sent, not_an_instance(proxy));
    }
}

#[test]
fn code_that_dresses_its_own_proxy_up_as_paused_lies_about_that_proxy_only() {
    // code that writes the implementation slot owns the proxy anyway
    let mut scenario = Scenario::new();
    scenario.add("2.0", migrating(vec![]));
    let other = scenario.create(2, "1.0");
    let proxy = scenario.proxy;
    let stub = framework().stub.address.into_word();
    let lies = vec![
        write(slots::IMPLEMENTATION, stub),
        begin(&scenario, "2.0"),
        end(&scenario, "2.0"),
        write(
            slots::IMPLEMENTATION,
            scenario.code.implementation.into_word(),
        ),
    ];
    let done = scenario.act(proxy, lies).expect("its storage is its own");
    assert!(
        done.events::<Proxy::Upgraded>().is_empty(),
        "auditors see it"
    );
    assert_eq!(scenario.slot(proxy, slots::migrated("2.0")), B256::ZERO);
    assert_eq!(scenario.version(other), "1.0");
    let upgraded = scenario.upgrade(other, "2.0");
    upgraded.expect("upgraded as if nothing had happened");
    let on_behalf = vec![
        write(slots::IMPLEMENTATION, stub),
        call(other, &upgrade_to("2.0")),
    ];
    scenario
        .act(proxy, on_behalf)
        .expect_err("nobody but itself");
}

#[test]
fn a_proxy_of_any_of_our_kinds_is_no_implementation() {
    let mut scenario = Scenario::new();
    let bare = scenario.deploy("proxy");
    let upgradeability = scenario.deploy("upgradeability-proxy");
    for code in [upgradeability, bare] {
        let implementation = code.implementation;
        let order = calls::add_version("A", "2.0", &code, plain("1.0"));
        let sent = scenario.govern(&order);
        refused(sent, cannot_run(implementation, not_runnable::PROXY));
    }
}

#[test]
fn an_address_that_became_a_proxy_may_not_approve() {
    let mut scenario = Scenario::new();
    let registry = scenario.registry;
    let creation = scenario.creation(2, "1.0");
    let query = calls::proxy_address("A", 0, creation.salt);
    let future = scenario.view(&query).expect("an address");
    let order = calls::set_policy(
        "A",
        "migrate",
        format!("OR({},{})", is(scenario.boss), is(future)),
    );
    scenario.govern(&order).expect("it is no proxy yet");
    assert_eq!(scenario.create(2, "1.0"), future);
    let add = calls::add_version("A", "2.0", &scenario.code, plain("1.0"));
    let by_anybody = scenario.act(future, vec![call(registry, &add)]);
    refused(by_anybody, IRegistry::NotAnApprover { caller: future });
    let satisfies = |approvers| {
        let query = calls::satisfies("A", "migrate", approvers);
        scenario.view(&query).expect("a role")
    };
    assert!(!satisfies(vec![future]), "the view says what the call does");
    assert!(satisfies(vec![future, scenario.boss]));
}

#[test]
fn an_instance_that_leaves_its_own_upgrade_open_holds_up_nobody_else() {
    let mut scenario = Scenario::lagging(vec![]);
    let (proxy, boss, registry) = (scenario.proxy, scenario.boss, scenario.registry);
    let other = scenario.create(6, "1.0");
    let lagging = scenario.instances()[1];
    let created = scenario.creation(7, "1.0");
    let policy = calls::set_policy("A", "audit", is(boss));
    let open = act(vec![
        write(slots::IMPLEMENTATION, framework().stub.address.into_word()),
        begin(&scenario, "2.0"),
    ]);
    let done = scenario
        .boss(vec![
            call(proxy, &open),
            call(other, &upgrade_to("2.0")),
            call(registry, &created),
            call(registry, &policy),
            call(registry, &calls::rollout("A", [lagging])),
        ])
        .expect("what one instance does holds up that instance only");
    assert_eq!(scenario.version(lagging), "2.0");
    assert_eq!(done.events::<IRegistry::ProxyCreated>().len(), 1);
    assert_eq!(done.events::<IRegistry::PolicyChanged>().len(), 1);
    assert_eq!(scenario.version(other), "2.0");
}

#[test]
fn an_instance_that_upgrades_itself_calls_the_registry_for_nothing_else() {
    let mut scenario = Scenario::lagging(vec![]);
    let (proxy, registry) = (scenario.proxy, scenario.registry);
    let created = scenario.creation(7, "1.0");
    for else_ in [
        call(registry, &calls::rollout("A", [])),
        call(registry, &created),
        call(registry, &IRegistry::cancelCall { action: B256::ZERO }),
        begin(&scenario, "2.0"),
    ] {
        let open = vec![
            write(slots::IMPLEMENTATION, framework().stub.address.into_word()),
            begin(&scenario, "2.0"),
            else_,
        ];
        refused(scenario.act(proxy, open), IRegistry::Reentered {});
    }
}

#[test]
fn an_instance_ends_no_upgrade_of_its_own_while_the_registry_upgrades_another() {
    let mut scenario = Scenario::new();
    let (proxy, registry) = (scenario.proxy, scenario.registry);
    let other = scenario.create(2, "1.0");
    let ends = act(vec![end(&scenario, "2.0")]);
    // the migration of one calls the other, which has left an upgrade of its own open
    let migration = migrating(vec![call(other, &ends)]);
    scenario.add("2.0", migration.clone());
    let stub = framework().stub.address.into_word();
    let current = calls::migrate("A", "2.0", &scenario.code, migration);
    let open = act(vec![
        write(slots::IMPLEMENTATION, stub),
        begin(&scenario, "2.0"),
        write(
            slots::IMPLEMENTATION,
            scenario.code.implementation.into_word(),
        ),
    ]);
    let rollout = calls::rollout("A", [proxy]);
    let actions = [
        call(other, &open),
        call(registry, &current),
        call(registry, &rollout),
    ];
    let done = scenario.boss(actions.to_vec()).expect("current");
    done.skips(proxy, not_an_instance(other).abi_encode());
    assert_eq!(scenario.version(proxy), "1.0");
    assert_eq!(scenario.version(other), "1.0");
}

#[test]
fn an_instance_in_the_middle_of_a_call_is_not_upgraded() {
    let mut scenario = Scenario::lagging(vec![]);
    let (proxy, registry) = (scenario.proxy, scenario.registry);
    let done = scenario
        .act(proxy, vec![call(registry, &calls::rollout("A", [proxy]))])
        .expect("anyone may");
    done.skips(proxy, in_progress().abi_encode());
    assert_eq!(scenario.version(proxy), "1.0");
    let done = scenario.follow();
    assert_eq!(done.returned, 5);
    assert!(done.skipped().is_empty());
}

#[test]
fn a_migration_that_fails_in_the_words_of_a_pause_is_reported_as_a_failure() {
    let words = Bytes::from(in_progress().abi_encode());
    let fails = data(&IHostile::revertWithCall {
        data: words.clone(),
    });
    let mut scenario = Scenario::lagging(vec![fails]);
    let proxy = scenario.proxy;
    let done = scenario.rollout([proxy], 40_000_000).expect("anyone may");
    done.skips(proxy, words);
}
