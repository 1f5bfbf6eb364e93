//! An implementation owns its proxy's storage, so one that is malicious (or writes where it is
//! told to) can break its own instance. It must not break anything else.

use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::{SolError, SolValue};
use stylus_upgrades_interface::instance::Hop;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::registry::IRegistry;
use stylus_upgrades_interface::slots;

use super::world::{IHostile, SENDER, Stage, answering, creation_code, upgrade_to, write};
use crate::registry::world::{account, refused, step};

/// A "registry" that answers to everything: a path to `implementation`.
fn spoofed_registry(stage: &mut Stage, implementation: Address) -> Address {
    let hop = Hop {
        from: "1.0".into(),
        to: "2.0".into(),
        implementation,
        kind: 0,
        script: Address::ZERO,
        data: Bytes::new(),
    };
    let answer = (vec![hop],).abi_encode_params();
    let code = answering(&answer);
    stage
        .world
        .deploy_code(&creation_code(&code))
        .implementation
}

/// Has the instance's own code replace its registry.
fn hand_to(stage: &mut Stage, registry: Address) {
    let proxy = stage.proxy;
    stage
        .act(proxy, vec![write(slots::ADMIN, registry.into_word())])
        .expect("its storage is its own");
}

#[test]
fn an_instance_that_left_its_registry_holds_up_nobody_in_the_queue() {
    let mut stage = Stage::new();
    let elsewhere = stage.world.deploy("counter-v1").implementation;
    let fake = spoofed_registry(&mut stage, elsewhere);
    for n in 2..=6 {
        stage.create(n, "1.0");
    }
    hand_to(&mut stage, fake);
    stage
        .migrate("2.0", step("1.0", 0, Bytes::new()))
        .expect("activated");
    let first = stage.rollout(3, 32_000_000).expect("rolled out");
    assert_eq!((first.returned.upgraded, first.returned.left), (2, 4));
    let skipped = first.events::<IRegistry::InstanceSkipped>();
    assert_eq!(skipped.len(), 1);
    let reason = IRegistry::NotAnInstance { proxy: stage.proxy };
    assert_eq!(skipped[0].proxy, stage.proxy);
    assert_eq!(skipped[0].reason, Bytes::from(reason.abi_encode()));
    let second = stage.rollout(9, 32_000_000).expect("rolled out").returned;
    assert_eq!((second.upgraded, second.left), (3, 1));
    assert_eq!(stage.version(stage.proxy), "1.0");
}

#[test]
fn a_handful_with_an_instance_that_left_its_registry_is_not_upgraded_in_silence() {
    let mut stage = Stage::new();
    let elsewhere = stage.world.deploy("counter-v1").implementation;
    let fake = spoofed_registry(&mut stage, elsewhere);
    stage.create(2, "1.0");
    hand_to(&mut stage, fake);
    refused(
        stage.migrate("2.0", step("1.0", 0, Bytes::new())),
        IRegistry::NotAnInstance { proxy: stage.proxy },
    );
}

#[test]
fn an_instance_that_left_its_registry_changes_nothing_on_record() {
    let mut stage = Stage::new();
    let elsewhere = stage.world.deploy("counter-v1").implementation;
    let fake = spoofed_registry(&mut stage, elsewhere);
    hand_to(&mut stage, fake);
    let proxy = stage.proxy;
    let done = stage
        .world
        .pay(account(SENDER), proxy, &upgrade_to("2.0"), U256::ZERO)
        .expect("its new registry lets anybody");
    assert!(done.events::<IRegistry::InstanceUpgraded>().is_empty());
    assert_eq!(stage.version(proxy), "1.0");
    let told = stage.world.ask(proxy, &Proxy::registryCall {});
    assert_eq!(told, Ok(fake), "and everybody can see it");
}

#[test]
fn a_registry_that_is_none_makes_no_proxy() {
    let mut stage = Stage::new();
    let (proxy, registry) = (stage.proxy, stage.world.registry);
    let silent = stage
        .world
        .deploy_code(&creation_code(&[0x00]))
        .implementation;
    let hop_bomb = answering(&[[0u8; 31].as_slice(), &[0x20], &[0xff; 32]].concat());
    let bomb = stage
        .world
        .deploy_code(&creation_code(&hop_bomb))
        .implementation;
    let empty = answering(&(Vec::<Hop>::new(),).abi_encode_params());
    let empty = stage
        .world
        .deploy_code(&creation_code(&empty))
        .implementation;
    for nobody in [silent, bomb, empty, account(7), Address::with_last_byte(1)] {
        hand_to(&mut stage, nobody);
        let upgraded = stage
            .world
            .pay(account(SENDER), proxy, &upgrade_to("2.0"), U256::ZERO);
        refused(upgraded, Proxy::NotAProxy {});
    }
    hand_to(&mut stage, registry);
    assert_eq!(
        stage.world.ask(proxy, &Proxy::implementationVersionCall {}),
        Ok("1.0".to_owned())
    );
}

#[test]
fn an_instance_without_an_implementation_reverts_and_can_still_be_upgraded() {
    let mut stage = Stage::new();
    stage.add("2.0", step("1.0", 0, Bytes::new()));
    let (proxy, boss) = (stage.proxy, stage.boss);
    stage
        .act(
            proxy,
            vec![write(slots::IMPLEMENTATION, Default::default())],
        )
        .expect("its storage is its own");
    let nothing = Proxy::ImplementationNotRunnable {
        implementation: Address::ZERO,
        reason: 1,
    };
    for calldata in [vec![], vec![1, 2, 3], vec![1, 2, 3, 4]] {
        let called = stage
            .world
            .raw(account(5), proxy, calldata.into(), U256::from(1), 5_000_000);
        refused(called, nothing.clone());
    }
    assert_eq!(
        stage.world.ask(proxy, &Proxy::implementationCall {}),
        Ok(Address::ZERO)
    );
    let upgrade = super::world::call(proxy, &upgrade_to("2.0"));
    stage.act(boss, vec![upgrade]).expect("the way out");
    let read = IHostile::readSlotCall { slot: slots::ADMIN };
    let admin = stage.world.ask(proxy, &read).expect("alive again");
    assert_eq!(admin, stage.world.registry.into_word());
}
