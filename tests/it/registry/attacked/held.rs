//! What was attacked and held.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades_interface::complex::{IComplexMigration, IComplexStep};
use stylus_upgrades_interface::instance::IInstanceRegistry;
use stylus_upgrades_interface::orders::IOrders;

use super::{
    ATTACKER, IImpostor, VICTIM, acceptance, attackers_registry, definition_of, impostor, transfer,
};
use crate::registry::fixture::{
    Fixture, account, complex, framework, initial_step, new_proxy, refused,
};
use crate::registry::kinds::{counters, create};

/// Holds: whom a proxy is transferred to has control in the middle of that; it gets nothing but the proxy.
#[test]
fn a_receiver_that_calls_back_in_the_middle_of_a_transfer_changes_nothing_else() {
    let (mut fixture, code, [wasm, evm]) = counters(7);
    let init = calls::initialize_counter(7);
    let registry = fixture.registry;
    let receiver = impostor(&mut fixture, &code, "1.0");
    // whom it may call for: it decides about a definition of its own
    definition_of(&mut fixture, receiver, "M");
    let order = calls::upgrade_to("1.0");
    let orders = framework().orders.address;
    let passed_on = |call: &Bytes| Bytes::from([evm.into_word().as_slice(), call].concat());
    let receive = calls::receive_transfer(wasm, "A", 0);
    let moved = IInstanceRegistry::moveInstanceCall {
        proxy: wasm,
        version: "1.0".into(),
    };
    let begun = calls::begin_upgrade(registry, "1.0");
    let accept = calls::accept_transfer("M", wasm, "1.0", receiver, 0);
    let create_m = calls::create_proxy("M", "1.0", proxy_kind::EVM, B256::ZERO, data(&init));
    let rollout = calls::rollout("A", [wasm]);
    let pause = |name: &str| data(&calls::pause_first(name, [wasm]));
    let refused_inside = [
        (registry, data(&receive)),
        (registry, data(&moved)),
        (registry, data(&begun)),
        (registry, data(&accept)),
        (registry, data(&create_m)),
        (registry, data(&rollout)),
        (
            registry,
            data(&transfer(&fixture, registry, wasm, receiver)),
        ),
        (registry, pause("A")),
        (registry, pause("M")),
        (wasm, data(&order)),
        (evm, data(&order)),
        // it orders that proxy already, which asks it alone from now on
        (
            orders,
            passed_on(&data(&calls::upgrade_to_and_call("1.0", vec![1]))),
        ),
    ];
    for (to, input) in &refused_inside {
        let plan = IImpostor::planCall {
            to: *to,
            data: input.clone(),
        };
        fixture.accepted_by(receiver, ATTACKER, &plan);
    }
    let gone = transfer(&fixture, registry, evm, receiver);
    fixture.accepted(VICTIM, &gone);
    for n in 0..refused_inside.len() {
        let outcome = IImpostor::outcomesCall { n: U256::from(n) };
        assert_eq!(fixture.ask(receiver, &outcome), Ok(false), "{n}");
    }
    // the other instance is as it was, and the definition continues
    assert_eq!(fixture.slot(wasm, slots::ADMIN), registry.into_word());
    let found = fixture.instance(wasm);
    assert_eq!(
        (found.name.as_str(), found.state),
        ("A", instance_state::LIVE)
    );
    fixture.is_no_instance(evm);
    fixture.pause(VICTIM);
    assert_eq!(fixture.instance(wasm).state, instance_state::PAUSED);
}

/// Holds: an EVM proxy goes from registry to registry, is in a complex step at the third one, and comes home. Who
/// had it before orders nothing.
#[test]
fn who_had_a_proxy_before_orders_nothing_in_a_complex_step_at_its_third_registry() {
    let (mut fixture, code) = Fixture::with_first_version("hostile");
    let program = fixture.deploy("points-cursor");
    let home = fixture.registry;
    let [second, third] = [(); 2].map(|()| attackers_registry(&mut fixture, &code));
    let init = IHostile::initializeCall { actions: vec![] };
    let proxy = create(&mut fixture, proxy_kind::EVM, &init);
    let go = |fixture: &mut Fixture, (from, sender), (to, receiver)| {
        let accept = acceptance(fixture, proxy, from);
        fixture.accepted_by(to, receiver, &accept);
        let go = transfer(fixture, from, proxy, to);
        fixture.send_to(account(sender), from, &go).map(drop)
    };
    let orders = framework().orders.address;
    let orders_of = |fixture: &Fixture| {
        let orders_of = fixture.ask(orders, &IOrders::ordersOfCall { proxy });
        orders_of.expect("it")
    };
    let (first, two, three) = ((home, VICTIM), (second, ATTACKER), (third, ATTACKER));
    for (from, to) in [(first, two), (two, three)] {
        go(&mut fixture, from, to).expect("received");
        assert_eq!(orders_of(&fixture), to.0);
    }

    fixture.registry = third;
    let order = calls::migrate("A", "2.0", &code, complex("1.0", &program, account(7)));
    fixture.migrates(ATTACKER, &order);
    assert_eq!(fixture.instance(proxy).state, instance_state::MIGRATING);
    // in the middle of it: not transferred, not paused, and nobody else's
    let middle = go(&mut fixture, three, first);
    refused(middle, in_progress());
    let handler = account(VICTIM);
    for (registry, who) in [first, two] {
        for nonce in 0..=fixture.nonce_at(registry, proxy) {
            let set = calls::set_handler("A", proxy, handler, nonce);
            let abort = calls::abort_migration("A", proxy, nonce);
            let sent = fixture.send_to(account(who), registry, &set);
            refused(sent, not_an_instance(proxy));
            let sent = fixture.send_to(account(who), registry, &abort);
            refused(sent, not_an_instance(proxy));
        }
    }
    let finish = IComplexStep::finishStepCall { back: false };
    let turn = IComplexMigration::turnBackCall {};
    for order in [data(&finish), data(&turn)] {
        let passed_on = [proxy.into_word().as_slice(), &order].concat();
        for caller in [account(VICTIM), account(ATTACKER), home, second] {
            fixture.give_ether(caller);
            for (to, input) in [(orders, passed_on.clone().into()), (proxy, order.clone())] {
                let sent = fixture.raw(caller, to, input, U256::ZERO, 5_000_000);
                sent.expect_err("a stranger to the step");
            }
        }
    }
    fixture.registry = third;
    let end = IComplexMigration::endMigrationCall {};
    fixture.pause(ATTACKER);
    assert_eq!(fixture.instance(proxy).state, instance_state::MIGRATING);
    fixture.accepted_by(proxy, 7, &end);
    assert_eq!(fixture.instance(proxy).state, instance_state::PAUSED);
    fixture.resume(ATTACKER);
    let found = fixture.instance(proxy);
    assert_eq!(
        (found.version.as_str(), found.state),
        ("2.0", instance_state::LIVE)
    );

    go(&mut fixture, three, first).expect("home");
    fixture.registry = home;
    assert_eq!(fixture.instance(proxy).version, "1.0");
    assert_eq!(orders_of(&fixture), home);
}

/// Holds: what is accepted once more replaces what was accepted before, one definition takes nothing that another one
/// of the same registry accepted, and nothing is left of it when the proxy has come.
#[test]
fn a_proxy_that_was_accepted_twice_arrives_once_where_it_was_sent() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let own = fixture.registry;
    let other = attackers_registry(&mut fixture, &code);
    let creation = new_proxy(proxy_kind::WASM, 0, data(&calls::initialize_counter(1)));
    let proxy = fixture.at(other, |it| it.created(ATTACKER, &creation));
    definition_of(&mut fixture, account(6), "M");
    let add = calls::add_version("M", "1.0", &code, initial_step());
    fixture.accepted(6, &add);
    let accept = acceptance(&fixture, proxy, other);
    let by_other = IRegistry::acceptTransferCall {
        name: "M".into(),
        ..accept.clone()
    };
    fixture.accepted(6, &by_other);
    let elsewhere = IRegistry::acceptTransferCall {
        registry: account(9),
        ..accept.clone()
    };
    fixture
        .send(account(VICTIM), &elsewhere)
        .expect_err("no contract");
    fixture.accepted(VICTIM, &accept);
    fixture.accepted(VICTIM, &accept);
    let go = transfer(&fixture, other, proxy, own);
    fixture.accepted_by(other, ATTACKER, &go);
    let again = fixture.send_to(account(ATTACKER), other, &go);
    again.expect_err("it is gone");
    assert_eq!(fixture.instance(proxy).name, "A");
    let accepted = |name: &str| IRegistry::acceptedTransferCall {
        name: name.into(),
        proxy,
    };
    let left = fixture.view(&accepted("A")).expect("it");
    assert_eq!(left.registry, Address::ZERO);
    // the other definition's acceptance is none of A's, and is renewed by nobody while A has the proxy
    let left = fixture.view(&accepted("M")).expect("it");
    assert_eq!(left.registry, other);
    let again = fixture.send(account(6), &by_other);
    refused(again, IRegistry::ProxyExists { proxy });
    let receive = calls::receive_transfer(proxy, "M", 0);
    let taken = fixture.send(account(6), &receive);
    refused(taken, not_accepted("M", proxy, account(6)));
}
