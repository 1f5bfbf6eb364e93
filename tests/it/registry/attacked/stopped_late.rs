//! Instances that a pause reaches late, after the migration that the pause was for. The version with the hole was replaced
//! before they were on the stub, and it does not run again by itself.

use crate::prelude::*;

use super::{ATTACKER, VICTIM};
use crate::registry::adopted::fixture::{TRANSPARENT_4, TRANSPARENT_5, admin_of, adopt};
use crate::registry::fixture::{Fixture, initial_step, new_proxy, plain};
use crate::registry::replay::agrees_with_the_views;

/// Pays whoever calls it all that it has.
pub(super) const HOLE: [u8; 8] = [0x5f, 0x5f, 0x5f, 0x5f, 0x47, 0x33, 0x5a, 0xf1];
/// Refuses everything.
pub(super) const CLOSED: [u8; 3] = [0x5f, 0x5f, 0xfd];

/// The code of those bytes.
pub(super) fn code(fixture: &mut Fixture, bytes: &[u8]) -> Code {
    let implementation = fixture.deploy_evm(bytes);
    Code {
        implementation,
        codehash: fixture.code_hash(implementation),
        layoutHash: B256::ZERO,
        sourceHash: B256::ZERO,
    }
}

/// An instance at 1.0, which has a hole, with one ether; and the code that closes it.
fn holed(kind: u8) -> (Fixture, Address, Code) {
    let mut fixture = Fixture::of_one();
    let [hole, closed] = [&HOLE[..], &CLOSED[..]].map(|bytes| code(&mut fixture, bytes));
    fixture.add("1.0", &hole, initial_step());
    let proxy = fixture.created(VICTIM, &new_proxy(kind, 1, Bytes::new()));
    fixture.give_ether(proxy);
    (fixture, proxy, closed)
}

/// The attacker takes what he can.
fn take(fixture: &mut Fixture, proxy: Address) {
    let _ = fixture.send_bytes(ATTACKER, proxy, Bytes::new());
}

/// The pause reaches it after the migration, and the attacker is the first to roll out once that is resumed.
#[track_caller]
fn assert_closed((mut fixture, proxy, closed): (Fixture, Address, Code)) {
    let before = fixture.balance(proxy);
    // the pause does not reach it: a thief who completes it in the middle of a call sees to that, or a Safe sent it
    fixture.executes(VICTIM, &calls::pause("A"));
    let order = calls::migrate("A", "2.0", &closed, plain("1.0"));
    fixture.executes(VICTIM, &order);
    assert_eq!(fixture.follow().returned, 1, "on the stub");
    take(&mut fixture, proxy);
    assert_eq!(fixture.balance(proxy), before, "it is paused");
    fixture.executes(VICTIM, &calls::resume("A", "2.0"));
    fixture.accepted(ATTACKER, &calls::rollout("A", [proxy]));
    take(&mut fixture, proxy);
    assert_eq!(fixture.balance(proxy), before, "1.0 ran once more");
    let found = fixture.instance(proxy);
    assert_eq!(
        (found.version.as_str(), found.state),
        ("2.0", instance_state::LIVE)
    );
    agrees_with_the_views(&fixture, "A");
}

#[test]
fn an_instance_that_is_paused_after_the_migration_leaves_the_stub_for_the_current_version() {
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        assert_closed(holed(kind));
    }
}

#[test]
fn an_adopted_one_that_is_paused_after_the_migration_does_so_too() {
    for kind in [TRANSPARENT_4, TRANSPARENT_5] {
        let mut fixture = Fixture::of_one();
        let [hole, closed] = [&HOLE[..], &CLOSED[..]].map(|bytes| code(&mut fixture, bytes));
        fixture.add("1.0", &hole, initial_step());
        let proxy = kind.create_with(&mut fixture, &hole, vec![1]);
        let admin = admin_of(&fixture, "A");
        kind.give(&mut fixture, proxy, admin);
        fixture.executes(VICTIM, &adopt(kind.kind, proxy));
        fixture.give_ether(proxy);
        assert_closed((fixture, proxy, closed));
    }
}

/// Holds: one that lagged before the pause is where it was after it.
#[test]
fn an_instance_that_lagged_before_a_pause_without_a_migration_runs_what_it_ran() {
    let (mut fixture, proxy, closed) = holed(proxy_kind::WASM);
    fixture.executes(VICTIM, &calls::migrate("A", "2.0", &closed, plain("1.0")));
    fixture.executes(VICTIM, &calls::pause("A"));
    assert_eq!(fixture.follow().returned, 1);
    fixture.executes(VICTIM, &calls::resume("A", "2.0"));
    assert_eq!(fixture.follow().returned, 1);
    assert_eq!(fixture.instance(proxy).version, "1.0");
    assert_eq!(fixture.follow().returned, 1);
    assert_eq!(fixture.instance(proxy).version, "2.0");
}

/// Holds: neither a second pause nor another migration forgets that it has to be upgraded.
#[test]
fn an_instance_that_has_to_be_upgraded_is_upgraded_whatever_is_decided_meanwhile() {
    let (mut fixture, proxy, closed) = holed(proxy_kind::EVM);
    let before = fixture.balance(proxy);
    fixture.pause(VICTIM);
    fixture.executes(VICTIM, &calls::migrate("A", "2.0", &closed, plain("1.0")));
    fixture.executes(VICTIM, &calls::resume("A", "2.0"));
    // paused again before anybody rolled out
    fixture.executes(VICTIM, &calls::pause_first("A", [proxy, proxy]));
    assert_eq!(fixture.follow().returned, 0);
    fixture.executes(VICTIM, &calls::resume("A", "2.0"));
    // and named twice
    let done = fixture
        .rollout([proxy, proxy], 30_000_000)
        .expect("rolled out");
    assert_eq!(done.returned, 1);
    take(&mut fixture, proxy);
    assert_eq!(fixture.balance(proxy), before);
    assert_eq!(fixture.instance(proxy).version, "2.0");
    // nothing counts as stopped any more
    fixture.set("migrate", "NONE");
    agrees_with_the_views(&fixture, "A");
}
