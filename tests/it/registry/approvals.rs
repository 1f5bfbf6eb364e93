//! Several approvers approve one call: approvals are recorded, completed, withdrawn, and expire.

use crate::prelude::*;
use stylus_upgrades_interface::limits::{ACTION_LIFETIME, OPEN_ACTIONS_MAX};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::ValueNotAccepted;
use stylus_upgrades_interface::reasons::blocked_by;

use super::fixture::{Done, Fixture, Reverted, account, initial_step, is, refused};

const STRANGER: usize = 5;

fn both() -> String {
    format!("AND({},{})", is(account(0)), is(account(1)))
}

/// The definition "A", whose roles ask for what is given.
fn fixture(policy: &str) -> Fixture {
    let mut fixture = Fixture::new(&is(account(0)));
    fixture.define(policy).expect("defined");
    fixture
}

/// A call that has an effect without any code: a policy for a role of one's own.
fn call(role: &str) -> IRegistry::setPolicyCall {
    calls::set_policy("A", role, is(account(7)))
}

fn send(fixture: &mut Fixture, who: usize, role: &str) -> Result<Done<Progress>, Reverted> {
    fixture.send(account(who), &call(role))
}

fn readiness(fixture: &Fixture, action: B256) -> Result<IRegistry::readinessReturn, Reverted> {
    fixture.view(&IRegistry::readinessCall { action })
}

fn pending(fixture: &Fixture) -> Vec<B256> {
    let call = IRegistry::pendingCall {
        name: "A".into(),
        start: 0,
        count: 100,
    };
    fixture.view(&call).expect("a page")
}

fn action_of(fixture: &Fixture, role: &str) -> B256 {
    let call = IRegistry::actionOfCall {
        call: call(role).abi_encode().into(),
    };
    fixture.view(&call).expect("an action")
}

#[test]
fn the_first_approver_records_and_the_last_executes() {
    let mut fixture = fixture(&both());
    let expected = action_of(&fixture, "audit");
    let first = send(&mut fixture, 0, "audit").expect("recorded");
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
    let open = readiness(&fixture, action).expect("open");
    assert_eq!(
        (open.approved, open.missing),
        (vec![account(0)], vec![account(1)])
    );
    assert_eq!((open.blockedBy, open.notBefore), (blocked_by::APPROVALS, 0));

    let second = send(&mut fixture, 1, "audit").expect("executed");
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
    refused(
        readiness(&fixture, action),
        IRegistry::ActionNotFound { action },
    );
    let policy = fixture.view(&calls::policy("A", "audit"));
    assert_eq!(policy, Ok(is(account(7))));
}

#[test]
fn events_stand_in_the_documented_order() {
    let mut fixture = fixture(&both());
    let first = send(&mut fixture, 0, "audit").expect("recorded");
    let names = |done: &Done<Progress>| {
        done.logs
            .iter()
            .map(|log| log.topics()[0])
            .collect::<Vec<_>>()
    };
    use alloy::sol_types::SolEvent;
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
    let second = send(&mut fixture, 1, "audit").expect("executed");
    assert_eq!(names(&second), [approved, changed, executed]);
    assert_eq!(second.events::<IRegistry::Executed>()[0].sequence, 1);
}

#[test]
fn an_action_is_the_hash_that_the_design_says() {
    let fixture = fixture(&both());
    let preimage = (
        U256::from(fixture.chain.chain_id()),
        fixture.registry,
        Bytes::from(call("audit").abi_encode()),
        0u64,
        0u32,
    );
    assert_eq!(
        action_of(&fixture, "audit"),
        keccak256(preimage.abi_encode_params())
    );
}

#[test]
fn a_stranger_and_a_second_approval_are_refused() {
    let mut fixture = fixture(&both());
    refused(
        send(&mut fixture, STRANGER, "audit"),
        IRegistry::NotAnApprover {
            caller: account(STRANGER),
        },
    );
    let action = send(&mut fixture, 0, "audit")
        .expect("recorded")
        .returned
        .action;
    refused(
        send(&mut fixture, 0, "audit"),
        IRegistry::AlreadyApproved {
            approver: account(0),
            action,
        },
    );
    refused(
        send(&mut fixture, STRANGER, "audit"),
        IRegistry::NotAnApprover {
            caller: account(STRANGER),
        },
    );
}

#[test]
fn who_alone_suffices_executes_at_once_and_can_do_it_again() {
    let mut fixture = fixture(&is(account(0)));
    let first = send(&mut fixture, 0, "audit").expect("executed").returned;
    let second = send(&mut fixture, 0, "audit").expect("executed").returned;
    assert!(first.executed && second.executed);
    assert_ne!(
        first.action, second.action,
        "each execution has an action of its own"
    );
}

#[test]
fn an_approval_is_withdrawn_by_its_owner() {
    let mut fixture = fixture(&both());
    let action = send(&mut fixture, 0, "audit")
        .expect("recorded")
        .returned
        .action;
    refused(
        fixture.send(account(STRANGER), &IRegistry::revokeCall { action }),
        IRegistry::NotApproved {
            approver: account(STRANGER),
            action,
        },
    );
    fixture
        .send(account(0), &IRegistry::revokeCall { action })
        .expect("revoked");
    assert_eq!(
        readiness(&fixture, action).expect("open").approved,
        Vec::<Address>::new()
    );
    assert!(
        !send(&mut fixture, 1, "audit")
            .expect("recorded")
            .returned
            .executed
    );
    assert!(
        send(&mut fixture, 0, "audit")
            .expect("executed")
            .returned
            .executed
    );
}

#[test]
fn an_action_is_cancelled_by_its_proposer_or_by_who_alone_satisfies_its_role() {
    let mut fixture = fixture(&both());
    let action = send(&mut fixture, 0, "audit")
        .expect("recorded")
        .returned
        .action;
    let cancel = IRegistry::cancelCall { action };
    refused(
        fixture.send(account(1), &cancel),
        IRegistry::NotAnApprover { caller: account(1) },
    );
    let done = fixture.send(account(0), &cancel).expect("cancelled");
    assert_eq!(done.events::<IRegistry::Cancelled>().len(), 1);
    refused(
        fixture.send(account(0), &cancel),
        IRegistry::ActionNotFound { action },
    );
    assert!(pending(&fixture).is_empty());
    let again = send(&mut fixture, 1, "audit").expect("recorded").returned;
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
        let mut fixture = fixture(&policy);
        // one of three is the first, or copies the first
        let open = |fixture: &mut Fixture| {
            let action = send(fixture, 2, "audit").expect("recorded").returned.action;
            send(fixture, 0, "audit").expect("recorded");
            (action, IRegistry::cancelCall { action })
        };
        let (_, cancel) = open(&mut fixture);
        let done = fixture.send(account(2), &cancel).expect("he is needed");
        assert_eq!(done.events::<IRegistry::Cancelled>().len(), 1);

        let (action, cancel) = open(&mut fixture);
        send(&mut fixture, 1, "audit").expect("recorded");
        refused(
            fixture.send(account(2), &cancel),
            IRegistry::NotAnApprover { caller: account(2) },
        );
        fixture
            .send(account(2), &IRegistry::revokeCall { action })
            .expect("his own approval is his");
        refused(
            fixture.send(account(2), &cancel),
            IRegistry::NotAnApprover { caller: account(2) },
        );
        fixture.wait(1_000);
        let done = send(&mut fixture, 5, "audit").expect("the delay has passed");
        assert!(done.returned.executed, "{policy}");
    }
}

#[test]
fn who_alone_satisfies_the_role_cancels_what_others_have_agreed_on() {
    let [boss, a, b] = [0, 1, 2].map(|n| is(account(n)));
    let mut fixture = fixture(&format!("OR({boss},AND({a},{b},AFTER(1000)))"));
    let action = send(&mut fixture, 1, "audit").expect("recorded").returned;
    send(&mut fixture, 2, "audit").expect("recorded");
    let cancel = IRegistry::cancelCall {
        action: action.action,
    };
    fixture.send(account(0), &cancel).expect("cancelled");
    assert!(pending(&fixture).is_empty());
}

#[test]
fn an_action_expires_after_thirty_days() {
    let mut fixture = fixture(&both());
    let action = send(&mut fixture, 0, "audit")
        .expect("recorded")
        .returned
        .action;
    fixture.wait(ACTION_LIFETIME + 1);
    assert_eq!(
        readiness(&fixture, action).expect("still known").blockedBy,
        blocked_by::EXPIRED
    );
    assert!(pending(&fixture).is_empty());
    refused(
        fixture.send(account(0), &IRegistry::revokeCall { action }),
        IRegistry::ActionExpired { action },
    );
    refused(
        fixture.send(account(0), &IRegistry::cancelCall { action }),
        IRegistry::ActionExpired { action },
    );
    assert_ne!(action_of(&fixture, "audit"), action);
    let later = send(&mut fixture, 1, "audit").expect("recorded").returned;
    assert!(!later.executed, "the first approval is void");
    refused(
        readiness(&fixture, action),
        IRegistry::ActionNotFound { action },
    );
}

#[test]
fn a_policy_change_ends_what_its_role_had_gathered() {
    let mut fixture = fixture(&both());
    let action = send(&mut fixture, 0, "audit")
        .expect("recorded")
        .returned
        .action;
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
    fixture.send(account(0), &change).expect("recorded");
    assert_eq!(pending(&fixture).len(), 2);
    fixture.send(account(1), &change).expect("executed");
    assert!(pending(&fixture).is_empty());
    refused(
        readiness(&fixture, action),
        IRegistry::ActionNotFound { action },
    );
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
    assert!(
        !send(&mut fixture, 1, "audit")
            .expect("recorded")
            .returned
            .executed
    );
    assert!(
        send(&mut fixture, 2, "audit")
            .expect("executed")
            .returned
            .executed
    );
}

#[test]
fn an_approver_has_sixteen_open_actions() {
    let mut fixture = fixture(&both());
    for n in 0..OPEN_ACTIONS_MAX {
        send(&mut fixture, 0, &format!("role-{n}")).expect("recorded");
    }
    let full = IRegistry::TooManyActions {
        approver: account(0),
        open: OPEN_ACTIONS_MAX,
    };
    refused(send(&mut fixture, 0, "one-more"), full);
    assert!(
        send(&mut fixture, 1, "role-3")
            .expect("executed")
            .returned
            .executed
    );
    send(&mut fixture, 0, "one-more").expect("a seat is free again");
    assert_eq!(pending(&fixture).len(), 16);
    // expired ones do not count either
    fixture.wait(ACTION_LIFETIME + 1);
    send(&mut fixture, 0, "later").expect("all seats are free again");
    assert_eq!(pending(&fixture).len(), 1);
}

#[test]
fn pending_comes_in_pages() {
    let mut fixture = fixture(&both());
    for n in 0..5 {
        send(&mut fixture, 0, &format!("role-{n}")).expect("recorded");
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
    assert_eq!(
        [
            page(0, 2),
            page(2, 2),
            page(4, 2),
            page(6, 2),
            page(0, u32::MAX)
        ],
        [2, 2, 1, 0, 5]
    );
}

#[test]
fn value_is_refused_where_nothing_takes_it() {
    let mut fixture = fixture(&is(account(0)));
    let registry = fixture.registry;
    let value = U256::from(1);
    let rollout = calls::rollout("A", 1);
    let definition = IRegistry::definitionCall { name: "A".into() };
    for data in [
        call("audit").abi_encode(),
        rollout.abi_encode(),
        definition.abi_encode(),
    ] {
        refused(
            fixture.raw(account(0), registry, data.into(), value, 5_000_000),
            ValueNotAccepted { value },
        );
    }
    fixture
        .raw(account(0), registry, Bytes::new(), value, 5_000_000)
        .expect_err("a plain transfer");
}

#[test]
fn an_approval_does_not_count_on_another_registry() {
    let mut fixture = fixture(&both());
    let here = action_of(&fixture, "audit");
    send(&mut fixture, 0, "audit").expect("recorded");
    fixture.registry = fixture
        .deploy_registry(&is(account(2)))
        .expect("another registry");
    fixture
        .send(account(2), &calls::create_definition("A", both()))
        .expect("defined");
    assert_ne!(action_of(&fixture, "audit"), here);
    assert!(
        !send(&mut fixture, 1, "audit")
            .expect("recorded")
            .returned
            .executed
    );
}

/// Adds 1.0 with both approvals and proposes 2.0, of other code, by the first of two approvers.
fn proposed_version(fixture: &mut Fixture) -> (IRegistry::addVersionCall, B256) {
    let [code, other] = ["counter-v1", "counter-v2"].map(|package| fixture.deploy(package));
    let first = calls::add_version("A", "1.0", &code, initial_step());
    for who in [0, 1] {
        fixture.send(account(who), &first).expect("accepted");
    }
    let second = IRegistry::addVersionCall {
        version: "2.0".into(),
        code: other,
        ..first
    };
    let recorded = fixture
        .send(account(0), &second)
        .expect("recorded")
        .returned;
    assert!(!recorded.executed);
    (second, recorded.action)
}

#[test]
fn code_that_is_replaced_after_the_first_approval_is_not_activated() {
    let mut fixture = fixture(&both());
    let (call, action) = proposed_version(&mut fixture);
    assert_eq!(
        readiness(&fixture, action).expect("open").blockedBy,
        blocked_by::APPROVALS
    );
    let account_of_code = call.code.implementation;
    fixture
        .chain
        .set_code(account_of_code, vec![0x60, 0x00].into());
    assert_eq!(
        readiness(&fixture, action).expect("open").blockedBy,
        blocked_by::CODE_CHANGED
    );
    let found = fixture.code_hash(account_of_code);
    refused(
        fixture.send(account(1), &call),
        IRegistry::CodeChanged {
            account: account_of_code,
            expected: call.code.codehash,
            found,
        },
    );
    assert_eq!(
        readiness(&fixture, action)
            .expect("open")
            .progress
            .approvals,
        1,
        "approvals stay as they were"
    );
}
