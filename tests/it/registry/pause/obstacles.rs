//! Instances that cannot be paused or resumed, and a pause during a complex migration.

use crate::prelude::*;
use crate::registry::errors::{already_at, cannot_run, in_progress};
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
    fixture.refuses_at(proxies[0], 0, &direct, already_at("1.0"));
    fixture.activate(implementation);
    assert_eq!(rollout(&mut fixture, &proxies).returned, 2);
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
    assert_eq!(rollout(&mut fixture, &proxies).skipped().len(), 2);
    let migrate = calls::migrate("A", "2.0", &fixture.deploy("counter-v2"), plain("1.0"));
    fixture.accepted(0, &migrate);
    let done = rollout(&mut fixture, &proxies);
    assert_eq!(done.returned, 2);
    assert_eq!(done.events::<IRegistry::InstanceResumed>().len(), 2);
    assert_eq!(done.events::<IRegistry::InstanceUpgraded>().len(), 2);
    agrees_with_the_views(&fixture, "A");
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(state(&fixture, *proxy), instance_state::LIVE);
        assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
    }
    // and they are paused and resumed as before
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
    let pause = calls::pause_first("A", &proxies[..]);
    let little = fixture.send_with_gas(account(0), registry, &pause, 1_500_000);
    let Err(Reverted(found)) = little else {
        panic!("paused with too little gas");
    };
    let found = IRegistry::InsufficientGas::abi_decode(&found).expect("InsufficientGas");
    // the call of the proxy keeps one 64th
    let needed = PAUSE_GAS + PAUSE_GAS / 63;
    assert!(
        (needed..needed + 10_000).contains(&found.needed),
        "{found:?}"
    );
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
    let pause = calls::pause_first("A", [proxy]);
    let done = scenario.act(stranger, vec![call(registry, &pause)]);
    let skipped = done.expect("paused").skipped();
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].proxy, proxy);
    let found = scenario.definition().state;
    assert_eq!(found, definition_state::PAUSED);
}

#[test]
fn a_complex_step_that_ends_in_a_pause_ends_on_the_stub() {
    let mut scenario = Scenario::new();
    let program = scenario.code.clone();
    let step = complex("1.0", &program, account(5));
    scenario.make_current("2.0", step).expect("current");
    let proxy = scenario.proxy;
    assert_eq!(scenario.follow().returned, 1);
    let program_of = |scenario: &Scenario| scenario.slot(proxy, slots::IMPLEMENTATION);
    assert_eq!(state(&scenario.fixture, proxy), instance_state::MIGRATING);
    let before = program_of(&scenario);
    let pause = calls::pause_first("A", [proxy]);
    let done = scenario.govern(&pause).expect("paused");
    assert!(done.events::<IRegistry::InstancePaused>().is_empty());
    assert!(done.skipped().is_empty(), "it needs no pause");
    assert_eq!(state(&scenario.fixture, proxy), instance_state::MIGRATING);
    assert_eq!(program_of(&scenario), before);
    let storage = framework().storage.address;
    let finish = hostile::delegate(storage, &finishStepCall { back: false });
    let done = scenario.act(proxy, vec![finish]).expect("ended");
    assert_eq!(done.events::<IRegistry::MigrationEnded>().len(), 1);
    assert_eq!(done.events::<IRegistry::InstancePaused>().len(), 1);
    assert_eq!(scenario.version(proxy), "2.0");
    assert_eq!(state(&scenario.fixture, proxy), instance_state::PAUSED);
    let stub = framework().stub.address.into_word();
    assert_eq!(program_of(&scenario), stub);
    refused(scenario.act(proxy, vec![]), in_progress());
    agrees_with_the_views(&scenario.fixture, "A");

    let resume = calls::resume("A", "2.0");
    scenario.govern(&resume).expect("resumed");
    assert_eq!(state(&scenario.fixture, proxy), instance_state::PAUSED);
    let done = rollout(&mut scenario.fixture, &[proxy]);
    assert_eq!(done.events::<IRegistry::InstanceResumed>().len(), 1);
    assert_eq!(state(&scenario.fixture, proxy), instance_state::LIVE);
    let code = scenario.code.implementation.into_word();
    assert_eq!(program_of(&scenario), code);
    scenario.act(proxy, vec![]).expect("users are back");
}

/// N6: whoever relays a pause holds Stylus memory, so that no instance can be paused with the gas that it gets.
#[test]
fn a_pause_that_lacks_memory_for_its_instances_is_none() {
    let (mut fixture, proxies) = counters(&is(account(0)), 2);
    let relay = fixture.deploy("hostile").implementation;
    fixture.set("pause", &is(relay));
    let (registry, order) = (fixture.registry, calls::pause_first("A", proxies.clone()));
    let (mut paused, mut refused) = (0, 0);
    for pages in [1, 64].into_iter().chain(80..=122) {
        let id = fixture.chain.snapshot();
        let grow = data(&IHostile::growCall {
            size: pages * 65_536,
        });
        let act = act(vec![grow, call(registry, &order)]);
        match fixture.send_to(account(5), relay, &act) {
            Ok(done) => {
                assert_eq!(done.skipped(), [], "{pages} pages");
                for proxy in &proxies {
                    assert_eq!(state(&fixture, *proxy), instance_state::PAUSED);
                }
                paused += 1;
            }
            Err(_) => {
                assert_eq!(fixture.definition().state, definition_state::LIVE);
                refused += 1;
            }
        }
        assert!(fixture.chain.revert(id));
    }
    assert!(
        paused > 3 && refused > 3,
        "{paused} paused, {refused} refused"
    );
}
