//! What a pause does to instances, and that every instance continues with the very code and data.

use crate::prelude::*;
use crate::registry::errors::{definition_paused, in_progress};
use stylus_upgrades_interface::limits::INSTANCES_AT_ONCE;
use stylus_upgrades_interface::reasons::definition_state;

use super::{counters, create, holds, rollout, state, value};
use crate::registry::fixture::{Fixture, account, add_version, framework, is, plain, refused};
use crate::registry::replay::agrees_with_the_views;

#[test]
fn a_pause_stops_every_instance_and_resume_restores_all_of_it() {
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
    }
    let done = fixture.resume(0);
    assert_eq!(done.events::<IRegistry::Resumed>().len(), 1);
    assert_eq!(done.events::<IRegistry::InstanceResumed>().len(), 3);
    agrees_with_the_views(&fixture, "A");
    assert_eq!(fixture.definition().state, definition_state::LIVE);
    let after: Vec<_> = proxies.iter().map(|p| holds(&fixture, *p)).collect();
    assert_eq!(before, after);
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
        assert_eq!(state(&fixture, *proxy), instance_state::LIVE);
    }
}

#[test]
fn while_it_is_paused_nothing_is_upgraded_or_created() {
    let (mut fixture, proxies) = counters(&is(account(0)), 1);
    let two = fixture.deploy("counter-v2");
    let migrate = calls::migrate("A", "2.0", &two, plain("1.0"));
    let add = add_version(&two, "2.0", plain("1.0"));
    fixture.pause(0);
    fixture.refuses(0, &migrate, definition_paused());
    refused(create(&mut fixture, 9), definition_paused());
    fixture.accepted(0, &add);
    let direct = calls::upgrade_to("2.0");
    fixture.refuses_at(proxies[0], 0, &direct, definition_paused());
    fixture.refuses(0, &calls::pause("A"), definition_paused());
    fixture.resume(0);
    let error = IRegistry::DefinitionNotPaused { name: "A".into() };
    fixture.refuses(0, &calls::resume("A"), error);
    fixture.accepted(0, &migrate);
    assert_eq!(value(&fixture, proxies[0]), Ok(U256::from(1)));
    create(&mut fixture, 9).expect("created");
}

#[test]
fn four_are_paused_at_once_and_the_rest_by_rollout() {
    let (mut fixture, proxies) = counters(&is(account(0)), 7);
    let count = |fixture: &Fixture, wanted: u8| {
        let states = proxies.iter().map(|proxy| state(fixture, *proxy));
        states.filter(|state| *state == wanted).count()
    };
    let four = INSTANCES_AT_ONCE as usize;
    fixture.pause(0);
    assert_eq!(count(&fixture, instance_state::PAUSED), four);
    // an instance that is not paused yet is not upgraded either
    let direct = calls::upgrade_to("1.0");
    for proxy in proxies.iter().step_by(2) {
        let called = fixture.send_to(account(0), *proxy, &direct);
        refused(called, definition_paused());
    }
    let one = rollout(&mut fixture, 1).returned;
    assert_eq!((one.upgraded, one.left), (1, 2));
    assert_eq!(count(&fixture, instance_state::PAUSED), four + 1);

    // resumed before all were paused: those that never were run on
    fixture.resume(0);
    let rest = rollout(&mut fixture, 100).returned;
    assert_eq!(rest.left, 0);
    assert_eq!(count(&fixture, instance_state::LIVE), proxies.len());

    // and paused again before all were resumed
    fixture.pause(0);
    assert_eq!(rollout(&mut fixture, 100).returned.left, 0);
    fixture.resume(0);
    fixture.pause(0);
    assert_eq!(rollout(&mut fixture, 100).returned.left, 0);
    assert_eq!(count(&fixture, instance_state::PAUSED), proxies.len());
    fixture.resume(0);
    assert_eq!(rollout(&mut fixture, 100).returned.left, 0);
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
    }
}

#[test]
fn who_lags_behind_and_who_is_ahead_are_where_they_were_after_a_pause() {
    let (mut fixture, proxies) = counters(&is(account(0)), 7);
    let code = fixture.deploy("counter-v2");
    for (version, from) in [("2.0", "1.0"), ("3.0", "2.0")] {
        fixture.add(version, &code, plain(from));
    }
    fixture.accepted(0, &calls::migrate("A", "2.0", &code, plain("1.0")));
    assert_eq!(rollout(&mut fixture, 2).returned.left, 5);
    let ahead = calls::upgrade_to("3.0");
    fixture.accepted_by(proxies[0], 0, &ahead);
    fixture.pause(0);
    assert_eq!(rollout(&mut fixture, 100).returned.left, 0);
    fixture.resume(0);
    // 7 are resumed, then the 5 that lag behind wait again
    let resumed = rollout(&mut fixture, 3).returned;
    assert_eq!((resumed.upgraded, resumed.left), (3, 5));
    let upgraded = rollout(&mut fixture, 100).returned;
    assert_eq!((upgraded.upgraded, upgraded.left), (5, 0));
    let version = |proxy: Address| fixture.instance(proxy).version;
    assert_eq!(version(proxies[0]), "3.0");
    assert!(proxies[1..].iter().all(|proxy| version(*proxy) == "2.0"));
}
