//! An action that is refused before it is approved or proposed.

use super::{change, domain, key, refused_signature, signed, submit, two_of_three};
use crate::prelude::*;
use crate::registry::fixture::{account, refused};

#[test]
fn what_was_signed_and_not_submitted_is_taken_back() {
    let mut fixture = two_of_three();
    let (call, message) = change("NONE", 0, 0);
    let domain = domain(&fixture);
    let [first, second] = [1, 2].map(|n| signed(&key(n), &domain, &message));
    let query = IRegistry::actionOfCall { call: call.clone() };
    let action = fixture.view(&query).expect("an action");
    let refuse = IRegistry::revokeCall { action };
    let done = fixture.send(key(1).address(), &refuse).expect("refused");
    let [event] = &done.events::<IRegistry::Revoked>()[..] else {
        panic!("one event");
    };
    assert_eq!((event.definition, event.action), (B256::ZERO, action));
    refused(
        fixture.send(key(1).address(), &refuse),
        IRegistry::NotApproved {
            approver: key(1).address(),
            action,
        },
    );
    let both = [first.clone(), second.clone()];
    let found = submit(&mut fixture, &call, u64::MAX, &both);
    refused_signature(found, 0, key(1).address());
    // somebody else's counts, and a call of his own does as well
    let done = submit(&mut fixture, &call, u64::MAX, &[second]).expect("one of two");
    assert!(!done.returned.executed);
    let found = submit(&mut fixture, &call, u64::MAX, &[first]);
    refused_signature(found, 0, key(1).address());
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
    let query = IRegistry::actionOfCall { call: call.clone() };
    let action = fixture.view(&query).expect("an action");
    let refuse = IRegistry::revokeCall { action };
    refused(
        fixture.send(account(9), &refuse),
        IRegistry::NotApproved {
            approver: account(9),
            action,
        },
    );
    let done = fixture.send(key(2).address(), &refuse).expect("refused");
    let [event] = &done.events::<IRegistry::Revoked>()[..] else {
        panic!("one event");
    };
    assert_ne!(event.definition, B256::ZERO);
    refused(
        fixture.send(key(2).address(), &refuse),
        IRegistry::NotApproved {
            approver: key(2).address(),
            action,
        },
    );
    let domain = domain(&fixture);
    let second = signed(&key(2), &domain, &message);
    let found = submit(&mut fixture, &call, u64::MAX, &[second]);
    refused_signature(found, 0, key(2).address());
    let third = signed(&key(3), &domain, &message);
    let done = submit(&mut fixture, &call, u64::MAX, &[third]).expect("two of three");
    assert!(done.returned.executed);
}
