//! Instances that go elsewhere.

use super::fixture::{
    OWNER, TRANSPARENT_5, admin_of, adopt, adopted, compiled, migrate, runs, value,
};
use crate::prelude::*;
use crate::registry::errors::*;
use crate::registry::fixture::{Fixture, account, is, refused};

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

#[test]
fn a_paused_proxy_leaves_and_its_new_owner_takes_it_from_the_stub() {
    let (mut fixture, first, proxy) = adopted(TRANSPARENT_5);
    fixture.pause(0);
    refused(value(&fixture, proxy), in_progress());
    let nonce = fixture.nonce(proxy);
    let leave = calls::transfer_proxy("A", proxy, account(OWNER), String::new(), nonce);
    fixture.executes(0, &leave);
    fixture.is_no_instance(proxy);
    TRANSPARENT_5.upgrade_before(&mut fixture, proxy, first.implementation);
    assert_eq!(value(&fixture, proxy), Ok(U256::from(7)));
    assert_eq!(fixture.definition().instances, 0);
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
