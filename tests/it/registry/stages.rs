//! A way that is longer than a path may be: `rollout` goes it in stages, and an instance waits on the stub between them.

use crate::prelude::*;
use stylus_upgrades_interface::limits::PATH_MAX;

use super::adopted::fixture::{KINDS, admin_of, adopt, created};
use super::errors::{in_progress, no_path};
use super::fixture::{Fixture, all_of, framework, initial_step, new_proxy, plain, refused, step};
use super::kinds::create;
use super::replay::agrees_with_the_views;

fn label(n: usize) -> String {
    format!("{n}.0")
}

/// Versions up to that one, each reached from the one before; the last is current.
fn go_to(fixture: &mut Fixture, code: &Code, last: usize) {
    for n in 2..=last {
        let add = calls::migrate("A", label(n), code, plain(&label(n - 1)));
        fixture.executes(0, &add);
    }
}

fn runs(fixture: &Fixture, proxy: Address) -> Address {
    Address::from_word(fixture.slot(proxy, slots::IMPLEMENTATION))
}

#[test]
fn an_instance_at_the_first_of_forty_versions_goes_in_two_stages() {
    let (mut fixture, first) = Fixture::with_first_version("counter-v1");
    let init = calls::initialize_counter(7);
    let proxies = [proxy_kind::WASM, proxy_kind::EVM].map(|kind| create(&mut fixture, kind, &init));
    go_to(&mut fixture, &first, 40);
    // two of three decide from here on: nobody upgrades an instance alone
    fixture.set("migrate", &all_of(&[1, 2]));
    let done = fixture.follow();
    assert_eq!((done.returned, done.skipped()), (2, vec![]));
    let there = label(1 + PATH_MAX);
    for proxy in proxies {
        let instance = fixture.instance(proxy);
        assert_eq!(
            (instance.version, instance.state),
            (there.clone(), instance_state::PAUSED)
        );
        assert_eq!(runs(&fixture, proxy), framework().stub.address);
        refused(fixture.ask(proxy, &ICounter::valueCall {}), in_progress());
    }
    agrees_with_the_views(&fixture, "A");
    let done = fixture.follow();
    assert_eq!((done.returned, done.skipped()), (2, vec![]));
    for proxy in proxies {
        let instance = fixture.instance(proxy);
        assert_eq!(
            (instance.version, instance.state),
            (label(40), instance_state::LIVE)
        );
        assert_eq!(
            fixture.ask(proxy, &ICounter::valueCall {}),
            Ok(U256::from(7))
        );
    }
    agrees_with_the_views(&fixture, "A");
    assert_eq!(fixture.follow().returned, 0);
}

#[test]
fn a_migration_at_the_end_of_a_stage_runs_before_the_stub() {
    let mut fixture = Fixture::of_one();
    let [first, second] = ["counter-v1", "counter-v2"].map(|package| fixture.deploy(package));
    // 31 versions before 1.0, whose migration to 2.0 is the 32nd step
    let mut last = String::from("0.1");
    fixture.add(&last, &first, initial_step());
    let create = IRegistry::createProxyCall {
        version: last.clone(),
        ..new_proxy(proxy_kind::WASM, 1, Bytes::new())
    };
    let proxy = fixture.created(0, &create);
    let labels = (2..PATH_MAX).map(|n| format!("0.{n}"));
    for label in labels.chain([String::from("1.0")]) {
        let order = calls::migrate("A", label.clone(), &first, plain(&last));
        fixture.executes(0, &order);
        last = label;
    }
    let migrate = calls::migrate_counter(5).abi_encode().into();
    for (label, way) in [("2.0", step("1.0", 1, migrate)), ("3.0", plain("2.0"))] {
        fixture.executes(0, &calls::migrate("A", label, &second, way));
    }
    let done = fixture.follow();
    assert_eq!(done.returned, 1, "{:?}", done.skipped());
    assert_eq!(fixture.instance(proxy).version, "2.0");
    assert_eq!(runs(&fixture, proxy), framework().stub.address);
    let migrated = fixture.slot(proxy, slots::migrated("2.0"));
    assert_eq!(migrated, slots::SET);
    fixture.follow();
    assert_eq!(fixture.instance(proxy).version, "3.0");
    assert_eq!(runs(&fixture, proxy), second.implementation);
    agrees_with_the_views(&fixture, "A");
}

#[test]
fn who_decides_alone_goes_in_stages_through_the_registry() {
    let (mut fixture, first) = Fixture::with_first_version("counter-v1");
    let proxy = create(
        &mut fixture,
        proxy_kind::WASM,
        &calls::initialize_counter(7),
    );
    go_to(&mut fixture, &first, 40);
    let direct = calls::upgrade_to(label(40));
    fixture.refuses_at(proxy, 0, &direct, no_path("1.0", "40.0"));
    let upgrade = calls::upgrade_instance(proxy, label(40), Bytes::new());
    fixture.accepted(0, &upgrade);
    assert_eq!(fixture.instance(proxy).version, label(1 + PATH_MAX));
    fixture.accepted(0, &upgrade);
    assert_eq!(fixture.instance(proxy).version, label(40));
    // calldata belongs to the end of the way, which is not in the first stage
    let late = create(&mut fixture, proxy_kind::EVM, &calls::initialize_counter(7));
    let with_data = calls::upgrade_instance(late, label(40), data(&ICounter::valueCall {}));
    fixture.refuses(0, &with_data, in_progress());
    assert_eq!(fixture.instance(late).version, "1.0");
    agrees_with_the_views(&fixture, "A");
}

#[test]
fn adopted_proxies_go_in_stages_too() {
    for kind in KINDS {
        let (mut fixture, code, proxy) = created(kind);
        let admin = admin_of(&fixture, "A");
        kind.give(&mut fixture, proxy, admin);
        fixture.executes(0, &adopt(kind.kind, proxy));
        go_to(&mut fixture, &code, 34);
        let done = fixture.follow();
        assert_eq!(done.returned, 1, "{kind:?}: {:?}", done.skipped());
        assert_eq!(fixture.instance(proxy).version, label(1 + PATH_MAX));
        assert_eq!(fixture.instance(proxy).state, instance_state::PAUSED);
        fixture.follow();
        assert_eq!(fixture.instance(proxy).version, label(34));
        assert_eq!(
            super::adopted::fixture::value(&fixture, proxy),
            Ok(U256::from(7))
        );
        agrees_with_the_views(&fixture, "A");
    }
}
