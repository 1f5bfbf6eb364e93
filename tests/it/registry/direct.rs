//! Contracts that complete approvals, and accounts that send directly: what moves when.

use crate::prelude::*;
use stylus_upgrades_interface::reasons::blocked_by;

use super::adopted::fixture::{
    ICaller, Kind, TRANSPARENT_4, TRANSPARENT_5, UUPS_5, admin_of, adopt, adopted, compiled,
    migrate, runs, value,
};
use super::fixture::{Done, Fixture, Reverted, account, initial_step, is, refused};
use super::kinds::{create, instance};

/// A call through a contract.
fn through<C: SolCall>(
    fixture: &mut Fixture,
    wallet: Address,
    call: &C,
) -> Result<Done<()>, Reverted> {
    let call = ICaller::callCall {
        to: fixture.registry,
        data: call.abi_encode().into(),
    };
    let done = fixture.pay(account(8), wallet, &call, U256::ZERO)?;
    Ok(Done {
        returned: (),
        logs: done.logs,
        gas: done.gas,
    })
}

/// A definition that a contract decides about, and a proxy of that kind which was given to it.
fn given(kind: Kind) -> (Fixture, Address, Address) {
    let mut fixture = Fixture::of_one();
    let code = compiled(&mut fixture, kind.codes[0]);
    fixture.add("1.0", &code, initial_step());
    let proxy = kind.create(&mut fixture, &code);
    let admin = admin_of(&fixture, "A");
    kind.give(&mut fixture, proxy, admin);
    let wallet = compiled(&mut fixture, "Caller").implementation;
    fixture.set("migrate", &is(wallet));
    (fixture, wallet, proxy)
}

fn readiness(fixture: &Fixture, action: B256) -> IRegistry::readinessReturn {
    let query = IRegistry::readinessCall { action };
    fixture.view(&query).expect("an open action")
}

fn action_of(fixture: &Fixture, call: &impl SolCall) -> B256 {
    let call = call.abi_encode().into();
    fixture
        .view(&IRegistry::actionOfCall { call })
        .expect("an action")
}

#[test]
fn an_adoption_that_a_contract_completes_waits_for_an_account() {
    for kind in [TRANSPARENT_4, TRANSPARENT_5, UUPS_5] {
        let (mut fixture, wallet, proxy) = given(kind);
        let adopt = adopt(kind.kind, proxy);
        refused(
            fixture.send(account(5), &adopt),
            IRegistry::NotAnApprover { caller: account(5) },
        );
        let done = through(&mut fixture, wallet, &adopt).expect("approved");
        assert_eq!(done.events::<IRegistry::Approved>().len(), 1);
        assert!(done.events::<IRegistry::Executed>().is_empty());
        let action = action_of(&fixture, &adopt);
        let ready = readiness(&fixture, action);
        assert_eq!(ready.blockedBy, blocked_by::DIRECT_CALL);
        assert_eq!((ready.progress.approvals, ready.progress.required), (1, 1));
        refused(
            through(&mut fixture, wallet, &adopt),
            IRegistry::DirectCallRequired { caller: wallet },
        );
        // anybody may send it, directly
        let Done { returned, .. } = fixture.send(account(5), &adopt).expect("executed");
        let Progress { executed, .. } = returned;
        assert!(executed);
        assert_eq!(instance(&fixture, proxy).kind, kind.kind);
    }
}

#[test]
fn a_pause_that_a_contract_completes_names_the_adopted_and_reaches_them_directly() {
    let (mut fixture, wallet, proxy) = given(TRANSPARENT_5);
    let adopt = adopt(TRANSPARENT_5.kind, proxy);
    through(&mut fixture, wallet, &adopt).expect("approved");
    fixture.send(account(5), &adopt).expect("executed");
    let name = String::from("A");
    let orders = [
        IRegistry::pauseCall { name: name.clone() }.abi_encode(),
        IRegistry::resumeCall { name: name.clone() }.abi_encode(),
    ];
    for (order, state) in orders
        .into_iter()
        .zip([instance_state::LIVE, instance_state::PAUSED])
    {
        let order = ICaller::callCall {
            to: fixture.registry,
            data: order.into(),
        };
        let done = fixture.pay(account(8), wallet, &order, U256::ZERO);
        let skipped = done.expect("done").events::<IRegistry::InstanceSkipped>();
        let reason = IRegistry::DirectCallRequired { caller: wallet };
        assert_eq!(skipped.len(), 1);
        assert_eq!(skipped[0].reason, data_of(&reason));
        assert_eq!(instance(&fixture, proxy).state, state, "as it was");
        let rollout = calls::rollout(name.clone(), 1);
        let done = fixture.send(account(5), &rollout).expect("anybody may");
        assert_eq!((done.returned.upgraded, done.returned.left), (1, 0));
        assert_ne!(instance(&fixture, proxy).state, state);
    }
}

fn data_of(error: &impl alloy::sol_types::SolError) -> Bytes {
    error.abi_encode().into()
}

#[test]
fn an_account_whose_code_another_decides_sends_nothing_directly() {
    let (mut fixture, code, proxy) = adopted(TRANSPARENT_5);
    let second = compiled(&mut fixture, "Box2");
    let designator = [&[0xef, 0x01, 0x00][..], code.implementation.as_slice()].concat();
    fixture.chain.set_code(account(0), designator.into());
    migrate(&mut fixture, &second, 0, Bytes::new()).expect("current");
    assert_eq!(runs(&fixture, proxy), code.implementation, "EIP-7702");
    let upgrade = calls::upgrade_instance(proxy, "2.0", Bytes::new());
    refused(
        fixture.send(account(0), &upgrade),
        IRegistry::DirectCallRequired { caller: account(0) },
    );
    fixture.chain.set_code(account(0), Bytes::new());
    fixture
        .send(account(0), &upgrade)
        .expect("without a delegation");
    assert_eq!(runs(&fixture, proxy), second.implementation);
}

#[test]
fn an_adopted_contract_keeps_its_vote() {
    let (mut fixture, _, proxy) = adopted(TRANSPARENT_5);
    // another definition had named the account before it was adopted
    let other = calls::create_definition("B", is(account(0)));
    fixture.send(account(0), &other).expect("defined");
    let code = compiled(&mut fixture, "Box");
    let voter = TRANSPARENT_5.create(&mut fixture, &code);
    let policy = calls::set_policy("B", "migrate", is(voter));
    fixture.send(account(0), &policy).expect("an approver");
    let admin = admin_of(&fixture, "A");
    TRANSPARENT_5.give(&mut fixture, voter, admin);
    let take = adopt(TRANSPARENT_5.kind, voter);
    fixture.send(account(0), &take).expect("adopted");
    let asked = fixture.view(&IRegistry::satisfiesCall {
        name: "B".into(),
        role: "migrate".into(),
        approvers: vec![voter],
    });
    assert_eq!(asked, Ok(true));
    assert_eq!(value(&fixture, proxy), Ok(U256::from(7)));
}

#[test]
fn what_another_definition_decides_or_has_paused_is_not_adopted() {
    for kind in [TRANSPARENT_4, TRANSPARENT_5, UUPS_5] {
        let (mut fixture, code, proxy) = adopted(kind);
        let first = fixture.registry;
        let pause = IRegistry::pauseCall { name: "A".into() };
        fixture.send(account(0), &pause).expect("paused");
        let another = fixture.deploy_registry(&is(account(5))).expect("another");
        fixture.registry = another;
        let define = calls::create_definition("A", is(account(5)));
        fixture.send(account(5), &define).expect("defined");
        let add = super::fixture::add_version(&code, "1.0", initial_step());
        fixture.send(account(5), &add).expect("added");
        for as_kind in [kind.kind, proxy_kind::TRANSPARENT_5] {
            let taken = fixture.send(account(5), &adopt(as_kind, proxy));
            taken.expect_err("it obeys another");
        }
        refused(
            fixture.view(&IRegistry::instanceOfCall { proxy }),
            IRegistry::NotAnInstance { proxy },
        );
        fixture.registry = first;
        let resume = IRegistry::resumeCall { name: "A".into() };
        fixture.send(account(0), &resume).expect("resumed");
        assert_eq!(value(&fixture, proxy), Ok(U256::from(7)), "{kind:?}");
    }
}

#[test]
fn no_proxy_of_a_registry_is_adopted_as_one_of_others() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let value = U256::from(7);
    let init = ICounter::initializeCall { value };
    let old = fixture.registry;
    let proxies = [proxy_kind::WASM, proxy_kind::EVM].map(|kind| create(&mut fixture, kind, &init));
    let pause = IRegistry::pauseCall { name: "A".into() };
    fixture.send(account(0), &pause).expect("paused");
    let new = fixture.deploy_registry(&is(account(0))).expect("another");
    fixture.registry = new;
    fixture.define(&is(account(0))).expect("defined");
    fixture.add("1.0", &code, initial_step());
    for proxy in proxies {
        for kind in 0..6 {
            let what = String::from("adoption of that proxy");
            refused(
                fixture.send(account(0), &adopt(kind, proxy)),
                IRegistry::NotSupported { what },
            );
        }
    }
    assert_ne!(old, new);
}
