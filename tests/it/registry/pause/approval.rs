//! Who pauses and who resumes, and what becomes of approvals meanwhile.

use crate::prelude::*;
use stylus_upgrades_interface::reasons::{blocked_by, definition_state, invalid_policy};

use super::counters;
use crate::registry::errors::{definition_paused, not_an_approver};
use crate::registry::fixture::{Fixture, account, all_of, is, set_policy};
use crate::registry::replay::agrees_with_the_views;
use crate::registry::signed::{domain, key, signed, submit, typed};

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

/// N3: where `pause` is set, all of `migrate` resume as well; the two never add up.
#[test]
fn pause_or_all_of_migrate_resumes() {
    let (mut fixture, _) = counters(&is(account(0)), 1);
    let [ana, cleo, dan] = [1, 3, 4];
    fixture.set("pause", &all_of(&[ana, dan]));
    fixture.set("migrate", &all_of(&[ana, cleo]));
    let pause = |fixture: &mut Fixture| {
        fixture.accepted(dan, &calls::pause("A"));
        fixture.accepted(ana, &calls::pause("A"))
    };
    let resume = calls::resume("A", "1.0");
    // Dan is silent
    pause(&mut fixture);
    let first = fixture.accepted(ana, &resume);
    let progress = first.returned;
    assert_eq!((progress.approvals, progress.required), (1, 2));
    let open = fixture.readiness(progress.action);
    assert_eq!(open.missing, [account(cleo), account(dan)]);
    assert!(fixture.executes(cleo, &resume).returned.executed);
    assert_eq!(fixture.view(&calls::pending("A")), Ok(vec![]));
    // Cleo is silent
    pause(&mut fixture);
    fixture.accepted(dan, &resume);
    fixture.executes(ana, &resume);
    assert_eq!(fixture.view(&calls::pending("A")), Ok(vec![]));
    // one of each is neither
    pause(&mut fixture);
    fixture.accepted(cleo, &resume);
    let two = fixture.accepted(dan, &resume).returned;
    assert!(!two.executed);
    assert_eq!((two.approvals, two.required), (2, 3));
    // who proposed it, and nobody who only pauses, ends it
    let action = two.action;
    fixture.refuses(dan, &IRegistry::cancelCall { action }, not_an_approver(dan));
    fixture.accepted(cleo, &IRegistry::cancelCall { action });
    agrees_with_the_views(&fixture, "A");
}

/// The same by signatures, which name the sequence.
#[test]
fn all_of_migrate_resumes_by_signatures() {
    let (mut fixture, _) = counters(&is(account(0)), 1);
    let both = |one: u8, other: u8| {
        format!(
            "AND({},{})",
            is(key(one).address()),
            is(key(other).address())
        )
    };
    fixture.set("pause", &format!("OR({},{})", is(account(0)), both(1, 4)));
    fixture.set("migrate", &both(1, 3));
    for by in [[1, 3], [1, 4]] {
        fixture.accepted(0, &calls::pause("A"));
        let call = data(&calls::resume("A", "1.0"));
        let message = typed::Resume {
            name: "A".into(),
            version: "1.0".into(),
            epoch: fixture.definition().sequence,
            round: u32::from(by == [1, 4]),
            deadline: u64::MAX,
            approver: Address::ZERO,
        };
        let domain = domain(&fixture);
        let signatures = by.map(|n| signed(&key(n), &domain, &message));
        let done = submit(&mut fixture, &call, &signatures).expect("two of two");
        assert!(done.returned.executed);
        assert_eq!(fixture.view(&calls::pending("A")), Ok(vec![]));
    }
}

#[test]
fn without_migrate_pause_resumes_and_without_pause_migrate() {
    let (mut fixture, _) = counters(&is(account(0)), 1);
    fixture.set("pause", &is(account(3)));
    let id = fixture.chain.snapshot();
    fixture.set("migrate", "NONE");
    fixture.pause(3);
    let resume = calls::resume("A", "1.0");
    fixture.refuses(0, &resume, not_an_approver(0));
    fixture.resume(3);
    assert!(fixture.chain.revert(id));
    // a pause that can never be repeated is ended by `migrate`
    fixture.set("migrate", &all_of(&[0, 1]));
    fixture.pause(3);
    fixture.accepted(1, &resume);
    fixture.resume(0);
    fixture.set("pause", "NONE");
    fixture.refuses(3, &calls::pause("A"), not_an_approver(3));
}

/// `resume` reads the policies of both roles as one, which keeps the rules of any.
#[test]
fn a_policy_that_is_none_together_with_the_other_is_refused() {
    let (mut fixture, _) = counters(&is(account(0)), 1);
    let many = |from: u64, to: u64| {
        let all: Vec<_> = (from..to)
            .map(|n| is(Address::with_last_byte(n as u8)))
            .collect();
        all.join(",").replace("0x00", "0x77")
    };
    let [thirty, others] = [many(1, 31), many(100, 140)].map(|all| format!("OR({all})"));
    fixture.set("migrate", &format!("OR({},{thirty})", is(account(0))));
    let pause = set_policy("pause", &others);
    let refused = fixture.send(account(0), &pause).expect_err("71 leaves");
    let error = IRegistry::InvalidPolicy::abi_decode(&refused.0).expect("that");
    assert_eq!(error.reason, invalid_policy::TOO_MANY_LEAVES);
    fixture.set("audit", &others);
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
