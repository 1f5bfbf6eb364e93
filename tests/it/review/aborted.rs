//! Complex steps that approvers called back, and what was approved for one step and must not come
//! to pass in another.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::complex::{IComplexMigration as Complex, IComplexStep};
use stylus_upgrades_interface::reasons::{blocked_by, instance_state};
use stylus_upgrades_interface::registry::{Code, IRegistry, Progress, Step};

use super::world::{IHostile, Stage, call, data, upgrade_to};
use crate::registry::replay;
use crate::registry::world::{account, framework, is, step};

const HANDLER: usize = 4;

/// A complex step from a version.
fn complex(from: &str, program: &Code) -> Step {
    crate::registry::world::complex(from, program, account(HANDLER))
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

/// A stage with 2.0, behind a complex step, current; its instance was called back from there.
fn called_back() -> (Stage, Step) {
    let mut stage = Stage::new();
    let program = stage.world.deploy("points-cursor");
    let way = complex("1.0", &program);
    stage.migrate("2.0", way.clone()).expect("current");
    assert_at(&stage, "1.0", instance_state::MIGRATING);
    abort(&mut stage);
    end(&mut stage);
    assert_at(&stage, "1.0", instance_state::LIVE);
    (stage, way)
}

#[track_caller]
fn assert_rollout(stage: &mut Stage, upgraded: u16) {
    let done = stage.rollout(1, 32_000_000).expect("anybody may");
    assert_eq!((done.returned.upgraded, done.returned.left), (upgraded, 0));
}

#[test]
fn nobody_but_approvers_starts_a_migration_again_that_they_aborted() {
    let (mut stage, way) = called_back();
    assert_rollout(&mut stage, 0);
    assert_at(&stage, "1.0", instance_state::LIVE);

    // who alone may migrate moves it by name
    let upgrade = call(stage.proxy, &upgrade_to("2.0"));
    stage.boss(vec![upgrade]).expect("started");
    assert_at(&stage, "1.0", instance_state::MIGRATING);
    abort(&mut stage);
    end(&mut stage);

    // and approvers move it by asking for what is current once more
    stage.migrate("2.0", way).expect("only upgrades");
    assert_at(&stage, "1.0", instance_state::MIGRATING);
}

#[test]
fn an_instance_that_was_called_back_goes_along_with_what_becomes_current_next() {
    // by a way around that is there before
    let (mut stage, _) = called_back();
    let later = step("2.0", 0, Bytes::new());
    stage.add("2.1", later.clone());
    let around = IRegistry::addStepCall {
        name: "A".into(),
        version: "2.1".into(),
        step: step("1.0", 0, Bytes::new()),
    };
    stage.govern(&around).expect("added");
    assert_rollout(&mut stage, 0);
    stage.migrate("2.1", later.clone()).expect("current");
    assert_at(&stage, "2.1", instance_state::LIVE);

    // or by one that came while it turned back, when nobody can move it
    let mut stage = Stage::new();
    let program = stage.world.deploy("points-cursor");
    stage
        .migrate("2.0", complex("1.0", &program))
        .expect("current");
    abort(&mut stage);
    stage.migrate("2.1", later).expect("current");
    stage.govern(&around).expect("added");
    assert_rollout(&mut stage, 0);
    end(&mut stage);
    assert_at(&stage, "1.0", instance_state::LIVE);
    assert_rollout(&mut stage, 1);
    assert_at(&stage, "2.1", instance_state::LIVE);
}

#[test]
fn an_instance_that_is_called_back_from_an_older_version_is_left_alone_as_well() {
    let mut stage = Stage::new();
    let program = stage.world.deploy("points-cursor");
    stage
        .migrate("2.0", complex("1.0", &program))
        .expect("current");
    stage
        .migrate("3.0", step("2.0", 0, Bytes::new()))
        .expect("current");
    abort(&mut stage);
    end(&mut stage);
    assert_at(&stage, "1.0", instance_state::LIVE);
    assert_rollout(&mut stage, 0); // it would begin that very step again
    assert_at(&stage, "1.0", instance_state::LIVE);
}

#[test]
fn an_approval_about_an_instance_holds_for_its_complex_step_alone() {
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

    let (name, handler) = (String::from("A"), account(7));
    let orders = [
        data(&IRegistry::setHandlerCall {
            name: name.clone(),
            proxy,
            handler,
        }),
        data(&IRegistry::abortMigrationCall { name, proxy }),
    ];
    let halves = orders.clone().map(|order| approve(&mut stage, ana, &order));
    for half in &halves {
        assert_eq!((half.approvals, half.executed), (1, false));
        assert_eq!(blocked(&stage, half.action), blocked_by::APPROVALS);
    }
    let finish = IHostile::delegateCall {
        target: framework().storage.address,
        data: data(&IComplexStep::finishStepCall { back: false }),
    };
    stage.act(proxy, vec![data(&finish)]).expect("at 2.0");
    assert_at(&stage, "2.0", instance_state::MIGRATING);

    for (order, half) in orders.iter().zip(&halves) {
        assert_eq!(blocked(&stage, half.action), blocked_by::CODE_CHANGED);
        let call = order.clone();
        let told = stage.world.view(&IRegistry::actionOfCall { call });
        let first = approve(&mut stage, ben, order);
        assert_eq!((first.approvals, first.executed), (1, false));
        assert_eq!(told, Ok(first.action));
        assert_ne!(first.action, half.action);
        let asked = IRegistry::readinessCall {
            action: half.action,
        };
        assert!(stage.world.view(&asked).is_err(), "cancelled");
        assert_at(&stage, "2.0", instance_state::MIGRATING);
        let whole = approve(&mut stage, ana, order);
        assert_eq!((whole.action, whole.executed), (first.action, true));
    }
    assert_at(&stage, "2.0", instance_state::TURNING_BACK);
    replay::agrees_with_the_views(&stage.world, "A");
}

#[test]
fn an_approval_about_an_instance_does_not_hold_when_the_same_complex_step_begins_again() {
    let (mut stage, way) = called_back();
    stage.migrate("2.0", way.clone()).expect("only upgrades");
    let [ana, ben] = [1, 2].map(account);
    let boss = is(stage.boss);
    let policy = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "migrate".into(),
        expression: format!("OR({boss},AND({},{}))", is(ana), is(ben)),
    };
    stage.govern(&policy).expect("set");
    let order = data(&IRegistry::setHandlerCall {
        name: "A".into(),
        proxy: stage.proxy,
        handler: account(7),
    });
    let half = approve(&mut stage, ana, &order);
    abort(&mut stage);
    assert_eq!(blocked(&stage, half.action), blocked_by::APPROVALS);
    end(&mut stage);
    assert_eq!(blocked(&stage, half.action), blocked_by::CODE_CHANGED);
    stage.migrate("2.0", way).expect("only upgrades");
    assert_at(&stage, "1.0", instance_state::MIGRATING);
    assert_eq!(blocked(&stage, half.action), blocked_by::CODE_CHANGED);
    let other = approve(&mut stage, ben, &order);
    assert_eq!((other.approvals, other.executed), (1, false));
}

/// Approves, or executes.
fn approve(stage: &mut Stage, who: Address, order: &Bytes) -> Progress {
    let registry = stage.world.registry;
    let done = stage
        .world
        .raw(who, registry, order.clone(), U256::ZERO, 32_000_000);
    let returned = done.expect("approved").returned;
    IRegistry::setPolicyCall::abi_decode_returns(&returned).expect("a progress")
}

/// What keeps an action from being executed.
fn blocked(stage: &Stage, action: B256) -> u8 {
    let asked = stage.world.view(&IRegistry::readinessCall { action });
    asked.expect("open").blockedBy
}
