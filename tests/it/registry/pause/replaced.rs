//! Instances on the stub whose version was replaced meanwhile: they leave it for the current one, or stay, and the version
//! that was replaced never runs in public.

use crate::prelude::*;
use crate::registry::errors::{in_progress, no_path};
use stylus_upgrades_interface::reasons::invalid_policy;

use super::{counters, rollout, state, value};
use crate::registry::attacked::attackers_registry;
use crate::registry::errors::{bad_policy, definition_paused};
use crate::registry::fixture::{Fixture, account, initial_step, is, plain, refused, set_policy};
use crate::registry::replay::agrees_with_the_views;

#[test]
fn a_paused_instance_without_a_way_to_the_current_version_stays_and_is_named() {
    let (mut fixture, proxies) = counters(&is(account(0)), 2);
    let code = fixture.deploy("counter-v2");
    fixture.add("1.5", &code, initial_step());
    let stray = calls::create_proxy("A", "1.5", 0, B256::repeat_byte(9), Bytes::new());
    let stray = fixture.created(0, &stray);
    fixture.pause(0);
    assert_eq!(state(&fixture, stray), instance_state::PAUSED);
    fixture.executes(0, &calls::migrate("A", "2.0", &code, plain("1.0")));
    fixture.accepted(0, &calls::resume("A", "2.0"));
    for _ in 0..2 {
        let done = fixture.follow();
        done.skips(stray, no_path("1.5", "2.0").abi_encode());
        assert_eq!(state(&fixture, stray), instance_state::PAUSED);
        refused(value(&fixture, stray), in_progress());
        agrees_with_the_views(&fixture, "A");
    }
    for proxy in proxies {
        assert_eq!(fixture.instance(proxy).version, "2.0");
    }
    // nobody freezes the definition while it is there
    let frozen = bad_policy("NONE", 0, invalid_policy::STOPPED);
    fixture.refuses(0, &set_policy("migrate", "NONE"), frozen);
    // it leaves as it is, to a registry that accepts it
    let id = fixture.chain.snapshot();
    let (home, version) = (fixture.registry, "1.5");
    let away = attackers_registry(&mut fixture, &code);
    let order = calls::migrate("A", version, &code, plain("1.0"));
    fixture.accepted_by(away, 5, &order);
    let accept = calls::accept_transfer("A", stray, version, home, 0);
    fixture.accepted_by(away, 5, &accept);
    let go = calls::transfer_proxy("A", stray, away, "A", 0);
    fixture.executes(0, &go);
    assert_eq!(value(&fixture, stray), Ok(U256::ZERO), "it runs there");
    fixture.executes(0, &set_policy("migrate", "NONE"));
    assert!(fixture.chain.revert(id));
    // or takes a way that is made for it
    fixture.executes(0, &calls::add_step("A", "2.0", plain("1.5")));
    let done = rollout(&mut fixture, &[stray]);
    assert_eq!(done.events::<IRegistry::InstanceResumed>().len(), 1);
    assert_eq!(fixture.instance(stray).version, "2.0");
    assert_eq!(value(&fixture, stray), Ok(U256::ZERO));
}

#[test]
fn a_migration_of_what_is_paused_is_never_undone_by_a_resume() {
    let (mut fixture, proxies) = counters(&is(account(0)), 2);
    let first = calls::get_version("A", "1.0");
    let first = fixture.view(&first).expect("it").code.implementation;
    let code = fixture.deploy("counter-v2");
    fixture.pause(0);
    fixture.executes(0, &calls::migrate("A", "2.0", &code, plain("1.0")));
    fixture.accepted(0, &calls::resume("A", "2.0"));
    // the new code cannot run: the old one does not either
    let bytes = fixture.code(code.implementation);
    fixture.chain.set_code(code.implementation, Bytes::new());
    let done = fixture.follow();
    assert_eq!((done.returned, done.skipped().len()), (0, 2));
    for proxy in &proxies {
        assert_eq!(state(&fixture, *proxy), instance_state::PAUSED);
        let runs = fixture.slot(*proxy, slots::IMPLEMENTATION);
        assert_ne!(runs, first.into_word());
    }
    fixture.chain.set_code(code.implementation, bytes);
    assert_eq!(fixture.follow().returned, 2);
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
        assert_eq!(fixture.instance(*proxy).version, "2.0");
    }
}

#[test]
fn an_instance_that_was_paused_in_an_earlier_pause_goes_where_the_last_migration_says() {
    let (mut fixture, proxies) = counters(&is(account(0)), 2);
    let code = fixture.deploy("counter-v2");
    // the second is on the stub since before the migration, the first since after it
    fixture.accepted(0, &calls::pause_first("A", &proxies[1..]));
    fixture.accepted(0, &calls::resume("A", "1.0"));
    fixture.executes(0, &calls::migrate("A", "2.0", &code, plain("1.0")));
    fixture.accepted(0, &calls::pause_first("A", &proxies[..1]));
    fixture.accepted(0, &calls::resume("A", "2.0"));
    let done = rollout(&mut fixture, &proxies);
    let upgraded = done.events::<IRegistry::InstanceUpgraded>();
    let upgraded: Vec<_> = upgraded.into_iter().map(|event| event.proxy).collect();
    assert_eq!(upgraded, proxies[1..], "the first runs what it ran");
    assert_eq!(fixture.instance(proxies[0]).version, "1.0");
    rollout(&mut fixture, &proxies);
    assert_eq!(fixture.instance(proxies[0]).version, "2.0");
}

/// An instance in each state in which it is stopped.
fn stopped() -> [(Fixture, bool); 2] {
    let (mut paused, _) = counters(&is(account(0)), 1);
    paused.pause(0);
    let (mut left, _) = counters(&is(account(0)), 1);
    left.pause(0);
    left.accepted(0, &calls::resume("A", "1.0"));
    [(paused, true), (left, false)]
}

#[test]
fn no_definition_is_frozen_while_an_instance_is_stopped() {
    for (mut fixture, is_paused) in stopped() {
        let none = set_policy("migrate", "NONE");
        if is_paused {
            fixture.refuses(0, &none, definition_paused());
        } else {
            let reason = invalid_policy::STOPPED;
            fixture.refuses(0, &none, bad_policy("NONE", 0, reason));
            // of other roles it may be said
            fixture.executes(0, &set_policy("create", "NONE"));
            fixture.follow();
            fixture.executes(0, &none);
        }
    }
}
