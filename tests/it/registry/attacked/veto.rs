//! One approver of three who answers the others' approvals by cancelling proposals of his own.

use crate::prelude::*;
use stylus_upgrades_interface::reasons::definition_state;
use stylus_upgrades_interface::registry::Signature;

use crate::registry::fixture::{Fixture, account, initial_step, is};
use crate::registry::signed::{domain, key, signed, submit, typed};

const ROGUE: usize = 2;
const WEEK: u64 = 7 * 86_400;

/// Two of these three, and a week: two keys, and the rogue, who has just paused an instance of users.
fn paused() -> (Fixture, [Address; 2], Address) {
    let others = [1, 2].map(|n| key(n).address());
    let [a, b] = others.map(is);
    let policy = format!("AND(OutOf(2,{a},{b},{}),AFTER({WEEK}))", is(account(ROGUE)));
    let mut fixture = Fixture::of_one();
    let code = fixture.deploy("counter-v1");
    fixture.add("1.0", &code, initial_step());
    let init = data(&calls::initialize_counter(7));
    let proxy = fixture.created(0, &super::new_proxy(proxy_kind::EVM, 0, init));
    for other in others {
        fixture.give_ether(other);
    }
    fixture.set("migrate", &policy);
    fixture.executes(ROGUE, &calls::pause_first("A", [proxy]));
    (fixture, others, proxy)
}

/// Both others sign `resume` as it would be proposed now.
fn signatures(fixture: &Fixture, round: u32) -> [Signature; 2] {
    let message = typed::Resume {
        name: "A".into(),
        version: "1.0".into(),
        epoch: fixture.definition().sequence,
        round,
        deadline: u64::MAX,
        approver: Address::ZERO,
    };
    let domain = domain(fixture);
    [1, 2].map(|n| signed(&key(n), &domain, &message))
}

/// He proposes the very call and cancels it: the round rises, and with it ends what the others have signed for it. What
/// they have signed for the rounds after it counts, and one transaction brings both.
#[test]
fn one_approver_who_cancels_does_not_outrun_what_the_others_have_signed_for_some_rounds() {
    let (mut fixture, ..) = paused();
    let resume = calls::resume("A", "1.0");
    let rounds = [0, 1, 2, 3].map(|round| signatures(&fixture, round));
    for signed in &rounds[..3] {
        let action = fixture.records(ROGUE, &resume);
        fixture.accepted(ROGUE, &IRegistry::cancelCall { action });
        let late = submit(&mut fixture, &data(&resume), signed);
        assert!(late.is_err(), "of an earlier round");
    }
    submit(&mut fixture, &data(&resume), &rounds[3]).expect("two of three have signed");
    assert_eq!(fixture.definition().state, definition_state::LIVE);
}

/// He proposes it first, withdraws his approval, and cancels whenever one of the others has approved. `resume` has no other
/// bytes in which they could propose the same. What they bring together he cannot cancel, also where he has proposed it.
#[test]
fn one_approver_cancels_what_comes_one_by_one_and_not_what_comes_together() {
    let (mut fixture, others, _) = paused();
    let resume = calls::resume("A", "1.0");
    for n in 0..3 {
        let action = fixture.records(ROGUE, &resume);
        fixture.accepted(ROGUE, &IRegistry::revokeCall { action });
        fixture.send(others[n % 2], &resume).expect("approved");
        fixture.accepted(ROGUE, &IRegistry::cancelCall { action });
    }
    let action = fixture.records(ROGUE, &resume);
    fixture.accepted(ROGUE, &IRegistry::revokeCall { action });
    let signed = signatures(&fixture, 3);
    submit(&mut fixture, &data(&resume), &signed).expect("two of three have signed");
    assert_eq!(fixture.definition().state, definition_state::LIVE);
}
