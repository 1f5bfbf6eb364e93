//! Instances that cannot be paused or resumed, and a pause during a complex migration.

use crate::prelude::*;
use crate::registry::errors::{cannot_run, definition_paused};
use stylus_upgrades_interface::complex::IComplexStep::finishStepCall;
use stylus_upgrades_interface::limits::PAUSE_GAS;
use stylus_upgrades_interface::reasons::{definition_state, not_runnable};

use super::{counters, rollout, state, value};
use crate::registry::fixture::{
    Reverted, account, complex, framework, is, plain, refused, set_policy,
};
use crate::registry::replay::agrees_with_the_views;
use crate::review::fixture::{Scenario, call, write};

#[test]
fn code_that_cannot_run_is_not_resumed_and_holds_up_nobody() {
    let (mut fixture, proxies) = counters(&is(account(0)), 2);
    fixture.pause(0);
    fixture.wait(366 * 86_400);
    let registry = fixture.registry;
    let parts = framework().parts.iter().map(|part| part.address);
    let shared = framework().shared().map(|part| part.address);
    for program in parts
        .chain(shared)
        .chain([registry])
        .collect::<std::collections::BTreeSet<_>>()
    {
        fixture.activate(program);
    }
    let done = fixture.resume(0);
    let skipped = done.skipped();
    assert_eq!(skipped.len(), 2);
    let code = calls::get_version("A", "1.0");
    let implementation = fixture.view(&code).expect("it").code.implementation;
    let expired = cannot_run(implementation, not_runnable::EXPIRED);
    assert_eq!(skipped[0].reason, Bytes::from(expired.abi_encode()));
    assert_eq!(state(&fixture, proxies[0]), instance_state::PAUSED);
    let direct = calls::upgrade_to("1.0");
    fixture.refuses_at(proxies[0], 0, &direct, definition_paused());
    fixture.activate(implementation);
    assert_eq!(rollout(&mut fixture, 100).returned.upgraded, 2);
    assert_eq!(value(&fixture, proxies[1]), Ok(U256::from(2)));
}

#[test]
fn an_instance_whose_code_is_gone_is_upgraded_past_it() {
    let (mut fixture, proxies) = counters(&is(account(0)), 2);
    let code = calls::get_version("A", "1.0");
    let implementation = fixture.view(&code).expect("it").code.implementation;
    fixture.pause(0);
    fixture.chain.set_code(implementation, Bytes::new());
    let done = fixture.resume(0);
    assert_eq!(done.skipped().len(), 2);
    // nothing newer yet: they wait
    assert_eq!(rollout(&mut fixture, 100).returned.left, 2);
    let migrate = calls::migrate("A", "2.0", &fixture.deploy("counter-v2"), plain("1.0"));
    fixture.accepted(0, &migrate);
    let done = rollout(&mut fixture, 100);
    assert_eq!((done.returned.upgraded, done.returned.left), (2, 0));
    assert_eq!(done.events::<IRegistry::InstanceResumed>().len(), 2);
    assert_eq!(done.events::<IRegistry::InstanceUpgraded>().len(), 2);
    agrees_with_the_views(&fixture, "A");
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(state(&fixture, *proxy), instance_state::LIVE);
        assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
    }
    // in line again: the next pause finds them
    fixture.pause(0);
    assert_eq!(state(&fixture, proxies[1]), instance_state::PAUSED);
    fixture.resume(0);
    assert_eq!(state(&fixture, proxies[1]), instance_state::LIVE);
}

#[test]
fn a_pause_with_too_little_gas_changes_nothing() {
    let (mut fixture, proxies) = counters(&is(account(0)), 1);
    let registry = fixture.registry;
    // an instance that fails, whatever it is given: its slots are not those of an instance
    let other = fixture
        .deploy_code(&[0x60, 0x01, 0x60, 0x00, 0xf3])
        .implementation;
    let code = fixture.code(other);
    fixture.chain.set_code(proxies[0], code);
    let little = fixture.send_with_gas(account(0), registry, &calls::pause("A"), 1_500_000);
    let Err(Reverted(found)) = little else {
        panic!("paused with too little gas");
    };
    let found = IRegistry::InsufficientGas::abi_decode(&found).expect("InsufficientGas");
    assert_eq!(found.needed, PAUSE_GAS);
    assert_eq!(fixture.definition().state, definition_state::LIVE);
    let done = fixture.pause(0);
    assert_eq!(done.skipped().len(), 1);
    assert_eq!(fixture.definition().state, definition_state::PAUSED);
}

#[test]
fn an_instance_that_cannot_be_paused_does_not_keep_a_contract_from_pausing() {
    let mut scenario = Scenario::new();
    let stranger = scenario.deploy("hostile").implementation;
    let pauser = set_policy("pause", &is(stranger));
    scenario.govern(&pauser).expect("set");
    // the instance asks another registry from now on
    let (proxy, boss) = (scenario.proxy, scenario.boss);
    scenario
        .act(proxy, vec![write(slots::ADMIN, boss.into_word())])
        .expect("written");
    let registry = scenario.registry;
    scenario
        .act(stranger, vec![call(registry, &calls::pause("A"))])
        .expect("paused");
    let found = scenario.definition().state;
    assert_eq!(found, definition_state::PAUSED);
}

#[test]
fn a_complex_migration_keeps_its_own_pause_and_does_not_end_in_another() {
    let mut scenario = Scenario::new();
    let program = scenario.code.clone();
    scenario.add("2.0", complex("1.0", &program, account(5)));
    let proxy = scenario.proxy;
    scenario.upgrade(proxy, "2.0").expect("begun");
    let program_of = |scenario: &Scenario| scenario.slot(proxy, slots::IMPLEMENTATION);
    assert_eq!(state(&scenario.fixture, proxy), instance_state::MIGRATING);
    let before = program_of(&scenario);
    scenario.govern(&calls::pause("A")).expect("paused");
    assert_eq!(state(&scenario.fixture, proxy), instance_state::MIGRATING);
    assert_eq!(program_of(&scenario), before);
    let storage = framework().storage.address;
    let finish = hostile::delegate(storage, &finishStepCall { back: false });
    refused(
        scenario.act(proxy, vec![finish.clone()]),
        definition_paused(),
    );
    scenario.govern(&calls::resume("A")).expect("resumed");
    assert_eq!(state(&scenario.fixture, proxy), instance_state::MIGRATING);
    scenario.act(proxy, vec![finish]).expect("ended");
    assert_eq!(scenario.version(proxy), "2.0");
    assert_eq!(state(&scenario.fixture, proxy), instance_state::LIVE);
    scenario.govern(&calls::pause("A")).expect("paused");
    assert_eq!(state(&scenario.fixture, proxy), instance_state::PAUSED);
    agrees_with_the_views(&scenario.fixture, "A");
}
