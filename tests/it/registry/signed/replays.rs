//! Every way to use a signature for anything but what it was given for.

use crate::prelude::*;
use crate::registry::errors::bad_policy;
use alloy::sol_types::Eip712Domain;
use stylus_upgrades_interface::limits::ACTION_LIFETIME;
use stylus_upgrades_interface::reasons::invalid_policy;

use super::{
    action_of, change, domain, key, policy_of, refuse_signature, refused_signature, signed, submit,
    submit_until, two_of_three, typed,
};
use crate::registry::errors::not_supported;
use crate::registry::fixture::{Fixture, account, is, refused, set_policy};

#[test]
fn a_signature_holds_up_to_its_deadline_and_for_that_deadline() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let now = fixture.now();
    let (call, mut message) = change("NONE", 0, 0);
    message.deadline = now + 1_000;
    let one = [signed(&key(1), &domain, &message)];
    let found = submit_until(&mut fixture, &call, now + 2_000, &one);
    refused_signature(found, 0, key(1).address());
    fixture.wait(2_000);
    let late = submit_until(&mut fixture, &call, now + 1_000, &one);
    let action = action_of(&fixture, &call);
    refused(late, IRegistry::ActionExpired { action });
}

#[test]
fn a_signature_is_not_replayed_in_another_form_of_the_same_call() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change(&is(account(4)), 0, 0);
    let approvals = [1, 2].map(|n| signed(&key(n), &domain, &message));
    submit(&mut fixture, &call, &approvals).expect("executed");
    // the same fields with other bytes: after the arguments, and in the padding of the last one
    let longer = [call.as_ref(), &[0; 32]].concat();
    let mut padded = call.to_vec();
    *padded.last_mut().expect("padding") = 1;
    for other in [longer, padded] {
        let found = submit(&mut fixture, &other.into(), &approvals);
        refused(found, not_supported("calldata encoding"));
    }
}

#[test]
fn a_signature_is_not_replayed_after_revoke() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let approvals = [1, 2].map(|n| signed(&key(n), &domain, &message));
    let one = &approvals[..1];
    let done = submit(&mut fixture, &call, one).expect("approved");
    let action = done.returned.action;
    let revoke = IRegistry::revokeCall { action };
    fixture.send(key(1).address(), &revoke).expect("revoked");
    refuse_signature(&mut fixture, &call, one, 0, 1);
    refuse_signature(&mut fixture, &call, &approvals, 0, 1);
    let second = submit(&mut fixture, &call, &approvals[1..]).expect("approved");
    assert_eq!(second.returned.approvals, 1);
    // a call of his own counts again
    let (he, registry) = (key(1).address(), fixture.registry);
    let done = fixture.raw(he, registry, call, U256::ZERO, 30_000_000);
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
    let pause = calls::pause("A");
    fixture.send(key(3).address(), &pause).expect("paused");
    let resume = data(&calls::resume("A", ""));
    let signed_for = |epoch: u64| {
        let message = typed::Resume {
            name: "A".into(),
            version: String::new(), // none is current
            epoch,
            round: 0,
            deadline: u64::MAX,
            approver: Address::ZERO,
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
            refuse_signature(&mut fixture, &resume, &signed_for(epoch), 0, 1);
        }
    }
    // a role that is set stays set: `migrate` never decides in its place again
    let found = set(&mut fixture, "pause", "");
    refused(found, bad_policy("", 0, invalid_policy::EMPTY));
    let now = sequence + 1 + sequence + 1;
    let done = submit(&mut fixture, &resume, &signed_for(now)).expect("resumed");
    assert!(done.returned.executed);
}

#[test]
fn a_signature_is_not_replayed_on_another_registry_chain_or_call() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let other = |domain: Eip712Domain| [signed(&key(1), &domain, &message)];
    let mut others = [(); 4].map(|()| domain.clone());
    others[0].chain_id = Some(U256::from(42_161));
    others[1].verifying_contract = Some(account(5));
    others[2].name = Some("stylus".into());
    others[3].version = Some("2".into());
    for domain in others {
        refuse_signature(&mut fixture, &call, &other(domain), 0, 1);
    }
    let (_, message) = change(&is(account(6)), 0, 0);
    let one = [signed(&key(1), &domain, &message)];
    refuse_signature(&mut fixture, &call, &one, 0, 1);
}

#[test]
fn a_signature_is_not_replayed_after_execution() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let audit = is(account(4));
    // a change of another role leaves the epoch of role `policy` as it is
    let (call, message) = change(&audit, 0, 0);
    let approvals = [1, 2].map(|n| signed(&key(n), &domain, &message));
    submit(&mut fixture, &call, &approvals).expect("executed");
    refuse_signature(&mut fixture, &call, &approvals, 0, 1);
    let (_, next) = change(&audit, 0, 1);
    let approvals = [1, 2].map(|n| signed(&key(n), &domain, &next));
    submit(&mut fixture, &call, &approvals).expect("signed again");
}

#[test]
fn a_signature_is_not_replayed_after_cancel() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let one = [signed(&key(1), &domain, &message)];
    let done = submit(&mut fixture, &call, &one).expect("approved");
    let action = done.returned.action;
    let cancel = IRegistry::cancelCall { action };
    fixture.send(key(1).address(), &cancel).expect("cancelled");
    refuse_signature(&mut fixture, &call, &one, 0, 1);
}

#[test]
fn a_signature_is_not_replayed_after_its_action_has_expired() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let one = [signed(&key(1), &domain, &message)];
    submit(&mut fixture, &call, &one).expect("approved");
    fixture.wait(ACTION_LIFETIME + 100);
    refuse_signature(&mut fixture, &call, &one, 0, 1);
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
    refuse_signature(&mut fixture, &call, &one, 0, 1);
    let (_, message) = change("NONE", 1, 0);
    let one = [signed(&key(1), &domain, &message)];
    submit(&mut fixture, &call, &one).expect("approved");
}
