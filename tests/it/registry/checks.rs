//! Checks of steps: a contract that is asked before and after an instance is upgraded.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades_interface::reasons::{invalid_step, not_runnable, step as kind};

use super::adopted::fixture::{TRANSPARENT_5, adopted, compiled, runs};
use super::fixture::{account, add_version, complex, initial_step, plain, refused, step};
use super::kinds::counters;

alloy::sol! {
    #[derive(Debug)]
    error ValueChanged(string from, string to, uint256 before_, uint256 after_);
    #[derive(Debug)]
    error NotSeven(uint256 value);
    function increment() external;
}

/// The step with a check.
fn checked(step: Step, check: &Code) -> Step {
    Step {
        script: check.implementation,
        scriptCodehash: check.codehash,
        ..step
    }
}

/// A call of the new code, which raises the value.
fn raises(kind: u8) -> Step {
    step("1.0", kind, incrementCall {}.abi_encode().into())
}

fn migration(code: &Code, step: Step) -> IRegistry::migrateCall {
    calls::migrate("A", "2.0", code, step)
}

#[test]
fn an_upgrade_whose_check_holds_is_done() {
    let (mut fixture, code, proxies) = counters(7);
    let check = compiled(&mut fixture, "ValueStays");
    let done = fixture.migrates(0, &migration(&code, checked(plain("1.0"), &check)));
    assert_eq!(done.events::<IRegistry::InstanceUpgraded>().len(), 2);
    for proxy in proxies {
        assert_eq!(fixture.instance(proxy).version, "2.0");
    }
}

#[test]
fn an_upgrade_with_another_outcome_is_none_and_says_why() {
    let (mut fixture, code, proxies) = counters(7);
    let check = compiled(&mut fixture, "ValueStays");
    let raised = ValueChanged {
        from: "1.0".into(),
        to: "2.0".into(),
        before_: U256::from(7),
        after_: U256::from(8),
    };
    let order = migration(&code, checked(raises(kind::FOREIGN_CALL), &check));
    let done = fixture.migrates(0, &order);
    let skipped = done.skipped();
    let named: Vec<_> = skipped.iter().map(|one| one.proxy).collect();
    assert_eq!(named, proxies);
    let reason = Bytes::from(raised.abi_encode());
    assert!(skipped.iter().all(|one| one.reason == reason));
    for proxy in proxies {
        let value = fixture.ask(proxy, &ICounter::valueCall {});
        assert_eq!(value, Ok(U256::from(7)));
        assert_eq!(fixture.instance(proxy).version, "1.0");
    }
}

#[test]
fn an_instance_whose_check_fails_stops_itself_alone() {
    let (mut fixture, code, [first, second]) = counters(6);
    let increment = ICounter::incrementCall {};
    fixture.accepted_by(second, 5, &increment);
    let check = compiled(&mut fixture, "ValueIsSeven");
    let order = migration(&code, checked(raises(kind::FOREIGN_CALL), &check));
    let done = fixture.migrates(0, &order);
    let eight = NotSeven {
        value: U256::from(8),
    };
    done.skips(second, eight.abi_encode());
    assert_eq!(fixture.instance(first).version, "2.0");
    assert_eq!(fixture.instance(second).version, "1.0");
}

#[test]
fn who_starves_a_rollout_does_not_leave_instances_behind() {
    let (mut fixture, code, proxies) = counters(7);
    let check = compiled(&mut fixture, "ValueStays");
    let order = migration(&code, checked(raises(kind::FOREIGN_CALL), &check));
    fixture.accepted(0, &order);
    let sent = fixture.rollout(proxies, 12_000_000);
    let reverted = sent.expect_err("too little gas for its failure to count");
    assert!(
        reverted
            .0
            .starts_with(&IRegistry::InsufficientGas::SELECTOR)
    );
}

#[test]
fn only_the_registry_takes_a_step_with_a_check() {
    let (mut fixture, code, [proxy, evm]) = counters(7);
    let check = compiled(&mut fixture, "ValueStays");
    let add = add_version(&code, "2.0", checked(raises(kind::FOREIGN_CALL), &check));
    fixture.accepted(0, &add);
    let direct = calls::upgrade_to("2.0");
    let error = bad_step("1.0", "2.0", invalid_step::DIRECT_WITH_CHECK);
    fixture.refuses_at(proxy, 0, &direct, error);
    for proxy in [proxy, evm] {
        let upgrade = calls::upgrade_instance(proxy, "2.0", Bytes::new());
        let sent = fixture.send(account(0), &upgrade);
        let reverted = sent.expect_err("the check stops it");
        assert!(reverted.0.starts_with(&ValueChanged::SELECTOR));
    }
}

#[test]
fn a_path_with_a_complex_step_takes_no_check_along() {
    let (mut fixture, code, [proxy, _]) = counters(7);
    let check = compiled(&mut fixture, "ValueStays");
    let program = fixture.deploy("points-cursor");
    fixture.add("2.0", &code, checked(plain("1.0"), &check));
    fixture.add("3.0", &code, complex("2.0", &program, account(5)));
    let upgrade = |version: &str| calls::upgrade_instance(proxy, version, Bytes::new());
    let error = bad_step("1.0", "2.0", invalid_step::COMPLEX_WITH_CHECK);
    fixture.refuses(0, &upgrade("3.0"), error);
    fixture.accepted(0, &upgrade("2.0"));
}

#[test]
fn a_check_is_code_that_runs_and_is_what_was_approved() {
    let (mut fixture, code, _) = counters(7);
    let check = compiled(&mut fixture, "ValueStays");
    let nobody = Code {
        implementation: account(8),
        codehash: fixture.code_hash(account(8)),
        ..check.clone()
    };
    let error = cannot_run(account(8), not_runnable::NO_CODE);
    fixture.refuses(0, &migration(&code, checked(raises(4), &nobody)), error);
    let other = Code {
        codehash: code.codehash,
        ..check.clone()
    };
    let error = code_changed(check.implementation, code.codehash, check.codehash);
    fixture.refuses(0, &migration(&code, checked(raises(4), &other)), error);
    let initial = add_version(&code, "9.0", checked(initial_step(), &check));
    let error = bad_step("", "9.0", invalid_step::INITIAL_WITH_MIGRATION);
    fixture.refuses(0, &initial, error);
}

#[test]
fn an_adopted_proxy_is_checked_as_well() {
    let (mut fixture, first, proxy) = adopted(TRANSPARENT_5);
    let second = compiled(&mut fixture, "Box2");
    let check = compiled(&mut fixture, "ValueIsSeven");
    let add = alloy::primitives::hex!("4f2be91f"); // add()
    let order = migration(&second, checked(step("1.0", 4, add.into()), &check));
    let nine = NotSeven {
        value: U256::from(9),
    };
    refused(fixture.tries(0, &order), nine);
    assert_eq!(runs(&fixture, proxy), first.implementation);
    let order = migration(&second, checked(plain("1.0"), &check));
    fixture.migrates(0, &order);
    assert_eq!(runs(&fixture, proxy), second.implementation);
}
