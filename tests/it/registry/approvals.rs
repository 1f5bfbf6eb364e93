//! Several approvers approve one call: approvals are recorded, completed, withdrawn, and expire.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades_interface::limits::{ACTION_LIFETIME, OPEN_ACTIONS_MAX};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::ValueNotAccepted;
use stylus_upgrades_interface::reasons::blocked_by;

use super::fixture::{Done, Fixture, account, all_of, initial_step, is, refused};

const STRANGER: usize = 5;

fn both() -> String {
    all_of(&[0, 1])
}

/// A call that has an effect without any code: a policy for a role of one's own.
fn call(role: &str) -> IRegistry::setPolicyCall {
    calls::set_policy("A", role, is(account(7)))
}

fn pending(fixture: &Fixture) -> Vec<B256> {
    fixture.view(&calls::pending("A")).expect("a page")
}

/// The action is not open, or no longer.
#[track_caller]
fn is_closed(fixture: &Fixture, action: B256) {
    let found = fixture.view(&IRegistry::readinessCall { action });
    refused(found, not_found(action));
}

fn action_of(fixture: &Fixture, role: &str) -> B256 {
    fixture.action_of(&call(role))
}

#[test]
fn the_first_approver_records_and_the_last_executes() {
    let mut fixture = Fixture::of(&both());
    let expected = action_of(&fixture, "audit");
    let first = fixture.accepted(0, &call("audit"));
    let action = first.returned.action;
    assert_eq!(action, expected);
    assert_eq!(
        first.returned,
        Progress {
            action,
            approvals: 1,
            required: 2,
            executed: false
        }
    );
    assert_eq!(pending(&fixture), [action]);
    let open = fixture.readiness(action);
    assert_eq!(
        (open.approved, open.missing),
        (vec![account(0)], vec![account(1)])
    );
    assert_eq!((open.blockedBy, open.notBefore), (blocked_by::APPROVALS, 0));

    let second = fixture.accepted(1, &call("audit"));
    assert_eq!(
        second.returned,
        Progress {
            action,
            approvals: 2,
            required: 2,
            executed: true
        }
    );
    assert!(pending(&fixture).is_empty());
    is_closed(&fixture, action);
    let policy = fixture.view(&calls::policy("A", "audit"));
    assert_eq!(policy, Ok(is(account(7))));
}

#[test]
fn events_stand_in_the_documented_order() {
    let mut fixture = Fixture::of(&both());
    let first = fixture.accepted(0, &call("audit"));
    let names = |done: &Done<Progress>| -> Vec<B256> {
        let logs = done.logs.iter();
        logs.map(|log| log.topics()[0]).collect()
    };
    let [proposed, approved, changed, executed] = [
        IRegistry::Proposed::SIGNATURE_HASH,
        IRegistry::Approved::SIGNATURE_HASH,
        IRegistry::PolicyChanged::SIGNATURE_HASH,
        IRegistry::Executed::SIGNATURE_HASH,
    ];
    assert_eq!(names(&first), [proposed, approved]);
    let event = &first.events::<IRegistry::Proposed>()[0];
    assert_eq!(event.definition, keccak256("A"));
    assert_eq!(event.call.as_ref(), call("audit").abi_encode());
    let second = fixture.accepted(1, &call("audit"));
    assert_eq!(names(&second), [approved, changed, executed]);
    assert_eq!(second.events::<IRegistry::Executed>()[0].sequence, 1);
}

#[test]
fn an_action_is_the_hash_that_the_design_says() {
    let fixture = Fixture::of(&both());
    let preimage = (
        U256::from(fixture.chain.chain_id()),
        fixture.registry,
        Bytes::from(call("audit").abi_encode()),
        0u64,
        0u32,
    );
    let found = action_of(&fixture, "audit");
    assert_eq!(found, keccak256(preimage.abi_encode_params()));
}

#[test]
fn a_stranger_and_a_second_approval_are_refused() {
    let mut fixture = Fixture::of(&both());
    fixture.refuses(STRANGER, &call("audit"), not_an_approver(STRANGER));
    let action = fixture.records(0, &call("audit"));
    fixture.refuses(0, &call("audit"), approved_already(0, action));
    fixture.refuses(STRANGER, &call("audit"), not_an_approver(STRANGER));
}

#[test]
fn who_alone_suffices_executes_at_once_and_can_do_it_again() {
    let mut fixture = Fixture::of(&is(account(0)));
    let first = fixture.accepted(0, &call("audit")).returned;
    let second = fixture.accepted(0, &call("audit")).returned;
    assert!(first.executed && second.executed);
    assert_ne!(
        first.action, second.action,
        "each execution has an action of its own"
    );
}

#[test]
fn an_approval_is_withdrawn_by_its_owner() {
    let mut fixture = Fixture::of(&both());
    let action = fixture.records(0, &call("audit"));
    let error = not_approved(account(STRANGER), action);
    fixture.refuses(STRANGER, &IRegistry::revokeCall { action }, error);
    fixture.accepted(0, &IRegistry::revokeCall { action });
    assert_eq!(fixture.readiness(action).approved, Vec::<Address>::new());
    fixture.records(1, &call("audit"));
    fixture.executes(0, &call("audit"));
}

#[test]
fn an_action_is_cancelled_by_its_proposer_or_by_who_alone_satisfies_its_role() {
    let mut fixture = Fixture::of(&both());
    let action = fixture.records(0, &call("audit"));
    let cancel = IRegistry::cancelCall { action };
    fixture.refuses(1, &cancel, not_an_approver(1));
    let done = fixture.accepted(0, &cancel);
    assert_eq!(done.events::<IRegistry::Cancelled>().len(), 1);
    fixture.refuses(0, &cancel, not_found(action));
    assert!(pending(&fixture).is_empty());
    let again = fixture.accepted(1, &call("audit")).returned;
    assert_ne!(again.action, action, "old approvals do not count again");
    assert_eq!(again.approvals, 1);
}

#[test]
fn a_proposers_cancel_ends_once_the_others_satisfy_the_policy_without_him() {
    let team = [0, 1, 2].map(|n| is(account(n))).join(",");
    for policy in [
        format!("AND(OutOf(2,{team}),AFTER(1000))"),
        format!(
            "OR(AND(OutOf(2,{team}),AFTER(1000)),AND({}))",
            is(account(3))
        ),
    ] {
        let mut fixture = Fixture::of(&policy);
        // one of three is the first, or copies the first
        let open = |fixture: &mut Fixture| {
            let action = fixture.records(2, &call("audit"));
            fixture.records(0, &call("audit"));
            (action, IRegistry::cancelCall { action })
        };
        let (_, cancel) = open(&mut fixture);
        let done = fixture.accepted(2, &cancel);
        assert_eq!(done.events::<IRegistry::Cancelled>().len(), 1);

        let (action, cancel) = open(&mut fixture);
        fixture.accepted(1, &call("audit"));
        fixture.refuses(2, &cancel, not_an_approver(2));
        fixture.accepted(2, &IRegistry::revokeCall { action });
        fixture.refuses(2, &cancel, not_an_approver(2));
        fixture.wait(1_000);
        let done = fixture.accepted(5, &call("audit"));
        assert!(done.returned.executed, "{policy}");
    }
}

#[test]
fn who_alone_satisfies_the_role_cancels_what_others_have_agreed_on() {
    let [boss, a, b] = [0, 1, 2].map(|n| is(account(n)));
    let mut fixture = Fixture::of(&format!("OR({boss},AND({a},{b},AFTER(1000)))"));
    let action = fixture.accepted(1, &call("audit")).returned;
    fixture.accepted(2, &call("audit"));
    let cancel = IRegistry::cancelCall {
        action: action.action,
    };
    fixture.accepted(0, &cancel);
    assert!(pending(&fixture).is_empty());
}

#[test]
fn an_action_expires_after_thirty_days() {
    let mut fixture = Fixture::of(&both());
    let action = fixture.records(0, &call("audit"));
    fixture.wait(ACTION_LIFETIME + 1);
    assert_eq!(fixture.readiness(action).blockedBy, blocked_by::EXPIRED);
    assert!(pending(&fixture).is_empty());
    let error = IRegistry::ActionExpired { action };
    fixture.refuses(0, &IRegistry::revokeCall { action }, error);
    let error = IRegistry::ActionExpired { action };
    fixture.refuses(0, &IRegistry::cancelCall { action }, error);
    assert_ne!(action_of(&fixture, "audit"), action);
    let later = fixture.accepted(1, &call("audit")).returned;
    assert!(!later.executed, "the first approval is void");
    is_closed(&fixture, action);
}

#[test]
fn a_policy_change_ends_what_its_role_had_gathered() {
    let mut fixture = Fixture::of(&both());
    let action = fixture.records(0, &call("audit"));
    let change = calls::set_policy(
        "A",
        "policy",
        format!(
            "OutOf(2,{},{},{})",
            is(account(0)),
            is(account(1)),
            is(account(2))
        ),
    );
    fixture.accepted(0, &change);
    assert_eq!(pending(&fixture).len(), 2);
    fixture.accepted(1, &change);
    assert!(pending(&fixture).is_empty());
    is_closed(&fixture, action);
    let refusal = fixture.send(account(0), &IRegistry::revokeCall { action });
    let [refusal] = &refusal
        .expect("of an action that is not open")
        .events::<IRegistry::Revoked>()[..]
    else {
        panic!("one event");
    };
    assert_eq!(
        refusal.definition,
        B256::ZERO,
        "it belongs to no definition"
    );
    fixture.records(1, &call("audit"));
    fixture.executes(2, &call("audit"));
}

#[test]
fn an_approver_has_sixteen_open_actions() {
    let mut fixture = Fixture::of(&both());
    for n in 0..OPEN_ACTIONS_MAX {
        fixture.accepted(0, &call(&format!("role-{n}")));
    }
    let full = IRegistry::TooManyActions {
        approver: account(0),
        open: OPEN_ACTIONS_MAX,
    };
    fixture.refuses(0, &call("one-more"), full);
    fixture.executes(1, &call("role-3"));
    fixture.accepted(0, &call("one-more"));
    assert_eq!(pending(&fixture).len(), 16);
    // expired ones do not count either
    fixture.wait(ACTION_LIFETIME + 1);
    fixture.accepted(0, &call("later"));
    assert_eq!(pending(&fixture).len(), 1);
}

#[test]
fn pending_comes_in_pages() {
    let mut fixture = Fixture::of(&both());
    for n in 0..5 {
        fixture.accepted(0, &call(&format!("role-{n}")));
    }
    let page = |start, count| {
        fixture
            .view(&IRegistry::pendingCall {
                name: "A".into(),
                start,
                count,
            })
            .expect("a page")
            .len()
    };
    let found = [
        page(0, 2),
        page(2, 2),
        page(4, 2),
        page(6, 2),
        page(0, u32::MAX),
    ];
    assert_eq!(found, [2, 2, 1, 0, 5]);
}

#[test]
fn value_is_refused_where_nothing_takes_it() {
    let mut fixture = Fixture::of(&is(account(0)));
    let registry = fixture.registry;
    let value = U256::from(1);
    let rollout = calls::rollout("A", []);
    let definition = IRegistry::definitionCall { name: "A".into() };
    for data in [
        call("audit").abi_encode(),
        rollout.abi_encode(),
        definition.abi_encode(),
    ] {
        let sent = fixture.raw(account(0), registry, data.into(), value, 5_000_000);
        refused(sent, ValueNotAccepted { value });
    }
    fixture
        .raw(account(0), registry, Bytes::new(), value, 5_000_000)
        .expect_err("a plain transfer");
}

#[test]
fn an_approval_does_not_count_on_another_registry() {
    let mut fixture = Fixture::of(&both());
    let here = action_of(&fixture, "audit");
    fixture.accepted(0, &call("audit"));
    fixture.registry = fixture.another_registry(2);
    fixture.accepted(2, &calls::create_definition("A", both()));
    assert_ne!(action_of(&fixture, "audit"), here);
    fixture.records(1, &call("audit"));
}

/// Adds 1.0 with both approvals and proposes 2.0, of other code, by the first of two approvers.
fn proposed_version(fixture: &mut Fixture) -> (IRegistry::addVersionCall, B256) {
    let [code, other] = ["counter-v1", "counter-v2"].map(|package| fixture.deploy(package));
    let first = calls::add_version("A", "1.0", &code, initial_step());
    for who in [0, 1] {
        fixture.accepted(who, &first);
    }
    let second = IRegistry::addVersionCall {
        version: "2.0".into(),
        code: other,
        ..first
    };
    let recorded = fixture.accepted(0, &second).returned;
    assert!(!recorded.executed);
    (second, recorded.action)
}

#[test]
fn code_that_is_replaced_after_the_first_approval_is_not_activated() {
    let mut fixture = Fixture::of(&both());
    let (call, action) = proposed_version(&mut fixture);
    assert_eq!(fixture.readiness(action).blockedBy, blocked_by::APPROVALS);
    let account_of_code = call.code.implementation;
    fixture
        .chain
        .set_code(account_of_code, vec![0x60, 0x00].into());
    let found = fixture.code_hash(account_of_code);
    let error = code_changed(account_of_code, call.code.codehash, found);
    fixture.refuses(1, &call, error);
    let seen = fixture.readiness(action).progress.approvals;
    assert_eq!(seen, 1, "approvals stay as they were");
}
