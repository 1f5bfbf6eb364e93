//! Programs expire after 365 days unless somebody keeps them alive. What is dead then, and who
//! can bring it back.

use alloy::primitives::{B256, Bytes, U256};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::not_runnable;
use stylus_upgrades_interface::registry::IRegistry;
use stylus_upgrades_interface::slots;

use super::world::{IHostile, Stage, call, upgrade_to};
use crate::registry::world::{Reverted, account, framework, part, refused, step};

#[test]
fn whatever_expired_anybody_brings_back_and_nothing_is_lost() {
    let mut stage = Stage::new();
    stage.add("2.0", step("1.0", 0, Bytes::new()));
    let (proxy, boss) = (stage.proxy, stage.boss);
    let read = IHostile::readSlotCall { slot: slots::ADMIN };
    let admin = stage.world.registry.into_word();
    stage.world.wait(366 * 86_400);
    let dead = Err(Reverted(Bytes::new()));
    assert_eq!(stage.world.ask(proxy, &read), dead);

    // users need the proxy's and the implementation's code only
    stage.world.activate(framework().proxy.address);
    assert_eq!(stage.world.ask(proxy, &read), dead);
    stage.world.activate(stage.code.implementation);
    assert_eq!(stage.world.ask(proxy, &read), Ok(admin));

    // views of the proxy need UpgradeabilityStorage, its version the registry and its records
    let implementation = Proxy::implementationCall {};
    assert_eq!(
        stage.world.ask(proxy, &implementation),
        Err(Reverted(Bytes::new()))
    );
    stage.world.activate(framework().storage.address);
    assert_eq!(
        stage.world.ask(proxy, &implementation),
        Ok(stage.code.implementation)
    );
    let version = Proxy::implementationVersionCall {};
    stage
        .world
        .ask(proxy, &version)
        .expect_err("the registry is dead");
    let upgrade = vec![call(proxy, &upgrade_to("2.0"))];
    stage
        .act(boss, upgrade.clone())
        .expect_err("the registry is dead");
    assert_eq!(
        stage.slot(proxy, slots::IMPLEMENTATION),
        stage.code.implementation.into_word(),
        "a failed upgrade does not leave the stub"
    );
    stage.world.activate(stage.world.registry);
    stage.world.activate(part("registry-records").address);
    assert_eq!(stage.world.ask(proxy, &version), Ok("1.0".to_owned()));
    stage
        .act(boss, upgrade.clone())
        .expect_err("the registry's factory is dead");
    stage.world.activate(part("registry-factory").address);
    stage.act(boss, upgrade).expect("upgraded");
    assert_eq!(stage.world.ask(proxy, &version), Ok("2.0".to_owned()));
    let paid = stage
        .world
        .raw(account(5), proxy, Bytes::new(), U256::from(3), 5_000_000);
    paid.expect("money arrives as before");
}

#[test]
fn a_framework_that_expired_makes_no_proxy() {
    let mut stage = Stage::new();
    stage.world.wait(366 * 86_400);
    let parts = framework().parts.iter().map(|part| part.address);
    for program in parts.chain([stage.world.registry, stage.code.implementation]) {
        stage.world.activate(program);
    }
    let asked = IRegistry::proxyAddressCall {
        name: "A".into(),
        kind: 0,
        salt: B256::repeat_byte(2),
    };
    let proxy = stage.world.view(&asked).expect("an address");
    let creation = stage.creation(2, "1.0");
    let expired = |implementation| Proxy::ImplementationNotRunnable {
        implementation,
        reason: not_runnable::EXPIRED,
    };
    let storage = framework().storage.address;
    refused(stage.govern(&creation), expired(storage));
    stage.world.activate(storage);
    refused(stage.govern(&creation), expired(proxy));
    stage.world.activate(framework().proxy.address);
    stage.govern(&creation).expect("created");
}
