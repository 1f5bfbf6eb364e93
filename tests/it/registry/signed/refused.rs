//! An action that is refused before it is approved or proposed.

use super::{action_of, change, domain, key, refuse_signature, signed, submit, two_of_three};
use crate::prelude::*;
use crate::registry::errors::not_approved;
use crate::registry::fixture::{account, refused};

#[test]
fn what_was_signed_and_not_submitted_is_taken_back() {
    let mut fixture = two_of_three();
    let (call, message) = change("NONE", 0, 0);
    let domain = domain(&fixture);
    let [first, second] = [1, 2].map(|n| signed(&key(n), &domain, &message));
    let action = action_of(&fixture, &call);
    let refuse = IRegistry::revokeCall { action };
    let done = fixture.send(key(1).address(), &refuse).expect("refused");
    let [event] = &done.events::<IRegistry::Revoked>()[..] else {
        panic!("one event");
    };
    assert_eq!((event.definition, event.action), (B256::ZERO, action));
    let he = key(1).address();
    refused(fixture.send(he, &refuse), not_approved(he, action));
    let both = [first.clone(), second.clone()];
    refuse_signature(&mut fixture, &call, &both, 0, 1);
    // somebody else's counts, and a call of his own does as well
    let done = submit(&mut fixture, &call, &[second]).expect("one of two");
    assert!(!done.returned.executed);
    refuse_signature(&mut fixture, &call, &[first], 0, 1);
    let registry = fixture.registry;
    let sent = fixture.raw(key(1).address(), registry, call, U256::ZERO, 9_000_000);
    sent.expect("he has changed his mind");
    assert_eq!(super::policy_of(&fixture, "audit"), "NONE");
}

#[test]
fn an_open_action_is_refused_before_it_is_approved() {
    let mut fixture = two_of_three();
    let (call, message) = change("NONE", 0, 0);
    let registry = fixture.registry;
    let sent = |who: Address, fixture: &mut crate::registry::fixture::Fixture| {
        fixture.raw(who, registry, call.clone(), U256::ZERO, 9_000_000)
    };
    sent(key(1).address(), &mut fixture).expect("proposed");
    let action = action_of(&fixture, &call);
    let refuse = IRegistry::revokeCall { action };
    fixture.refuses(9, &refuse, not_approved(account(9), action));
    let done = fixture.send(key(2).address(), &refuse).expect("refused");
    let [event] = &done.events::<IRegistry::Revoked>()[..] else {
        panic!("one event");
    };
    assert_ne!(event.definition, B256::ZERO);
    let he = key(2).address();
    refused(fixture.send(he, &refuse), not_approved(he, action));
    let domain = domain(&fixture);
    let second = signed(&key(2), &domain, &message);
    refuse_signature(&mut fixture, &call, &[second], 0, 2);
    let third = signed(&key(3), &domain, &message);
    let done = submit(&mut fixture, &call, &[third]).expect("two of three");
    assert!(done.returned.executed);
}
