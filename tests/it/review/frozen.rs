//! Between two versions: what can keep an instance in a complex step, and the way out.

use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::complex::IComplexMigration as Complex;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::instance_state;
use stylus_upgrades_interface::registry::{IRegistry, Step};

use super::world::{Stage, call, upgrade_to};
use crate::registry::world::{account, refused, step};

/// A stage with versions 2.0, behind a complex step that is reversible, 2.1 and 3.0.
fn stage(handler: impl FnOnce(&Stage) -> Address) -> Stage {
    let mut stage = Stage::new();
    let v2 = stage.world.deploy("points-v2");
    let program = stage.world.deploy("points-cursor");
    let start = Complex::startMigrationCall {
        handler: handler(&stage),
    };
    let complex = Step {
        from: "1.0".into(),
        kind: 3,
        script: program.implementation,
        scriptCodehash: program.codehash,
        data: start.abi_encode().into(),
    };
    stage.add_code("2.0", v2.clone(), complex);
    stage.add_code("2.1", v2.clone(), step("2.0", 0, Bytes::new()));
    stage.add_code("3.0", v2, step("2.1", 0, Bytes::new()));
    stage
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
