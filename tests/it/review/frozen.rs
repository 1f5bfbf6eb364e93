//! Instances in a complex step: what can block them there, and how they leave it.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades::build::evm::creation_code;
use stylus_upgrades_interface::complex::IComplexMigration as Complex;
use stylus_upgrades_interface::instance::IInstanceRegistry;
use stylus_upgrades_interface::reasons::{invalid_policy, invalid_step};

use super::fixture::{Scenario, answering, call, migrating, plain, upgrade_to, write};
use crate::registry::fixture::{Reverted, account, complex, framework, refused, step};

const HANDLER: usize = 4;

/// A scenario with versions 2.0, after a complex step, 2.1 and 3.0.
fn scenario(handler: impl FnOnce(&Scenario) -> Address) -> Scenario {
    let mut scenario = Scenario::new();
    let v2 = scenario.deploy("points-v2");
    let program = scenario.deploy("points-cursor");
    let way = complex("1.0", &program, handler(&scenario));
    scenario.add_code("2.0", v2.clone(), way);
    scenario.add_code("2.1", v2.clone(), plain("2.0"));
    scenario.add_code("3.0", v2, plain("2.1"));
    scenario
}

/// A scenario with 2.0 after a complex step, and 3.0 after a migration that always reverts. Its
/// instance is in the complex step, which comes along, on the way to 3.0.
fn stuck() -> (Scenario, Step) {
    let mut scenario = Scenario::new();
    let program = scenario.deploy("points-cursor");
    let way = complex("1.0", &program, account(HANDLER));
    scenario.add("2.0", way.clone());
    scenario.add("3.0", step("2.0", 4, failing()));
    let proxy = scenario.proxy;
    scenario.upgrade(proxy, "3.0").expect("started");
    (scenario, way)
}

/// Calldata that the hostile code reverts.
fn failing() -> Bytes {
    let data = vec![0xee].into();
    IHostile::revertWithCall { data }.abi_encode().into()
}

fn end(scenario: &mut Scenario) -> Result<(), Reverted> {
    let end = Complex::endMigrationCall {};
    let proxy = scenario.proxy;
    scenario.send_to(account(HANDLER), proxy, &end).map(drop)
}

#[test]
fn an_instance_whose_next_migration_reverts_ends_with_its_step_and_is_given_a_way_around() {
    let (mut scenario, way) = stuck();
    let proxy = scenario.proxy;
    end(&mut scenario).expect("it ends where it ends");
    scenario.assert_at("2.0", instance_state::PAUSED);
    // 1.0 is current, which it is ahead of: it runs what it reached
    assert_eq!(scenario.follow().returned, 1);
    scenario.assert_at("2.0", instance_state::LIVE);

    scenario.migrate("2.0", way).expect("current");
    let failing = step("2.0", 4, failing());
    scenario.make_current("3.0", failing).expect("current");
    scenario.follow().skips(proxy, vec![0xee]);
    scenario.assert_at("2.0", instance_state::LIVE);
    scenario.make_current("3.1", plain("3.0")).expect("current");
    let order = calls::add_step("A", "3.1", plain("2.0"));
    scenario.govern(&order).expect("added");
    assert_eq!(scenario.follow().returned, 1);
    scenario.assert_at("3.1", instance_state::LIVE);
}

#[test]
fn no_complex_step_begins_in_a_frozen_definition() {
    let (mut scenario, way) = stuck();
    scenario.migrate("2.0", way).expect("current");
    end(&mut scenario).expect("at 2.0, which is current");
    scenario.assert_at("2.0", instance_state::LIVE);

    // another one begins on the way to what is current, while nobody decides any more
    scenario.proxy = scenario.create(2, "1.0");
    let never_again = calls::set_policy("A", "migrate", "NONE");
    scenario.govern(&never_again).expect("frozen");
    let reason = bad_step("1.0", "2.0", invalid_step::COMPLEX_WHEN_FROZEN);
    let done = scenario.follow();
    done.skips(scenario.proxy, reason.abi_encode());
    scenario.assert_at("1.0", instance_state::LIVE);
}

#[test]
fn nobody_is_left_in_a_complex_step_or_on_the_stub_without_those_who_could_bring_him_back() {
    let (mut scenario, _) = stuck();
    let never_again = calls::set_policy("A", "migrate", "NONE");
    let stopped = || bad_policy("NONE", 0, invalid_policy::STOPPED);
    refused(scenario.govern(&never_again), stopped());
    end(&mut scenario).expect("at 2.0");
    scenario.assert_at("2.0", instance_state::PAUSED);
    refused(scenario.govern(&never_again), stopped());
    assert_eq!(scenario.follow().returned, 1);
    scenario.assert_at("2.0", instance_state::LIVE);
    scenario.govern(&never_again).expect("frozen");
}

/// EVM code that makes calls without arguments to an account, whatever comes of them.
fn calling(to: Address, selectors: &[[u8; 4]]) -> Vec<u8> {
    let mut code = Vec::new();
    for selector in selectors {
        // PUSH4 selector PUSH1 224 SHL PUSH0 MSTORE
        code.push(0x63);
        code.extend(selector);
        code.extend([0x60, 0xe0, 0x1b, 0x5f, 0x52]);
        // PUSH0 PUSH0 PUSH1 36 PUSH0 PUSH0 PUSH20 to GAS CALL POP
        code.extend([0x5f, 0x5f, 0x60, 0x24, 0x5f, 0x5f, 0x73]);
        code.extend(to.as_slice());
        code.extend([0x5a, 0xf1, 0x50]);
    }
    code
}

#[test]
fn a_program_cannot_suspend_its_own_upgrade_and_open_it_again() {
    let suspend = IInstanceRegistry::suspendUpgradeCall::SELECTOR;
    let resume = IInstanceRegistry::resumeUpgradeCall::SELECTOR; // its argument is 0: forward
    for order in [
        vec![suspend],
        vec![suspend, resume],
        vec![suspend, resume, suspend],
        vec![suspend, resume, suspend, resume],
    ] {
        let mut scenario = Scenario::new();
        let code = calling(scenario.registry, &order);
        let program = scenario.deploy_code(&creation_code(&code));
        scenario.add("2.0", complex("1.0", &program, account(HANDLER)));
        scenario.add("3.0", complex("2.0", &program, account(HANDLER)));
        let proxy = scenario.proxy;
        let sent = scenario.upgrade(proxy, "3.0");
        refused(sent, not_an_instance(proxy));
        scenario.assert_at("1.0", instance_state::LIVE);
    }
}

#[test]
fn an_instance_whose_path_was_cut_off_after_its_complex_step_ends_with_the_step() {
    let handler = account(4);
    let mut scenario = scenario(|_| handler);
    let proxy = scenario.proxy;
    scenario.upgrade(proxy, "3.0").expect("started");
    // a shorter way, which waits for calldata that nobody can bring any more
    let order = calls::add_step("A", "3.0", step("2.0", 1, Bytes::new()));
    scenario.govern(&order).expect("added");
    let end = Complex::endMigrationCall {};
    scenario.send_to(handler, proxy, &end).expect("at 2.0");
    scenario.assert_at("2.0", instance_state::PAUSED);
    assert_eq!(scenario.follow().returned, 1);
    scenario.assert_at("2.0", instance_state::LIVE);
}

#[test]
fn a_way_that_is_added_in_the_middle_of_an_upgrade_does_not_change_where_it_stops() {
    // the registry takes calls of others while an instance upgrades itself
    let mut scenario = Scenario::new();
    let silent = creation_code(&answering(&[]));
    let first = scenario.deploy_code(&silent);
    let second = scenario.deploy("points-cursor");
    let (boss, proxy, registry) = (scenario.boss, scenario.proxy, scenario.registry);
    let other = scenario.deploy("hostile").implementation;
    let both = calls::set_policy("A", "migrate", format!("OR({boss:?},{other:?})"));
    scenario.govern(&both).expect("either of them");
    let shorter = calls::add_step("A", "3.0", complex("1.0", &second, account(HANDLER)));
    let approve = act(vec![call(registry, &shorter)]);
    scenario.add("2.0", migrating(vec![call(other, &approve)]));
    scenario.add("3.0", complex("2.0", &first, account(HANDLER)));
    scenario.upgrade(proxy, "3.0").expect("started");
    let runs = scenario.slot(proxy, slots::IMPLEMENTATION);
    assert_eq!(runs, first.implementation.into_word());
    scenario.assert_at("2.0", instance_state::MIGRATING);
}

#[test]
fn a_complex_migration_ends_in_another_transaction_than_it_starts() {
    let mut scenario = scenario(|scenario| scenario.boss);
    let (boss, proxy) = (scenario.boss, scenario.proxy);
    let end = Complex::endMigrationCall {};
    let both = vec![call(proxy, &upgrade_to("3.0")), call(proxy, &end)];
    refused(scenario.act(boss, both), in_progress());
    let done = scenario.upgrade(proxy, "3.0").expect("started");
    assert_eq!(done.events::<Proxy::Upgraded>().len(), 1);
    let done = scenario.act(boss, vec![call(proxy, &end)]).expect("ended");
    assert_eq!(done.events::<Proxy::Upgraded>().len(), 1);
    assert_eq!(scenario.version(proxy), "2.0");
}

#[test]
fn an_instance_whose_next_code_was_replaced_ends_with_its_step() {
    let mut scenario = Scenario::new();
    let program = scenario.deploy("points-cursor");
    scenario.add("2.0", complex("1.0", &program, account(HANDLER)));
    let next = scenario.deploy("hostile");
    scenario.add_code("3.0", next.clone(), plain("2.0"));
    let proxy = scenario.proxy;
    scenario.upgrade(proxy, "3.0").expect("started");
    scenario
        .fixture
        .chain
        .set_code(next.implementation, vec![0].into());
    end(&mut scenario).expect("at 2.0");
    assert_eq!(scenario.follow().returned, 1);
    scenario.assert_at("2.0", instance_state::LIVE);
}

#[test]
fn an_instance_does_not_suspend_itself_in_the_upgrade_of_another() {
    let mut scenario = Scenario::new();
    let (proxy, registry) = (scenario.proxy, scenario.registry);
    let other = scenario.create(2, "1.0");
    let program = scenario.deploy("points-cursor");
    let suspend = call(registry, &IInstanceRegistry::suspendUpgradeCall {});
    let meddle = act(vec![suspend]);
    scenario.add("3.0", complex("1.0", &program, account(HANDLER)));
    // the other has left an upgrade of its own open, whose path has a complex step
    let begin = calls::begin_upgrade(scenario.boss, "3.0");
    let (stub, code) = (framework().stub.address, scenario.code.clone());
    let open = act(vec![
        write(slots::IMPLEMENTATION, stub.into_word()),
        call(registry, &begin),
        write(slots::IMPLEMENTATION, code.implementation.into_word()),
    ]);
    // and the migration of the one that the registry upgrades calls it
    let current = calls::migrate("A", "2.0", &code, migrating(vec![call(other, &meddle)]));
    let rollout = calls::rollout("A", [proxy]);
    let actions = [
        call(other, &open),
        call(registry, &current),
        call(registry, &rollout),
    ];
    let done = scenario.boss(actions.to_vec()).expect("current");
    done.skips(proxy, not_an_instance(other).abi_encode());
    scenario.assert_at("1.0", instance_state::LIVE);
    assert_eq!(scenario.version(other), "1.0");
    assert_eq!(scenario.version(proxy), "1.0");
}
