//! Approvers who act against each other, and strangers against them: the order of approvals,
//! removed approvers, and what an approval is bound to.

use super::fixture::{
    Fixture, Reverted, account, add_version, initial_step, is, plain, refused, set_policy,
};
use super::team::*;
use crate::prelude::*;
use crate::registry::errors::{not_an_approver, version_exists};

/// Both transactions in one block, in this order; whether each succeeded, and its output.
fn in_one_block(fixture: &mut Fixture, calls: [(usize, Vec<u8>); 2]) -> [(bool, Bytes); 2] {
    fixture.chain.set_automine(false);
    let registry = fixture.registry;
    let hashes = calls.map(|(who, input)| {
        let request = CallRequest {
            to: Some(registry),
            gas: Some(10_000_000),
            input: input.into(),
            ..CallRequest::default()
        };
        fixture
            .chain
            .submit_unsigned(account(who), request)
            .expect("accepted")
    });
    fixture.chain.mine(1, None).expect("a block");
    fixture.chain.set_automine(true);
    let receipts = hashes.map(|hash| fixture.chain.receipt(hash).expect("mined"));
    assert_eq!(receipts[0].block_number, receipts[1].block_number);
    receipts.map(|receipt| (receipt.success, receipt.output))
}

#[test]
fn of_two_versions_that_are_completed_in_one_block_the_second_reverts() {
    let (mut fixture, code) = fixture();
    let one = migration(&code, "2.0", plain("1.0"));
    let mut other = one.clone();
    other.code.sourceHash = B256::repeat_byte(1);
    fixture.accepted(0, &one);
    fixture.accepted(1, &other);
    let [first, second] = in_one_block(
        &mut fixture,
        [(2, one.abi_encode()), (0, other.abi_encode())],
    );
    assert!(first.0, "{first:?}");
    let exists = version_exists("2.0");
    assert!(!second.0);
    refused(Err::<(), _>(Reverted(second.1)), exists);
    let query = calls::get_version("A", "2.0");
    assert_eq!(fixture.view(&query).expect("added").code, one.code);
}

#[test]
fn one_key_cannot_veto_its_own_removal() {
    let (mut fixture, _) = fixture();
    let [rogue, ..] = TEAM;
    let removal = set_policy("policy", &two_of(&[1, 2, 3]));

    // it may be the first to propose it, withdraw its own approval, and cancel what others approve
    let action = fixture.records(rogue, &removal);
    fixture.accepted(rogue, &IRegistry::revokeCall { action });
    fixture.accepted(1, &removal);
    fixture.accepted(rogue, &IRegistry::cancelCall { action });

    // what another proposes is not its to cancel, whatever it approves, proposes or migrates
    let action = fixture.accepted(1, &removal).returned.action;
    let cancelled = fixture.send(account(rogue), &IRegistry::cancelCall { action });
    assert!(cancelled.is_err());
    // to refuse it keeps its own signature from counting, and nobody else's approval
    fixture.accepted(rogue, &IRegistry::revokeCall { action });
    for n in 0..16 {
        fixture.accepted(rogue, &set_policy(&format!("role-{n}"), "NONE"));
    }
    fixture.executes(2, &removal);
    let own = set_policy("policy", &is(account(rogue)));
    fixture.refuses(rogue, &own, not_an_approver(rogue));
}

#[test]
fn of_two_creations_with_one_salt_the_second_is_refused_and_a_stranger_makes_none() {
    let (mut fixture, _) = fixture();
    let (mine, rival) = (creation(1, 7), creation(1, 666));
    fixture.refuses(STRANGER, &rival, not_an_approver(STRANGER));
    fixture.accepted(2, &rival);
    fixture.accepted(0, &mine);
    let proxy = fixture.created(1, &mine);
    fixture.refuses(0, &rival, IRegistry::ProxyExists { proxy });
    let value = fixture
        .ask(proxy, &ICounter::valueCall {})
        .expect("answers");
    assert_eq!(value, U256::from(7));
    for again in [
        calls::initialize_counter(666).abi_encode(),
        calls::upgrade_to_and_call("1.0", rival.initData).abi_encode(),
    ] {
        let sent = fixture.send_bytes(STRANGER, proxy, again);
        assert!(sent.is_err(), "nobody initializes it a second time");
    }
}

#[test]
fn who_may_only_migrate_or_create_voids_nothing_that_others_approved() {
    let mut fixture = Fixture::new(&is(account(0)));
    let call = calls::define("A", is(account(3)), two_of(&TEAM), is(account(4)));
    fixture.accepted(0, &call);
    let code = fixture.deploy("counter-v1");
    let change = set_policy("migrate", &two_of(&TEAM));
    let open = fixture.accepted(0, &change).returned;

    fixture.accepted(3, &add_version(&code, "1.0", initial_step()));
    for n in 2..6u8 {
        let from = format!("{}.0", n - 1);
        fixture.accepted(3, &migration(&code, &format!("{n}.0"), plain(&from)));
        fixture.accepted(4, &creation(n, 1));
    }
    let found = fixture.readiness(open.action).approved;
    assert_eq!(found, [account(0)]);
    let done = fixture.accepted(1, &change).returned;
    assert!(done.executed && done.action == open.action);
    let late = add_version(&code, "7.0", plain("5.0"));
    fixture.refuses(3, &late, not_an_approver(3));
}
