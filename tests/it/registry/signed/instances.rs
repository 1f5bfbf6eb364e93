//! Signatures about one instance: they hold for the state that they name, and for no other instance.

use crate::prelude::*;
use crate::registry::errors::stale;
use stylus_upgrades_interface::complex::IComplexMigration::{NotHandler, endMigrationCall};
use stylus_upgrades_interface::registry::Signature;
use stylus_upgrades_tests::abi::points_v2::IPoints;

use super::{domain, key, refused_signature, signed, submit, typed};
use crate::registry::attacked::attackers_registry;
use crate::registry::fixture::{Fixture, account, complex, initial_step, is, refused};
use crate::registry::kinds::{counters, create};

/// Who supplies the batches of each step.
const HANDLER: usize = 4;

/// Account 0 alone still decides about versions, or two of three keys.
fn let_keys_in(fixture: &mut Fixture) {
    let keys: Vec<_> = (1..=3).map(|n| is(key(n).address())).collect();
    let policy = format!("OR({},OutOf(2,{}))", is(account(0)), keys.join(","));
    fixture.set("migrate", &policy);
}

/// Two keys sign it.
fn by_two(fixture: &Fixture, message: &impl super::Message) -> [Signature; 2] {
    let domain = domain(fixture);
    [1, 2].map(|n| signed(&key(n), &domain, message))
}

/// What they sign so that another account supplies the batches.
fn new_handler(fixture: &Fixture, proxy: Address, handler: usize) -> (Bytes, typed::SetHandler) {
    let nonce = fixture.nonce(proxy);
    let (name, handler) = (String::from("A"), account(handler));
    let call = calls::set_handler(name.clone(), proxy, handler, nonce);
    let message = typed::SetHandler {
        name,
        proxy,
        handler,
        nonce,
        epoch: fixture.definition().sequence,
        round: 0,
        deadline: u64::MAX,
        approver: Address::ZERO,
    };
    (data(&call), message)
}

/// An instance of each kind in a complex step to 2.0, and what starts the step again.
fn in_a_step() -> (Fixture, [Address; 2], IRegistry::migrateCall) {
    let mut fixture = Fixture::of_one();
    let [first, second, program] =
        ["points-v1", "points-v2", "points-cursor"].map(|package| fixture.deploy(package));
    fixture.add("1.0", &first, initial_step());
    let steward = account(0);
    let init = IPoints::initializeCall { steward };
    let proxies = [proxy_kind::WASM, proxy_kind::EVM].map(|kind| create(&mut fixture, kind, &init));
    for proxy in proxies {
        let award = calls::award(vec![account(1), account(2)], 3);
        fixture.accepted_by(proxy, 0, &award);
    }
    let way = complex("1.0", &program, account(HANDLER));
    let order = calls::migrate("A", "2.0", &second, way);
    fixture.migrates(0, &order);
    let_keys_in(&mut fixture);
    for proxy in proxies {
        assert_eq!(fixture.instance(proxy).state, instance_state::MIGRATING);
    }
    (fixture, proxies, order)
}

/// Account 0 has it turned back, and its handler ends that.
fn goes_back(fixture: &mut Fixture, proxy: Address) {
    let abort = calls::abort_migration("A", proxy, fixture.nonce(proxy));
    fixture.executes(0, &abort);
    fixture.accepted_by(proxy, HANDLER, &endMigrationCall {});
    assert_eq!(fixture.instance(proxy).state, instance_state::LIVE);
}

/// Who supplies the batches, and who does not.
#[track_caller]
fn assert_handler(fixture: &mut Fixture, proxy: Address, handler: usize, stranger: usize) {
    let next = calls::migrate_next(20_000_000);
    let (caller, is) = (account(stranger), account(handler));
    let sent = fixture.send_to(caller, proxy, &next);
    refused(
        sent,
        NotHandler {
            caller,
            handler: is,
        },
    );
    fixture.accepted_by(proxy, handler, &next);
}

#[test]
fn a_handler_that_was_signed_for_one_step_is_none_of_a_later_one() {
    let (mut fixture, proxies, order) = in_a_step();
    for proxy in proxies {
        let id = fixture.chain.snapshot();
        let (call, message) = new_handler(&fixture, proxy, 7);
        let kept_back = by_two(&fixture, &message);
        let nonce = fixture.nonce(proxy);
        goes_back(&mut fixture, proxy);
        fixture.migrates(0, &order);
        assert_eq!(fixture.instance(proxy).state, instance_state::MIGRATING);
        let now = fixture.nonce(proxy);
        assert_eq!(now, nonce + 3, "turned back, ended, begun");

        refused(submit(&mut fixture, &call, &kept_back), stale(nonce, now));
        let (of_now, _) = new_handler(&fixture, proxy, 7);
        let found = submit(&mut fixture, &of_now, &kept_back);
        refused_signature(found, 0, key(1).address());
        assert_handler(&mut fixture, proxy, HANDLER, 7);
        assert!(fixture.chain.revert(id));
    }
}

#[test]
fn a_handlers_signatures_that_were_kept_back_do_not_follow_the_next_handler() {
    let (mut fixture, [proxy, _], _) = in_a_step();
    let nonce = fixture.nonce(proxy);
    let (old, message) = new_handler(&fixture, proxy, 7);
    let kept_back = by_two(&fixture, &message);
    let (new, message) = new_handler(&fixture, proxy, 8);
    let signatures = by_two(&fixture, &message);
    let done = submit(&mut fixture, &new, &signatures).expect("both");
    assert_eq!(done.events::<IRegistry::HandlerChanged>().len(), 1);
    refused(
        submit(&mut fixture, &old, &kept_back),
        stale(nonce, nonce + 1),
    );
    assert_handler(&mut fixture, proxy, 8, 7);
}

#[test]
fn a_signature_about_one_instance_is_none_about_another() {
    let (mut fixture, [proxy, other], _) = in_a_step();
    assert_eq!(fixture.nonce(proxy), fixture.nonce(other));
    let (_, message) = new_handler(&fixture, proxy, 7);
    let signatures = by_two(&fixture, &message);
    let (of_other, _) = new_handler(&fixture, other, 7);
    let found = submit(&mut fixture, &of_other, &signatures);
    refused_signature(found, 0, key(1).address());
    assert_handler(&mut fixture, other, HANDLER, 7);
}

/// What two keys sign so that an instance goes to another registry.
fn transfer(
    fixture: &Fixture,
    proxy: Address,
    to: Address,
    nonce: u64,
) -> (Bytes, typed::TransferProxy) {
    let name = String::from("A");
    let call = calls::transfer_proxy(name.clone(), proxy, to, "A", nonce);
    let message = typed::TransferProxy {
        name,
        proxy,
        to,
        definition: "A".into(),
        nonce,
        epoch: fixture.definition().sequence,
        round: 0,
        deadline: u64::MAX,
        approver: Address::ZERO,
    };
    (data(&call), message)
}

#[test]
fn a_transfer_that_was_signed_before_an_instance_left_moves_it_no_more_once_it_is_back() {
    let (mut fixture, code, proxies) = counters(7);
    let_keys_in(&mut fixture);
    let home = fixture.registry;
    let away = attackers_registry(&mut fixture, &code);
    for proxy in proxies {
        fixture.give_ether(proxy);
        let held = fixture.balance(proxy);
        let (call, message) = transfer(&fixture, proxy, away, 0);
        let executed = by_two(&fixture, &message);
        // the very call is executed once below, so that its next round is another
        let message = typed::TransferProxy {
            round: 1,
            ..message
        };
        let kept_back = by_two(&fixture, &message);
        // it leaves by the word of who alone decides, and comes back
        for (from, to, who) in [(home, away, [0, 5]), (away, home, [5, 0])] {
            let nonce = fixture.nonce_at(from, proxy);
            let accept = calls::accept_transfer("A", proxy, "1.0", from, nonce);
            fixture.accepted_by(to, who[1], &accept);
            let go = calls::transfer_proxy("A", proxy, to, "A", nonce);
            fixture.accepted_by(from, who[0], &go);
        }
        let now = fixture.nonce(proxy);
        assert_eq!(now, 2, "it left, and arrived");
        // the other registry expects it once more, with the nonces of then and of now
        for nonce in [0, now] {
            let accept = calls::accept_transfer("A", proxy, "1.0", home, nonce);
            fixture.accepted_by(away, 5, &accept);
            let found = submit(&mut fixture, &call, &executed);
            refused_signature(found, 0, key(1).address());
            refused(submit(&mut fixture, &call, &kept_back), stale(0, now));
            let (of_now, _) = transfer(&fixture, proxy, away, now);
            let found = submit(&mut fixture, &of_now, &kept_back);
            refused_signature(found, 0, key(1).address());
        }
        assert_eq!(fixture.instance(proxy).version, "1.0");
        assert_eq!(fixture.slot(proxy, slots::ADMIN), home.into_word());
        assert_eq!(fixture.balance(proxy), held);
    }
}
