//! A call about an instance that has changed since it was approved: nobody executes it, and what the instance holds stays
//! where it is.

use crate::prelude::*;
use crate::registry::errors::{not_an_approver, not_an_instance, stale};
use stylus_upgrades_interface::complex::IComplexMigration::endMigrationCall;

use super::adopted::fixture::{TRANSPARENT_4, TRANSPARENT_5, UUPS_5};
use super::attacked::attackers_registry;
use super::bank::{CREATED, DAY, STRANGER, TEAM, THIEF, Town, ether};
use super::fixture::{Fixture, account, complex, is};
use super::kinds::counters;

/// The team's calls of role `migrate` wait for a day, and then anybody executes them.
fn slowly(town: &mut Town) {
    let policy = format!("AND({},AFTER({DAY}))", is(account(TEAM)));
    town.fixture.set("migrate", &policy);
}

/// The team approves it, and a day passes.
fn matured<C: SolCall<Return = Progress>>(town: &mut Town, call: &C) {
    let approved = town.govern(call).expect("approved");
    assert!(!approved.returned.executed);
    town.fixture.wait(DAY + 1);
}

/// 2.0 is current, and the bank lags at 1.0.
fn lagging(town: &mut Town, second: &str) {
    let (_, order) = town.second(second);
    slowly(town);
    matured(town, &order);
    town.fixture.executes(STRANGER, &order);
    assert_eq!(
        (town.current(), town.version()),
        ("2.0".into(), "1.0".into())
    );
}

/// G1: the transfer was approved at 1.0. A stranger rolls out, so that the bank is at 2.0, and executes the transfer: the
/// receiver would run 1.0's code on 2.0's data.
#[test]
fn a_transfer_that_was_approved_before_an_upgrade_is_executed_by_nobody() {
    for kind in CREATED {
        let mut town = Town::new(kind);
        lagging(&mut town, "Bank2");
        let (bank, home) = (town.bank, town.fixture.registry);
        let away = attackers_registry(&mut town.fixture, &town.code);
        let accept = calls::accept_transfer("A", bank, "1.0", home, 0);
        town.fixture.accepted_by(away, THIEF, &accept);
        let go = calls::transfer_proxy("A", bank, away, "A", 0);
        matured(&mut town, &go);
        let unchanged = town.fixture.chain.snapshot();
        let balances = |town: &Town| [bank, account(THIEF), away].map(|who| town.holds(who));

        assert_eq!(town.rollout().returned, 1);
        let before = balances(&town);
        town.fixture.refuses(STRANGER, &go, stale(0, 1));
        // once more, as it is now: the receiver has not accepted that
        let again = calls::transfer_proxy("A", bank, away, "A", 1);
        matured(&mut town, &again);
        town.fixture.refuses(STRANGER, &again, stale(0, 1));
        assert_eq!(balances(&town)[0], before[0]);
        assert_eq!(balances(&town)[2], before[2]);
        assert_eq!(town.version(), "2.0");
        assert_eq!(town.fixture.slot(bank, slots::ADMIN), home.into_word());
        town.alice_withdraws();

        // as it was approved, it goes
        assert!(town.fixture.chain.revert(unchanged));
        town.fixture.executes(STRANGER, &go);
        town.fixture.is_no_instance(bank);
        assert_eq!(town.holds(bank), ether(10));
        town.alice_withdraws();
        // and only once
        town.fixture
            .refuses(STRANGER, &go, not_an_approver(STRANGER));
        town.fixture.refuses(TEAM, &go, not_an_instance(bank));
    }
}

/// G1, of proxies that were adopted: their new owner would find them at another version than was agreed on.
#[test]
fn an_adopted_proxy_leaves_only_in_the_state_in_which_that_was_approved() {
    for (kind, [one, two]) in [
        (TRANSPARENT_4, ["Bank1", "Bank2"]),
        (TRANSPARENT_5, ["Bank1", "Bank2"]),
        (UUPS_5, ["UupsBank1", "UupsBank2"]),
    ] {
        let mut town = Town::adopted(kind, one);
        lagging(&mut town, two);
        let bank = town.bank;
        let nonce = town.fixture.nonce(bank);
        let go = calls::transfer_proxy("A", bank, account(THIEF), String::new(), nonce);
        matured(&mut town, &go);
        assert_eq!(town.rollout().returned, 1);
        town.fixture.refuses(STRANGER, &go, stale(nonce, nonce + 1));
        assert_eq!(
            (town.version(), town.holds(bank)),
            ("2.0".into(), ether(10))
        );
        town.alice_withdraws();
    }
}

#[test]
fn a_transfer_that_was_approved_before_a_rollback_is_executed_by_nobody() {
    for kind in CREATED {
        let mut town = Town::new(kind);
        let program = town.fixture.deploy("points-cursor");
        let (code, mut order) = town.second("Bank2");
        order.step = complex("1.0", &program, account(4));
        let (bank, home) = (town.bank, town.fixture.registry);
        let away = attackers_registry(&mut town.fixture, &town.code);
        let accept = calls::accept_transfer("A", bank, "1.0", home, 0);
        town.fixture.accepted_by(away, THIEF, &accept);
        let go = calls::transfer_proxy("A", bank, away, "A", 0);

        town.fixture.migrates(TEAM, &order);
        assert_eq!(town.state(), instance_state::MIGRATING);
        town.fixture.refuses(TEAM, &go, stale(0, 1));
        let abort = calls::abort_migration("A", bank, 1);
        town.fixture.executes(TEAM, &abort);
        town.fixture.refuses(TEAM, &abort, stale(1, 2));
        town.fixture.accepted_by(bank, 4, &endMigrationCall {});
        assert_eq!(
            (town.version(), town.state()),
            ("1.0".into(), instance_state::LIVE)
        );
        town.fixture.refuses(TEAM, &go, stale(0, 3));
        assert_eq!(town.holds(bank), ether(10));
        town.alice_withdraws();
        assert_ne!(code.codehash, town.code.codehash);
    }
}

#[test]
fn a_transfer_is_executed_once_though_the_receiver_expects_it_again() {
    let (mut fixture, code, proxies) = counters(7);
    let home = fixture.registry;
    let away = attackers_registry(&mut fixture, &code);
    for proxy in proxies {
        fixture.give_ether(proxy);
        let held = fixture.balance(proxy);
        let go = |fixture: &mut Fixture, (from, sender), (to, receiver)| {
            let nonce = fixture.nonce_at(from, proxy);
            let accept = calls::accept_transfer("A", proxy, "1.0", from, nonce);
            fixture.accepted_by(to, receiver, &accept);
            let go = calls::transfer_proxy("A", proxy, to, "A", nonce);
            fixture.accepted_by(from, sender, &go);
            go
        };
        let first = go(&mut fixture, (home, 0), (away, 5));
        fixture.refuses(0, &first, not_an_instance(proxy));
        go(&mut fixture, (away, 5), (home, 0));
        // back, with the same calldata: in another state
        let accept = calls::accept_transfer("A", proxy, "1.0", home, 0);
        fixture.accepted_by(away, 5, &accept);
        fixture.refuses(0, &first, stale(0, 2));
        assert_eq!(fixture.instance(proxy).version, "1.0");
        assert_eq!(fixture.balance(proxy), held);
    }
}

#[test]
fn every_call_about_an_instance_names_its_state() {
    let (mut fixture, _, [proxy, _]) = counters(7);
    let away = fixture.another_registry(5);
    for nonce in [1, u64::from(u32::MAX), u64::MAX] {
        let stale = || stale(nonce, 0);
        fixture.refuses(0, &calls::set_handler("A", proxy, away, nonce), stale());
        fixture.refuses(0, &calls::abort_migration("A", proxy, nonce), stale());
        fixture.refuses(0, &calls::remove_instance("A", proxy, nonce), stale());
        let go = calls::transfer_proxy("A", proxy, away, "A", nonce);
        fixture.refuses(0, &go, stale());
    }
    let details = fixture.view(&calls::instance_details(proxy)).expect("it");
    assert_eq!(
        (details.nonce, details.created, details.arrived),
        (0, true, false)
    );
    let details = fixture.view(&calls::instance_details(account(9)));
    let details = details.expect("of every account");
    assert_eq!(
        (details.nonce, details.created, details.arrived),
        (0, false, false)
    );
}
