//! Approved code that is malicious: a migration, an implementation. It can hurt its own instance;
//! it cannot make the registry believe what did not happen to anybody else.

use alloy::primitives::{B256, Bytes};
use stylus_upgrades_interface::instance::IInstanceRegistry;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::not_runnable;
use stylus_upgrades_interface::registry::IRegistry;
use stylus_upgrades_interface::slots;

use super::world::{IHostile, Stage, call, migrating, try_call, upgrade_to, write};
use crate::registry::world::{framework, is, refused, step};

fn begin(stage: &Stage, version: &str) -> Bytes {
    let begin = IInstanceRegistry::beginUpgradeCall {
        caller: stage.boss,
        version: version.into(),
    };
    call(stage.world.registry, &begin)
}

fn end(stage: &Stage, version: &str) -> Bytes {
    let end = IInstanceRegistry::endUpgradeCall {
        version: version.into(),
    };
    call(stage.world.registry, &end)
}

#[test]
fn a_migration_that_ends_its_upgrade_early_ends_in_nothing() {
    // once it has ended its own upgrade, the registry's lock is free, and it could do anything
    for case in 0..5 {
        let mut stage = Stage::new();
        let rollout = IRegistry::rolloutCall {
            name: "A".into(),
            max: 9,
        };
        let early = end(&stage, "2.0");
        let rest = match case {
            0 => vec![],
            1 => vec![call(stage.world.registry, &rollout)],
            2 => vec![begin(&stage, "3.0")],
            3 => vec![begin(&stage, "3.0"), end(&stage, "3.0")],
            _ => vec![try_call(stage.proxy, &upgrade_to("3.0"))],
        };
        let actions = [vec![early], rest].concat();
        stage.add("2.0", migrating(actions));
        stage.add("3.0", step("2.0", 0, Bytes::new()));
        let proxy = stage.proxy;
        refused(
            stage.boss(vec![call(proxy, &upgrade_to("2.0"))]),
            IRegistry::NotAnInstance { proxy },
        );
        assert_eq!(stage.version(proxy), "1.0", "{case}");
        refused(
            stage.boss(vec![call(proxy, &upgrade_to("3.0"))]),
            IRegistry::NotAnInstance { proxy },
        );
    }
}

#[test]
fn code_that_dresses_its_own_proxy_up_as_paused_lies_about_that_proxy_only() {
    // whoever writes the implementation slot owns the proxy anyway
    let mut stage = Stage::new();
    stage.add("2.0", migrating(vec![]));
    let other = stage.create(2, "1.0");
    let (proxy, boss) = (stage.proxy, stage.boss);
    let stub = framework().stub_address.into_word();
    let lies = vec![
        write(slots::IMPLEMENTATION, stub),
        begin(&stage, "2.0"),
        end(&stage, "2.0"),
        write(slots::IMPLEMENTATION, stage.code.implementation.into_word()),
    ];
    let done = stage.act(proxy, lies).expect("its storage is its own");
    assert!(
        done.events::<Proxy::Upgraded>().is_empty(),
        "auditors see it"
    );
    assert_eq!(stage.slot(proxy, slots::migrated("2.0")), B256::ZERO);
    assert_eq!(stage.version(other), "1.0");
    stage
        .act(boss, vec![call(other, &upgrade_to("2.0"))])
        .expect("upgraded as if nothing had happened");
    let on_behalf = vec![
        write(slots::IMPLEMENTATION, stub),
        call(other, &upgrade_to("2.0")),
    ];
    stage.act(proxy, on_behalf).expect_err("nobody but itself");
}

#[test]
fn a_proxy_of_any_of_our_kinds_is_no_implementation() {
    let mut stage = Stage::new();
    let bare = stage.world.deploy("proxy");
    let ours = stage.world.deploy("upgradeability-proxy");
    for code in [ours, bare] {
        let implementation = code.implementation;
        let order = IRegistry::addVersionCall {
            name: "A".into(),
            version: "2.0".into(),
            code,
            step: step("1.0", 0, Bytes::new()),
        };
        refused(
            stage.govern(&order),
            Proxy::ImplementationNotRunnable {
                implementation,
                reason: not_runnable::PROXY,
            },
        );
    }
}

#[test]
fn an_address_that_became_a_proxy_may_not_approve() {
    let mut stage = Stage::new();
    let registry = stage.world.registry;
    let creation = stage.creation(2, "1.0");
    let asked = IRegistry::proxyAddressCall {
        name: "A".into(),
        kind: 0,
        salt: creation.salt,
    };
    let future = stage.world.view(&asked).expect("an address");
    let order = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "migrate".into(),
        expression: format!("OR({},{})", is(stage.boss), is(future)),
    };
    stage.govern(&order).expect("it is no proxy yet");
    assert_eq!(stage.create(2, "1.0"), future);
    let add = IRegistry::addVersionCall {
        name: "A".into(),
        version: "2.0".into(),
        code: stage.code.clone(),
        step: step("1.0", 0, Bytes::new()),
    };
    let by_anybody = stage.act(future, vec![call(registry, &add)]);
    refused(by_anybody, IRegistry::NotAnApprover { caller: future });
    let satisfies = |approvers| {
        let asked = IRegistry::satisfiesCall {
            name: "A".into(),
            role: "migrate".into(),
            approvers,
        };
        stage.world.view(&asked).expect("a role")
    };
    assert!(!satisfies(vec![future]), "the view says what the call does");
    assert!(satisfies(vec![future, stage.boss]));
}

/// A definition of five instances that lag behind 2.0, which some migration leads to.
fn lagging(migration: Vec<Bytes>) -> Stage {
    let mut stage = Stage::new();
    for n in 2..=5 {
        stage.create(n, "1.0");
    }
    stage
        .migrate("2.0", migrating(migration))
        .expect("more than a handful only lag");
    stage
}

fn rollout(max: u16) -> IRegistry::rolloutCall {
    IRegistry::rolloutCall {
        name: "A".into(),
        max,
    }
}

#[test]
fn an_instance_that_leaves_its_own_upgrade_open_holds_up_nobody_else() {
    let mut stage = lagging(vec![]);
    let (proxy, boss, registry) = (stage.proxy, stage.boss, stage.world.registry);
    let other = stage.create(6, "1.0");
    let born = stage.creation(7, "1.0");
    let policy = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "audit".into(),
        expression: is(boss),
    };
    let open = IHostile::actCall {
        actions: vec![
            write(slots::IMPLEMENTATION, framework().stub_address.into_word()),
            begin(&stage, "2.0"),
        ],
    };
    let done = stage
        .boss(vec![
            call(proxy, &open),
            call(other, &upgrade_to("2.0")),
            call(registry, &born),
            call(registry, &policy),
            call(registry, &rollout(1)),
        ])
        .expect("what one instance does holds up that instance only");
    assert_eq!(done.events::<IRegistry::ProxyCreated>().len(), 1);
    assert_eq!(done.events::<IRegistry::PolicyChanged>().len(), 1);
    assert_eq!(stage.version(other), "2.0");
}

#[test]
fn an_instance_that_upgrades_itself_calls_the_registry_for_nothing_else() {
    let mut stage = lagging(vec![]);
    let (proxy, registry) = (stage.proxy, stage.world.registry);
    let born = stage.creation(7, "1.0");
    for else_ in [
        call(registry, &rollout(1)),
        call(registry, &born),
        call(registry, &IRegistry::cancelCall { action: B256::ZERO }),
        begin(&stage, "2.0"),
    ] {
        let open = vec![
            write(slots::IMPLEMENTATION, framework().stub_address.into_word()),
            begin(&stage, "2.0"),
            else_,
        ];
        refused(stage.act(proxy, open), IRegistry::Reentered {});
    }
}

#[test]
fn an_instance_ends_no_upgrade_of_its_own_while_the_registry_upgrades_another() {
    let mut stage = Stage::new();
    let (proxy, registry) = (stage.proxy, stage.world.registry);
    let other = stage.create(2, "1.0");
    let ends = IHostile::actCall {
        actions: vec![end(&stage, "2.0")],
    };
    // the migration of one calls the other, which has left an upgrade of its own open
    let migration = migrating(vec![call(other, &ends)]);
    stage.add("2.0", migration.clone());
    let stub = framework().stub_address.into_word();
    let current = IRegistry::migrateCall {
        name: "A".into(),
        version: "2.0".into(),
        code: stage.code.clone(),
        step: migration,
    };
    let open = IHostile::actCall {
        actions: vec![
            write(slots::IMPLEMENTATION, stub),
            begin(&stage, "2.0"),
            write(slots::IMPLEMENTATION, stage.code.implementation.into_word()),
        ],
    };
    let (first, second) = (call(other, &open), call(registry, &current));
    refused(
        stage.boss(vec![first, second]),
        IRegistry::NotAnInstance { proxy: other },
    );
    assert_eq!(stage.version(proxy), "1.0");
    assert_eq!(stage.version(other), "1.0");
}

#[test]
fn an_instance_in_the_middle_of_a_call_is_neither_upgraded_nor_called_a_failure() {
    let mut stage = lagging(vec![]);
    let (proxy, registry) = (stage.proxy, stage.world.registry);
    let done = stage
        .act(proxy, vec![call(registry, &rollout(1))])
        .expect("anyone may");
    assert!(
        done.events::<IRegistry::InstanceSkipped>().is_empty(),
        "nothing is wrong with it"
    );
    assert_eq!(stage.version(proxy), "1.0");
    let done = stage.rollout(9, 200_000_000).expect("later");
    assert_eq!((done.returned.upgraded, done.returned.left), (5, 0));
    assert!(done.events::<IRegistry::InstanceSkipped>().is_empty());
}

#[test]
fn a_migration_that_fails_in_the_words_of_a_pause_is_told_as_a_failure() {
    use alloy::sol_types::SolError;
    let words = Bytes::from(Proxy::UpgradeInProgress {}.abi_encode());
    let fails = super::world::data(&IHostile::revertWithCall {
        data: words.clone(),
    });
    let mut stage = lagging(vec![fails]);
    let done = stage.rollout(1, 40_000_000).expect("anyone may");
    let skipped = done.events::<IRegistry::InstanceSkipped>();
    assert_eq!(
        (skipped[0].proxy, &skipped[0].reason),
        (stage.proxy, &words)
    );
}
