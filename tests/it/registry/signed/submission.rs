//! Who submits signed approvals, whose they are, and what they execute.

use crate::prelude::*;
use crate::registry::errors::not_an_approver;
use stylus_upgrades_interface::registry::Signature;

use super::{
    SUBMITTER, approved, change, domain, key, refuse_signature, signed, submission, submit,
    two_of_three,
};
use crate::registry::fixture::{
    Fixture, Reverted, account, add_version, initial_step, is, new_proxy, refused, set_policy,
};

#[test]
fn each_signer_counts_once_and_nobody_else() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let one = signed(&key(1), &domain, &message);
    let twice = [one.clone(), one.clone()];
    refuse_signature(&mut fixture, &call, &twice, 1, 1);
    let stranger = signed(&key(9), &domain, &message);
    let caller = key(9).address();
    let found = submit(&mut fixture, &call, &[one.clone(), stranger]);
    refused(found, IRegistry::NotAnApprover { caller });
    let found = submit(&mut fixture, &call, &[]);
    refused(found, not_an_approver(SUBMITTER));
    // another's name on a signature
    let forged = Signature {
        signer: key(2).address(),
        data: one.data.clone(),
    };
    refuse_signature(&mut fixture, &call, &[one, forged], 1, 2);
}

#[test]
fn who_submits_does_not_choose_who_proposes() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let keys: Vec<_> = (1..=3).map(|n| is(key(n).address())).collect();
    let all = set_policy("policy", &format!("AND({})", keys.join(",")));
    for n in [1, 2] {
        fixture.send(key(n).address(), &all).expect("sent");
    }
    for (n, order) in [[3, 1], [1, 3]].into_iter().enumerate() {
        let (call, message) = change(&is(account(4 + n)), 1, 0);
        let approvals = order.map(|n| signed(&key(n), &domain, &message));
        let done = submit(&mut fixture, &call, &approvals).expect("approved");
        assert!(!done.returned.executed);
        let proposed = done.events::<IRegistry::Proposed>();
        assert_eq!(proposed[0].proposer, key(1).address());
    }
}

#[test]
fn value_goes_along_only_from_who_alone_satisfies_and_only_where_it_executes() {
    let (mut fixture, code) = Fixture::with_first_version("hostile");
    let [one, two] = [key(1), key(2)].map(|key| key.address());
    let alone = format!("OR({},AND({},{}))", is(account(1)), is(one), is(two));
    fixture.set("create", &alone);
    let init = data(&IHostile::initializeCall { actions: vec![] });
    let call = data(&new_proxy(0, 7, init));
    let approvals = [1, 2].map(|n| approved(&fixture, &key(n), &call, 1));
    let approvals = approvals.to_vec();
    let registry = fixture.registry;
    let value = U256::from(5);
    let whole = submission(call.clone(), u64::MAX, approvals.clone());
    let part = submission(call, u64::MAX, approvals[..1].to_vec());
    // Who pays satisfies this role alone, and so does the signature: the call alone takes no value.
    // The part of the registry that checks value carries this one out itself, so that no other refuses it.
    fixture.set("migrate", &format!("OR({},{})", is(account(0)), is(one)));
    let epoch = fixture.definition().sequence;
    let other = data(&add_version(&code, "1.1", initial_step()));
    let by_one = approved(&fixture, &key(1), &other, epoch);
    let other = submission(other, u64::MAX, vec![by_one]);
    for (who, call) in [(SUBMITTER, &whole), (1, &part), (0, &other)] {
        let sent = fixture.pay(account(who), registry, call, value);
        refused(sent, Proxy::ValueNotAccepted { value });
    }
    fixture.accepted(0, &other);
    let done = fixture.pay(account(1), registry, &whole, value);
    let done = done.expect("created");
    assert!(done.returned.executed);
    let created = done.events::<IRegistry::ProxyCreated>()[0].proxy;
    assert_eq!(fixture.balance(created), value);
}

#[test]
fn who_submits_what_nobody_governs_is_refused() {
    let mut fixture = two_of_three();
    for call in [
        Bytes::new(),
        data(&calls::rollout("A", [])),
        data(&IRegistry::revokeCall { action: B256::ZERO }),
    ] {
        let found = submit(&mut fixture, &call, &[]);
        assert_eq!(found.expect_err("refused"), Reverted(Bytes::new()));
    }
}
