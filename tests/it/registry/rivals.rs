//! Approvers who act against each other, and strangers against them: the order of approvals,
//! removed approvers, and what an approval is bound to.

use super::fixture::{
    Fixture, Reverted, account, add_version, initial_step, is, refused, set_policy, step,
};
use super::team::*;
use crate::prelude::*;

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
    let one = migration(&code, "2.0", step("1.0", 0, Bytes::new()));
    let mut other = one.clone();
    other.code.sourceHash = B256::repeat_byte(1);
    fixture.send(account(0), &one).expect("recorded");
    fixture.send(account(1), &other).expect("recorded");
    let [first, second] = in_one_block(
        &mut fixture,
        [(2, one.abi_encode()), (0, other.abi_encode())],
    );
    assert!(first.0, "{first:?}");
    let exists = IRegistry::VersionExists {
        name: "A".into(),
        version: "2.0".into(),
    };
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
    let action = fixture.send(account(rogue), &removal).expect("recorded");
    let action = action.returned.action;
    fixture
        .send(account(rogue), &IRegistry::revokeCall { action })
        .expect("revoked");
    fixture.send(account(1), &removal).expect("recorded");
    fixture
        .send(account(rogue), &IRegistry::cancelCall { action })
        .expect("its own proposal");

    // what another proposes is not its to cancel, whatever it approves, proposes or migrates
    let again = fixture
        .send(account(1), &removal)
        .expect("recorded")
        .returned;
    let action = again.action;
    let cancelled = fixture.send(account(rogue), &IRegistry::cancelCall { action });
    assert!(cancelled.is_err());
    // to refuse it keeps its own signature from counting, and nobody else's approval
    fixture
        .send(account(rogue), &IRegistry::revokeCall { action })
        .expect("a refusal");
    for n in 0..16 {
        fixture
            .send(account(rogue), &set_policy(&format!("role-{n}"), "NONE"))
            .expect("recorded");
    }
    assert!(
        fixture
            .send(account(2), &removal)
            .expect("executed")
            .returned
            .executed
    );
    let caller = account(rogue);
    refused(
        fixture.send(caller, &set_policy("policy", &is(caller))),
        IRegistry::NotAnApprover { caller },
    );
}

#[test]
fn of_two_creations_with_one_salt_the_second_is_refused_and_a_stranger_makes_none() {
    let (mut fixture, _) = fixture();
    let (mine, theirs) = (creation(1, 7), creation(1, 666));
    let caller = account(STRANGER);
    refused(
        fixture.send(caller, &theirs),
        IRegistry::NotAnApprover { caller },
    );
    fixture.send(account(2), &theirs).expect("recorded");
    fixture.send(account(0), &mine).expect("recorded");
    let proxy = fixture
        .send(account(1), &mine)
        .expect("created")
        .returned
        .proxy;
    refused(
        fixture.send(account(0), &theirs),
        IRegistry::ProxyExists { proxy },
    );
    let value = fixture
        .ask(proxy, &ICounter::valueCall {})
        .expect("answers");
    assert_eq!(value, U256::from(7));
    for again in [
        ICounter::initializeCall {
            value: U256::from(666),
        }
        .abi_encode(),
        Proxy::upgradeToAndCallCall {
            version: "1.0".into(),
            data: theirs.initData,
        }
        .abi_encode(),
    ] {
        let sent = fixture.raw(caller, proxy, again.into(), U256::ZERO, 9_000_000);
        assert!(sent.is_err(), "nobody initializes it a second time");
    }
}

#[test]
fn who_may_only_migrate_or_create_voids_nothing_that_others_approved() {
    let mut fixture = Fixture::new(&is(account(0)));
    let call = IRegistry::createDefinitionCall {
        name: "A".into(),
        migratePolicy: is(account(3)),
        policyPolicy: two_of(&TEAM),
        createPolicy: is(account(4)),
    };
    fixture.send(account(0), &call).expect("defined");
    let code = fixture.deploy("counter-v1");
    let change = set_policy("migrate", &two_of(&TEAM));
    let open = fixture
        .send(account(0), &change)
        .expect("recorded")
        .returned;

    fixture
        .send(account(3), &add_version(&code, "1.0", initial_step()))
        .expect("added");
    for n in 2..6u8 {
        let from = format!("{}.0", n - 1);
        let next = migration(&code, &format!("{n}.0"), step(&from, 0, Bytes::new()));
        fixture.send(account(3), &next).expect("activated");
        fixture.send(account(4), &creation(n, 1)).expect("created");
    }
    assert_eq!(
        readiness(&fixture, open.action).expect("open").approved,
        [account(0)]
    );
    let done = fixture
        .send(account(1), &change)
        .expect("executed")
        .returned;
    assert!(done.executed && done.action == open.action);
    let caller = account(3);
    refused(
        fixture.send(
            caller,
            &add_version(&code, "7.0", step("5.0", 0, Bytes::new())),
        ),
        IRegistry::NotAnApprover { caller },
    );
}
