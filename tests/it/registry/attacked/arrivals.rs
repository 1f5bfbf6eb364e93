//! Transfers whose two definitions change between acceptance, approval and execution.

use crate::prelude::*;
use crate::registry::errors::{definition_paused, not_accepted, not_current, stale};

use super::{ATTACKER, VICTIM, acceptance, attackers_registry, transfer};
use crate::registry::fixture::{Fixture, Reverted, account, is, plain, refused};
use crate::registry::kinds::create;

const KINDS: [u8; 2] = [proxy_kind::WASM, proxy_kind::EVM];

/// An instance, a second registry that accepts it at 1.0, and the transfer, which is a day from being executed.
fn matured(kind: u8) -> (Fixture, Address, Address, IRegistry::transferProxyCall) {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let home = fixture.registry;
    let away = attackers_registry(&mut fixture, &code);
    let proxy = create(&mut fixture, kind, &calls::initialize_counter(7));
    let accept = acceptance(&fixture, proxy, home);
    fixture.accepted_by(away, ATTACKER, &accept);
    let delayed = format!("AND({},AFTER(86400))", is(account(VICTIM)));
    fixture.set("migrate", &delayed);
    let go = transfer(&fixture, home, proxy, away);
    fixture.records(VICTIM, &go);
    fixture.wait(86_401);
    (fixture, proxy, away, go)
}

fn execute(fixture: &mut Fixture, go: &IRegistry::transferProxyCall) -> Result<(), Reverted> {
    fixture.send(account(8), go).map(drop)
}

/// Holds: pausing ends no transfer, and the receiver's pause keeps the instance where it is, at once and for good.
#[test]
fn a_stranger_executes_a_matured_transfer_only_as_both_sides_left_it() {
    for kind in KINDS {
        let (mut fixture, proxy, away, go) = matured(kind);
        let pause = calls::pause_first("A", [proxy]);
        fixture.accepted_by(away, ATTACKER, &calls::pause("A"));
        refused(execute(&mut fixture, &go), definition_paused());
        fixture.accepted_by(away, ATTACKER, &calls::resume("A", "1.0"));
        fixture.executes(VICTIM, &pause);
        assert_eq!(fixture.instance(proxy).state, instance_state::PAUSED);
        // its acceptance is replaced: for a nonce that it never had
        let nonce = fixture.nonce(proxy);
        let home = fixture.registry;
        let other = calls::accept_transfer("A", proxy, "1.0", home, u64::from(u32::MAX));
        fixture.accepted_by(away, ATTACKER, &other);
        refused(execute(&mut fixture, &go), stale(u32::MAX.into(), nonce));
        let beyond = calls::accept_transfer("A", proxy, "1.0", home, u64::from(u32::MAX) + 1);
        fixture
            .send_to(account(ATTACKER), away, &beyond)
            .expect_err("no instance has that nonce");
        let accept = acceptance(&fixture, proxy, home);
        fixture.accepted_by(away, ATTACKER, &accept);
        execute(&mut fixture, &go).expect("as it was approved");
        execute(&mut fixture, &go).expect_err("twice");
        fixture.is_no_instance(proxy);
    }
}

/// An acceptance ends with the receiver's next `migrate`: what it has replaced since does not run there, the proxy stays
/// where it was, and nobody accepts it at that version any more.
#[test]
fn what_was_accepted_before_the_receiver_migrated_does_not_arrive() {
    for kind in KINDS {
        let (mut fixture, proxy, away, go) = matured(kind);
        let home = fixture.registry;
        let second = fixture.deploy("counter-v2");
        let order = calls::migrate("A", "2.0", &second, plain("1.0"));
        fixture.accepted_by(away, ATTACKER, &order);
        refused(execute(&mut fixture, &go), not_accepted("A", proxy, home));
        assert_eq!(fixture.instance(proxy).version, "1.0");
        let accept = acceptance(&fixture, proxy, home);
        let again = fixture.send_to(account(ATTACKER), away, &accept);
        refused(again.map(drop), not_current("1.0", "2.0"));
    }
}
