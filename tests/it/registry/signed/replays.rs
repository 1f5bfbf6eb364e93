//! Every way to use a signature for anything but what it was given for.

use crate::prelude::*;
use alloy::sol_types::Eip712Domain;
use stylus_upgrades_interface::limits::ACTION_LIFETIME;
use stylus_upgrades_interface::reasons::invalid_policy;

use super::{
    change, domain, key, policy_of, refused_signature, signed, submit, two_of_three, typed,
};
use crate::registry::fixture::{Fixture, Reverted, account, is, refused, set_policy};
use crate::review::fixture::data;

#[test]
fn a_signature_holds_up_to_its_deadline_and_for_that_deadline() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let latest = stylus_chain::BlockId::latest();
    let now = fixture
        .chain
        .block(latest)
        .expect("a block")
        .header
        .timestamp;
    let (call, mut message) = change("NONE", 0, 0);
    message.deadline = now + 1_000;
    let one = [signed(&key(1), &domain, &message)];
    let found = submit(&mut fixture, &call, now + 2_000, &one);
    refused_signature(found, 0, key(1).address());
    fixture.wait(2_000);
    let action = fixture.view(&IRegistry::actionOfCall { call: call.clone() });
    refused(
        submit(&mut fixture, &call, now + 1_000, &one),
        IRegistry::ActionExpired {
            action: action.expect("an action"),
        },
    );
}

#[test]
fn a_signature_is_not_replayed_in_another_form_of_the_same_call() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change(&is(account(4)), 0, 0);
    let approvals = [1, 2].map(|n| signed(&key(n), &domain, &message));
    submit(&mut fixture, &call, u64::MAX, &approvals).expect("executed");
    // the same fields with other bytes: behind the arguments, and in the padding of the last one
    let longer = [call.as_ref(), &[0; 32]].concat();
    let mut padded = call.to_vec();
    *padded.last_mut().expect("padding") = 1;
    for other in [longer, padded] {
        let found = submit(&mut fixture, &other.into(), u64::MAX, &approvals);
        assert_eq!(found.expect_err("refused"), Reverted(Bytes::new()));
    }
}

#[test]
fn a_signature_is_not_replayed_after_revoke() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let approvals = [1, 2].map(|n| signed(&key(n), &domain, &message));
    let one = &approvals[..1];
    let action = submit(&mut fixture, &call, u64::MAX, one)
        .expect("approved")
        .returned
        .action;
    let revoke = IRegistry::revokeCall { action };
    fixture.send(key(1).address(), &revoke).expect("revoked");
    let found = submit(&mut fixture, &call, u64::MAX, one);
    refused_signature(found, 0, key(1).address());
    let found = submit(&mut fixture, &call, u64::MAX, &approvals);
    refused_signature(found, 0, key(1).address());
    let second = submit(&mut fixture, &call, u64::MAX, &approvals[1..]).expect("approved");
    assert_eq!(second.returned.approvals, 1);
    // a call of his own counts again
    let done = fixture.raw(
        key(1).address(),
        fixture.registry,
        call,
        U256::ZERO,
        30_000_000,
    );
    done.expect("executed");
    assert_eq!(policy_of(&fixture, "audit"), "NONE");
}

#[test]
fn a_signature_is_not_replayed_once_a_role_of_its_own_decides() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let policy = policy_of(&fixture, "migrate");
    let set = |fixture: &mut Fixture, role: &str, expression: &str| {
        let call = set_policy(role, expression);
        let sent = [1, 2].map(|n| fixture.send(key(n).address(), &call));
        sent.into_iter().collect::<Result<Vec<_>, _>>()
    };
    let pause = IRegistry::pauseCall { name: "A".into() };
    fixture.send(key(3).address(), &pause).expect("paused");
    let resume = data(&IRegistry::resumeCall { name: "A".into() });
    let signed_for = |epoch: u64| {
        let message = typed::Resume {
            name: "A".into(),
            epoch,
            round: 0,
            deadline: u64::MAX,
        };
        [1, 2].map(|n| signed(&key(n), &domain, &message))
    };
    // one of them for each sequence at which `migrate` decided in place of `pause`
    let sequence = 5;
    for _ in 0..sequence {
        set(&mut fixture, "audit", &policy).expect("set");
    }
    // set, and changed as often as the sequence counted before
    for _ in 0..=sequence + 1 {
        set(&mut fixture, "pause", &policy).expect("set");
        for epoch in 0..=sequence {
            let found = submit(&mut fixture, &resume, u64::MAX, &signed_for(epoch));
            refused_signature(found, 0, key(1).address());
        }
    }
    // a role that is set stays set: `migrate` never decides in its place again
    let found = set(&mut fixture, "pause", "");
    refused(
        found,
        IRegistry::InvalidPolicy {
            expression: String::new(),
            offset: 0,
            reason: invalid_policy::EMPTY,
        },
    );
    let now = sequence + 1 + sequence + 1;
    let done = submit(&mut fixture, &resume, u64::MAX, &signed_for(now)).expect("resumed");
    assert!(done.returned.executed);
}

#[test]
fn a_signature_is_not_replayed_on_another_registry_chain_or_call() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let other = |domain: Eip712Domain| [signed(&key(1), &domain, &message)];
    let others = [
        Eip712Domain {
            chain_id: Some(U256::from(42_161)),
            ..domain.clone()
        },
        Eip712Domain {
            verifying_contract: Some(account(5)),
            ..domain.clone()
        },
        Eip712Domain {
            name: Some("stylus".into()),
            ..domain.clone()
        },
        Eip712Domain {
            version: Some("2".into()),
            ..domain.clone()
        },
    ];
    for domain in others {
        let found = submit(&mut fixture, &call, u64::MAX, &other(domain));
        refused_signature(found, 0, key(1).address());
    }
    let (_, message) = change(&is(account(6)), 0, 0);
    let one = [signed(&key(1), &domain, &message)];
    let found = submit(&mut fixture, &call, u64::MAX, &one);
    refused_signature(found, 0, key(1).address());
}

#[test]
fn a_signature_is_not_replayed_after_execution() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let audit = is(account(4));
    // a change of another role leaves the epoch of role `policy` as it is
    let (call, message) = change(&audit, 0, 0);
    let approvals = [1, 2].map(|n| signed(&key(n), &domain, &message));
    submit(&mut fixture, &call, u64::MAX, &approvals).expect("executed");
    let found = submit(&mut fixture, &call, u64::MAX, &approvals);
    refused_signature(found, 0, key(1).address());
    let (_, next) = change(&audit, 0, 1);
    let approvals = [1, 2].map(|n| signed(&key(n), &domain, &next));
    submit(&mut fixture, &call, u64::MAX, &approvals).expect("signed anew");
}

#[test]
fn a_signature_is_not_replayed_after_cancel() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let one = [signed(&key(1), &domain, &message)];
    let action = submit(&mut fixture, &call, u64::MAX, &one)
        .expect("approved")
        .returned
        .action;
    let cancel = IRegistry::cancelCall { action };
    fixture.send(key(1).address(), &cancel).expect("cancelled");
    let found = submit(&mut fixture, &call, u64::MAX, &one);
    refused_signature(found, 0, key(1).address());
}

#[test]
fn a_signature_is_not_replayed_after_its_action_has_expired() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let one = [signed(&key(1), &domain, &message)];
    submit(&mut fixture, &call, u64::MAX, &one).expect("approved");
    fixture.wait(ACTION_LIFETIME + 100);
    let found = submit(&mut fixture, &call, u64::MAX, &one);
    refused_signature(found, 0, key(1).address());
}

#[test]
fn a_signature_is_not_replayed_after_a_change_of_the_policy() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let policy = policy_of(&fixture, "policy");
    let same = set_policy("policy", &policy);
    for n in [1, 2] {
        fixture.send(key(n).address(), &same).expect("sent");
    }
    let (call, message) = change("NONE", 0, 0);
    let one = [signed(&key(1), &domain, &message)];
    let found = submit(&mut fixture, &call, u64::MAX, &one);
    refused_signature(found, 0, key(1).address());
    let (_, message) = change("NONE", 1, 0);
    let one = [signed(&key(1), &domain, &message)];
    submit(&mut fixture, &call, u64::MAX, &one).expect("approved");
}
