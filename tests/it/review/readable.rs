//! Whatever a view shows can be rebuilt from events and block times.

use alloy::primitives::{Address, B256, Bytes, U256};
use stylus_upgrades_interface::registry::IRegistry;

use super::world::{Stage, creation_code};
use crate::registry::world::{World, account, is};

/// A lambda that says yes once its time has come: TIMESTAMP > limit.
fn says_yes_after(world: &mut World, limit: u64) -> Address {
    let mut code = vec![0x67]; // PUSH8 limit
    code.extend(limit.to_be_bytes());
    // TIMESTAMP GT PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
    code.extend([0x42, 0x11, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    world.deploy_code(&creation_code(&code)).implementation
}

#[test]
fn the_start_of_a_delay_is_an_event_even_where_a_lambda_started_it() {
    let mut world = World::new(&is(account(0)));
    let limit = 1_800_000_000 + 10_000;
    let lambda = says_yes_after(&mut world, limit);
    world
        .define(&format!(
            "AND({},CALL({lambda:?}),AFTER(3600))",
            is(account(0))
        ))
        .expect("defined");
    let order = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "audit".into(),
        expression: is(account(7)),
    };
    let proposed = world.send(account(0), &order).expect("recorded");
    let action = proposed.returned.action;
    let readiness = IRegistry::readinessCall { action };
    assert_eq!(world.view(&readiness).expect("open").notBefore, 0);
    world.wait(20_000);
    let started = world.send(account(0), &order).expect("the clock starts");
    let now = world.chain.next_timestamp();
    let open = world.view(&readiness).expect("open");
    assert!(open.notBefore > limit + 3_600 && open.notBefore <= now + 3_600);
    let told = started.events::<IRegistry::Approved>();
    assert_eq!(told.len(), 1, "an event tells of it");
    assert_eq!((told[0].approver, told[0].approvals), (account(0), 1));
    world.wait(3_700);
    let done = world.send(account(5), &order).expect("executed").returned;
    assert!(done.executed);
}

#[test]
fn value_sent_ahead_to_where_a_proxy_will_be_born_stops_nothing() {
    let mut stage = Stage::new();
    let creation = stage.creation(2, "1.0");
    let asked = IRegistry::proxyAddressCall {
        name: "A".into(),
        kind: 0,
        salt: B256::repeat_byte(2),
    };
    let proxy = stage.world.view(&asked).expect("an address");
    stage
        .world
        .raw(account(5), proxy, Bytes::new(), U256::from(7), 100_000)
        .expect("a gift");
    let born = stage.govern(&creation).expect("created").returned;
    assert_eq!(born.proxy, proxy);
}
