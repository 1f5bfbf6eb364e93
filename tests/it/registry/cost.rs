//! What an operation costs does not depend on how much there is already.

use alloy::primitives::{B256, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::IRegistry;

use super::story::ICounter;
use super::world::{World, account, birth, is, step};

/// Calldata of equal length may differ in zero bytes, which are cheaper.
const TOLERANCE: u64 = 3_000;

#[track_caller]
fn flat(what: &str, early: u64, late: u64) {
    println!("{what}: {early} gas, later {late}");
    assert!(
        early.abs_diff(late) <= TOLERANCE,
        "{what}: {early} gas, later {late}"
    );
}

#[test]
fn more_versions_and_instances_make_nothing_dearer() {
    let mut world = World::new(&is(account(0)));
    world.define(&is(account(0))).expect("defined");
    let code = world.deploy("counter-v1");
    let label = |n: u32| {
        if n == 1 {
            "1.0".to_owned()
        } else {
            format!("v{n:02}")
        }
    };
    let version = |n: u32, from: Option<u32>| IRegistry::addVersionCall {
        name: "A".into(),
        version: label(n),
        code: code.clone(),
        step: from.map_or_else(birth, |from| step(&label(from), 0, Bytes::new())),
    };
    world.send(account(0), &version(1, None)).expect("added");
    let mut adding = Vec::new();
    for n in 2..60 {
        adding.push(
            world
                .send(account(0), &version(n, Some(n - 1)))
                .expect("added")
                .gas,
        );
    }
    flat("addVersion", adding[1], adding[57]);

    let mut creating = Vec::new();
    for n in 1..=40u8 {
        let init: Bytes = ICounter::initializeCall {
            value: U256::from(1),
        }
        .abi_encode()
        .into();
        let call = IRegistry::createProxyCall {
            name: "A".into(),
            version: "1.0".into(),
            kind: 0,
            salt: B256::repeat_byte(n),
            initData: init,
        };
        creating.push(world.send(account(0), &call).expect("created").gas);
    }
    flat("createProxy", creating[2], creating[39]);

    let next = version(2, Some(1));
    let migrate = IRegistry::migrateCall {
        name: next.name,
        version: next.version,
        code: next.code,
        step: next.step,
    };
    world.send(account(0), &migrate).expect("activated");
    let mut rolling = Vec::new();
    for left in (0..40).rev() {
        let done = world
            .send(
                account(5),
                &IRegistry::rolloutCall {
                    name: "A".into(),
                    max: 1,
                },
            )
            .expect("rolled out");
        assert_eq!((done.returned.upgraded, done.returned.left), (1, left));
        rolling.push(done.gas);
    }
    flat("rollout", rolling[2], rolling[35]);
}
