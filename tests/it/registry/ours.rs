//! The contracts that the framework has on every chain are nobody's code, approver or proxy.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades_interface::reasons::{invalid_policy, not_runnable};

use super::adopted::fixture::adopt;
use super::fixture::{
    Fixture, account, add_version, framework, initial_step, is, plain, set_policy, step,
};
use super::kinds::counters;

/// Every one of them, with its code's hash as the chain tells.
fn ours(fixture: &Fixture) -> Vec<Code> {
    let built = framework();
    let shared = [built.orders.address, built.layouts.address];
    let shared = shared
        .into_iter()
        .chain([built.stub.address, built.storage.address]);
    let parts = built.parts.iter().map(|part| part.address);
    shared
        .chain(parts)
        .chain([fixture.registry])
        .map(|implementation| Code {
            implementation,
            codehash: fixture.code_hash(implementation),
            layoutHash: B256::ZERO,
            sourceHash: B256::ZERO,
        })
        .collect()
}

#[test]
fn what_is_ours_is_no_implementation_no_script_and_no_program() {
    let (mut fixture, code, [proxy, _]) = counters(7);
    for ours in ours(&fixture) {
        let account = ours.implementation;
        let refusal = || cannot_run(account, not_runnable::PROXY);
        let version = add_version(&ours, "2.0", plain("1.0"));
        fixture.refuses(0, &version, refusal());
        fixture.refuses(
            0,
            &calls::migrate("A", "2.0", &ours, plain("1.0")),
            refusal(),
        );
        // a check, a script, a program
        let scripted = |kind, data: Bytes| Step {
            script: account,
            scriptCodehash: ours.codehash,
            ..step("1.0", kind, data)
        };
        let complex = super::fixture::complex("1.0", &ours, super::fixture::account(5));
        for step in [
            scripted(0, Bytes::new()),
            scripted(2, vec![1].into()),
            complex,
        ] {
            fixture.refuses(0, &add_version(&code, "2.0", step), refusal());
        }
    }
    assert_eq!(fixture.definition().versions, 1);
    assert_eq!(fixture.instance(proxy).version, "1.0");
}

#[test]
fn what_is_ours_is_no_approver_and_no_lambda() {
    let mut fixture = Fixture::of_one();
    for ours in ours(&fixture) {
        let ours = is(ours.implementation);
        let me = is(account(0));
        let reason = invalid_policy::FORBIDDEN_ADDRESS;
        for (policy, offset) in [
            (ours.clone(), 0),
            (format!("OR({me},{ours})"), 4 + me.len()),
            (format!("OR({me},CALL({ours}))"), 4 + me.len() + 5),
        ] {
            let error = || bad_policy(&policy, offset as u32, reason);
            for role in ["migrate", "audit"] {
                fixture.refuses(0, &set_policy(role, &policy), error());
            }
            let define = calls::create_definition("B", policy.clone());
            fixture.refuses(0, &define, error());
        }
    }
}

#[test]
fn what_is_ours_is_no_proxy_and_receives_none() {
    let (mut fixture, code, [proxy, evm]) = counters(7);
    let sender = fixture.another_registry(5);
    fixture.add("1.1", &code, initial_step());
    for ours in ours(&fixture) {
        let ours = ours.implementation;
        for kind in [
            proxy_kind::TRANSPARENT_4,
            proxy_kind::TRANSPARENT_5,
            proxy_kind::UUPS,
        ] {
            let error = IRegistry::ProxyExists { proxy: ours };
            fixture.refuses(0, &adopt(kind, ours), error);
        }
        let accept = calls::accept_transfer("A", ours, "1.0", sender, 0);
        fixture.refuses(0, &accept, IRegistry::ProxyExists { proxy: ours });
        let from_ours = calls::accept_transfer("A", account(9), "1.0", ours, 0);
        let error = not_supported("transfer from that account");
        fixture.refuses(0, &from_ours, error);
        for proxy in [proxy, evm] {
            let go = calls::transfer_proxy("A", proxy, ours, "A", 0);
            let error = not_supported("transfer to that account");
            fixture.refuses(0, &go, error);
        }
    }
    assert_eq!(fixture.instances(), [proxy, evm]);
}

#[test]
fn what_another_registry_has_in_its_place_creates_and_receives_nothing() {
    let other = Bytes::from_static(&[0x00]);
    let built = framework();
    for (account, code, kind) in [
        (built.orders.address, &built.orders.code, proxy_kind::EVM),
        (built.stub.address, &built.stub.code, proxy_kind::EVM),
        (built.stub.address, &built.stub.code, proxy_kind::WASM),
    ] {
        let (mut fixture, first, proxies) = counters(7);
        let proxy = proxies[usize::from(kind)];
        let home = fixture.registry;
        let away = super::attacked::attackers_registry(&mut fixture, &first);
        let genuine = fixture.code(account);
        fixture.chain.set_code(account, other.clone());
        let changed = || code_changed(account, keccak256(code), keccak256(&other));
        let create = super::fixture::new_proxy(kind, 9, Bytes::new());
        fixture.refuses(0, &create, changed());
        let accept = calls::accept_transfer("A", proxy, "1.0", home, 0);
        fixture.refuses_at(away, 5, &accept, changed());
        // and of what was accepted before, nothing is received
        fixture.chain.set_code(account, genuine.clone());
        fixture.accepted_by(away, 5, &accept);
        if account == built.stub.address {
            fixture.chain.set_code(account, other.clone());
            let go = calls::transfer_proxy("A", proxy, away, "A", 0);
            fixture.refuses(0, &go, changed());
            fixture.chain.set_code(account, genuine);
        }
        assert_eq!(fixture.instance(proxy).version, "1.0");
    }
}
