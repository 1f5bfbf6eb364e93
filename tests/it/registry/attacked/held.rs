//! What was attacked and held.

use crate::prelude::*;
use stylus_upgrades_interface::complex::{IComplexMigration, IComplexStep};
use stylus_upgrades_interface::instance::IInstanceRegistry;

use super::{
    ATTACKER, IImpostor, VICTIM, acceptance, attackers_registry, definition_of, impostor, transfer,
};
use crate::registry::fixture::{Fixture, account, add_version, complex, initial_step, refused};
use crate::registry::kinds::{create, instance, slot};
use crate::review::fixture::data;

/// Holds: whom a proxy is transferred to has control in the middle of that; it gets nothing but the proxy.
#[test]
fn a_receiver_that_calls_back_in_the_middle_of_a_transfer_changes_nothing_else() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let value = U256::from(7);
    let init = ICounter::initializeCall { value };
    let kinds = [proxy_kind::WASM, proxy_kind::EVM];
    let [wasm, evm] = kinds.map(|kind| create(&mut fixture, kind, &init));
    let registry = fixture.registry;
    let receiver = impostor(&mut fixture, &code, "1.0");
    // whom it may call for: it decides about a definition of its own
    definition_of(&mut fixture, receiver, "M");
    let name = || String::from("A");
    let order = Proxy::upgradeToCall {
        version: "1.0".into(),
    };
    let relayed = |proxy| IInstanceRegistry::relayCall {
        proxy,
        order: data(&order),
    };
    let receive = IInstanceRegistry::receiveTransferCall {
        proxy: wasm,
        definition: keccak256("A"),
    };
    let moved = IInstanceRegistry::moveInstanceCall {
        proxy: wasm,
        version: "1.0".into(),
    };
    let begun = IInstanceRegistry::beginUpgradeCall {
        caller: registry,
        version: "1.0".into(),
    };
    let accept = IRegistry::acceptTransferCall {
        name: "M".into(),
        ..acceptance(wasm, proxy_kind::WASM, receiver)
    };
    let create_m = calls::create_proxy("M", "1.0", proxy_kind::EVM, B256::ZERO, data(&init));
    let rollout = calls::rollout(name(), 9);
    let refused_inside = [
        (registry, data(&relayed(wasm))),
        (registry, data(&receive)),
        (registry, data(&moved)),
        (registry, data(&begun)),
        (registry, data(&accept)),
        (registry, data(&create_m)),
        (registry, data(&rollout)),
        (registry, data(&transfer(wasm, receiver))),
        (registry, data(&IRegistry::pauseCall { name: name() })),
        (registry, data(&IRegistry::pauseCall { name: "M".into() })),
        (wasm, data(&order)),
        (evm, data(&order)),
    ];
    for (to, input) in &refused_inside {
        let plan = IImpostor::planCall {
            to: *to,
            data: input.clone(),
        };
        let planned = fixture.pay(account(ATTACKER), receiver, &plan, U256::ZERO);
        planned.expect("planned");
    }
    let gone = transfer(evm, receiver);
    fixture.send(account(VICTIM), &gone).expect("gone");
    for n in 0..refused_inside.len() {
        let outcome = IImpostor::outcomesCall { n: U256::from(n) };
        assert_eq!(fixture.ask(receiver, &outcome), Ok(false), "{n}");
    }
    // the other instance is as it was, and the definition goes on
    assert_eq!(slot(&fixture, wasm, slots::ADMIN), registry.into_word());
    let found = instance(&fixture, wasm);
    assert_eq!(
        (found.name.as_str(), found.state),
        ("A", instance_state::LIVE)
    );
    refused(
        fixture.view(&IRegistry::instanceOfCall { proxy: evm }),
        IRegistry::NotAnInstance { proxy: evm },
    );
    let pause = IRegistry::pauseCall { name: name() };
    fixture.send(account(VICTIM), &pause).expect("paused");
    assert_eq!(instance(&fixture, wasm).state, instance_state::PAUSED);
}

/// Holds: an EVM proxy goes from registry to registry, is in a complex step at the third one, and comes home. Whoever
/// had it before orders nothing, and no registry relays for anybody in the end.
#[test]
fn who_had_a_proxy_before_orders_nothing_in_a_complex_step_at_its_third_registry() {
    let mut fixture = Fixture::of_one();
    let code = fixture.deploy("hostile");
    let program = fixture.deploy("points-cursor");
    fixture.add("1.0", &code, initial_step());
    let home = fixture.registry;
    let [second, third] = [(); 2].map(|()| attackers_registry(&mut fixture, &code));
    let init = IHostile::initializeCall { actions: vec![] };
    let proxy = create(&mut fixture, proxy_kind::EVM, &init);
    let go = |fixture: &mut Fixture, (from, sender), (to, receiver)| {
        fixture.registry = to;
        let accept = acceptance(proxy, proxy_kind::EVM, from);
        let accepted = fixture.send(account(receiver), &accept);
        accepted.expect("accepted");
        fixture.registry = from;
        let sent = fixture.send(account(sender), &transfer(proxy, to));
        fixture.registry = home;
        sent.map(drop)
    };
    let (first, two, three) = ((home, VICTIM), (second, ATTACKER), (third, ATTACKER));
    go(&mut fixture, first, two).expect("to the second");
    go(&mut fixture, two, three).expect("to the third");
    let relays = |fixture: &Fixture, at| {
        let of = fixture.ask(at, &IRegistry::transferOfCall { proxy });
        let of = of.expect("it");
        (of.relay, of.registry)
    };
    assert_eq!(relays(&fixture, home), (Address::ZERO, third));
    assert_eq!(relays(&fixture, second), (Address::ZERO, Address::ZERO));
    assert_eq!(relays(&fixture, third), (home, Address::ZERO));

    fixture.registry = third;
    let order = calls::migrate("A", "2.0", &code, complex("1.0", &program, account(7)));
    fixture.send(account(ATTACKER), &order).expect("started");
    assert_eq!(instance(&fixture, proxy).state, instance_state::MIGRATING);
    // in the middle of it: not transferred, not paused, and nobody else's
    let middle = go(&mut fixture, three, first);
    refused(middle, Proxy::UpgradeInProgress {});
    let name = || String::from("A");
    let handler = account(VICTIM);
    let set = calls::set_handler(name(), proxy, handler);
    let abort = calls::abort_migration(name(), proxy);
    for (registry, who) in [first, two] {
        let not_an_instance = || IRegistry::NotAnInstance { proxy };
        let sent = fixture.pay(account(who), registry, &set, U256::ZERO);
        refused(sent, not_an_instance());
        let sent = fixture.pay(account(who), registry, &abort, U256::ZERO);
        refused(sent, not_an_instance());
    }
    let finish = IComplexStep::finishStepCall { back: false };
    let turn = IComplexMigration::turnBackCall {};
    for order in [data(&finish), data(&turn)] {
        let relay = IInstanceRegistry::relayCall {
            proxy,
            order: order.clone(),
        };
        for (registry, who) in [first, two, three] {
            let sent = fixture.pay(account(who), registry, &relay, U256::ZERO);
            let caller = account(who);
            refused(sent, IRegistry::NotAnInstance { proxy: caller });
            let direct = fixture.raw(caller, proxy, order.clone(), U256::ZERO, 5_000_000);
            direct.expect_err("a stranger to the step");
        }
    }
    fixture.registry = third;
    let pause = IRegistry::pauseCall { name: name() };
    let resume = IRegistry::resumeCall { name: name() };
    let end = IComplexMigration::endMigrationCall {};
    fixture.send(account(ATTACKER), &pause).expect("paused");
    let ended = fixture.pay(account(7), proxy, &end, U256::ZERO);
    refused(ended, IRegistry::DefinitionPaused { name: name() });
    fixture.send(account(ATTACKER), &resume).expect("resumed");
    let ended = fixture.pay(account(7), proxy, &end, U256::ZERO);
    ended.expect("nothing is left to do");
    assert_eq!(instance(&fixture, proxy).version, "2.0");

    go(&mut fixture, three, first).expect("home");
    assert_eq!(instance(&fixture, proxy).version, "1.0");
    for at in [home, second, third] {
        assert_eq!(relays(&fixture, at), (Address::ZERO, Address::ZERO));
    }
}

/// Holds: what is accepted once more replaces what was accepted before, one definition takes nothing that another one
/// of the same registry accepted, and nothing is left of it when the proxy has come.
#[test]
fn a_proxy_that_was_accepted_twice_arrives_once_where_it_was_sent() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let ours = fixture.registry;
    let theirs = attackers_registry(&mut fixture, &code);
    fixture.registry = theirs;
    let creation = calls::create_proxy(
        "A",
        "1.0",
        proxy_kind::WASM,
        B256::ZERO,
        data(&ICounter::initializeCall {
            value: U256::from(1),
        }),
    );
    let made = fixture.send(account(ATTACKER), &creation).expect("created");
    let proxy = made.returned.proxy;
    fixture.registry = ours;
    definition_of(&mut fixture, account(6), "M");
    let add = IRegistry::addVersionCall {
        name: "M".into(),
        ..add_version(&code, "1.0", initial_step())
    };
    fixture.send(account(6), &add).expect("added");
    let accept = acceptance(proxy, proxy_kind::WASM, theirs);
    let by_other = IRegistry::acceptTransferCall {
        name: "M".into(),
        ..accept.clone()
    };
    fixture.send(account(6), &by_other).expect("accepted");
    let elsewhere = IRegistry::acceptTransferCall {
        registry: account(9),
        ..accept.clone()
    };
    fixture
        .send(account(VICTIM), &elsewhere)
        .expect_err("no contract");
    fixture.send(account(VICTIM), &accept).expect("accepted");
    fixture.send(account(VICTIM), &accept).expect("once more");
    fixture.registry = theirs;
    let go = transfer(proxy, ours);
    fixture.send(account(ATTACKER), &go).expect("gone");
    fixture
        .send(account(ATTACKER), &go)
        .expect_err("it is gone");
    fixture.registry = ours;
    assert_eq!(instance(&fixture, proxy).name, "A");
    let accepted = |name: &str| IRegistry::acceptedTransferCall {
        name: name.into(),
        proxy,
    };
    let left = fixture.view(&accepted("A")).expect("it");
    assert_eq!(left.registry, Address::ZERO);
    // the other definition's acceptance is none of A's, and is renewed by nobody while A has the proxy
    let left = fixture.view(&accepted("M")).expect("it");
    assert_eq!(left.registry, theirs);
    let again = fixture.send(account(6), &by_other);
    refused(again, IRegistry::ProxyExists { proxy });
    let receive = IInstanceRegistry::receiveTransferCall {
        proxy,
        definition: keccak256("M"),
    };
    let taken = fixture.send(account(6), &receive);
    refused(
        taken,
        IRegistry::TransferNotAccepted {
            definition: keccak256("M"),
            proxy,
            registry: account(6),
        },
    );
}
