//! Instances that go elsewhere.

use super::fixture::{
    KINDS, OWNER, TRANSPARENT_4, TRANSPARENT_5, admin_of, adopt, adopted, compiled, created,
    migrate, runs, value,
};
use crate::prelude::*;
use crate::registry::errors::*;
use crate::registry::fixture::{Fixture, account, all_of, framework, initial_step, is, refused};
use crate::registry::replay::agrees_with_the_views;

#[test]
fn what_cannot_be_transferred_stays() {
    let (mut fixture, _, proxy) = adopted(TRANSPARENT_5);
    let nonce = fixture.nonce(proxy);
    let transfer = |to| calls::transfer_proxy("A", proxy, to, String::new(), nonce);
    let what = "transfer to that account";
    let own = admin_of(&fixture, "A");
    let registry = fixture.registry;
    let another = fixture.another_registry(0);
    for to in [Address::ZERO, registry, another, own] {
        fixture.refuses(0, &transfer(to), not_supported(what));
    }
    fixture.accepted(0, &calls::define("B", is(account(0)), "NONE", "NONE"));
    let of_another = IRegistry::transferProxyCall {
        name: "B".into(),
        ..transfer(account(7))
    };
    fixture.refuses(0, &of_another, not_an_instance(proxy));
    let of_before = IRegistry::transferProxyCall {
        nonce: nonce - 1,
        ..transfer(account(7))
    };
    fixture.refuses(0, &of_before, stale(nonce - 1, nonce));
}

/// N0: a paused proxy that was given to another definition's admin was adopted by nobody again.
#[test]
fn a_paused_proxy_leaves_only_once_it_runs_again() {
    for kind in KINDS {
        let (mut fixture, first, proxy) = adopted(kind);
        fixture.accepted(
            0,
            &calls::define("B", is(account(0)), is(account(0)), "NONE"),
        );
        let there = admin_of(&fixture, "B");
        for to in [account(OWNER), there] {
            fixture.pause(0);
            refused(value(&fixture, proxy), in_progress());
            let nonce = fixture.nonce(proxy);
            let leave = calls::transfer_proxy("A", proxy, to, String::new(), nonce);
            fixture.refuses(0, &leave, in_progress());
            fixture.resume(0);
        }
        let nonce = fixture.nonce(proxy);
        let leave = calls::transfer_proxy("A", proxy, there, String::new(), nonce);
        fixture.executes(0, &leave);
        fixture.is_no_instance(proxy);
        fixture.accepted(0, &calls::add_version("B", "1.0", &first, initial_step()));
        fixture.executes(0, &calls::adopt("B", proxy, kind.kind, "1.0"));
        assert_eq!(value(&fixture, proxy), Ok(U256::from(7)));
    }
}

/// One that an earlier registry has left on the stub is adopted all the same, and runs again.
#[test]
fn a_transparent_proxy_on_the_stub_is_adopted() {
    for kind in [TRANSPARENT_4, TRANSPARENT_5] {
        let (mut fixture, _, proxy) = created(kind);
        kind.upgrade_before(&mut fixture, proxy, framework().stub.address);
        refused(value(&fixture, proxy), in_progress());
        let admin = admin_of(&fixture, "A");
        kind.give(&mut fixture, proxy, admin);
        let done = fixture.executes(0, &adopt(kind.kind, proxy));
        assert_eq!(done.events::<IRegistry::InstanceResumed>().len(), 0);
        assert_eq!(fixture.instance(proxy).state, instance_state::LIVE);
        assert_eq!(value(&fixture, proxy), Ok(U256::from(7)));
        agrees_with_the_views(&fixture, "A");
    }
}

/// N4: what the registry created is in its events, whatever becomes of the adoption.
#[test]
fn the_admin_that_an_adoption_creates_is_in_an_event() {
    let (mut fixture, _, proxy) = created(TRANSPARENT_5);
    fixture.set("migrate", &all_of(&[0, 1]));
    let admin = admin_of(&fixture, "A");
    TRANSPARENT_5.give(&mut fixture, proxy, admin);
    let before = fixture.created_by(fixture.registry);
    let done = fixture.accepted(0, &adopt(TRANSPARENT_5.kind, proxy));
    assert!(!done.returned.executed);
    let created: Vec<IRegistry::AdminCreated> = done.events();
    assert_eq!(created.len(), 1);
    assert_eq!(
        (created[0].definition, created[0].admin),
        (keccak256("A"), admin)
    );
    assert_eq!(fixture.created_by(fixture.registry), before + 1);
    let action = done.returned.action;
    fixture.accepted(0, &IRegistry::cancelCall { action });
    let again = fixture.accepted(1, &adopt(TRANSPARENT_5.kind, proxy));
    assert_eq!(again.events::<IRegistry::AdminCreated>().len(), 0);
    assert_eq!(fixture.created_by(fixture.registry), before + 1);
}

#[test]
fn the_last_instance_takes_the_place_of_one_that_goes() {
    let (mut fixture, code, first) = adopted(TRANSPARENT_5);
    let admin = admin_of(&fixture, "A");
    let mut proxies = vec![first];
    for _ in 0..3 {
        let proxy = TRANSPARENT_5.create(&mut fixture, &code);
        TRANSPARENT_5.give(&mut fixture, proxy, admin);
        let adopt = adopt(TRANSPARENT_5.kind, proxy);
        fixture.accepted(0, &adopt);
        proxies.push(proxy);
    }
    let of = |fixture: &Fixture| {
        let page = calls::instances("A", 0, 9);
        fixture.view(&page).expect("proxies")
    };
    for goes in [1, 2, 0, 0] {
        let proxy = proxies[goes];
        let nonce = fixture.nonce(proxy);
        let transfer = calls::transfer_proxy("A", proxy, account(7), String::new(), nonce);
        fixture.accepted(0, &transfer);
        proxies.swap_remove(goes);
        assert_eq!(of(&fixture), proxies);
    }
    // what is left is upgraded as before
    TRANSPARENT_5.give_back(&mut fixture, first);
    fixture.accepted(0, &adopt(TRANSPARENT_5.kind, first));
    let second = compiled(&mut fixture, "Box2");
    migrate(&mut fixture, &second, 0, Bytes::new()).expect("migrated");
    assert_eq!(runs(&fixture, first), second.implementation);
}
