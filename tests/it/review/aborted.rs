//! Complex steps that approvers aborted. An approval for one step must not hold for another.

use crate::prelude::*;
use stylus_upgrades_interface::complex::{IComplexMigration as Complex, IComplexStep};

use super::fixture::{Scenario, plain};
use crate::registry::errors::stale;
use crate::registry::fixture::{Reverted, account, framework, is, refused};
use crate::registry::replay;

const HANDLER: usize = 4;

/// A complex step from a version.
fn complex(from: &str, program: &Code) -> Step {
    crate::registry::fixture::complex(from, program, account(HANDLER))
}

fn end(scenario: &mut Scenario) {
    let (proxy, end) = (scenario.proxy, Complex::endMigrationCall {});
    let handler = account(HANDLER);
    let ended = scenario.send_to(handler, proxy, &end);
    ended.expect("nothing is left to do");
}

fn abort(scenario: &mut Scenario) {
    let nonce = scenario.nonce(scenario.proxy);
    let order = calls::abort_migration("A", scenario.proxy, nonce);
    scenario.govern(&order).expect("turns back");
    scenario.assert_at("1.0", instance_state::TURNING_BACK);
}

/// A scenario with 2.0, after a complex step, current; its instance was rolled back from there.
fn rolled_back() -> (Scenario, Step) {
    let mut scenario = Scenario::new();
    let program = scenario.deploy("points-cursor");
    let way = complex("1.0", &program);
    scenario.migrate("2.0", way.clone()).expect("current");
    scenario.assert_at("1.0", instance_state::MIGRATING);
    abort(&mut scenario);
    end(&mut scenario);
    scenario.assert_at("1.0", instance_state::LIVE);
    (scenario, way)
}

#[track_caller]
fn assert_left_alone(scenario: &mut Scenario) {
    let done = scenario.follow();
    assert_eq!((done.returned, done.skipped().len()), (0, 0));
}

#[test]
fn nobody_but_approvers_starts_a_migration_again_that_they_aborted() {
    let (mut scenario, way) = rolled_back();
    assert_left_alone(&mut scenario);
    scenario.assert_at("1.0", instance_state::LIVE);

    // who alone may migrate moves it by name
    let proxy = scenario.proxy;
    scenario.upgrade(proxy, "2.0").expect("started");
    scenario.assert_at("1.0", instance_state::MIGRATING);
    abort(&mut scenario);
    end(&mut scenario);

    // and approvers move it by asking for what is current once more
    scenario.migrate("2.0", way).expect("current once more");
    scenario.assert_at("1.0", instance_state::MIGRATING);
}

#[test]
fn an_instance_that_is_rolled_back_from_an_older_version_is_left_alone_as_well() {
    let mut scenario = Scenario::new();
    let program = scenario.deploy("points-cursor");
    scenario
        .migrate("2.0", complex("1.0", &program))
        .expect("current");
    scenario.migrate("3.0", plain("2.0")).expect("current");
    abort(&mut scenario);
    end(&mut scenario);
    scenario.assert_at("1.0", instance_state::LIVE);
    assert_left_alone(&mut scenario); // it would begin that very step again
    scenario.assert_at("1.0", instance_state::LIVE);
}

#[test]
fn an_approval_about_an_instance_holds_for_its_complex_step_alone() {
    // hostile code as the program: it ends on request
    let mut scenario = Scenario::new();
    let program = scenario.code.clone();
    scenario.add("2.0", complex("1.0", &program));
    scenario.add("3.0", complex("2.0", &program));
    let proxy = scenario.proxy;
    scenario.upgrade(proxy, "3.0").expect("started");
    let [ana, ben] = [1, 2].map(account);
    let boss = is(scenario.boss);
    let both = format!("OR({boss},AND({},{}))", is(ana), is(ben));
    let both = calls::set_policy("A", "migrate", both);
    scenario.govern(&both).expect("set");

    let orders = |nonce| {
        [
            data(&calls::set_handler("A", proxy, account(7), nonce)),
            data(&calls::abort_migration("A", proxy, nonce)),
        ]
    };
    let begun = scenario.nonce(proxy);
    for order in orders(begun) {
        let half = approve(&mut scenario, ana, &order).expect("approved");
        assert_eq!((half.approvals, half.executed), (1, false));
    }
    let storage = framework().storage.address;
    let finish = hostile::delegate(storage, &IComplexStep::finishStepCall { back: false });
    scenario.act(proxy, vec![finish]).expect("at 2.0");
    scenario.assert_at("2.0", instance_state::PAUSED);
    scenario.upgrade(proxy, "3.0").expect("started");
    scenario.assert_at("2.0", instance_state::MIGRATING);

    let now = scenario.nonce(proxy);
    for order in orders(begun) {
        let second = approve(&mut scenario, ben, &order);
        refused(second, stale(begun, now));
    }
    scenario.assert_at("2.0", instance_state::MIGRATING);
    // the handler that is set is a change, too
    for (order, nonce) in [(0, now), (1, now + 1)] {
        let order = &orders(nonce)[order];
        let half = approve(&mut scenario, ben, order).expect("approved");
        assert_eq!((half.approvals, half.executed), (1, false));
        let whole = approve(&mut scenario, ana, order).expect("executed");
        assert_eq!((whole.action, whole.executed), (half.action, true));
    }
    scenario.assert_at("2.0", instance_state::TURNING_BACK);
    replay::agrees_with_the_views(&scenario.fixture, "A");
}

/// Approves, or executes.
fn approve(scenario: &mut Scenario, who: Address, order: &Bytes) -> Result<Progress, Reverted> {
    let registry = scenario.registry;
    let done = scenario.raw(who, registry, order.clone(), U256::ZERO, 32_000_000)?;
    let progress = IRegistry::setPolicyCall::abi_decode_returns(&done.returned);
    Ok(progress.expect("a progress"))
}
