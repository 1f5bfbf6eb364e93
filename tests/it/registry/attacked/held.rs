//! What was attacked and held.

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use stylus_upgrades_interface::complex::{IComplexMigration, IComplexStep};
use stylus_upgrades_interface::instance::IInstanceRegistry;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::{instance_state, proxy_kind};
use stylus_upgrades_interface::registry::IRegistry;
use stylus_upgrades_interface::slots;
use stylus_upgrades_tests::abi::{ICounter, IHostile};
use stylus_upgrades_tests::calls;

use super::{
    ATTACKER, IImpostor, VICTIM, acceptance, attackers_registry, balance, definition_of, impostor,
    transfer,
};
use crate::registry::adopted::fixture::{OWNER, TRANSPARENT_4, admin_of, adopt, compiled, value};
use crate::registry::fixture::{
    Fixture, account, add_version, complex, initial_step, is, refused, set_policy, step,
};
use crate::registry::kinds::{create, instance, slot};
use crate::review::fixture::{call, data, try_call};

/// Holds: a definition of the registry in a proxy's code cannot take it back, nor cut its relay, by an acceptance
/// from somebody else.
#[test]
fn a_strangers_acceptance_takes_no_proxy_that_a_registry_relays_to_and_cuts_no_relay() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let value = U256::from(7);
    let init = ICounter::initializeCall { value };
    let kinds = [proxy_kind::WASM, proxy_kind::EVM];
    let proxies = kinds.map(|kind| create(&mut fixture, kind, &init));
    let old = fixture.registry;
    let new = attackers_registry(&mut fixture, &code); // an honest one here
    for (kind, proxy) in kinds.into_iter().zip(proxies) {
        fixture.registry = new;
        let accept = acceptance(proxy, kind, old);
        fixture.send(account(ATTACKER), &accept).expect("accepted");
        fixture.registry = old;
        let gone = transfer(proxy, new);
        fixture.send(account(VICTIM), &gone).expect("gone");
    }
    // a stranger has a definition at the old registry, and a contract that says it is a registry
    definition_of(&mut fixture, account(6), "M");
    let add = calls::add_version("M", "1.0", &code, initial_step());
    fixture.send(account(6), &add).expect("added");
    let boss = fixture.deploy("hostile").implementation;
    for (kind, proxy) in kinds.into_iter().zip(proxies) {
        let before = fixture.slots_of(old);
        let accept = IRegistry::acceptTransferCall {
            name: "M".into(),
            ..acceptance(proxy, kind, boss)
        };
        fixture.send(account(6), &accept).expect("accepted");
        let receive = IInstanceRegistry::receiveTransferCall {
            proxy,
            definition: keccak256("M"),
        };
        let take = IHostile::actCall {
            actions: vec![call(old, &receive)],
        };
        let sent = fixture.pay(account(6), boss, &take, U256::ZERO);
        sent.expect_err("it obeys another");
        refused(
            fixture.view(&IRegistry::instanceOfCall { proxy }),
            IRegistry::NotAnInstance { proxy },
        );
        let of = IRegistry::transferOfCall { proxy };
        let relays = fixture.view(&of).expect("it").registry;
        let is_evm = kind == proxy_kind::EVM;
        assert_eq!(relays, if is_evm { new } else { Address::ZERO });
        let withdraw = IRegistry::acceptTransferCall {
            name: "M".into(),
            ..acceptance(proxy, kind, Address::ZERO)
        };
        fixture.send(account(6), &withdraw).expect("withdrawn");
        let after = fixture.slots_of(old);
        let rounds = after.len() - before.len();
        assert!(rounds <= 2, "rounds of two calls, nothing else: {rounds}");
    }
    // and the new one still decides
    fixture.registry = new;
    let pause = IRegistry::pauseCall { name: "A".into() };
    fixture.send(account(ATTACKER), &pause).expect("paused");
    for proxy in proxies {
        let asked = fixture.ask(proxy, &ICounter::valueCall {});
        refused(asked, Proxy::UpgradeInProgress {});
    }
}

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

/// Holds: who relays is the registry that the proxy went to, also from within a static call, and the lists stay
/// whole when the first of several instances leaves.
#[test]
fn the_lists_stay_whole_when_instances_leave_and_come_back() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let ours = fixture.registry;
    let theirs = attackers_registry(&mut fixture, &code);
    let mut proxies = Vec::new();
    for salt in 1..=5u8 {
        let creation = calls::create_proxy(
            "A",
            "1.0",
            salt % 2,
            B256::repeat_byte(salt),
            data(&ICounter::initializeCall {
                value: U256::from(salt),
            }),
        );
        let made = fixture.send(account(VICTIM), &creation).expect("created");
        proxies.push((salt % 2, made.returned.proxy));
    }
    let go = |fixture: &mut Fixture, (kind, proxy): (u8, Address), from, to, sender, receiver| {
        fixture.registry = to;
        let accept = acceptance(proxy, kind, from);
        fixture.send(account(receiver), &accept).expect("accepted");
        fixture.registry = from;
        let gone = transfer(proxy, to);
        fixture.send(account(sender), &gone).expect("gone");
        fixture.registry = ours;
    };
    for one in [proxies[0], proxies[2], proxies[4]] {
        go(&mut fixture, one, ours, theirs, VICTIM, ATTACKER);
    }
    let listed = |fixture: &Fixture| {
        let list = IRegistry::instancesCall {
            name: "A".into(),
            start: 0,
            count: 99,
        };
        let mut listed = fixture.view(&list).expect("a list");
        listed.sort();
        listed
    };
    let mut stayed = vec![proxies[1].1, proxies[3].1];
    stayed.sort();
    assert_eq!(listed(&fixture), stayed);
    let pause = IRegistry::pauseCall { name: "A".into() };
    let resume = IRegistry::resumeCall { name: "A".into() };
    let paused = fixture.send(account(VICTIM), &pause).expect("paused");
    assert_eq!(paused.events::<IRegistry::InstancePaused>().len(), 2);
    fixture.send(account(VICTIM), &resume).expect("resumed");
    for one in [proxies[4], proxies[0], proxies[2]] {
        go(&mut fixture, one, theirs, ours, ATTACKER, VICTIM);
    }
    let mut all: Vec<_> = proxies.iter().map(|(_, proxy)| *proxy).collect();
    all.sort();
    assert_eq!(listed(&fixture), all);
    fixture.send(account(VICTIM), &pause).expect("paused");
    let rollout = calls::rollout("A", 9);
    let rest = fixture.send(account(8), &rollout).expect("the rest");
    assert_eq!((rest.returned.upgraded, rest.returned.left), (1, 0));
    for (_, proxy) in proxies {
        assert_eq!(instance(&fixture, proxy).state, instance_state::PAUSED);
    }
}

/// Holds: value goes through the registry and a relay to the proxy, or back; no registry keeps any.
#[test]
fn value_of_an_upgrade_reaches_the_proxy_or_comes_back() {
    let mut fixture = Fixture::of_one();
    let code = fixture.deploy("hostile");
    fixture.add("1.0", &code, initial_step());
    let ours = fixture.registry;
    let theirs = attackers_registry(&mut fixture, &code);
    let init = IHostile::initializeCall { actions: vec![] };
    let proxy = create(&mut fixture, proxy_kind::EVM, &init);
    fixture.registry = theirs;
    let accept = acceptance(proxy, proxy_kind::EVM, ours);
    fixture.send(account(ATTACKER), &accept).expect("accepted");
    fixture.registry = ours;
    let gone = transfer(proxy, theirs);
    fixture.send(account(VICTIM), &gone).expect("gone");
    fixture.registry = theirs;
    let next = add_version(&code, "2.0", step("1.0", 0, Bytes::new()));
    fixture.send(account(ATTACKER), &next).expect("added");
    let value = U256::from(5);
    let upgrade = |actions: Option<_>| {
        calls::upgrade_instance(
            proxy,
            "2.0",
            actions.map_or_else(Bytes::new, |actions| data(&IHostile::actCall { actions })),
        )
    };
    let holds = |fixture: &Fixture| [ours, theirs, proxy].map(|who| balance(fixture, who));
    refused(
        fixture.pay(account(ATTACKER), theirs, &upgrade(None), value),
        Proxy::ValueNotAccepted { value },
    );
    assert_eq!(holds(&fixture), [U256::ZERO; 3]);
    // who is no approver, with value
    let sent = fixture.pay(account(VICTIM), theirs, &upgrade(Some(vec![])), value);
    sent.expect_err("a stranger");
    assert_eq!(holds(&fixture), [U256::ZERO; 3]);
    // in the middle of it the code calls both registries and the proxy
    let relayed = IInstanceRegistry::relayCall {
        proxy,
        order: data(&Proxy::upgradeToCall {
            version: "1.0".into(),
        }),
    };
    let ended = IInstanceRegistry::endUpgradeCall {
        version: "1.0".into(),
    };
    let pause = IRegistry::pauseCall { name: "A".into() };
    let tries = vec![
        try_call(ours, &relayed),
        try_call(theirs, &relayed),
        try_call(theirs, &ended),
        try_call(theirs, &pause),
        try_call(proxy, &upgrade(None)),
    ];
    let done = fixture.pay(account(ATTACKER), theirs, &upgrade(Some(tries)), value);
    let done = done.expect("upgraded");
    assert_eq!(done.events::<IRegistry::InstanceUpgraded>().len(), 1);
    assert!(done.events::<IRegistry::Paused>().is_empty());
    assert_eq!(holds(&fixture), [U256::ZERO, U256::ZERO, value]);
    assert_eq!(instance(&fixture, proxy).version, "2.0");
}

/// Holds: a stranger who refuses actions, proposed or not, stops nobody and takes no approver's place.
#[test]
fn a_stranger_who_revokes_stops_nobody() {
    let mut fixture = Fixture::of_one();
    let both = format!("AND({},{})", is(account(1)), is(account(2)));
    fixture.set("pause", &both);
    let pause = IRegistry::pauseCall { name: "A".into() };
    let query = IRegistry::actionOfCall { call: data(&pause) };
    let action = fixture.view(&query).expect("an action");
    let revoke = IRegistry::revokeCall { action };
    let before = fixture.slots_of(fixture.registry).len();
    for stranger in 5..9 {
        fixture.send(account(stranger), &revoke).expect("noted");
        refused(
            fixture.send(account(stranger), &revoke),
            IRegistry::NotApproved {
                approver: account(stranger),
                action,
            },
        );
    }
    // an approver refuses first, and approves by a call all the same
    fixture.send(account(1), &revoke).expect("refused");
    assert_eq!(fixture.slots_of(fixture.registry).len(), before + 5);
    assert!(
        !fixture
            .send(account(1), &pause)
            .expect("approved")
            .returned
            .executed
    );
    refused(
        fixture.send(account(9), &revoke),
        IRegistry::NotApproved {
            approver: account(9),
            action,
        },
    );
    assert!(
        fixture
            .send(account(2), &pause)
            .expect("approved")
            .returned
            .executed
    );
}

/// Holds: an order through a relay moves nothing in the middle of a call either.
#[test]
fn a_proxy_of_another_registry_does_not_move_in_the_middle_of_its_call() {
    let mut fixture = Fixture::of_one();
    let code = fixture.deploy("hostile");
    let boss = fixture.deploy("hostile").implementation;
    fixture.add("1.0", &code, initial_step());
    let ours = fixture.registry;
    let theirs = attackers_registry(&mut fixture, &code);
    let init = IHostile::initializeCall { actions: vec![] };
    let kinds = [proxy_kind::WASM, proxy_kind::EVM];
    let proxies = kinds.map(|kind| create(&mut fixture, kind, &init));
    for (kind, proxy) in kinds.into_iter().zip(proxies) {
        fixture.registry = theirs;
        let accept = acceptance(proxy, kind, ours);
        fixture.send(account(ATTACKER), &accept).expect("accepted");
        fixture.registry = ours;
        let gone = transfer(proxy, theirs);
        fixture.send(account(VICTIM), &gone).expect("gone");
    }
    // back home it is expected, and a contract decides over there
    for (kind, proxy) in kinds.into_iter().zip(proxies) {
        let accept = acceptance(proxy, kind, theirs);
        fixture.send(account(VICTIM), &accept).expect("accepted");
    }
    fixture.registry = theirs;
    let next = add_version(&code, "2.0", step("1.0", 0, Bytes::new()));
    fixture.send(account(ATTACKER), &next).expect("added");
    let policy = set_policy("migrate", &is(boss));
    fixture.send(account(ATTACKER), &policy).expect("set");
    for (n, proxy) in proxies.into_iter().enumerate() {
        let upgrade = calls::upgrade_instance(proxy, "2.0", Bytes::new());
        let pause = IRegistry::pauseCall { name: "A".into() };
        let through = |actions| IHostile::actCall { actions };
        let inner = vec![
            try_call(theirs, &upgrade),
            try_call(theirs, &transfer(proxy, ours)),
            call(theirs, &pause),
        ];
        let outer = through(vec![call(boss, &through(inner))]);
        let done = fixture.pay(account(8), proxy, &outer, U256::ZERO);
        let done = done.expect("the definition is paused");
        assert!(done.events::<IRegistry::InstanceUpgraded>().is_empty());
        assert!(done.events::<IRegistry::InstanceTransferred>().is_empty());
        let skipped = done.events::<IRegistry::InstanceSkipped>();
        assert_eq!(skipped.len(), 1, "{n}");
        assert_eq!(skipped[0].proxy, proxy);
        assert_eq!(instance(&fixture, proxy).state, instance_state::LIVE);
        let resume = IRegistry::resumeCall { name: "A".into() };
        let resume = through(vec![call(theirs, &resume)]);
        let resumed = fixture.pay(account(8), boss, &resume, U256::ZERO);
        resumed.expect("resumed");
    }
}

/// Holds: a transparent proxy 4.x that was adopted as UUPS is paused and upgraded, and got back where it cannot be
/// given away.
#[test]
fn a_proxy_that_was_adopted_as_another_kind_is_not_lost() {
    let mut fixture = Fixture::of_one();
    let code = compiled(&mut fixture, "Box");
    fixture.add("1.0", &code, initial_step());
    let proxy = TRANSPARENT_4.create(&mut fixture, &code);
    let admin = admin_of(&fixture, "A");
    TRANSPARENT_4.give(&mut fixture, proxy, admin);
    let taken = fixture.send(account(VICTIM), &adopt(proxy_kind::UUPS, proxy));
    eprintln!("as UUPS: {:?}", taken.as_ref().map(|done| done.gas));
    let held = || U256::from(7);
    if taken.is_ok() {
        let name = || String::from("A");
        let pause = IRegistry::pauseCall { name: name() };
        fixture.send(account(VICTIM), &pause).expect("paused");
        value(&fixture, proxy).expect_err("paused");
        let resume = IRegistry::resumeCall { name: name() };
        fixture.send(account(VICTIM), &resume).expect("resumed");
        assert_eq!(value(&fixture, proxy), Ok(held()));
        let away = calls::transfer_proxy(name(), proxy, account(OWNER), String::new());
        let gone = fixture.send(account(VICTIM), &away);
        eprintln!("given away: {:?}", gone.as_ref().map(|done| done.gas));
        if gone.is_err() {
            let remove = IRegistry::removeInstanceCall {
                name: name(),
                proxy,
            };
            fixture.send(account(VICTIM), &remove).expect("removed");
            let again = adopt(proxy_kind::TRANSPARENT_4, proxy);
            fixture
                .send(account(VICTIM), &again)
                .expect("as what it is");
            fixture.send(account(VICTIM), &away).expect("given away");
        }
    }
    assert_eq!(value(&fixture, proxy), Ok(held()));
}

/// Holds: a stranger who has an instance upgraded first, in the same transaction in which he executes a pause whose
/// delay is over, keeps it running for that transaction only, and the event says so.
#[test]
fn who_moves_an_instance_before_he_executes_a_pause_only_puts_it_off() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let boss = fixture.deploy("hostile").implementation;
    let registry = fixture.registry;
    let init = ICounter::initializeCall {
        value: U256::from(7),
    };
    let proxy = create(&mut fixture, proxy_kind::WASM, &init);
    let delayed = format!("AND({},AFTER(100))", is(account(1)));
    fixture.set("pause", &delayed);
    let name = || String::from("A");
    let pause = IRegistry::pauseCall { name: name() };
    let approved = fixture.send(account(1), &pause).expect("approved");
    assert!(!approved.returned.executed);
    // the instance lags: five are too many to be upgraded at once
    for salt in 1..=4 {
        let creation = calls::create_proxy(
            name(),
            "1.0",
            proxy_kind::EVM,
            B256::repeat_byte(salt),
            data(&init),
        );
        fixture.send(account(VICTIM), &creation).expect("created");
    }
    let order = calls::migrate(name(), "2.0", &code, step("1.0", 0, Bytes::new()));
    fixture.send(account(VICTIM), &order).expect("current");
    fixture.wait(101);
    let rollout = calls::rollout(name(), 1);
    let both = IHostile::actCall {
        actions: vec![call(registry, &rollout), call(registry, &pause)],
    };
    let done = fixture.pay(account(8), boss, &both, U256::ZERO);
    let done = done.expect("paused");
    assert_eq!(done.events::<IRegistry::Paused>().len(), 1);
    let upgraded = done.events::<IRegistry::InstanceUpgraded>();
    assert_eq!(upgraded[0].proxy, proxy);
    assert_eq!(instance(&fixture, proxy).state, instance_state::LIVE);
    let left = calls::rollout(name(), 9);
    let rest = fixture.send(account(8), &left).expect("anybody may");
    assert_eq!(rest.returned.left, 0);
    assert_eq!(instance(&fixture, proxy).state, instance_state::PAUSED);
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
