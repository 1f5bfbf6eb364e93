//! Approvals of arrivals that are kept back until what they were about has changed.

use crate::prelude::*;
use crate::registry::errors::not_accepted;

use super::stopped_late::{CLOSED, HOLE, code};
use super::{ATTACKER, VICTIM, acceptance, attackers_registry, transfer};
use crate::registry::adopted::fixture::{OWNER, UUPS_5, admin_of, adopt, compiled, created};
use crate::registry::fixture::{Fixture, account, initial_step, is, plain};
use crate::registry::kinds::create;

const DAY: u64 = 86_400;
/// Anybody.
const STRANGER: usize = 8;

fn slowly(fixture: &mut Fixture) {
    let delayed = format!("AND({},AFTER({DAY}))", is(account(VICTIM)));
    fixture.set("migrate", &delayed);
}

/// A bank at another registry, with one ether in it; and a definition whose 1.0 pays whoever asks, and whose 2.0, which
/// is registered, does not.
fn bank(kind: u8) -> (Fixture, Address, Address) {
    let mut fixture = Fixture::of_one();
    let [holed, closed] = [&HOLE[..], &CLOSED[..]].map(|bytes| code(&mut fixture, bytes));
    fixture.add("1.0", &holed, initial_step());
    fixture.add("2.0", &closed, plain("1.0"));
    let other = attackers_registry(&mut fixture, &closed);
    let proxy = fixture.at(other, |it| {
        it.created(ATTACKER, &super::new_proxy(kind, 0, Bytes::new()))
    });
    fixture.give_ether(proxy);
    slowly(&mut fixture);
    (fixture, other, proxy)
}

/// An acceptance ends with the receiver's next `migrate`. The approvals of one, which anybody may complete once their delay
/// has passed, have to end with it too: `migrate` to a version that is registered raises no sequence.
#[test]
fn an_acceptance_that_was_approved_before_the_receiver_migrated_is_completed_by_nobody() {
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let (mut fixture, other, proxy) = bank(kind);
        let second = fixture.view(&calls::get_version("A", "2.0"));
        let second = second.expect("registered").code;
        let accept = acceptance(&fixture, proxy, other);
        fixture.records(VICTIM, &accept);
        let order = calls::migrate("A", "2.0", &second, plain("1.0"));
        fixture.records(VICTIM, &order);
        fixture.wait(DAY + 1);
        fixture.executes(STRANGER, &order);
        assert_eq!(fixture.definition().current, "2.0");

        let [held, had] = [proxy, account(STRANGER)].map(|who| fixture.balance(who));
        let accepted = fixture.send(account(STRANGER), &accept);
        let gone = transfer(&fixture, other, proxy, fixture.registry);
        let arrived = fixture.send_to(account(ATTACKER), other, &gone);
        let taken = fixture.send_bytes(STRANGER, proxy, Bytes::new());
        assert_eq!(
            fixture.balance(proxy),
            held,
            "kind {kind}: {:?}, {:?}, {:?}, a stranger had {had} and has {}",
            accepted.is_ok(),
            arrived.is_ok(),
            taken.is_ok(),
            fixture.balance(account(STRANGER))
        );
    }
}

/// Holds: what an acceptance is bound to only rises, so no policy and no activation revives one.
#[test]
fn no_later_policy_and_no_later_activation_revives_an_acceptance() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let home = fixture.registry;
    let away = attackers_registry(&mut fixture, &code);
    let proxy = create(
        &mut fixture,
        proxy_kind::WASM,
        &calls::initialize_counter(7),
    );
    let accept = acceptance(&fixture, proxy, home);
    fixture.accepted_by(away, ATTACKER, &accept);
    let go = transfer(&fixture, home, proxy, away);
    let policies = [
        is(account(ATTACKER)),
        format!("OR({0},{1})", is(account(ATTACKER)), is(account(6))),
    ];
    for n in 0..6 {
        if n % 3 == 0 {
            let again = calls::migrate("A", "1.0", &code, initial_step());
            fixture.accepted_by(away, ATTACKER, &again);
        } else {
            let policy = calls::set_policy("A", "migrate", policies[n % 2].clone());
            fixture.accepted_by(away, ATTACKER, &policy);
        }
        fixture.refuses(VICTIM, &go, not_accepted("A", proxy, home));
        let found = IRegistry::acceptedTransferCall {
            name: "A".into(),
            proxy,
        };
        let found = fixture.ask(away, &found).expect("an answer");
        assert_eq!(found.registry, Address::ZERO);
    }
    fixture.accepted_by(away, ATTACKER, &accept);
    fixture.executes(VICTIM, &go);
}

/// An approval of an adoption names no state of the proxy, as it is no instance yet: it counts for what the proxy is once
/// it was adopted otherwise, was given back to its owner, who did with its data what he liked, and is given once more. Who
/// has approved it takes that back, with what he has signed, or the action is cancelled.
#[test]
fn an_adoption_that_was_approved_before_a_proxy_left_is_completed_unless_it_is_taken_back() {
    for is_taken_back in [false, true] {
        let (mut fixture, code, proxy) = created(UUPS_5);
        let second = compiled(&mut fixture, UUPS_5.codes[1]);
        fixture.add("2.0", &second, plain("1.0"));
        slowly(&mut fixture);
        let admin = admin_of(&fixture, "A");
        UUPS_5.give(&mut fixture, proxy, admin);
        // by mistake at first, then as it is meant
        let mistaken = calls::adopt("A", proxy, UUPS_5.kind, "2.0");
        let action = fixture.records(VICTIM, &mistaken);
        let meant = adopt(UUPS_5.kind, proxy);
        fixture.records(VICTIM, &meant);
        fixture.wait(DAY + 1);
        fixture.executes(STRANGER, &meant);
        assert_eq!(fixture.instance(proxy).version, "1.0");
        // it leaves, as is decided
        let nonce = fixture.nonce(proxy);
        let leave = calls::transfer_proxy("A", proxy, account(OWNER), String::new(), nonce);
        fixture.records(VICTIM, &leave);
        if is_taken_back {
            fixture.accepted(VICTIM, &IRegistry::revokeCall { action });
        }
        fixture.wait(DAY + 1);
        fixture.executes(STRANGER, &leave);
        fixture.is_no_instance(proxy);
        // its owner writes what he likes: by code of his own, then by that of before
        let forging = compiled(&mut fixture, UUPS_5.codes[0]);
        UUPS_5.upgrade_before(&mut fixture, proxy, forging.implementation);
        UUPS_5.upgrade_before(&mut fixture, proxy, code.implementation);
        UUPS_5.give(&mut fixture, proxy, admin);

        let sent = fixture.send(account(OWNER), &mistaken);
        assert_eq!(sent.is_err(), is_taken_back, "{sent:?}");
        if is_taken_back {
            fixture.is_no_instance(proxy);
        }
    }
}
