//! Who pauses and who resumes, and what becomes of approvals meanwhile.

use crate::prelude::*;
use stylus_upgrades_interface::reasons::{blocked_by, definition_state};

use super::counters;
use crate::registry::errors::{definition_paused, not_an_approver};
use crate::registry::fixture::{account, all_of, is, set_policy};
use crate::registry::replay::agrees_with_the_views;

#[test]
fn any_one_of_migrate_pauses_and_the_whole_policy_resumes_unless_pause_is_set() {
    let both = all_of(&[0, 1]);
    let (mut fixture, _) = counters(&both, 1);
    fixture.refuses(2, &calls::pause("A"), not_an_approver(2));
    let done = fixture.pause(1);
    assert_eq!((done.returned.approvals, done.returned.required), (1, 1));
    let one = fixture.accepted(1, &calls::resume("A", "1.0"));
    assert_eq!((one.returned.approvals, one.returned.required), (1, 2));
    assert!(!one.returned.executed);
    assert_eq!(fixture.definition().state, definition_state::PAUSED);
    let seen = fixture.readiness(one.returned.action).blockedBy;
    assert_eq!(seen, blocked_by::APPROVALS);
    let two = fixture.resume(0);
    assert!(two.returned.executed);
    agrees_with_the_views(&fixture, "A");

    fixture.set("pause", &is(account(3)));
    fixture.refuses(0, &calls::pause("A"), not_an_approver(0));
    fixture.pause(3);
    fixture.resume(3);
    agrees_with_the_views(&fixture, "A");
}

#[test]
fn while_it_is_paused_no_policy_becomes_final() {
    let (mut fixture, _) = counters(&is(account(0)), 1);
    let both = all_of(&[0, 1]);
    fixture.set("policy", &both);
    let none = set_policy;
    let opened = fixture.send(account(0), &none("pause", "NONE"));
    assert!(!opened.expect("approved").returned.executed);
    fixture.pause(0);
    for (role, expression) in [
        ("pause", "NONE"),
        ("pause", " NONE "),
        // nobody has set `pause`, so this policy resumes
        ("migrate", "NONE"),
        ("policy", "NONE"),
        ("create", "NONE"),
        ("audit", "NONE"),
    ] {
        fixture.refuses(1, &none(role, expression), definition_paused());
    }
    fixture.resume(0);
    let done = fixture.send(account(1), &none("pause", "NONE"));
    assert!(done.expect("set").returned.executed);
    fixture.refuses(0, &calls::pause("A"), not_an_approver(0));
}

#[test]
fn an_approval_given_under_migrate_does_not_count_for_the_role_pause() {
    let both = all_of(&[0, 1]);
    let (mut fixture, _) = counters(&both, 1);
    fixture.pause(0);
    let resume = calls::resume("A", "1.0");
    let first = fixture.accepted(1, &resume);
    // the epoch of `migrate` is the sequence: the role's own number of changes comes up to it
    let sequence = fixture.definition().sequence;
    let both = all_of(&[3, 1]);
    for _ in 0..=sequence {
        fixture.set("pause", &both);
    }
    let action = fixture.action_of(&resume);
    assert_ne!(action, first.returned.action);
    let done = fixture.accepted(3, &resume);
    assert_eq!(
        (done.returned.approvals, done.returned.executed),
        (1, false)
    );
    assert_eq!(done.returned.action, action);
}
