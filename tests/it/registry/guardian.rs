//! The guardian, role `cancel`: who can end what others decide, and what they cannot.

use crate::prelude::*;
use stylus_upgrades_interface::reasons::invalid_policy;

use super::adopted::fixture::compiled;
use super::errors::{not_an_approver, not_found};
use super::fixture::{Fixture, account, all_of, initial_step, is, new_proxy, plain, refused};
use super::lambdas::{STORED, say};
use super::replay::agrees_with_the_views;

/// The guardian.
const GUARDIAN: usize = 4;
/// Seconds of a day.
const DAY: u64 = 86_400;

fn cancel(action: B256) -> IRegistry::cancelCall {
    IRegistry::cancelCall { action }
}

/// A team of three decides about A after a day, and account 4 guards it. The call is `migrate` to 2.0.
fn team() -> (Fixture, IRegistry::migrateCall) {
    let (mut fixture, first) = Fixture::with_first_version("counter-v1");
    let two = format!(
        "OutOf(2,{},{},{})",
        is(account(1)),
        is(account(2)),
        is(account(3))
    );
    fixture.set("cancel", &is(account(GUARDIAN)));
    fixture.set("create", &two);
    fixture.set("migrate", &format!("AND({two},AFTER({DAY}))"));
    fixture.set("policy", &two);
    (fixture, calls::migrate("A", "2.0", &first, plain("1.0")))
}

#[test]
fn the_guardian_ends_what_is_open_until_it_is_executed() {
    let (mut fixture, order) = team();
    let open = fixture.records(1, &order);
    // nobody else ends it but its proposer
    fixture.refuses(2, &cancel(open), not_an_approver(2));
    fixture.refuses(7, &cancel(open), not_an_approver(7));
    fixture.accepted(GUARDIAN, &cancel(open));
    fixture.refuses(GUARDIAN, &cancel(open), not_found(open));

    // one that is ripe, which its proposer could not take back any more
    let ripe = fixture.records(1, &order);
    assert_ne!(ripe, open, "another round");
    fixture.records(2, &order);
    fixture.wait(DAY);
    fixture.accepted(
        2,
        &new_proxy(0, 1, calls::initialize_counter(1).abi_encode()),
    );
    fixture.accepted(GUARDIAN, &cancel(ripe));
    fixture.refuses(5, &order, not_an_approver(5));
    assert_eq!(fixture.definition().current, "1.0");

    // a third round goes through, if the guardian lets it
    fixture.records(1, &order);
    fixture.records(3, &order);
    fixture.wait(DAY);
    fixture.executes(5, &order);
    assert_eq!(fixture.definition().current, "2.0");
    agrees_with_the_views(&fixture, "A");
}

#[test]
fn the_guardian_ends_no_change_of_policies_and_expires_with_the_action() {
    let (mut fixture, order) = team();
    for role in ["cancel", "migrate", "audit"] {
        let change = calls::set_policy("A", role, is(account(7)));
        let action = fixture.records(1, &change);
        fixture.refuses(GUARDIAN, &cancel(action), not_an_approver(GUARDIAN));
    }
    let action = fixture.records(1, &order);
    fixture.wait(31 * DAY);
    let expired = IRegistry::ActionExpired { action };
    fixture.refuses(GUARDIAN, &cancel(action), expired);
}

#[test]
fn a_guardian_is_who_alone_satisfies_the_role() {
    let (mut fixture, first) = Fixture::with_first_version("counter-v1");
    let order = calls::migrate("A", "2.0", &first, plain("1.0"));
    let lambda = fixture.deploy_evm(&STORED);
    say(&mut fixture, lambda, true);
    let council = all_of(&[4, 6]);
    let helped = format!("AND({},CALL({}))", is(account(4)), is(lambda));
    let late = format!("AND({},AFTER(1))", is(account(4)));
    fixture.set("migrate", &all_of(&[1, 2]));
    let action = fixture.records(1, &order);
    // unset it is nobody
    fixture.refuses(GUARDIAN, &cancel(action), not_an_approver(GUARDIAN));
    for nobody in [council, helped, late, "NONE".into()] {
        let id = fixture.chain.snapshot();
        fixture.set("cancel", &nobody);
        let action = fixture.records(1, &order);
        fixture.refuses(GUARDIAN, &cancel(action), not_an_approver(GUARDIAN));
        assert!(fixture.chain.revert(id));
    }
    // one of two suffices, and an approver may be it
    for somebody in [4, 2] {
        let id = fixture.chain.snapshot();
        let either = format!("OR({},{})", is(account(4)), is(account(2)));
        fixture.set("cancel", &either);
        let action = fixture.records(1, &order);
        fixture.accepted(somebody, &cancel(action));
        assert!(fixture.chain.revert(id));
    }
}

#[test]
fn who_cannot_be_a_guardian() {
    let mut fixture = Fixture::of_one();
    let registry = fixture.registry;
    let refuse = |fixture: &mut Fixture, expression: &str, reason: u8| {
        let call = calls::set_policy("A", "cancel", expression);
        let error = IRegistry::InvalidPolicy {
            expression: expression.into(),
            offset: 0,
            reason,
        };
        refused(fixture.send(account(0), &call), error);
    };
    refuse(&mut fixture, "", invalid_policy::EMPTY);
    refuse(
        &mut fixture,
        &is(registry),
        invalid_policy::FORBIDDEN_ADDRESS,
    );
    let own = is(Address::ZERO);
    refuse(&mut fixture, &own, invalid_policy::FORBIDDEN_ADDRESS);
}

#[test]
fn the_registry_itself_has_a_guardian_for_definitions() {
    let mut fixture = Fixture::new(&all_of(&[1, 2]));
    let guard = calls::set_policy("", "cancel", is(account(GUARDIAN)));
    fixture.records(1, &guard);
    fixture.executes(2, &guard);
    let define = calls::define("B", is(account(7)), is(account(7)), is(account(7)));
    let action = fixture.records(1, &define);
    fixture.accepted(GUARDIAN, &cancel(action));
    // A's guardian is not the registry's
    fixture.records(1, &define);
    fixture.executes(2, &define);
    let mut of_b = compiled(&mut fixture, "Box");
    of_b.layoutHash = B256::ZERO;
    let add = calls::add_version("B", "1.0", &of_b, initial_step());
    fixture.executes(7, &add);
    agrees_with_the_views(&fixture, "B");
}
