//! Too little gas and too much return data.

use crate::prelude::*;
use stylus_upgrades::build::evm::creation_code;
use stylus_upgrades_interface::chain::DESIGNATOR_PREFIX;

use super::fixture::{SENDER, Scenario, migrating};
use crate::registry::fixture::{account, is};

/// EVM code that reverts with, or returns, `size` zero bytes.
fn bomb(scenario: &mut Scenario, size: u32, revert: bool) -> Code {
    let [_, a, b, c] = size.to_be_bytes();
    let end = if revert { 0xfd } else { 0xf3 };
    // PUSH3 size PUSH0 REVERT or RETURN
    scenario.deploy_code(&creation_code(&[0x62, a, b, c, 0x5f, end]))
}

#[test]
fn a_rollout_handles_its_whole_batch_or_nothing_whatever_the_gas() {
    let mut scenario = Scenario::lagging(vec![]);
    let four = scenario.instances()[..4].to_vec();
    let mut outcomes = std::collections::BTreeSet::new();
    for gas in (100_000..2_400_000).step_by(61_003) {
        let id = scenario.chain.snapshot();
        match scenario.rollout(&four[..], gas) {
            Err(_) => outcomes.insert(false),
            Ok(done) => {
                assert_eq!(done.returned, 4, "{gas}");
                assert!(done.skipped().is_empty());
                outcomes.insert(true)
            }
        };
        assert!(scenario.chain.revert(id));
    }
    assert_eq!(outcomes.len(), 2, "both were seen");
}

#[test]
fn an_upgrade_happens_or_does_not_whatever_the_gas() {
    let mut scenario = Scenario::new();
    let slot = alloy::primitives::B256::repeat_byte(9);
    scenario.add("2.0", migrating(vec![super::fixture::write(slot, slot)]));
    let order = calls::set_policy("A", "migrate", is(account(0)));
    scenario.govern(&order).expect("set");
    let proxy = scenario.proxy;
    let mut outcomes = std::collections::BTreeSet::new();
    for gas in (60_000..700_000).step_by(7_019) {
        let id = scenario.chain.snapshot();
        let upgrade = super::fixture::upgrade_to("2.0");
        let done = scenario.send_with_gas(account(0), proxy, &upgrade, gas);
        let version = scenario.version(proxy);
        let migrated = scenario.slot(proxy, slot) == slot;
        assert_eq!(version == "2.0", done.is_ok(), "{gas}");
        assert_eq!(migrated, done.is_ok(), "{gas}");
        outcomes.insert(done.is_ok());
        assert!(scenario.chain.revert(id));
    }
    assert_eq!(outcomes.len(), 2, "both were seen");
}

#[test]
fn a_lambda_that_returns_a_flood_says_no() {
    let mut scenario = Scenario::new();
    let lambda = bomb(&mut scenario, 120_000, false).implementation;
    let loud = bomb(&mut scenario, 120_000, true).implementation;
    for (n, lambda) in [(1, lambda), (2, loud)] {
        let role = format!("audit{n}");
        let order = calls::set_policy(
            "A",
            "create",
            format!(
                "OR({},CALL({lambda:?}),CALL({lambda:?}),CALL({lambda:?}),CALL({lambda:?}))",
                is(scenario.boss)
            ),
        );
        scenario.govern(&order).expect(&role);
        let create = scenario.creation(10 + n, "1.0");
        let stranger = account(6);
        crate::registry::fixture::refused(
            scenario.send(stranger, &create),
            IRegistry::NotAnApprover { caller: stranger },
        );
        let instance = scenario.govern(&create).expect("created");
        assert!(instance.gas < 6_000_000, "{}", instance.gas);
    }
}

#[test]
fn an_instance_that_burns_all_gas_is_skipped_and_no_other() {
    let mut scenario = Scenario::lagging(vec![data(&IHostile::spinCall {})]);
    for proxy in scenario.instances() {
        let done = scenario.rollout([proxy], 32_000_000).expect("skipped");
        assert_eq!(done.returned, 0);
        let skipped = done.skipped();
        assert_eq!((skipped.len(), skipped[0].proxy), (1, proxy));
        assert_eq!(scenario.version(proxy), "1.0");
    }
}

/// The action that takes so many pages of memory and keeps them.
fn grow(pages: u32) -> Bytes {
    data(&IHostile::growCall {
        size: pages * 65_536,
    })
}

/// An account that sends transactions and is delegated to the hostile code (EIP-7702).
fn delegated(scenario: &mut Scenario) -> Address {
    let code = [
        DESIGNATOR_PREFIX.as_slice(),
        scenario.code.implementation.as_slice(),
    ];
    let account = account(7);
    scenario
        .fixture
        .chain
        .set_code(account, code.concat().into());
    account
}

#[test]
fn memory_that_the_caller_holds_open_starves_no_rollout_into_half_an_upgrade() {
    // pages of all open frames are priced together: a caller with many makes the rest dear
    let mut scenario = Scenario::lagging(vec![grow(16)]);
    let registry = scenario.registry;
    let two = scenario.instances()[..2].to_vec();
    let rollout = calls::rollout("A", &two[..]);
    let stranger = scenario.deploy("hostile").implementation;
    let delegated = delegated(&mut scenario);
    let (mut upgraded, mut refused) = (0, 0);
    for (from, caller) in [(account(SENDER), stranger), (delegated, delegated)] {
        for pages in [8, 64, 96].into_iter().chain(100..=120) {
            let id = scenario.chain.snapshot();
            let act = act(vec![grow(pages), super::fixture::call(registry, &rollout)]);
            let (fixture, gas) = (&mut scenario.fixture, 200_000_000);
            match fixture.send_with_gas(from, caller, &act, gas) {
                Err(_) => refused += 1,
                Ok(done) => {
                    // what did not move is as it was, and what did is whole
                    let moved = done.events::<IRegistry::InstanceUpgraded>().len();
                    assert_eq!(moved + done.skipped().len(), 2, "{pages}");
                    for proxy in &two {
                        let skipped = done.skipped();
                        let skipped = skipped.iter().any(|one| one.proxy == *proxy);
                        let version = if skipped { "1.0" } else { "2.0" };
                        assert_eq!(scenario.version(*proxy), version, "{pages}");
                        let mark = scenario.slot(*proxy, slots::migrated("2.0"));
                        assert_eq!(mark != B256::ZERO, !skipped, "{pages}");
                    }
                    upgraded += moved;
                }
            }
            let done = scenario.follow();
            assert!(done.skipped().is_empty(), "{pages}: nothing lasts");
            for proxy in scenario.instances() {
                assert_eq!(scenario.version(proxy), "2.0", "{pages}");
            }
            assert!(scenario.chain.revert(id));
        }
    }
    assert!(upgraded > 0 && refused > 0, "{upgraded} and {refused}");
}
