//! Contracts that complete approvals, and accounts that send directly: what moves when.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades_interface::reasons::blocked_by;

use super::adopted::fixture::{
    ICaller, Kind, TRANSPARENT_4, TRANSPARENT_5, UUPS_5, admin_of, adopt, adopted, compiled,
    created, runs, value,
};
use super::fixture::{Done, Fixture, Reverted, account, initial_step, is, plain, refused};
use super::kinds::counters;

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
    Ok(fixture.send_to(account(8), wallet, &call)?.with(()))
}

/// A definition that a contract decides about, and a proxy of that kind which was given to it.
fn given(kind: Kind) -> (Fixture, Address, Address) {
    let (mut fixture, _, proxy) = created(kind);
    let admin = admin_of(&fixture, "A");
    kind.give(&mut fixture, proxy, admin);
    let wallet = compiled(&mut fixture, "Caller").implementation;
    fixture.set("migrate", &is(wallet));
    (fixture, wallet, proxy)
}

#[test]
fn an_adoption_that_a_contract_completes_waits_for_an_account() {
    for kind in [TRANSPARENT_4, TRANSPARENT_5, UUPS_5] {
        let (mut fixture, wallet, proxy) = given(kind);
        let adopt = adopt(kind.kind, proxy);
        fixture.refuses(5, &adopt, not_an_approver(5));
        let done = through(&mut fixture, wallet, &adopt).expect("approved");
        assert_eq!(done.events::<IRegistry::Approved>().len(), 1);
        assert!(done.events::<IRegistry::Executed>().is_empty());
        let ready = fixture.readiness(fixture.action_of(&adopt));
        assert_eq!(ready.blockedBy, blocked_by::NOTHING);
        assert_eq!((ready.progress.approvals, ready.progress.required), (1, 1));
        refused(through(&mut fixture, wallet, &adopt), not_direct(wallet));
        // anybody may send it, directly
        let Done { returned, .. } = fixture.accepted(5, &adopt);
        let Progress { executed, .. } = returned;
        assert!(executed);
        assert_eq!(fixture.instance(proxy).kind, kind.kind);
    }
}

#[test]
fn a_pause_that_a_contract_completes_names_the_adopted_and_reaches_them_directly() {
    let (mut fixture, wallet, proxy) = given(TRANSPARENT_5);
    let adopt = adopt(TRANSPARENT_5.kind, proxy);
    through(&mut fixture, wallet, &adopt).expect("approved");
    fixture.accepted(5, &adopt);
    let pause = calls::pause_first("A", [proxy]);
    let done = through(&mut fixture, wallet, &pause).expect("paused");
    done.skips(proxy, not_direct(wallet).abi_encode());
    assert_eq!(fixture.instance(proxy).state, instance_state::LIVE);
    let rollout = calls::rollout("A", [proxy]);
    for state in [instance_state::PAUSED, instance_state::LIVE] {
        let before = fixture.instance(proxy).state;
        let done = through(&mut fixture, wallet, &rollout).expect("skipped");
        done.skips(proxy, not_direct(wallet).abi_encode());
        assert_eq!(fixture.instance(proxy).state, before, "as it was");
        assert_eq!(fixture.accepted(5, &rollout).returned, 1);
        assert_eq!(fixture.instance(proxy).state, state);
        if state == instance_state::PAUSED {
            let resume = calls::resume("A", "1.0");
            through(&mut fixture, wallet, &resume).expect("resumed");
        }
    }
}

#[test]
fn an_account_whose_code_another_decides_sends_nothing_directly() {
    let (mut fixture, code, proxy) = adopted(TRANSPARENT_5);
    let second = compiled(&mut fixture, "Box2");
    let designator = [&[0xef, 0x01, 0x00][..], code.implementation.as_slice()].concat();
    fixture.chain.set_code(account(0), designator.into());
    fixture.accepted(0, &calls::migrate("A", "2.0", &second, plain("1.0")));
    let rollout = calls::rollout("A", [proxy]);
    let done = fixture.accepted(0, &rollout);
    done.skips(proxy, not_direct(account(0)).abi_encode());
    assert_eq!(runs(&fixture, proxy), code.implementation, "EIP-7702");
    let upgrade = calls::upgrade_instance(proxy, "2.0", Bytes::new());
    fixture.refuses(0, &upgrade, not_direct(account(0)));
    fixture.chain.set_code(account(0), Bytes::new());
    fixture.accepted(0, &upgrade);
    assert_eq!(runs(&fixture, proxy), second.implementation);
}

#[test]
fn an_adopted_contract_keeps_its_vote() {
    let (mut fixture, _, proxy) = adopted(TRANSPARENT_5);
    // another definition had named the account before it was adopted
    fixture.accepted(0, &calls::create_definition("B", is(account(0))));
    let code = compiled(&mut fixture, "Box");
    let voter = TRANSPARENT_5.create(&mut fixture, &code);
    fixture.accepted(0, &calls::set_policy("B", "migrate", is(voter)));
    let admin = admin_of(&fixture, "A");
    TRANSPARENT_5.give(&mut fixture, voter, admin);
    fixture.accepted(0, &adopt(TRANSPARENT_5.kind, voter));
    let asked = fixture.view(&calls::satisfies("B", "migrate", vec![voter]));
    assert_eq!(asked, Ok(true));
    assert_eq!(value(&fixture, proxy), Ok(U256::from(7)));
}

#[test]
fn what_another_definition_decides_or_has_paused_is_not_adopted() {
    for kind in [TRANSPARENT_4, TRANSPARENT_5, UUPS_5] {
        let (mut fixture, code, proxy) = adopted(kind);
        let first = fixture.registry;
        fixture.pause(0);
        let another = fixture.another_registry(5);
        fixture.registry = another;
        fixture.accepted(5, &calls::create_definition("A", is(account(5))));
        let add = super::fixture::add_version(&code, "1.0", initial_step());
        fixture.accepted(5, &add);
        for as_kind in [kind.kind, proxy_kind::TRANSPARENT_5] {
            let taken = fixture.send(account(5), &adopt(as_kind, proxy));
            taken.expect_err("it obeys another");
        }
        fixture.is_no_instance(proxy);
        fixture.registry = first;
        fixture.resume(0);
        assert_eq!(value(&fixture, proxy), Ok(U256::from(7)), "{kind:?}");
    }
}

#[test]
fn no_proxy_of_a_registry_is_adopted_as_one_of_others() {
    let (mut fixture, code, proxies) = counters(7);
    let old = fixture.registry;
    fixture.pause(0);
    let new = fixture.another_registry(0);
    fixture.registry = new;
    fixture.defined(&is(account(0)));
    fixture.add("1.0", &code, initial_step());
    for proxy in proxies {
        for kind in 0..6 {
            let what = String::from("adoption of that proxy");
            fixture.refuses(0, &adopt(kind, proxy), IRegistry::NotSupported { what });
        }
    }
    assert_ne!(old, new);
}
