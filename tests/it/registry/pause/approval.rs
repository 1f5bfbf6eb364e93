//! Who pauses and who resumes, and what becomes of approvals meanwhile.

use stylus_upgrades_interface::reasons::{blocked_by, definition_state};
use stylus_upgrades_interface::registry::IRegistry;

use super::{counters, definition_state, pause, paused, resume};
use crate::registry::fixture::{Fixture, account, is, refused, set_policy};
use crate::registry::replay::agrees_with_the_views;
use crate::review::fixture::data;

#[test]
fn any_one_of_migrate_pauses_and_the_whole_policy_resumes_unless_pause_is_set() {
    let both = format!("AND({},{})", is(account(0)), is(account(1)));
    let (mut fixture, _) = counters(&both, 1);
    refused(
        fixture.send(account(2), &pause()),
        IRegistry::NotAnApprover { caller: account(2) },
    );
    let done = fixture.send(account(1), &pause()).expect("paused");
    assert_eq!((done.returned.approvals, done.returned.required), (1, 1));
    let one = fixture.send(account(1), &resume()).expect("approved");
    assert_eq!((one.returned.approvals, one.returned.required), (1, 2));
    assert!(!one.returned.executed);
    assert_eq!(definition_state(&fixture), definition_state::PAUSED);
    let readiness = |fixture: &Fixture, action| {
        let found = fixture.view(&IRegistry::readinessCall { action });
        found.expect("open").blockedBy
    };
    assert_eq!(
        readiness(&fixture, one.returned.action),
        blocked_by::APPROVALS
    );
    let two = fixture.send(account(0), &resume()).expect("resumed");
    assert!(two.returned.executed);
    agrees_with_the_views(&fixture, "A");

    fixture.set("pause", &is(account(3)));
    refused(
        fixture.send(account(0), &pause()),
        IRegistry::NotAnApprover { caller: account(0) },
    );
    fixture.send(account(3), &pause()).expect("paused");
    fixture.send(account(3), &resume()).expect("resumed");
    agrees_with_the_views(&fixture, "A");
}

#[test]
fn while_it_is_paused_no_policy_becomes_final() {
    let (mut fixture, _) = counters(&is(account(0)), 1);
    let both = format!("AND({},{})", is(account(0)), is(account(1)));
    fixture.set("policy", &both);
    let none = set_policy;
    let opened = fixture.send(account(0), &none("pause", "NONE"));
    assert!(!opened.expect("approved").returned.executed);
    fixture.send(account(0), &pause()).expect("paused");
    for (role, expression) in [
        ("pause", "NONE"),
        ("pause", " NONE "),
        // nobody has set `pause`, so this policy resumes
        ("migrate", "NONE"),
    ] {
        refused(fixture.send(account(1), &none(role, expression)), paused());
    }
    fixture.send(account(0), &resume()).expect("resumed");
    let done = fixture.send(account(1), &none("pause", "NONE"));
    assert!(done.expect("set").returned.executed);
    refused(
        fixture.send(account(0), &pause()),
        IRegistry::NotAnApprover { caller: account(0) },
    );
}

#[test]
fn an_approval_given_under_migrate_does_not_count_for_the_role_pause() {
    let both = format!("AND({},{})", is(account(0)), is(account(1)));
    let (mut fixture, _) = counters(&both, 1);
    fixture.send(account(0), &pause()).expect("paused");
    let first = fixture.send(account(1), &resume()).expect("approved");
    // the epoch of `migrate` is the sequence: the role's own number of changes comes up to it
    let sequence = IRegistry::definitionCall { name: "A".into() };
    let sequence = fixture.view(&sequence).expect("it").sequence;
    let both = format!("AND({},{})", is(account(3)), is(account(1)));
    for _ in 0..=sequence {
        fixture.set("pause", &both);
    }
    let action = IRegistry::actionOfCall {
        call: data(&resume()),
    };
    let action = fixture.view(&action).expect("an action");
    assert_ne!(action, first.returned.action);
    let done = fixture.send(account(3), &resume()).expect("approved");
    assert_eq!(
        (done.returned.approvals, done.returned.executed),
        (1, false)
    );
    assert_eq!(done.returned.action, action);
}
