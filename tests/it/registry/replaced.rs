//! Code and policies that are replaced after an approval, and upgrades that are sent with
//! unexpected gas or value.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_chain::Overrides;
use stylus_upgrades::build::evm;
use stylus_upgrades_interface::reasons::{blocked_by, not_runnable};

use super::fixture::{
    Fixture, Reverted, account, add_version, is, new_proxy, plain, refused, set_policy, step,
};
use super::team::*;

/// A script that does nothing, of EVM code, and the step that runs it.
fn scripted(fixture: &mut Fixture, from: &str) -> Step {
    let script = fixture.deploy_code(&evm::creation_code(&[0x00, 0xaa]));
    Step {
        script: script.implementation,
        scriptCodehash: script.codehash,
        ..step(from, 2, vec![1].into())
    }
}

/// What may be put in the place of approved code: other code, and a delegation to it.
fn replacements(fixture: &mut Fixture) -> [Bytes; 2] {
    let other = fixture.deploy_code(&evm::creation_code(&[0x00, 0xbb]));
    let designator = [&[0xef, 0x01, 0x00], other.implementation.as_slice()].concat();
    [vec![0x00, 0xbb].into(), designator.into()]
}

#[test]
fn a_script_that_is_replaced_between_approval_and_activation_is_not_run() {
    let (mut fixture, code) = fixture();
    let proxy = create(&mut fixture, 1);
    let step = scripted(&mut fixture, "1.0");
    let (script, expected) = (step.script, step.scriptCodehash);
    let call = migration(&code, "2.0", step);
    let action = fixture.records(0, &call);
    let [other, designator] = replacements(&mut fixture);
    for (code, reason) in [(other, None), (designator, Some(not_runnable::DESIGNATOR))] {
        fixture.chain.set_code(script, code);
        let found = fixture.code_hash(script);
        let sent = fixture.send(account(1), &call);
        match reason {
            Some(reason) => refused(sent, cannot_run(script, reason)),
            None => refused(sent, code_changed(script, expected, found)),
        }
        let open = fixture.readiness(action);
        assert_eq!(open.blockedBy, blocked_by::APPROVALS);
        assert_eq!(open.progress.approvals, 1, "approvals stay as they were");
    }
    let at = fixture.view(&IRegistry::instanceOfCall { proxy });
    assert_eq!(at.expect("an instance").version, "1.0");
}

#[test]
fn a_script_that_is_replaced_between_activation_and_rollout_is_not_run() {
    let (mut fixture, code) = fixture();
    let proxy = create(&mut fixture, 1);
    let step = scripted(&mut fixture, "1.0");
    let (script, expected) = (step.script, step.scriptCodehash);
    together(&mut fixture, &migration(&code, "2.0", step));
    let approved = fixture.code(script);
    let [other, designator] = replacements(&mut fixture);
    for code in [other, designator.clone()] {
        fixture.chain.set_code(script, code.clone());
        let found = fixture.code_hash(script);
        let done = fixture.follow();
        assert_eq!(done.returned, 0);
        let reason = done.skipped()[0].reason.clone();
        let reason = Err::<(), _>(Reverted(reason));
        if code == designator {
            let reason_number = not_runnable::DESIGNATOR;
            let expected = cannot_run(script, reason_number);
            refused(reason, expected);
        } else {
            let expected = code_changed(script, expected, found);
            refused(reason, expected);
        }
    }
    fixture.chain.set_code(script, approved);
    assert_eq!(fixture.follow().returned, 1);
    assert_eq!(fixture.instance(proxy).version, "2.0");
}

#[test]
fn the_gas_that_an_estimator_finds_upgrades() {
    let (mut fixture, code) = fixture();
    let mut proxies: Vec<_> = (1..=4).map(|n| create(&mut fixture, n)).collect();
    let evm = new_proxy(proxy_kind::EVM, 5, Bytes::new());
    fixture.accepted(0, &evm);
    proxies.push(fixture.created(1, &evm));
    let registry = fixture.registry;
    let next = migration(&code, "2.0", plain("1.0"));
    fixture.accepted(0, &next);
    let estimated = |fixture: &Fixture, who: usize, input: Vec<u8>| {
        let request = CallRequest {
            from: Some(account(who)),
            to: Some(registry),
            input: input.into(),
            ..CallRequest::default()
        };
        fixture
            .chain
            .estimate_gas(request, BlockId::latest(), &Overrides::default())
            .expect("an estimate")
    };
    let gas = estimated(&fixture, 1, next.abi_encode());
    let done = fixture.send_with_gas(account(1), registry, &next, gas);
    assert!(done.expect("executed").returned.executed);
    // one by itself, an EVM proxy by itself, and what is left
    for some in [&proxies[..1], &proxies[4..], &proxies[1..]] {
        let rollout = calls::rollout("A", some);
        let gas = estimated(&fixture, STRANGER, rollout.abi_encode());
        let done = fixture
            .send_with_gas(account(STRANGER), registry, &rollout, gas)
            .expect("rolled out");
        assert_eq!(done.skipped(), []);
    }
    for proxy in proxies {
        assert_eq!(fixture.instance(proxy).version, "2.0");
    }
}

#[test]
fn value_sent_to_an_upgrade_of_several_steps_is_not_counted_twice() {
    let (mut fixture, code) = fixture();
    together(&mut fixture, &set_policy("migrate", &is(account(0))));
    let proxy = create(&mut fixture, 1);
    let scripts = [scripted(&mut fixture, "1.0"), scripted(&mut fixture, "2.0")];
    for (label, step) in ["2.0", "3.0"].into_iter().zip(scripts) {
        fixture.accepted(0, &add_version(&code, label, step));
    }
    let value = U256::from(5);
    for data in [Bytes::new(), ICounter::valueCall {}.abi_encode().into()] {
        let call = calls::upgrade_to_and_call("3.0", data);
        let sent = fixture.pay(account(0), proxy, &call, value);
        refused(sent, Proxy::ValueNotAccepted { value });
    }
    let held = fixture.balance(proxy);
    assert_eq!(held, U256::ZERO);
}
