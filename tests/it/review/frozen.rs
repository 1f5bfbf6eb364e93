//! Between two versions: what can keep an instance in a complex step, and the way out.

use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::complex::IComplexMigration as Complex;
use stylus_upgrades_interface::instance::IInstanceRegistry;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::instance_state;
use stylus_upgrades_interface::registry::{IRegistry, Step};
use stylus_upgrades_interface::slots;

use super::world::{IHostile, Stage, answering, call, creation_code, migrating, upgrade_to};
use crate::registry::world::{Reverted, account, complex, refused, step};

const HANDLER: usize = 4;

/// A stage with versions 2.0, behind a complex step, 2.1 and 3.0.
fn stage(handler: impl FnOnce(&Stage) -> Address) -> Stage {
    let mut stage = Stage::new();
    let v2 = stage.world.deploy("points-v2");
    let program = stage.world.deploy("points-cursor");
    let way = complex("1.0", &program, handler(&stage));
    stage.add_code("2.0", v2.clone(), way);
    stage.add_code("2.1", v2.clone(), step("2.0", 0, Bytes::new()));
    stage.add_code("3.0", v2, step("2.1", 0, Bytes::new()));
    stage
}

/// A stage with 2.0 behind a complex step, and 3.0 behind a migration that always reverts. Its
/// instance is in the complex step, which comes along, on the way to 3.0.
fn stuck() -> (Stage, Step) {
    let mut stage = Stage::new();
    let program = stage.world.deploy("points-cursor");
    let way = complex("1.0", &program, account(HANDLER));
    stage.add("2.0", way.clone());
    stage.add("3.0", step("2.0", 4, failing()));
    let (boss, proxy) = (stage.boss, stage.proxy);
    stage
        .act(boss, vec![call(proxy, &upgrade_to("3.0"))])
        .expect("started");
    (stage, way)
}

/// Calldata that the hostile code reverts.
fn failing() -> Bytes {
    let data = vec![0xee].into();
    IHostile::revertWithCall { data }.abi_encode().into()
}

fn end(stage: &mut Stage) -> Result<(), Reverted> {
    let end = Complex::endMigrationCall {};
    let proxy = stage.proxy;
    stage
        .world
        .pay(account(HANDLER), proxy, &end, U256::ZERO)
        .map(drop)
}

/// What the registry has on record of the stage's instance.
#[track_caller]
fn assert_at(stage: &Stage, version: &str, state: u8) {
    let proxy = stage.proxy;
    let asked = IRegistry::instanceOfCall { proxy };
    let told = stage.world.view(&asked).expect("an instance");
    assert_eq!((told.version.as_str(), told.state), (version, state));
}

#[test]
fn an_instance_whose_next_migration_reverts_ends_with_its_step_once_another_version_is_current() {
    let (mut stage, way) = stuck();
    assert_eq!(end(&mut stage), Err(Reverted(vec![0xee].into())));
    assert_at(&stage, "1.0", instance_state::MIGRATING);

    // a version that is only added decides nothing: the upgrade was asked for by name
    stage.add("3.1", step("2.0", 0, Bytes::new()));
    assert_eq!(end(&mut stage), Err(Reverted(vec![0xee].into())));

    // approvers decide by a version that becomes current; the step's own will do
    stage.migrate("2.0", way).expect("current");
    end(&mut stage).expect("at 2.0");
    assert_at(&stage, "2.0", instance_state::LIVE);

    // from there it is rolled out like any other
    stage
        .migrate("3.1", step("2.0", 0, Bytes::new()))
        .expect("current");
    assert_at(&stage, "3.1", instance_state::LIVE);
}

#[test]
fn an_instance_on_the_way_to_what_is_current_is_given_a_way_around_a_bad_version() {
    let (mut stage, way) = stuck();
    stage.migrate("2.0", way).expect("current");
    stage
        .migrate("3.0", step("2.0", 4, failing()))
        .expect("nobody lags: the only instance migrates");
    stage
        .migrate("3.1", step("3.0", 0, Bytes::new()))
        .expect("current");
    let order = IRegistry::addStepCall {
        name: "A".into(),
        version: "3.1".into(),
        step: step("2.0", 0, Bytes::new()),
    };
    stage.govern(&order).expect("added");
    end(&mut stage).expect("at 2.0");
    assert_at(&stage, "2.0", instance_state::LIVE);
    let done = stage.rollout(1, 32_000_000).expect("anybody may");
    assert_eq!((done.returned.upgraded, done.returned.left), (1, 0));
    assert_at(&stage, "3.1", instance_state::LIVE);
}

#[test]
fn an_instance_of_a_frozen_definition_is_not_held_in_its_step_by_what_lies_behind() {
    let (mut stage, way) = stuck();
    stage.migrate("2.0", way).expect("current");
    stage
        .migrate("3.0", step("2.0", 4, failing()))
        .expect("current");
    end(&mut stage).expect("at 2.0: 3.0 was not current when it began");
    assert_at(&stage, "2.0", instance_state::LIVE);

    // another one begins on the way to what is current, and then nobody decides any more
    stage.proxy = stage.create(2, "1.0");
    stage.world.chain.mine(1, None).expect("a block");
    let (boss, proxy) = (stage.boss, stage.proxy);
    stage
        .act(boss, vec![call(proxy, &upgrade_to("3.0"))])
        .expect("started");
    assert_eq!(end(&mut stage), Err(Reverted(vec![0xee].into())));
    let never_again = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "migrate".into(),
        expression: "NONE".into(),
    };
    stage.govern(&never_again).expect("frozen");
    end(&mut stage).expect("at 2.0");
    assert_at(&stage, "2.0", instance_state::LIVE);
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
        let mut stage = Stage::new();
        let code = calling(stage.world.registry, &order);
        let program = stage.world.deploy_code(&creation_code(&code));
        stage.add("2.0", complex("1.0", &program, account(HANDLER)));
        stage.add("3.0", complex("2.0", &program, account(HANDLER)));
        let (boss, proxy) = (stage.boss, stage.proxy);
        refused(
            stage.act(boss, vec![call(proxy, &upgrade_to("3.0"))]),
            IRegistry::NotAnInstance { proxy },
        );
        assert_at(&stage, "1.0", instance_state::LIVE);
    }
}

#[test]
fn an_instance_whose_path_was_cut_off_behind_its_complex_step_ends_with_the_step() {
    let handler = account(4);
    let mut stage = stage(|_| handler);
    let (boss, proxy) = (stage.boss, stage.proxy);
    stage
        .act(boss, vec![call(proxy, &upgrade_to("3.0"))])
        .expect("started");
    // a shorter way, which waits for calldata that nobody can bring any more
    let order = IRegistry::addStepCall {
        name: "A".into(),
        version: "3.0".into(),
        step: step("2.0", 1, Bytes::new()),
    };
    stage.govern(&order).expect("added");
    let end = Complex::endMigrationCall {};
    stage
        .world
        .pay(handler, proxy, &end, U256::ZERO)
        .expect("at 2.0");
    let asked = IRegistry::instanceOfCall { proxy };
    let told = stage.world.view(&asked).expect("an instance");
    assert_eq!(
        (told.version.as_str(), told.state),
        ("2.0", instance_state::LIVE)
    );
}

#[test]
fn a_way_that_is_added_in_the_middle_of_an_upgrade_does_not_change_where_it_stops() {
    // the registry takes calls of others while an instance upgrades itself
    let mut stage = Stage::new();
    let silent = creation_code(&answering(&[]));
    let first = stage.world.deploy_code(&silent);
    let second = stage.world.deploy("points-cursor");
    let (boss, proxy, registry) = (stage.boss, stage.proxy, stage.world.registry);
    let other = stage.world.deploy("hostile").implementation;
    let both = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "migrate".into(),
        expression: format!("OR({boss:?},{other:?})"),
    };
    stage.govern(&both).expect("either of them");
    let shorter = IRegistry::addStepCall {
        name: "A".into(),
        version: "3.0".into(),
        step: complex("1.0", &second, account(HANDLER)),
    };
    let approve = IHostile::actCall {
        actions: vec![call(registry, &shorter)],
    };
    stage.add("2.0", migrating(vec![call(other, &approve)]));
    stage.add("3.0", complex("2.0", &first, account(HANDLER)));
    stage
        .act(boss, vec![call(proxy, &upgrade_to("3.0"))])
        .expect("started");
    let runs = stage.slot(proxy, slots::IMPLEMENTATION);
    assert_eq!(runs, first.implementation.into_word());
    assert_at(&stage, "2.0", instance_state::MIGRATING);
}

#[test]
fn a_complex_migration_ends_in_another_transaction_than_it_starts() {
    let mut stage = stage(|stage| stage.boss);
    let (boss, proxy) = (stage.boss, stage.proxy);
    let end = Complex::endMigrationCall {};
    let both = vec![call(proxy, &upgrade_to("3.0")), call(proxy, &end)];
    refused(stage.act(boss, both), Proxy::UpgradeInProgress {});
    let done = stage
        .act(boss, vec![call(proxy, &upgrade_to("3.0"))])
        .expect("started");
    assert_eq!(done.events::<Proxy::Upgraded>().len(), 1);
    let done = stage.act(boss, vec![call(proxy, &end)]).expect("ended");
    assert_eq!(done.events::<Proxy::Upgraded>().len(), 1);
    assert_eq!(stage.version(proxy), "3.0");
}

#[test]
fn an_instance_whose_next_code_was_replaced_ends_with_its_step() {
    let mut stage = Stage::new();
    let program = stage.world.deploy("points-cursor");
    stage.add("2.0", complex("1.0", &program, account(HANDLER)));
    let next = stage.world.deploy("hostile");
    stage.add_code("3.0", next.clone(), step("2.0", 0, Bytes::new()));
    let (boss, proxy) = (stage.boss, stage.proxy);
    stage
        .act(boss, vec![call(proxy, &upgrade_to("3.0"))])
        .expect("started");
    stage
        .world
        .chain
        .set_code(next.implementation, vec![0].into());
    end(&mut stage).expect("at 2.0");
    assert_at(&stage, "2.0", instance_state::LIVE);
}

#[test]
fn an_instance_does_not_suspend_itself_in_the_upgrade_of_another() {
    let mut stage = Stage::new();
    let other = stage.create(2, "1.0");
    let program = stage.world.deploy("points-cursor");
    let suspend = call(
        stage.world.registry,
        &IInstanceRegistry::suspendUpgradeCall {},
    );
    let actions = vec![suspend];
    let meddle = call(other, &IHostile::actCall { actions });
    stage.add("2.0", migrating(vec![meddle]));
    stage.add("3.0", complex("2.0", &program, account(HANDLER)));
    let (boss, proxy) = (stage.boss, stage.proxy);
    let upgraded = stage.act(boss, vec![call(proxy, &upgrade_to("3.0"))]);
    refused(upgraded, IRegistry::NotAnInstance { proxy: other });
}
