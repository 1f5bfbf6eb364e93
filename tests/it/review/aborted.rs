//! Complex steps that approvers called back, and what was approved for one step and comes to
//! pass in another.

use alloy::primitives::{Bytes, U256};
use stylus_upgrades_interface::complex::{IComplexMigration as Complex, IComplexStep};
use stylus_upgrades_interface::reasons::instance_state;
use stylus_upgrades_interface::registry::{Code, IRegistry, Step};

use super::world::{IHostile, Stage, call, data, upgrade_to};
use crate::registry::world::{account, framework, is, step};

const HANDLER: usize = 4;

/// A complex step from a version.
fn complex(from: &str, program: &Code) -> Step {
    let handler = account(HANDLER);
    Step {
        script: program.implementation,
        scriptCodehash: program.codehash,
        ..step(from, 3, data(&Complex::startMigrationCall { handler }))
    }
}

/// What the registry has on record of the stage's instance.
#[track_caller]
fn assert_at(stage: &Stage, version: &str, state: u8) {
    let proxy = stage.proxy;
    let told = stage.world.view(&IRegistry::instanceOfCall { proxy });
    let told = told.expect("an instance");
    assert_eq!((told.version.as_str(), told.state), (version, state));
}

fn end(stage: &mut Stage) {
    let (proxy, end) = (stage.proxy, Complex::endMigrationCall {});
    let handler = account(HANDLER);
    let ended = stage.world.pay(handler, proxy, &end, U256::ZERO);
    ended.expect("nothing is left to do");
}

fn abort(stage: &mut Stage) {
    let order = IRegistry::abortMigrationCall {
        name: "A".into(),
        proxy: stage.proxy,
    };
    stage.govern(&order).expect("turns back");
    assert_at(stage, "1.0", instance_state::TURNING_BACK);
}

#[test]
fn a_migration_that_was_aborted_is_anybodys_to_start_again_until_the_instance_has_another_way() {
    let mut stage = Stage::new();
    let program = stage.world.deploy("points-cursor");
    let way = complex("1.0", &program);
    stage.migrate("2.0", way).expect("current");
    assert_at(&stage, "1.0", instance_state::MIGRATING);

    // what is current is what approvers want: an instance that was called back lags behind it
    abort(&mut stage);
    end(&mut stage);
    assert_at(&stage, "1.0", instance_state::LIVE);
    let done = stage.rollout(1, 32_000_000).expect("anybody may");
    assert_eq!((done.returned.upgraded, done.returned.left), (1, 0));
    assert_at(&stage, "1.0", instance_state::MIGRATING);

    // so they decide what comes instead while it turns back, when nobody else can move it
    abort(&mut stage);
    stage
        .migrate("2.1", step("2.0", 0, Bytes::new()))
        .expect("current");
    let order = IRegistry::addStepCall {
        name: "A".into(),
        version: "2.1".into(),
        step: step("1.0", 0, Bytes::new()),
    };
    stage.govern(&order).expect("added");
    let done = stage.rollout(1, 32_000_000).expect("nothing to do");
    assert_eq!((done.returned.upgraded, done.returned.left), (0, 0));
    end(&mut stage);
    assert_at(&stage, "1.0", instance_state::LIVE);
    let done = stage.rollout(1, 32_000_000).expect("anybody may");
    assert_eq!((done.returned.upgraded, done.returned.left), (1, 0));
    assert_at(&stage, "2.1", instance_state::LIVE);
}

#[test]
fn an_approval_about_an_instance_holds_for_its_next_complex_step_too() {
    // hostile code as the program: it ends when it is told to
    let mut stage = Stage::new();
    let program = stage.code.clone();
    stage.add("2.0", complex("1.0", &program));
    stage.add("3.0", complex("2.0", &program));
    let proxy = stage.proxy;
    let upgrade = call(proxy, &upgrade_to("3.0"));
    stage.boss(vec![upgrade]).expect("started");
    let [ana, ben] = [1, 2].map(account);
    let both = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "migrate".into(),
        expression: format!("AND({},{})", is(ana), is(ben)),
    };
    stage.govern(&both).expect("set");

    let handler = account(7);
    let order = IRegistry::setHandlerCall {
        name: "A".into(),
        proxy,
        handler,
    };
    let half = stage.world.send(ana, &order).expect("1/2");
    assert!(!half.returned.executed);
    let finish = IHostile::delegateCall {
        target: framework().storage.address,
        data: data(&IComplexStep::finishStepCall { back: false }),
    };
    stage.act(proxy, vec![data(&finish)]).expect("at 2.0");
    assert_at(&stage, "2.0", instance_state::MIGRATING);
    let whole = stage.world.send(ben, &order).expect("2/2");
    assert!(whole.returned.executed);
    let [changed] = &whole.events::<IRegistry::HandlerChanged>()[..] else {
        panic!("one event");
    };
    assert_eq!((changed.proxy, changed.handler), (proxy, handler));
}
