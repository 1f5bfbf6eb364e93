//! What a pause does to instances, and that every instance continues with the very code and data.

use crate::prelude::*;
use crate::registry::errors::{definition_paused, in_progress, not_current};
use stylus_upgrades_interface::reasons::definition_state;

use super::{counters, create, holds, rollout, state, value};
use crate::registry::fixture::{
    Fixture, account, add_version, framework, is, plain, refused, step,
};
use crate::registry::replay::agrees_with_the_views;

#[test]
fn a_pause_stops_every_instance_that_it_names_and_resume_restores_all_of_it() {
    let (mut fixture, proxies) = counters(&is(account(0)), 3);
    let before: Vec<_> = proxies.iter().map(|p| holds(&fixture, *p)).collect();
    let done = fixture.pause(0);
    assert!(done.returned.executed);
    assert_eq!(done.events::<IRegistry::Paused>().len(), 1);
    assert_eq!(done.events::<IRegistry::InstancePaused>().len(), 3);
    let upgraded = done.events::<Proxy::Upgraded>();
    let stub = framework().stub.address;
    assert!(upgraded.iter().all(|event| event.implementation == stub));
    assert_eq!(upgraded.len(), 3);
    agrees_with_the_views(&fixture, "A");
    assert_eq!(fixture.definition().state, definition_state::PAUSED);
    for proxy in &proxies {
        assert_eq!(state(&fixture, *proxy), instance_state::PAUSED);
        refused(value(&fixture, *proxy), in_progress());
        let paid = fixture.raw(account(5), *proxy, Bytes::new(), U256::from(3), 5_000_000);
        refused(paid, in_progress());
        let found = fixture.view(&IRegistry::instanceOfCall { proxy: *proxy });
        assert_eq!(found.expect("an instance").version, "1.0");
        assert_eq!(fixture.nonce(*proxy), 0, "a pause ends no approval");
    }
    let done = fixture.accepted(0, &calls::resume("A", "1.0"));
    assert_eq!(done.events::<IRegistry::Resumed>().len(), 1);
    assert_eq!(fixture.definition().state, definition_state::LIVE);
    for proxy in &proxies {
        assert_eq!(state(&fixture, *proxy), instance_state::PAUSED, "not yet");
        refused(value(&fixture, *proxy), in_progress());
    }
    let done = rollout(&mut fixture, &proxies);
    assert_eq!(done.returned, 3);
    assert_eq!(done.events::<IRegistry::InstanceResumed>().len(), 3);
    let after: Vec<_> = proxies.iter().map(|p| holds(&fixture, *p)).collect();
    assert_eq!(before, after);
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
        assert_eq!(state(&fixture, *proxy), instance_state::LIVE);
        assert_eq!(fixture.nonce(*proxy), 0);
    }
}

#[test]
fn while_it_is_paused_nothing_is_upgraded_or_created() {
    let (mut fixture, proxies) = counters(&is(account(0)), 1);
    let two = fixture.deploy("counter-v2");
    let add = add_version(&two, "2.0", plain("1.0"));
    fixture.pause(0);
    refused(create(&mut fixture, 9), definition_paused());
    fixture.accepted(0, &add);
    let direct = calls::upgrade_to("2.0");
    fixture.refuses_at(proxies[0], 0, &direct, definition_paused());
    let alone = calls::upgrade_instance(proxies[0], "2.0", Bytes::new());
    fixture.refuses(0, &alone, definition_paused());
    fixture.refuses(0, &calls::pause("A"), definition_paused());
    assert_eq!(rollout(&mut fixture, &proxies).returned, 0);
    fixture.resume(0);
    let error = IRegistry::DefinitionNotPaused { name: "A".into() };
    fixture.refuses(0, &calls::resume("A", "1.0"), error);
    fixture.accepted_by(proxies[0], 0, &direct);
    assert_eq!(value(&fixture, proxies[0]), Ok(U256::from(1)));
    create(&mut fixture, 9).expect("created");
}

#[test]
fn a_definition_migrates_while_it_is_paused_and_resumes_at_the_new_version_alone() {
    let (mut fixture, proxies) = counters(&is(account(0)), 2);
    let two = fixture.deploy("counter-v2");
    let data: Bytes = calls::migrate_counter(5).abi_encode().into();
    fixture.pause(0);
    let migrate = calls::migrate("A", "2.0", &two, step("1.0", 1, data));
    fixture.executes(0, &migrate);
    let definition = fixture.definition();
    assert_eq!(definition.current, "2.0");
    assert_eq!(definition.state, definition_state::PAUSED);
    assert_eq!(rollout(&mut fixture, &proxies).returned, 0);
    fixture.refuses(0, &calls::resume("A", "1.0"), not_current("1.0", "2.0"));
    fixture.refuses(0, &calls::resume("A", "9"), not_current("9", "2.0"));
    fixture.accepted(0, &calls::resume("A", "2.0"));
    let done = rollout(&mut fixture, &proxies);
    assert_eq!(done.returned, 2);
    assert_eq!(done.events::<IRegistry::InstanceResumed>().len(), 2);
    assert_eq!(done.events::<IRegistry::InstanceUpgraded>().len(), 2);
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(fixture.instance(*proxy).version, "2.0");
        assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
        let set = fixture.ask(*proxy, &ICounter::stepCall {});
        assert_eq!(set, Ok(U256::from(5)));
        assert_eq!(fixture.nonce(*proxy), 1);
    }
}

#[test]
fn those_that_a_pause_does_not_name_are_paused_by_rollout() {
    let (mut fixture, proxies) = counters(&is(account(0)), 7);
    let count = |fixture: &Fixture, wanted: u8| {
        let states = proxies.iter().map(|proxy| state(fixture, *proxy));
        states.filter(|state| *state == wanted).count()
    };
    fixture.accepted(0, &calls::pause_first("A", &proxies[..4]));
    assert_eq!(count(&fixture, instance_state::PAUSED), 4);
    // an instance that is not paused yet is not upgraded either
    let direct = calls::upgrade_to("1.0");
    for proxy in proxies.iter().step_by(2) {
        let called = fixture.send_to(account(0), *proxy, &direct);
        refused(called, definition_paused());
    }
    assert_eq!(rollout(&mut fixture, &proxies[3..5]).returned, 1);
    assert_eq!(count(&fixture, instance_state::PAUSED), 5);

    // resumed before all were paused: those that never were run on
    fixture.accepted(0, &calls::resume("A", "1.0"));
    assert_eq!(rollout(&mut fixture, &proxies).returned, 5);
    assert_eq!(count(&fixture, instance_state::LIVE), proxies.len());

    // and paused again before all were resumed
    fixture.accepted(0, &calls::pause("A"));
    assert_eq!(rollout(&mut fixture, &proxies).returned, 7);
    fixture.accepted(0, &calls::resume("A", "1.0"));
    assert_eq!(rollout(&mut fixture, &proxies[..2]).returned, 2);
    fixture.accepted(0, &calls::pause("A"));
    assert_eq!(rollout(&mut fixture, &proxies).returned, 2);
    assert_eq!(count(&fixture, instance_state::PAUSED), proxies.len());
    fixture.accepted(0, &calls::resume("A", "1.0"));
    assert_eq!(rollout(&mut fixture, &proxies).returned, 7);
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
    }
}

#[test]
fn who_left_the_definition_meanwhile_does_not_keep_the_others_from_being_paused() {
    let (mut fixture, proxies) = counters(&is(account(0)), 1);
    let stranger = account(9);
    let pause = calls::pause_first("A", [stranger, proxies[0], proxies[0]]);
    let done = fixture.executes(0, &pause);
    let reason = crate::registry::errors::not_an_instance(stranger);
    done.skips(stranger, reason.abi_encode());
    assert_eq!(done.events::<IRegistry::InstancePaused>().len(), 1);
    assert_eq!(state(&fixture, proxies[0]), instance_state::PAUSED);
}

#[test]
fn who_lags_and_who_is_ahead_are_where_they_were_after_a_pause() {
    let (mut fixture, proxies) = counters(&is(account(0)), 7);
    let code = fixture.deploy("counter-v2");
    for (version, from) in [("2.0", "1.0"), ("3.0", "2.0")] {
        fixture.add(version, &code, plain(from));
    }
    fixture.accepted(0, &calls::migrate("A", "2.0", &code, plain("1.0")));
    assert_eq!(rollout(&mut fixture, &proxies[..2]).returned, 2);
    fixture.accepted_by(proxies[0], 0, &calls::upgrade_to("3.0"));
    fixture.accepted(0, &calls::pause("A"));
    assert_eq!(rollout(&mut fixture, &proxies).returned, 7);
    fixture.accepted(0, &calls::resume("A", "2.0"));
    let version = |fixture: &Fixture, proxy: Address| fixture.instance(proxy).version;
    // no version became current meanwhile: all are resumed, then the five that lag follow
    let done = rollout(&mut fixture, &proxies);
    assert_eq!(done.returned, 7);
    assert_eq!(done.events::<IRegistry::InstanceUpgraded>().len(), 0);
    assert!(
        proxies[2..]
            .iter()
            .all(|proxy| version(&fixture, *proxy) == "1.0")
    );
    let done = rollout(&mut fixture, &proxies);
    assert_eq!(done.events::<IRegistry::InstanceUpgraded>().len(), 5);
    assert_eq!(version(&fixture, proxies[0]), "3.0");
    assert!(
        proxies[1..]
            .iter()
            .all(|proxy| version(&fixture, *proxy) == "2.0")
    );
    agrees_with_the_views(&fixture, "A");
}
