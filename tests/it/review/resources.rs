//! Too little gas, too much return data.

use alloy::primitives::{Bytes, U256};
use stylus_upgrades_interface::registry::{Code, IRegistry};

use super::world::{IHostile, Stage, creation_code, data, migrating};
use crate::registry::world::{account, is, step};

/// EVM code that reverts with, or returns, `size` zero bytes.
fn bomb(stage: &mut Stage, size: u32, revert: bool) -> Code {
    let [_, a, b, c] = size.to_be_bytes();
    let end = if revert { 0xfd } else { 0xf3 };
    // PUSH3 size PUSH0 REVERT or RETURN
    stage
        .world
        .deploy_code(&creation_code(&[0x62, a, b, c, 0x5f, end]))
}

#[test]
fn revert_data_of_any_length_stops_no_rollout() {
    for size in [1 << 10, 1 << 16, 1 << 20, 2_500_000] {
        let mut stage = Stage::new();
        for n in 2..=5 {
            stage.create(n, "1.0");
        }
        let code = bomb(&mut stage, size, true);
        let order = IRegistry::migrateCall {
            name: "A".into(),
            version: "2.0".into(),
            code,
            step: step("1.0", 4, Bytes::from_static(b"bomb")),
        };
        stage.govern(&order).expect("activated");
        for _ in 0..2 {
            let done = stage.rollout(1, 32_000_000).expect("rolled out");
            assert_eq!(
                (done.returned.upgraded, done.returned.left),
                (0, 5),
                "{size}"
            );
            let skipped = done.events::<IRegistry::InstanceSkipped>();
            assert_eq!(skipped.len(), 1);
            assert!(skipped[0].reason.len() <= 1_024);
        }
    }
}

#[test]
fn a_rollout_handles_what_it_was_asked_to_or_nothing_whatever_the_gas() {
    let mut stage = Stage::new();
    for n in 2..=5 {
        stage.create(n, "1.0");
    }
    stage.migrate("2.0", migrating(vec![])).expect("activated");
    let mut outcomes = std::collections::BTreeSet::new();
    for gas in (100_000..2_400_000).step_by(61_003) {
        let id = stage.world.chain.snapshot();
        match stage.rollout(4, gas) {
            Err(_) => outcomes.insert(false),
            Ok(done) => {
                assert_eq!(
                    (done.returned.upgraded, done.returned.left),
                    (4, 1),
                    "{gas}"
                );
                assert!(done.events::<IRegistry::InstanceSkipped>().is_empty());
                outcomes.insert(true)
            }
        };
        assert!(stage.world.chain.revert(id));
    }
    assert_eq!(outcomes.len(), 2, "both were seen");
}

#[test]
fn an_upgrade_happens_or_does_not_whatever_the_gas() {
    let mut stage = Stage::new();
    let slot = alloy::primitives::B256::repeat_byte(9);
    stage.add("2.0", migrating(vec![super::world::write(slot, slot)]));
    let order = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "migrate".into(),
        expression: is(account(0)),
    };
    stage.govern(&order).expect("set");
    let proxy = stage.proxy;
    let mut outcomes = std::collections::BTreeSet::new();
    for gas in (60_000..700_000).step_by(7_019) {
        let id = stage.world.chain.snapshot();
        let upgrade = super::world::upgrade_to("2.0");
        let done = stage
            .world
            .pay_with_gas(account(0), proxy, &upgrade, U256::ZERO, gas);
        let version = stage.version(proxy);
        let migrated = stage.slot(proxy, slot) == slot;
        assert_eq!(version == "2.0", done.is_ok(), "{gas}");
        assert_eq!(migrated, done.is_ok(), "{gas}");
        outcomes.insert(done.is_ok());
        assert!(stage.world.chain.revert(id));
    }
    assert_eq!(outcomes.len(), 2, "both were seen");
}

#[test]
fn a_lambda_that_returns_a_flood_says_no() {
    let mut stage = Stage::new();
    let lambda = bomb(&mut stage, 120_000, false).implementation;
    let loud = bomb(&mut stage, 120_000, true).implementation;
    for (n, lambda) in [(1, lambda), (2, loud)] {
        let role = format!("audit{n}");
        let order = IRegistry::setPolicyCall {
            name: "A".into(),
            role: "create".into(),
            expression: format!(
                "OR({},CALL({lambda:?}),CALL({lambda:?}),CALL({lambda:?}),CALL({lambda:?}))",
                is(stage.boss)
            ),
        };
        stage.govern(&order).expect(&role);
        let create = stage.creation(10 + n, "1.0");
        let stranger = account(6);
        crate::registry::world::refused(
            stage.world.send(stranger, &create),
            IRegistry::NotAnApprover { caller: stranger },
        );
        let born = stage.govern(&create).expect("created");
        assert!(born.gas < 6_000_000, "{}", born.gas);
    }
}

#[test]
fn an_instance_that_burns_everything_loses_its_turn_and_no_other() {
    let mut stage = Stage::new();
    let spin = data(&IHostile::spinCall {});
    for n in 2..=5 {
        stage.create(n, "1.0");
    }
    stage
        .migrate("2.0", migrating(vec![spin]))
        .expect("activated");
    let first = stage.rollout(1, 32_000_000).expect("one skipped");
    assert_eq!(first.events::<IRegistry::InstanceSkipped>().len(), 1);
    let second = stage.rollout(1, 32_000_000).expect("another skipped");
    let proxies = |done: &crate::registry::world::Done<IRegistry::rolloutReturn>| {
        done.events::<IRegistry::InstanceSkipped>()[0].proxy
    };
    assert_ne!(proxies(&first), proxies(&second));
}

#[test]
fn memory_that_the_caller_holds_open_starves_no_rollout_into_half_an_upgrade() {
    // pages of all open frames are priced together: a caller with many makes the rest dear
    let mut stage = Stage::new();
    for n in 2..=5 {
        stage.create(n, "1.0");
    }
    stage.migrate("2.0", migrating(vec![])).expect("activated");
    let registry = stage.world.registry;
    let rollout = IRegistry::rolloutCall {
        name: "A".into(),
        max: 2,
    };
    let stranger = stage.world.deploy("hostile").implementation;
    for pages in [8, 64, 96, 110] {
        let id = stage.world.chain.snapshot();
        let grow = data(&IHostile::growCall {
            size: pages * 65_536,
        });
        let actions = vec![grow, super::world::call(registry, &rollout)];
        if let Ok(done) = stage.act(stranger, actions) {
            let moved = done.events::<IRegistry::InstanceUpgraded>().len();
            let skipped = done.events::<IRegistry::InstanceSkipped>().len();
            assert_eq!(moved + skipped, 2, "{pages}");
        }
        let done = stage.rollout(5, 32_000_000).expect("rolled out");
        assert_eq!(done.returned.left, 0, "{pages}: nothing lasts");
        assert!(stage.world.chain.revert(id));
    }
}
