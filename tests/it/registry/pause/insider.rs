//! One approver of several who pauses again and again: the others resume within minutes, migrate meanwhile, and remove
//! him after one delay.

use crate::prelude::*;
use crate::registry::errors::{in_progress, not_an_approver, not_current};
use stylus_upgrades_interface::reasons::definition_state;
use stylus_upgrades_interface::registry::Signature;

use super::{counters, state, value};
use crate::registry::fixture::{Fixture, account, all_of, is, plain, refused, set_policy, step};
use crate::registry::replay::agrees_with_the_views;
use crate::registry::signed::{domain, key, signed, submit, typed};

const WEEK: u64 = 7 * 86_400;
/// Who pauses whenever he can.
const ROGUE: usize = 2;
/// Anybody.
const STRANGER: usize = 8;

/// Two of these, and a delay of a week.
fn two_of(team: &[Address]) -> String {
    let team: Vec<_> = team.iter().map(|who| is(*who)).collect();
    format!("AND(OutOf(2,{}),AFTER({WEEK}))", team.join(","))
}

/// The team whose roles `migrate` and `policy` those are: two keys, and the rogue. Two counters, which users have.
fn team() -> (Fixture, Vec<Address>, [Address; 3]) {
    let team = [key(1).address(), key(2).address(), account(ROGUE)];
    let (mut fixture, proxies) = counters(&two_of(&team), 2);
    fixture.set("policy", &two_of(&team));
    for member in &team[..2] {
        fixture.give_ether(*member);
    }
    (fixture, proxies, team)
}

/// What the two keys sign to resume at that version, for so many pauses.
fn resumes(fixture: &Fixture, version: &str, rounds: u32) -> Vec<[Signature; 2]> {
    let domain = domain(fixture);
    let epoch = fixture.definition().sequence;
    let signed = |round| {
        let message = typed::Resume {
            name: "A".into(),
            version: version.into(),
            epoch,
            round,
            deadline: u64::MAX,
            approver: Address::ZERO,
        };
        [1, 2].map(|n| signed(&key(n), &domain, &message))
    };
    (0..rounds).map(signed).collect()
}

/// The rogue pauses, and users are out.
fn pauses(fixture: &mut Fixture, proxies: &[Address]) {
    let pause = calls::pause_first("A", proxies);
    assert_eq!(fixture.executes(ROGUE, &pause).skipped(), []);
    for proxy in proxies {
        refused(value(fixture, *proxy), in_progress());
    }
}

#[test]
fn the_others_resume_within_minutes_of_each_pause_with_what_they_have_signed() {
    let (mut fixture, proxies, _) = team();
    let resume = data(&calls::resume("A", "1.0"));
    let prepared = resumes(&fixture, "1.0", 5);
    for signatures in prepared {
        pauses(&mut fixture, &proxies);
        let paused_at = fixture.now();
        fixture.wait(60);
        let done = submit(&mut fixture, &resume, &signatures).expect("resumed");
        assert!(done.returned.executed, "no delay is waited for");
        fixture.follow();
        assert!(fixture.now() - paused_at < 300);
        for (n, proxy) in proxies.iter().enumerate() {
            assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
        }
    }
    agrees_with_the_views(&fixture, "A");
}

#[test]
fn the_others_resume_by_calls_of_their_own_without_a_delay() {
    let (mut fixture, proxies, team) = team();
    let resume = calls::resume("A", "1.0");
    pauses(&mut fixture, &proxies);
    let first = fixture.send(team[0], &resume).expect("approved");
    assert!(!first.returned.executed);
    // one of three resumes nothing, and no stranger completes it
    fixture.refuses(STRANGER, &resume, not_an_approver(STRANGER));
    let second = fixture.send(team[1], &resume).expect("executed");
    assert!(second.returned.executed);
    assert_eq!(fixture.follow().returned, 2);
}

#[test]
fn the_others_migrate_while_he_pauses() {
    let (mut fixture, proxies, team) = team();
    let code = fixture.deploy("counter-v2");
    let by = data(&calls::migrate_counter(5));
    let order = calls::migrate("A", "2.0", &code, step("1.0", 1, by));
    for member in &team[..2] {
        fixture.send(*member, &order).expect("approved");
    }
    pauses(&mut fixture, &proxies);
    fixture.wait(WEEK);
    let done = fixture.executes(STRANGER, &order);
    assert_eq!(done.skipped(), []);
    assert_eq!(fixture.definition().current, "2.0");
    assert_eq!(fixture.definition().state, definition_state::PAUSED);
    let signatures = resumes(&fixture, "2.0", 1);
    let resume = data(&calls::resume("A", "2.0"));
    submit(&mut fixture, &resume, &signatures[0]).expect("resumed");
    assert_eq!(fixture.follow().returned, 2);
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(fixture.instance(*proxy).version, "2.0");
        assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
    }
}

#[test]
fn removing_him_takes_one_delay_whatever_he_pauses_meanwhile() {
    let (mut fixture, proxies, team) = team();
    let removal = ["migrate", "policy"].map(|role| set_policy(role, &two_of(&team[..2])));
    for call in &removal {
        for member in &team[..2] {
            fixture.send(*member, call).expect("approved");
        }
    }
    let begun = fixture.now();
    let resume = data(&calls::resume("A", "1.0"));
    for signatures in resumes(&fixture, "1.0", 3) {
        pauses(&mut fixture, &proxies);
        fixture.wait(60);
        submit(&mut fixture, &resume, &signatures).expect("resumed");
        fixture.follow();
        fixture.wait(86_400);
    }
    // paused once more when the week is over
    fixture.wait(begun + WEEK - fixture.now());
    pauses(&mut fixture, &proxies);
    for call in &removal {
        assert!(fixture.executes(STRANGER, call).returned.executed);
    }
    assert!(fixture.now() - begun < WEEK + 60);
    let signatures = resumes(&fixture, "1.0", 4);
    submit(&mut fixture, &resume, &signatures[3]).expect("resumed");
    fixture.follow();
    let pause = calls::pause_first("A", &proxies[..]);
    fixture.refuses(ROGUE, &pause, not_an_approver(ROGUE));
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
    }
}

#[test]
fn a_resume_that_was_approved_for_the_version_before_resumes_nothing() {
    let (mut fixture, proxies) = counters(&is(account(0)), 2);
    let code = fixture.deploy("counter-v2");
    // registered before, so that no approval ends with the sequence
    fixture.add("2.0", &code, plain("1.0"));
    fixture.set("migrate", &all_of(&[0, 1]));
    fixture.pause(0);
    let resume = calls::resume("A", "1.0");
    let action = fixture.records(0, &resume);
    let order = calls::migrate("A", "2.0", &code, plain("1.0"));
    fixture.records(0, &order);
    fixture.executes(1, &order);
    assert_eq!(fixture.action_of(&resume), action, "it is open still");
    fixture.refuses(1, &resume, not_current("1.0", "2.0"));
    for proxy in &proxies {
        assert_eq!(state(&fixture, *proxy), instance_state::PAUSED);
        refused(value(&fixture, *proxy), in_progress());
    }
    assert_eq!(fixture.follow().returned, 0);
    let resume = calls::resume("A", "2.0");
    fixture.records(0, &resume);
    fixture.executes(1, &resume);
    assert_eq!(fixture.follow().returned, 2);
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(fixture.instance(*proxy).version, "2.0");
        assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
    }
}
