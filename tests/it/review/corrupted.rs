//! Implementations that corrupt storage. An implementation owns its proxy's storage, so a
//! malicious one can break its own instance. It must not break anything else.

use crate::prelude::*;
use stylus_upgrades_interface::instance::PathStep;
use stylus_upgrades_interface::limits;
use stylus_upgrades_interface::migratable::IMigratable;
use stylus_upgrades_interface::reasons::{order, step as kind};

use super::fixture::{SENDER, Scenario, answering, call, plain, upgrade_to, write};
use crate::registry::fixture::{account, refused, step};

/// A path step to `implementation` that runs nothing.
fn path_step(from: &str, to: &str, implementation: Address) -> PathStep {
    PathStep {
        from: from.into(),
        to: to.into(),
        implementation,
        kind: 0,
        script: Address::ZERO,
        data: Bytes::new(),
    }
}

/// A "registry" that answers to everything: a path to `implementation`.
fn spoofed_registry(scenario: &mut Scenario, implementation: Address) -> Address {
    registry_that_answers(scenario, path_step("1.0", "2.0", implementation))
}

/// The same with a path of one's own.
fn registry_that_answers(scenario: &mut Scenario, path_step: PathStep) -> Address {
    let answer = (U256::from(order::UPGRADE), Address::ZERO, vec![path_step]).abi_encode_params();
    let code = answering(&answer);
    scenario.deploy_evm(&code)
}

/// Has the instance's own code replace its registry.
fn hand_to(scenario: &mut Scenario, registry: Address) {
    let proxy = scenario.proxy;
    scenario
        .act(proxy, vec![write(slots::ADMIN, registry.into_word())])
        .expect("its storage is its own");
}

#[test]
fn an_instance_that_left_its_registry_holds_up_nobody() {
    let mut scenario = Scenario::new();
    let elsewhere = scenario.deploy("counter-v1").implementation;
    let fake = spoofed_registry(&mut scenario, elsewhere);
    scenario.create_up_to(6);
    hand_to(&mut scenario, fake);
    scenario
        .make_current("2.0", plain("1.0"))
        .expect("activated");
    let done = scenario.follow();
    assert_eq!(done.returned, 5);
    let proxy = scenario.proxy;
    let reason = IRegistry::InstanceNotObeying { proxy };
    done.skips(proxy, reason.abi_encode());
    assert_eq!(scenario.version(scenario.proxy), "1.0");
}

/// EVM code that burns nearly all of its gas, then reverts as an instance does in the middle of a call.
fn burning() -> Vec<u8> {
    // JUMPDEST PUSH2 3000 GAS GT PUSH0 JUMPI: until so little is left
    let mut code = vec![0x5b, 0x61, 0x0b, 0xb8, 0x5a, 0x11, 0x5f, 0x57];
    // PUSH4 selector PUSH1 224 SHL PUSH0 MSTORE PUSH1 4 PUSH0 REVERT
    code.push(0x63);
    code.extend(Proxy::UpgradeInProgress::SELECTOR);
    code.extend([0x60, 0xe0, 0x1b, 0x5f, 0x52, 0x60, 0x04, 0x5f, 0xfd]);
    code
}

#[test]
fn a_registry_that_burns_everything_and_speaks_of_a_pause_holds_up_nobody() {
    let mut scenario = Scenario::new();
    let fake = scenario.deploy_evm(&burning());
    scenario.create_up_to(6);
    hand_to(&mut scenario, fake);
    scenario
        .make_current("2.0", plain("1.0"))
        .expect("activated");
    let all = scenario.instances();
    let least = limits::ROLLOUT_GAS / 63 * 64 / 63 * 64 + 200_000; // two frames above the instance's
    for gas in [least, 32_000_000] {
        let id = scenario.chain.snapshot();
        let first = scenario.rollout(&all[..1], gas).expect("skipped");
        assert_eq!((first.returned, first.skipped().len()), (0, 1));
        let others = scenario.rollout(&all[1..], 32_000_000);
        assert_eq!(others.expect("the others").returned, 5);
        scenario.chain.revert(id);
    }
}

#[test]
fn an_instance_whose_other_registry_always_speaks_of_an_upgrade_in_progress_is_reported() {
    let mut scenario = Scenario::new();
    // PUSH4 selector PUSH1 224 SHL PUSH0 MSTORE PUSH1 4 PUSH0 REVERT
    let selector = Proxy::UpgradeInProgress::SELECTOR;
    let revert = [0x60, 0xe0, 0x1b, 0x5f, 0x52, 0x60, 0x04, 0x5f, 0xfd];
    let code = [&[0x63][..], &selector, &revert].concat();
    let fake = scenario.deploy_evm(&code);
    scenario.create_up_to(6);
    hand_to(&mut scenario, fake);
    scenario
        .make_current("2.0", plain("1.0"))
        .expect("activated");
    let done = scenario.follow();
    assert_eq!(done.returned, 5);
    let reason = Proxy::UpgradeInProgress {};
    done.skips(scenario.proxy, reason.abi_encode());
}

#[test]
fn an_instance_that_left_its_registry_is_skipped_by_name_and_removed() {
    let mut scenario = Scenario::new();
    let elsewhere = scenario.deploy("counter-v1").implementation;
    let fake = spoofed_registry(&mut scenario, elsewhere);
    let other = scenario.create(2, "1.0");
    let remove = |proxy| calls::remove_instance("A", proxy, 0);
    let what = "removal of an instance that obeys".into();
    let sent = scenario.govern(&remove(scenario.proxy));
    refused(sent, IRegistry::NotSupported { what });
    hand_to(&mut scenario, fake);
    scenario
        .make_current("2.0", plain("1.0"))
        .expect("it is no veto");
    let skipped = scenario.follow().skipped();
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].proxy, scenario.proxy);
    assert_eq!(scenario.version(other), "2.0");
    let removed = scenario.govern(&remove(scenario.proxy)).expect("removed");
    assert_eq!(removed.events::<IRegistry::InstanceRemoved>().len(), 1);
    let proxy = scenario.proxy;
    scenario.is_no_instance(proxy);
}

#[test]
fn a_registry_that_is_none_makes_no_proxy() {
    let mut scenario = Scenario::new();
    let (proxy, registry) = (scenario.proxy, scenario.registry);
    let silent = scenario.deploy_evm(&[0x00]);
    let path_bomb = answering(&[[0u8; 31].as_slice(), &[0x20], &[0xff; 32]].concat());
    let bomb = scenario.deploy_evm(&path_bomb);
    let path: Vec<PathStep> = Vec::new();
    let empty = (U256::from(order::UPGRADE), Address::ZERO, path).abi_encode_params();
    let empty = answering(&empty);
    let empty = scenario.deploy_evm(&empty);
    for nobody in [silent, bomb, empty, account(7), Address::with_last_byte(1)] {
        hand_to(&mut scenario, nobody);
        let upgraded = scenario.send_to(account(SENDER), proxy, &upgrade_to("2.0"));
        refused(upgraded, Proxy::NotAProxy {});
    }
    hand_to(&mut scenario, registry);
    let found = scenario.ask(proxy, &Proxy::implementationVersionCall {});
    assert_eq!(found, Ok("1.0".to_owned()));
}

#[test]
fn a_path_that_no_instance_can_be_on_is_not_taken_whatever_the_registry_says() {
    let mut scenario = Scenario::new();
    let (proxy, code) = (scenario.proxy, scenario.code.implementation);
    let again = IMigratable::AlreadyMigrated {
        from: "1.0".into(),
        to: "1.0".into(),
    };
    let missing = |version: &str| IMigratable::PredecessorMissing {
        version: version.into(),
    };
    let complex = PathStep {
        kind: kind::COMPLEX,
        script: code,
        data: data(&act(vec![])),
        ..path_step("1.0", "1.0", code)
    };
    let upgrade = |scenario: &mut Scenario, path_step| {
        let fake = registry_that_answers(scenario, path_step);
        hand_to(scenario, fake);
        let to = upgrade_to("2.0");
        scenario.send_to(account(SENDER), proxy, &to)
    };
    let here = upgrade(&mut scenario, path_step("1.0", "1.0", code));
    refused(here, again.clone());
    let here = upgrade(&mut scenario, complex);
    refused(here, again);
    let elsewhere = upgrade(&mut scenario, path_step("0.9", "2.0", code));
    refused(elsewhere, missing("0.9"));
    let created = upgrade(&mut scenario, path_step("", "2.0", code));
    let version = String::from("2.0");
    refused(created, IMigratable::AlreadyInitialized { version });

    scenario
        .act(proxy, vec![write(slots::INITIALIZED, B256::ZERO)])
        .expect("its storage is its own");
    let unborn = upgrade(&mut scenario, path_step("1.0", "2.0", code));
    refused(unborn, missing("1.0"));
}

#[test]
fn a_program_that_touches_a_slot_of_the_framework_does_not_start() {
    let mut scenario = Scenario::new();
    let (proxy, code) = (scenario.proxy, scenario.code.implementation);
    let slot = slots::BEACON;
    let actions = vec![write(slot, B256::repeat_byte(0x11))];
    let touching = PathStep {
        kind: kind::COMPLEX,
        script: code,
        data: data(&act(actions)),
        ..path_step("1.0", "2.0", code)
    };
    let fake = registry_that_answers(&mut scenario, touching);
    hand_to(&mut scenario, fake);
    let to = upgrade_to("2.0");
    let started = scenario.send_to(account(SENDER), proxy, &to);
    refused(started, Proxy::UpgradeSlotsTouched { slot });
}

#[test]
fn an_initializer_runs_once_even_where_the_instance_claims_to_be_fresh() {
    let mut scenario = Scenario::new();
    let (proxy, code) = (scenario.proxy, scenario.code.implementation);
    let fake = registry_that_answers(&mut scenario, path_step("", "1.0", code));
    scenario
        .act(proxy, vec![write(slots::INITIALIZED, B256::ZERO)])
        .expect("its storage is its own");
    hand_to(&mut scenario, fake);
    let initialize =
        calls::upgrade_to_and_call("1.0", data(&IHostile::initializeCall { actions: vec![] }));
    let created = scenario.send_to(account(SENDER), proxy, &initialize);
    let version = String::from("1.0");
    refused(created, IMigratable::AlreadyInitialized { version });
}

#[test]
fn a_migration_runs_once_and_after_its_predecessor_whatever_runs_before_it() {
    let mut scenario = Scenario::new();
    scenario.add("2.0", step("1.0", 1, Bytes::new()));
    let (proxy, boss) = (scenario.proxy, scenario.boss);
    let migrate = data(&hostile::migrate(vec![]));
    let upgrade = |scenario: &mut Scenario, first: Bytes| {
        let actions = vec![first, migrate.clone()];
        let order = calls::upgrade_to_and_call("2.0", data(&act(actions)));
        scenario.act(boss, vec![call(proxy, &order)])
    };
    let again = upgrade(&mut scenario, write(slots::migrated("2.0"), slots::SET));
    refused(
        again,
        IMigratable::AlreadyMigrated {
            from: "1.0".into(),
            to: "2.0".into(),
        },
    );
    let alone = upgrade(&mut scenario, write(slots::migrated("1.0"), B256::ZERO));
    let version = String::from("1.0");
    refused(alone, IMigratable::PredecessorMissing { version });
    assert_eq!(scenario.version(proxy), "1.0");
}
