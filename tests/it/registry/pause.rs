//! Pausing a definition and resuming it: who may, what is refused meanwhile, and that every instance
//! goes on with the very code and data.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::{SolCall, SolError};
use stylus_upgrades_interface::complex::IComplexStep::finishStepCall;
use stylus_upgrades_interface::limits::{INSTANCES_AT_ONCE, PAUSE_GAS};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::{
    blocked_by, definition_state, instance_state, not_runnable,
};
use stylus_upgrades_interface::registry::IRegistry;
use stylus_upgrades_interface::slots;

use super::fixture::{
    Done, Fixture, Reverted, account, complex, framework, initial_step, is, refused, step,
};
use super::lifecycle::ICounter;
use super::replay::agrees_with_the_views;
use crate::review::fixture::{IHostile, Scenario, call, data, upgrade_to, write};

fn pause() -> IRegistry::pauseCall {
    IRegistry::pauseCall { name: "A".into() }
}

fn resume() -> IRegistry::resumeCall {
    IRegistry::resumeCall { name: "A".into() }
}

fn paused() -> IRegistry::DefinitionPaused {
    IRegistry::DefinitionPaused { name: "A".into() }
}

/// A definition whose policy is that, with counters at 1.0, which hold 1, 2 …
fn counters(policy: &str, instances: u8) -> (Fixture, Vec<Address>) {
    let mut fixture = Fixture::new(&is(account(0)));
    fixture.define(&is(account(0))).expect("defined");
    let code = fixture.deploy("counter-v1");
    let add = IRegistry::addVersionCall {
        name: "A".into(),
        version: "1.0".into(),
        code,
        step: initial_step(),
    };
    fixture.send(account(0), &add).expect("added");
    let proxies = (1..=instances).map(|n| create(&mut fixture, n).expect("created"));
    let proxies = proxies.collect();
    if policy != is(account(0)) {
        set(&mut fixture, "migrate", policy);
    }
    (fixture, proxies)
}

fn set(fixture: &mut Fixture, role: &str, expression: &str) {
    let call = IRegistry::setPolicyCall {
        name: "A".into(),
        role: role.into(),
        expression: expression.into(),
    };
    let set = fixture.send(account(0), &call).expect("set").returned;
    assert!(set.executed);
}

fn create(fixture: &mut Fixture, n: u8) -> Result<Address, Reverted> {
    let value = U256::from(n);
    let call = IRegistry::createProxyCall {
        name: "A".into(),
        version: "1.0".into(),
        kind: (n + 1) % 2, // WASM and EVM proxies in turn
        salt: B256::repeat_byte(n),
        initData: ICounter::initializeCall { value }.abi_encode().into(),
    };
    Ok(fixture.send(account(0), &call)?.returned.proxy)
}

fn rollout(fixture: &mut Fixture, max: u16) -> Done<IRegistry::rolloutReturn> {
    let call = IRegistry::rolloutCall {
        name: "A".into(),
        max,
    };
    let done = fixture.send(account(5), &call).expect("anybody may");
    agrees_with_the_views(fixture, "A");
    done
}

fn state(fixture: &Fixture, proxy: Address) -> u8 {
    let found = fixture.view(&IRegistry::instanceOfCall { proxy });
    found.expect("an instance").state
}

fn definition_state(fixture: &Fixture) -> u8 {
    let found = fixture.view(&IRegistry::definitionCall { name: "A".into() });
    found.expect("a definition").state
}

fn value(fixture: &Fixture, proxy: Address) -> Result<U256, Reverted> {
    fixture.ask(proxy, &ICounter::valueCall {})
}

/// What the chain holds of an instance: its code hash and every slot.
fn holds(fixture: &Fixture, proxy: Address) -> (B256, Vec<(B256, B256)>) {
    let slots = fixture.slots_of(proxy).into_iter().collect();
    (fixture.code_hash(proxy), slots)
}

#[test]
fn a_pause_stops_every_instance_and_resume_restores_all_of_it() {
    let (mut fixture, proxies) = counters(&is(account(0)), 3);
    let before: Vec<_> = proxies.iter().map(|p| holds(&fixture, *p)).collect();
    let done = fixture.send(account(0), &pause()).expect("paused");
    assert!(done.returned.executed);
    assert_eq!(done.events::<IRegistry::Paused>().len(), 1);
    assert_eq!(done.events::<IRegistry::InstancePaused>().len(), 3);
    let upgraded = done.events::<Proxy::Upgraded>();
    let stub = framework().stub_address;
    assert!(upgraded.iter().all(|event| event.implementation == stub));
    assert_eq!(upgraded.len(), 3);
    agrees_with_the_views(&fixture, "A");
    assert_eq!(definition_state(&fixture), definition_state::PAUSED);
    for proxy in &proxies {
        assert_eq!(state(&fixture, *proxy), instance_state::PAUSED);
        refused(value(&fixture, *proxy), Proxy::UpgradeInProgress {});
        let paid = fixture.raw(account(5), *proxy, Bytes::new(), U256::from(3), 5_000_000);
        refused(paid, Proxy::UpgradeInProgress {});
        let found = fixture.view(&IRegistry::instanceOfCall { proxy: *proxy });
        assert_eq!(found.expect("an instance").version, "1.0");
    }
    let done = fixture.send(account(0), &resume()).expect("resumed");
    assert_eq!(done.events::<IRegistry::Resumed>().len(), 1);
    assert_eq!(done.events::<IRegistry::InstanceResumed>().len(), 3);
    agrees_with_the_views(&fixture, "A");
    assert_eq!(definition_state(&fixture), definition_state::LIVE);
    let after: Vec<_> = proxies.iter().map(|p| holds(&fixture, *p)).collect();
    assert_eq!(before, after);
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
        assert_eq!(state(&fixture, *proxy), instance_state::LIVE);
    }
}

#[test]
fn while_it_is_paused_nothing_is_upgraded_or_created() {
    let (mut fixture, proxies) = counters(&is(account(0)), 1);
    let two = fixture.deploy("counter-v2");
    let migrate = IRegistry::migrateCall {
        name: "A".into(),
        version: "2.0".into(),
        code: two.clone(),
        step: step("1.0", 0, Bytes::new()),
    };
    let add = IRegistry::addVersionCall {
        name: "A".into(),
        version: "2.0".into(),
        code: two,
        step: step("1.0", 0, Bytes::new()),
    };
    fixture.send(account(0), &pause()).expect("paused");
    refused(fixture.send(account(0), &migrate), paused());
    refused(create(&mut fixture, 9), paused());
    fixture
        .send(account(0), &add)
        .expect("a version is no upgrade");
    let direct = Proxy::upgradeToCall {
        version: "2.0".into(),
    };
    refused(
        fixture.pay(account(0), proxies[0], &direct, U256::ZERO),
        paused(),
    );
    refused(fixture.send(account(0), &pause()), paused());
    fixture.send(account(0), &resume()).expect("resumed");
    refused(
        fixture.send(account(0), &resume()),
        IRegistry::DefinitionNotPaused { name: "A".into() },
    );
    fixture.send(account(0), &migrate).expect("migrated");
    assert_eq!(value(&fixture, proxies[0]), Ok(U256::from(1)));
    create(&mut fixture, 9).expect("created");
}

#[test]
fn four_are_paused_at_once_and_the_rest_by_rollout() {
    let (mut fixture, proxies) = counters(&is(account(0)), 7);
    let count = |fixture: &Fixture, wanted: u8| {
        let states = proxies.iter().map(|proxy| state(fixture, *proxy));
        states.filter(|state| *state == wanted).count()
    };
    let four = INSTANCES_AT_ONCE as usize;
    fixture.send(account(0), &pause()).expect("paused");
    assert_eq!(count(&fixture, instance_state::PAUSED), four);
    // an instance that is not paused yet is not upgraded either
    let direct = Proxy::upgradeToCall {
        version: "1.0".into(),
    };
    for proxy in proxies.iter().step_by(2) {
        let called = fixture.pay(account(0), *proxy, &direct, U256::ZERO);
        refused(called, paused());
    }
    let one = rollout(&mut fixture, 1).returned;
    assert_eq!((one.upgraded, one.left), (1, 2));
    assert_eq!(count(&fixture, instance_state::PAUSED), four + 1);

    // resumed before all were paused: those that never were run on
    fixture.send(account(0), &resume()).expect("resumed");
    let rest = rollout(&mut fixture, 100).returned;
    assert_eq!(rest.left, 0);
    assert_eq!(count(&fixture, instance_state::LIVE), proxies.len());

    // and paused again before all were resumed
    fixture.send(account(0), &pause()).expect("paused");
    assert_eq!(rollout(&mut fixture, 100).returned.left, 0);
    fixture.send(account(0), &resume()).expect("resumed");
    fixture.send(account(0), &pause()).expect("paused");
    assert_eq!(rollout(&mut fixture, 100).returned.left, 0);
    assert_eq!(count(&fixture, instance_state::PAUSED), proxies.len());
    fixture.send(account(0), &resume()).expect("resumed");
    assert_eq!(rollout(&mut fixture, 100).returned.left, 0);
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
    }
}

#[test]
fn who_lags_behind_and_who_is_ahead_are_where_they_were_after_a_pause() {
    let (mut fixture, proxies) = counters(&is(account(0)), 7);
    let code = fixture.deploy("counter-v2");
    for (version, from) in [("2.0", "1.0"), ("3.0", "2.0")] {
        let add = IRegistry::addVersionCall {
            name: "A".into(),
            version: version.into(),
            code: code.clone(),
            step: step(from, 0, Bytes::new()),
        };
        fixture.send(account(0), &add).expect("added");
    }
    let current = IRegistry::migrateCall {
        name: "A".into(),
        version: "2.0".into(),
        code,
        step: step("1.0", 0, Bytes::new()),
    };
    fixture.send(account(0), &current).expect("activated");
    assert_eq!(rollout(&mut fixture, 2).returned.left, 5);
    let ahead = Proxy::upgradeToCall {
        version: "3.0".into(),
    };
    fixture
        .pay(account(0), proxies[0], &ahead, U256::ZERO)
        .expect("ahead");
    fixture.send(account(0), &pause()).expect("paused");
    assert_eq!(rollout(&mut fixture, 100).returned.left, 0);
    fixture.send(account(0), &resume()).expect("resumed");
    // 7 are resumed, then the 5 that lag behind wait again
    let resumed = rollout(&mut fixture, 3).returned;
    assert_eq!((resumed.upgraded, resumed.left), (3, 5));
    let upgraded = rollout(&mut fixture, 100).returned;
    assert_eq!((upgraded.upgraded, upgraded.left), (5, 0));
    let version = |proxy: Address| {
        let found = fixture.view(&IRegistry::instanceOfCall { proxy });
        found.expect("an instance").version
    };
    assert_eq!(version(proxies[0]), "3.0");
    assert!(proxies[1..].iter().all(|proxy| version(*proxy) == "2.0"));
}

#[test]
fn any_one_of_migrate_pauses_and_the_whole_policy_resumes_unless_pause_is_set() {
    let both = format!("AND({},{})", is(account(0)), is(account(1)));
    let (mut fixture, _) = counters(&both, 1);
    refused(
        fixture.send(account(2), &pause()),
        IRegistry::NotAnApprover { caller: account(2) },
    );
    let done = fixture.send(account(1), &pause()).expect("paused");
    assert_eq!((done.returned.approvals, done.returned.required), (1, 1));
    let one = fixture.send(account(1), &resume()).expect("approved");
    assert_eq!((one.returned.approvals, one.returned.required), (1, 2));
    assert!(!one.returned.executed);
    assert_eq!(definition_state(&fixture), definition_state::PAUSED);
    let readiness = |fixture: &Fixture, action| {
        let found = fixture.view(&IRegistry::readinessCall { action });
        found.expect("open").blockedBy
    };
    assert_eq!(
        readiness(&fixture, one.returned.action),
        blocked_by::APPROVALS
    );
    let two = fixture.send(account(0), &resume()).expect("resumed");
    assert!(two.returned.executed);
    agrees_with_the_views(&fixture, "A");

    set(&mut fixture, "pause", &is(account(3)));
    refused(
        fixture.send(account(0), &pause()),
        IRegistry::NotAnApprover { caller: account(0) },
    );
    fixture.send(account(3), &pause()).expect("paused");
    fixture.send(account(3), &resume()).expect("resumed");
    agrees_with_the_views(&fixture, "A");
}

#[test]
fn an_approval_given_under_migrate_does_not_count_for_the_role_pause() {
    let both = format!("AND({},{})", is(account(0)), is(account(1)));
    let (mut fixture, _) = counters(&both, 1);
    fixture.send(account(0), &pause()).expect("paused");
    let first = fixture.send(account(1), &resume()).expect("approved");
    // the epoch of `migrate` is the sequence: the role's own number of changes comes up to it
    let sequence = IRegistry::definitionCall { name: "A".into() };
    let sequence = fixture.view(&sequence).expect("it").sequence;
    let both = format!("AND({},{})", is(account(3)), is(account(1)));
    for _ in 0..=sequence {
        set(&mut fixture, "pause", &both);
    }
    let action = IRegistry::actionOfCall {
        call: data(&resume()),
    };
    let action = fixture.view(&action).expect("an action");
    assert_ne!(action, first.returned.action);
    let done = fixture.send(account(3), &resume()).expect("approved");
    assert_eq!(
        (done.returned.approvals, done.returned.executed),
        (1, false)
    );
    assert_eq!(done.returned.action, action);
}

#[test]
fn what_is_approved_waits_for_the_end_of_a_pause() {
    let both = format!("AND({},{})", is(account(0)), is(account(1)));
    let (mut fixture, _) = counters(&both, 1);
    let code = fixture.deploy("counter-v2");
    let migrate = IRegistry::migrateCall {
        name: "A".into(),
        version: "2.0".into(),
        code,
        step: step("1.0", 0, Bytes::new()),
    };
    let opened = fixture.send(account(0), &migrate).expect("approved");
    let action = opened.returned.action;
    fixture.send(account(0), &pause()).expect("paused");
    let blocked = |fixture: &Fixture| {
        let found = fixture.view(&IRegistry::readinessCall { action });
        found.expect("open").blockedBy
    };
    assert_eq!(blocked(&fixture), blocked_by::PAUSED);
    refused(fixture.send(account(1), &migrate), paused());
    for who in [0, 1] {
        fixture.send(account(who), &resume()).expect("approved");
    }
    assert_eq!(blocked(&fixture), blocked_by::APPROVALS);
    let done = fixture.send(account(1), &migrate).expect("migrated");
    assert!(done.returned.executed);
}

#[test]
fn code_that_cannot_run_is_not_resumed_and_holds_up_nobody() {
    let (mut fixture, proxies) = counters(&is(account(0)), 2);
    fixture.send(account(0), &pause()).expect("paused");
    fixture.wait(366 * 86_400);
    let registry = fixture.registry;
    let parts = framework().parts.iter().map(|part| part.address);
    let shared = framework().shared().map(|part| part.address);
    for program in parts
        .chain(shared)
        .chain([registry])
        .collect::<std::collections::BTreeSet<_>>()
    {
        fixture.activate(program);
    }
    let done = fixture.send(account(0), &resume()).expect("resumed");
    let skipped = done.events::<IRegistry::InstanceSkipped>();
    assert_eq!(skipped.len(), 2);
    let code = IRegistry::getVersionCall {
        name: "A".into(),
        version: "1.0".into(),
    };
    let implementation = fixture.view(&code).expect("it").code.implementation;
    let expired = Proxy::ImplementationNotRunnable {
        implementation,
        reason: not_runnable::EXPIRED,
    };
    assert_eq!(skipped[0].reason, Bytes::from(expired.abi_encode()));
    assert_eq!(state(&fixture, proxies[0]), instance_state::PAUSED);
    let direct = Proxy::upgradeToCall {
        version: "1.0".into(),
    };
    refused(
        fixture.pay(account(0), proxies[0], &direct, U256::ZERO),
        paused(),
    );
    fixture.activate(implementation);
    assert_eq!(rollout(&mut fixture, 100).returned.upgraded, 2);
    assert_eq!(value(&fixture, proxies[1]), Ok(U256::from(2)));
}

#[test]
fn an_instance_whose_code_is_gone_is_upgraded_past_it() {
    let (mut fixture, proxies) = counters(&is(account(0)), 2);
    let code = IRegistry::getVersionCall {
        name: "A".into(),
        version: "1.0".into(),
    };
    let implementation = fixture.view(&code).expect("it").code.implementation;
    fixture.send(account(0), &pause()).expect("paused");
    fixture.chain.set_code(implementation, Bytes::new());
    let done = fixture.send(account(0), &resume()).expect("resumed");
    assert_eq!(done.events::<IRegistry::InstanceSkipped>().len(), 2);
    // nothing newer yet: they wait
    assert_eq!(rollout(&mut fixture, 100).returned.left, 2);
    let migrate = IRegistry::migrateCall {
        name: "A".into(),
        version: "2.0".into(),
        code: fixture.deploy("counter-v2"),
        step: step("1.0", 0, Bytes::new()),
    };
    fixture.send(account(0), &migrate).expect("activated");
    let done = rollout(&mut fixture, 100);
    assert_eq!((done.returned.upgraded, done.returned.left), (2, 0));
    assert_eq!(done.events::<IRegistry::InstanceResumed>().len(), 2);
    assert_eq!(done.events::<IRegistry::InstanceUpgraded>().len(), 2);
    agrees_with_the_views(&fixture, "A");
    for (n, proxy) in proxies.iter().enumerate() {
        assert_eq!(state(&fixture, *proxy), instance_state::LIVE);
        assert_eq!(value(&fixture, *proxy), Ok(U256::from(n + 1)));
    }
    // in line again: the next pause finds them
    fixture.send(account(0), &pause()).expect("paused");
    assert_eq!(state(&fixture, proxies[1]), instance_state::PAUSED);
    fixture.send(account(0), &resume()).expect("resumed");
    assert_eq!(state(&fixture, proxies[1]), instance_state::LIVE);
}

#[test]
fn while_it_is_paused_no_policy_becomes_final() {
    let (mut fixture, _) = counters(&is(account(0)), 1);
    let both = format!("AND({},{})", is(account(0)), is(account(1)));
    set(&mut fixture, "policy", &both);
    let none = |role: &str, expression: &str| IRegistry::setPolicyCall {
        name: "A".into(),
        role: role.into(),
        expression: expression.into(),
    };
    let opened = fixture.send(account(0), &none("pause", "NONE"));
    assert!(!opened.expect("approved").returned.executed);
    fixture.send(account(0), &pause()).expect("paused");
    for (role, expression) in [
        ("pause", "NONE"),
        ("pause", " NONE "),
        // nobody has set `pause`, so this policy resumes
        ("migrate", "NONE"),
    ] {
        refused(fixture.send(account(1), &none(role, expression)), paused());
    }
    fixture.send(account(0), &resume()).expect("resumed");
    let done = fixture.send(account(1), &none("pause", "NONE"));
    assert!(done.expect("set").returned.executed);
    refused(
        fixture.send(account(0), &pause()),
        IRegistry::NotAnApprover { caller: account(0) },
    );
}

#[test]
fn a_pause_with_too_little_gas_changes_nothing() {
    let (mut fixture, proxies) = counters(&is(account(0)), 1);
    let registry = fixture.registry;
    // an instance that fails, whatever it is given: its slots are not those of an instance
    let other = fixture
        .deploy_code(&[0x60, 0x01, 0x60, 0x00, 0xf3])
        .implementation;
    let code = fixture
        .chain
        .account(other, stylus_chain::BlockId::latest())
        .expect("it")
        .code;
    fixture.chain.set_code(proxies[0], code);
    let little = fixture.pay_with_gas(account(0), registry, &pause(), U256::ZERO, 1_500_000);
    let Err(Reverted(found)) = little else {
        panic!("paused with too little gas");
    };
    let found = IRegistry::InsufficientGas::abi_decode(&found).expect("InsufficientGas");
    assert_eq!(found.needed, PAUSE_GAS);
    assert_eq!(definition_state(&fixture), definition_state::LIVE);
    let done = fixture.send(account(0), &pause()).expect("paused");
    assert_eq!(done.events::<IRegistry::InstanceSkipped>().len(), 1);
    assert_eq!(definition_state(&fixture), definition_state::PAUSED);
}

#[test]
fn an_instance_that_cannot_be_paused_does_not_keep_a_contract_from_pausing() {
    let mut scenario = Scenario::new();
    let stranger = scenario.fixture.deploy("hostile").implementation;
    let pauser = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "pause".into(),
        expression: is(stranger),
    };
    scenario.govern(&pauser).expect("set");
    // the instance asks another registry from now on
    let (proxy, boss) = (scenario.proxy, scenario.boss);
    scenario
        .act(proxy, vec![write(slots::ADMIN, boss.into_word())])
        .expect("written");
    let registry = scenario.fixture.registry;
    scenario
        .act(stranger, vec![call(registry, &pause())])
        .expect("paused");
    assert_eq!(
        definition_state(&scenario.fixture),
        definition_state::PAUSED
    );
}

#[test]
fn a_complex_migration_keeps_its_own_pause_and_does_not_end_in_another() {
    let mut scenario = Scenario::new();
    let program = scenario.code.clone();
    scenario.add("2.0", complex("1.0", &program, account(5)));
    let (proxy, boss) = (scenario.proxy, scenario.boss);
    scenario
        .act(boss, vec![call(proxy, &upgrade_to("2.0"))])
        .expect("begun");
    let program_of = |scenario: &Scenario| scenario.slot(proxy, slots::IMPLEMENTATION);
    assert_eq!(state(&scenario.fixture, proxy), instance_state::MIGRATING);
    let before = program_of(&scenario);
    scenario.govern(&pause()).expect("paused");
    assert_eq!(state(&scenario.fixture, proxy), instance_state::MIGRATING);
    assert_eq!(program_of(&scenario), before);
    let finish = IHostile::delegateCall {
        target: framework().storage.address,
        data: data(&finishStepCall { back: false }),
    };
    refused(scenario.act(proxy, vec![data(&finish)]), paused());
    scenario.govern(&resume()).expect("resumed");
    assert_eq!(state(&scenario.fixture, proxy), instance_state::MIGRATING);
    scenario.act(proxy, vec![data(&finish)]).expect("ended");
    assert_eq!(scenario.version(proxy), "2.0");
    assert_eq!(state(&scenario.fixture, proxy), instance_state::LIVE);
    scenario.govern(&pause()).expect("paused");
    assert_eq!(state(&scenario.fixture, proxy), instance_state::PAUSED);
    agrees_with_the_views(&scenario.fixture, "A");
}
