//! Proxies of OpenZeppelin, created and upgraded by their own means beforehand, as instances.

mod attacks;
pub(super) mod fixture;
mod transfer;

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades_interface::adopted::ITransparentProxy;
use stylus_upgrades_interface::instance::IInstanceRegistry;

use super::fixture::{Fixture, account, all_of, framework, initial_step, plain, refused};
use super::kinds::answer;
use crate::review::fixture::answering;
pub(crate) use fixture::creation;
use fixture::{
    IBox, ICaller, KINDS, TRANSPARENT_4, TRANSPARENT_5, UUPS_5, admin_of, adopt, adopted, compiled,
    created, migrate, runs, value,
};

#[test]
fn an_adopted_proxy_is_upgraded_and_migrated_by_the_definition() {
    for kind in KINDS {
        let (mut fixture, first, proxy) = adopted(kind);
        assert_eq!(runs(&fixture, proxy), first.implementation, "{kind:?}");
        let found = fixture.instance(proxy);
        assert_eq!((found.kind, found.version.as_str()), (kind.kind, "1.0"));
        assert_eq!(value(&fixture, proxy), Ok(U256::from(7)), "{kind:?}");

        let second = compiled(&mut fixture, kind.codes[1]);
        let call = IBox::migrateCall {}.abi_encode();
        migrate(&mut fixture, &second, 4, call.into()).expect("migrated");
        assert_eq!(fixture.instance(proxy).version, "2.0");
        assert_eq!(runs(&fixture, proxy), second.implementation);
        let doubled = fixture.ask(proxy, &IBox::doubledCall {});
        assert_eq!(doubled, Ok(U256::from(14)), "{kind:?}");
        let add = IBox::addCall {};
        fixture.accepted_by(proxy, 5, &add);
        assert_eq!(value(&fixture, proxy), Ok(U256::from(9)));
    }
}

#[test]
fn a_proxy_that_another_account_decides_about_is_not_adopted() {
    for kind in KINDS {
        let (mut fixture, _, proxy) = created(kind);
        let sent = fixture.send(account(0), &adopt(kind.kind, proxy));
        sent.expect_err("the owner never gave it");
        fixture.is_no_instance(proxy);
    }
}

#[test]
fn an_adoption_is_approved_only_once_the_definition_owns_the_proxy() {
    for kind in KINDS {
        let (mut fixture, _, proxy) = created(kind);
        fixture.set("migrate", &all_of(&[0, 1]));
        let adopt = adopt(kind.kind, proxy);
        for who in [0, 1] {
            fixture.refuses(who, &adopt, not_obeying(proxy));
        }
        let action = fixture.action_of(&adopt);
        let open = fixture.view(&IRegistry::readinessCall { action });
        refused(open, not_found(action));
        let admin = admin_of(&fixture, "A");
        kind.give(&mut fixture, proxy, admin);
        fixture.records(0, &adopt);
        fixture.executes(1, &adopt);
        assert_eq!(value(&fixture, proxy), Ok(U256::from(7)), "{kind:?}");
    }
}

#[test]
fn a_transparent_proxy_4_that_runs_other_code_than_was_registered_is_not_adopted() {
    let (mut fixture, code, proxy) = created(TRANSPARENT_4);
    let other = compiled(&mut fixture, "Box2");
    TRANSPARENT_4.upgrade_before(&mut fixture, proxy, other.implementation);
    let admin = admin_of(&fixture, "A");
    TRANSPARENT_4.give(&mut fixture, proxy, admin);
    let adopt = adopt(TRANSPARENT_4.kind, proxy);
    let error = code_changed(other.implementation, code.codehash, other.codehash);
    fixture.refuses(0, &adopt, error);
    fixture.is_no_instance(proxy);
    // the same code at another account is the same code
    fixture.add("2.0", &other, initial_step());
    let adopt = IRegistry::adoptCall {
        version: "2.0".into(),
        ..adopt
    };
    fixture.executes(0, &adopt);
    assert_eq!(value(&fixture, proxy), Ok(U256::from(7)));
}

#[test]
fn a_contract_that_takes_any_call_does_not_obey() {
    let mut fixture = Fixture::of_one();
    let code = compiled(&mut fixture, "Box");
    fixture.add("1.0", &code, initial_step());
    // STOP: it answers every call with nothing
    let proxy = fixture
        .deploy_code(&[0x60, 0x01, 0x5f, 0xf3])
        .implementation;
    for kind in [
        proxy_kind::TRANSPARENT_4,
        proxy_kind::TRANSPARENT_5,
        proxy_kind::UUPS,
    ] {
        let error = IRegistry::InstanceNotObeying { proxy };
        fixture.refuses(0, &adopt(kind, proxy), error);
    }
}

#[test]
fn what_is_no_proxy_of_a_known_kind_is_not_adopted() {
    let (mut fixture, _, proxy) = adopted(TRANSPARENT_5);
    let error = IRegistry::ProxyExists { proxy };
    fixture.refuses(0, &adopt(TRANSPARENT_5.kind, proxy), error);
    let registry = fixture.registry;
    let error = IRegistry::ProxyExists { proxy: registry };
    fixture.refuses(0, &adopt(TRANSPARENT_5.kind, registry), error);
    let what = "adoption of that proxy";
    let nobody = account(9);
    fixture.refuses(0, &adopt(TRANSPARENT_5.kind, nobody), not_supported(what));
    let code = compiled(&mut fixture, "Shifted").implementation;
    for kind in [proxy_kind::WASM, proxy_kind::EVM, 2, 9] {
        fixture.refuses(0, &adopt(kind, code), not_supported(what));
    }
    fixture.pause(0);
    fixture.refuses(0, &adopt(TRANSPARENT_5.kind, code), definition_paused());
}

#[test]
fn an_adopted_proxy_takes_no_step_that_needs_our_proxy() {
    for kind in KINDS {
        let (mut fixture, first, proxy) = adopted(kind);
        let second = compiled(&mut fixture, kind.codes[1]);
        let call = IBox::migrateCall {}.abi_encode();
        let refusal = migrate(&mut fixture, &second, 1, call.into());
        let what = "a step of this kind for an adopted proxy";
        refused(refusal, not_supported(what));
        assert_eq!(runs(&fixture, proxy), first.implementation);
    }
}

#[test]
fn code_that_nobody_could_upgrade_from_is_refused() {
    let (mut fixture, first, proxy) = adopted(UUPS_5);
    let stuck = compiled(&mut fixture, "Stuck");
    let refusal = migrate(&mut fixture, &stuck, 0, Bytes::new());
    let reason = alloy::sol_types::Revert::from("stuck");
    refused(refusal, reason);
    assert_eq!(runs(&fixture, proxy), first.implementation);
    assert_eq!(fixture.instance(proxy).version, "1.0");
}

#[test]
fn an_adopted_proxy_begins_nothing_by_itself() {
    let (mut fixture, _, proxy) = adopted(UUPS_5);
    let second = compiled(&mut fixture, "UupsBox2");
    fixture.add("2.0", &second, plain("1.0"));
    fixture.give_ether(proxy);
    // its code answers as a proxy of the framework does whose upgrade somebody has begun
    let stub = answering(framework().stub.address.into_word().as_slice());
    fixture.chain.set_code(proxy, stub.into());
    let begin = calls::begin_upgrade(account(0), "2.0");
    refused(fixture.send(proxy, &begin), not_an_instance(proxy));
    let upgrade = IInstanceRegistry::moveInstanceCall {
        proxy,
        version: "2.0".into(),
    };
    for who in [proxy, account(0)] {
        refused(fixture.send(who, &upgrade), not_an_instance(who));
    }
}

#[test]
fn adopted_proxies_follow_by_rollout_as_others_do() {
    let (mut fixture, code, first) = adopted(UUPS_5);
    let (registry, admin) = (fixture.registry, admin_of(&fixture, "A"));
    let mut proxies = vec![first];
    for _ in 0..5 {
        let proxy = UUPS_5.create(&mut fixture, &code);
        UUPS_5.give(&mut fixture, proxy, admin);
        fixture.accepted(0, &adopt(UUPS_5.kind, proxy));
        proxies.push(proxy);
    }
    let second = compiled(&mut fixture, "UupsBox2");
    fixture.accepted(0, &calls::migrate("A", "2.0", &second, plain("1.0")));
    let found = runs(&fixture, first);
    assert_eq!(found, code.implementation, "not yet");
    // one whose control was lost meanwhile is skipped, the others are upgraded
    let lost = calls::give_to(account(7));
    fixture.give_ether(admin);
    let taken = fixture.send_to(admin, proxies[2], &lost);
    taken.expect("as the admin");
    let rollout = calls::rollout("A", &proxies[..]);
    // nobody upgrades them in the middle of something, which they would not notice: they keep waiting
    let caller = compiled(&mut fixture, "Caller").implementation;
    let through = ICaller::callCall {
        to: registry,
        data: rollout.abi_encode().into(),
    };
    let below = fixture.send_to(account(5), caller, &through);
    let below = below.expect("nothing is done").skipped();
    let reason = Bytes::from(not_direct(caller).abi_encode());
    assert_eq!(below.len(), proxies.len());
    assert!(below.iter().all(|skipped| skipped.reason == reason));
    for proxy in &proxies {
        assert_eq!(runs(&fixture, *proxy), code.implementation);
    }
    let done = fixture
        .send_with_gas(account(5), registry, &rollout, 400_000_000)
        .expect("rolled out");
    assert_eq!(done.returned, 5);
    let skipped = done.skipped();
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].proxy, proxies[2]);
}

#[test]
fn a_transparent_proxy_4_reports_to_the_admin_of_its_definition_alone() {
    let (fixture, first, proxy) = adopted(TRANSPARENT_4);
    let question = ITransparentProxy::implementationCall {};
    let admin = admin_of(&fixture, "A");
    let found = fixture.slot(proxy, slots::ADMIN);
    assert_eq!(found, B256::from(admin.into_word()));
    let answered = answer(&fixture, admin, proxy, &question.abi_encode());
    let word = Bytes::from(first.implementation.into_word().0);
    assert_eq!(answered, Ok(word));
    fixture
        .ask(proxy, &question)
        .expect_err("to users only the box does");
}
