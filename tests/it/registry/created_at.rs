//! At which version an instance may be created, and by whom.

use crate::prelude::*;
use stylus_upgrades_interface::registry::Signature;

use super::errors::{not_an_approver, not_current, not_found};
use super::fixture::{Fixture, account, is, new_proxy, plain};
use super::replay::agrees_with_the_views;
use super::signed::{domain, key, signed, submit, typed};

/// Who has nothing but the role `create`.
const CREATOR: usize = 6;

fn at(version: &str, salt: u8) -> IRegistry::createProxyCall {
    IRegistry::createProxyCall {
        version: version.into(),
        ..new_proxy(0, salt, calls::initialize_counter(1).abi_encode())
    }
}

/// At a label that no initializer of the code has.
fn without_initializer(version: &str, salt: u8) -> IRegistry::createProxyCall {
    IRegistry::createProxyCall {
        initData: Bytes::new(),
        ..at(version, salt)
    }
}

/// The definition at 2.0; account 6 creates.
fn replaced() -> (Fixture, Code) {
    let (mut fixture, first) = Fixture::with_first_version("counter-v1");
    fixture.set("create", &is(account(CREATOR)));
    let second = fixture.deploy("counter-v2");
    let init = calls::migrate_counter(1).abi_encode();
    let order = calls::migrate(
        "A",
        "2.0",
        &second,
        super::fixture::step("1.0", 1, init.into()),
    );
    fixture.executes(0, &order);
    (fixture, first)
}

#[test]
fn role_create_creates_at_the_current_code_alone() {
    let (mut fixture, first) = replaced();
    fixture.refuses(CREATOR, &at("1.0", 1), not_current("1.0", "2.0"));
    fixture.refuses(7, &at("1.0", 1), not_current("1.0", "2.0"));
    // one that was never current
    fixture.add("3.0", &first, plain("1.0"));
    fixture.refuses(CREATOR, &at("3.0", 1), not_current("3.0", "2.0"));
    fixture.refuses(7, &at("2.0", 1), not_an_approver(7));
    fixture.accepted(CREATOR, &without_initializer("2.0", 1));
    // who decides versions decides that
    fixture.accepted(0, &at("1.0", 2));
    assert_eq!(fixture.instances().len(), 2);

    // after a rollback 1.0 has the current code again
    let back = calls::migrate("A", "2.1", &first, plain("2.0"));
    fixture.executes(0, &back);
    fixture.accepted(CREATOR, &at("1.0", 3));
    fixture.accepted(CREATOR, &without_initializer("2.1", 4));
    fixture.refuses(CREATOR, &at("2.0", 5), not_current("2.0", "2.1"));
    agrees_with_the_views(&fixture, "A");
}

#[test]
fn where_nobody_creates_nobody_creates_at_any_version() {
    let (mut fixture, _) = replaced();
    fixture.set("create", "NONE");
    for (who, version) in [(0, "1.0"), (0, "2.0"), (CREATOR, "1.0"), (CREATOR, "2.0")] {
        fixture.refuses(who, &at(version, 1), not_an_approver(who));
    }
}

#[test]
fn an_open_creation_ends_when_its_version_is_replaced() {
    let (mut fixture, first) = Fixture::with_first_version("counter-v1");
    let both = super::fixture::all_of(&[5, CREATOR]);
    fixture.set("create", &both);
    let done = fixture.accepted(5, &at("1.0", 1));
    let action = done.returned.progress.action;
    let of_another = fixture.deploy("counter-v2");
    fixture.executes(0, &calls::migrate("A", "2.0", &of_another, plain("1.0")));
    // it is nowhere any more, and its approvals count for nothing
    let pending = fixture.view(&calls::pending("A")).expect("a list");
    assert_eq!(pending, Vec::<B256>::new());
    let readiness = fixture.view(&IRegistry::readinessCall { action });
    super::fixture::refused(readiness, not_found(action));
    fixture.refuses(CREATOR, &at("1.0", 1), not_current("1.0", "2.0"));
    // it has its place back: sixteen others fit
    let mut cancelled = Vec::new();
    for n in 2..=17 {
        let done = fixture.accepted(5, &at("2.0", n));
        cancelled.extend(done.events::<IRegistry::Cancelled>());
    }
    let cancelled: Vec<_> = cancelled.iter().map(|event| event.action).collect();
    assert_eq!(cancelled, [action]);
    // with that code current again it would be open again, had its place not been taken
    fixture.executes(0, &calls::migrate("A", "2.1", &first, plain("2.0")));
    let pending = fixture.view(&calls::pending("A")).expect("a list");
    assert!(!pending.contains(&action));
    agrees_with_the_views(&fixture, "A");
}

#[test]
fn what_is_signed_for_create_does_not_create_at_replaced_code() {
    let (mut fixture, first) = Fixture::with_first_version("counter-v1");
    let keys = format!("AND({},{})", is(key(1).address()), is(key(2).address()));
    fixture.set("create", &keys);
    let call = at("1.0", 1);
    let of_epoch = |fixture: &Fixture, epoch: u64| -> Vec<Signature> {
        let message = typed::CreateProxy {
            name: "A".into(),
            version: "1.0".into(),
            kind: 0,
            salt: call.salt,
            initData: call.initData.clone(),
            epoch,
            round: 0,
            deadline: u64::MAX,
            approver: Address::ZERO,
        };
        [1, 2]
            .map(|n| signed(&key(n), &domain(fixture), &message))
            .into()
    };
    let of_create = of_epoch(&fixture, 1);
    let second = fixture.deploy("counter-v2");
    fixture.executes(0, &calls::migrate("A", "2.0", &second, plain("1.0")));
    let submitted = submit(&mut fixture, &data(&call), &of_create);
    let caller = key(1).address();
    super::fixture::refused(submitted, IRegistry::NotAnApprover { caller });
    // with that code current once more it counts
    fixture.executes(0, &calls::migrate("A", "2.1", &first, plain("2.0")));
    let done = submit(&mut fixture, &data(&call), &of_create).expect("two of two");
    assert!(done.returned.executed);
}

/// Roles `create` of two accounts and `cancel` of one, with an open creation at 1.0, whose code is replaced by 2.0.
fn hidden_creation() -> (Fixture, Code, IRegistry::createProxyCall, B256) {
    let (mut fixture, first) = Fixture::with_first_version("counter-v1");
    fixture.set("create", &super::fixture::all_of(&[5, CREATOR]));
    fixture.set("cancel", &is(account(GUARDIAN)));
    let second = fixture.deploy("counter-v2");
    let creation = at("1.0", 1);
    let action = fixture.accepted(5, &creation).returned.progress.action;
    fixture.executes(0, &calls::migrate("A", "2.0", &second, plain("1.0")));
    (fixture, first, creation, action)
}

/// Who says no.
const GUARDIAN: usize = 4;

#[test]
fn a_finished_round_of_a_creation_never_comes_back() {
    let (mut fixture, _, creation, _) = hidden_creation();
    let keys = [1, 2].map(key);
    let both = format!("AND({},{})", is(keys[0].address()), is(keys[1].address()));
    fixture.set("migrate", &both);
    for key in &keys {
        fixture.give_ether(key.address());
    }
    let epoch = fixture.definition().sequence;
    let domain = domain(&fixture);
    let sign = |n: usize, round: u32| {
        let message = typed::CreateProxy {
            name: "A".into(),
            version: "1.0".into(),
            kind: 0,
            salt: creation.salt,
            initData: creation.initData.clone(),
            epoch,
            round,
            deadline: u64::MAX,
            approver: Address::ZERO,
        };
        signed(&keys[n], &domain, &message)
    };
    let call: Bytes = creation.abi_encode().into();
    let mut ended = Vec::new();
    for round in [0, 1] {
        let progress = submit(&mut fixture, &call, &[sign(0, round)]);
        let action = progress.expect("recorded").returned.action;
        fixture.accepted(GUARDIAN, &IRegistry::cancelCall { action });
        ended.push(action);
    }
    let signatures = [sign(0, 1), sign(1, 1)];
    assert!(submit(&mut fixture, &call, &signatures).is_err());
    // What takes the place of the hidden creation finishes that one, whose round is older.
    fixture.accepted(5, &at("2.0", 2));
    assert!(!ended.contains(&fixture.action_of(&creation)));
    assert!(submit(&mut fixture, &call, &signatures).is_err());
    assert_eq!(fixture.instances().len(), 0);
}

#[test]
fn an_approval_is_taken_back_from_a_creation_that_comes_back() {
    let (mut fixture, first, creation, action) = hidden_creation();
    fixture.accepted(5, &IRegistry::revokeCall { action });
    let back = calls::migrate("A", "2.1", &first, plain("2.0"));
    fixture.executes(0, &back);
    let progress = fixture.accepted(CREATOR, &creation).returned.progress;
    assert_eq!((progress.approvals, progress.executed), (1, false));
}

#[test]
fn a_guardian_ends_a_creation_before_it_comes_back() {
    let (mut fixture, first, creation, action) = hidden_creation();
    fixture.accepted(GUARDIAN, &IRegistry::cancelCall { action });
    let back = calls::migrate("A", "2.1", &first, plain("2.0"));
    fixture.executes(0, &back);
    assert_ne!(fixture.action_of(&creation), action);
    let progress = fixture.accepted(CREATOR, &creation).returned.progress;
    assert_eq!((progress.approvals, progress.executed), (1, false));
}

#[test]
fn a_creation_whose_content_was_finished_since_is_not_open() {
    let (mut fixture, first, creation, hidden) = hidden_creation();
    let both = super::fixture::all_of(&[0, 1]);
    fixture.set("migrate", &both);
    let action = fixture.accepted(1, &creation).returned.progress.action;
    fixture.accepted(GUARDIAN, &IRegistry::cancelCall { action });
    let back = calls::migrate("A", "2.1", &first, plain("2.0"));
    fixture.accepted(0, &back);
    fixture.accepted(1, &back);
    assert_ne!(fixture.action_of(&creation), hidden);
    let pending = fixture.view(&calls::pending("A")).expect("a list");
    assert!(!pending.contains(&hidden));
}
