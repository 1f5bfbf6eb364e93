//! An adopted proxy that stops obeying while it is paused, and goes on to say whose it is.

use crate::prelude::*;

use super::VICTIM;
use crate::registry::adopted::fixture::{KINDS, admin_of, adopt, compiled, created, value};
use crate::registry::errors::definition_paused;
use crate::registry::fixture::{Fixture, set_policy};

alloy::sol! {
    interface IDeaf {
        function turnDeaf() external;
    }
}

/// Who deploys what a test deploys.
const DEPLOYER: usize = 9;

/// Nothing takes it from the stub, nobody gives it away, and as it names the definition's admin as its owner it counts as
/// one that obeys: it is never removed, and the policy of `migrate` never becomes final.
#[test]
fn an_adopted_proxy_that_turned_deaf_in_a_pause_is_removed_and_keeps_no_policy_from_being_final() {
    let (mut fixture, _) = Fixture::with_first_version("counter-v1");
    let proxy = compiled(&mut fixture, "Deaf").implementation;
    let give = calls::give_to(admin_of(&fixture, "A"));
    fixture.accepted_by(proxy, DEPLOYER, &give);
    fixture.executes(VICTIM, &adopt(proxy_kind::UUPS, proxy));
    fixture.pause(VICTIM);
    assert_eq!(fixture.instance(proxy).state, instance_state::PAUSED);
    fixture.accepted_by(proxy, DEPLOYER, &IDeaf::turnDeafCall {});
    fixture.executes(VICTIM, &calls::resume("A", "1.0"));
    assert_eq!(fixture.follow().skipped().len(), 1);

    let remove = calls::remove_instance("A", proxy, fixture.nonce(proxy));
    let removed = fixture.send(super::account(VICTIM), &remove);
    let frozen = fixture.send(super::account(VICTIM), &set_policy("migrate", "NONE"));
    assert!(removed.is_ok(), "{removed:?}, and its policy: {frozen:?}");
    assert!(frozen.is_ok(), "{frozen:?}");
    fixture.is_no_instance(proxy);
}

/// One that obeys is taken from the stub before it is none any more: nobody could do that afterwards. So it is adopted
/// again. While its definition is paused, it stays.
#[test]
fn a_paused_adopted_proxy_that_obeys_runs_its_version_once_it_is_removed() {
    for kind in KINDS {
        let (mut fixture, _, proxy) = created(kind);
        let admin = admin_of(&fixture, "A");
        kind.give(&mut fixture, proxy, admin);
        fixture.executes(VICTIM, &adopt(kind.kind, proxy));
        let held = value(&fixture, proxy);
        fixture.pause(VICTIM);
        let remove = calls::remove_instance("A", proxy, fixture.nonce(proxy));
        fixture.refuses(VICTIM, &remove, definition_paused());
        fixture.executes(VICTIM, &calls::resume("A", "1.0"));
        assert_eq!(fixture.instance(proxy).state, instance_state::PAUSED);
        fixture.executes(VICTIM, &remove);
        fixture.is_no_instance(proxy);
        assert_eq!(value(&fixture, proxy), held);
        fixture.executes(VICTIM, &adopt(kind.kind, proxy));
        assert_eq!(fixture.instance(proxy).state, instance_state::LIVE);
    }
}
