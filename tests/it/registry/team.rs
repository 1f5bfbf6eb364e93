//! A definition that two of three decide about, and the calls that they make.

use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::{Code, IRegistry, Progress, Step};

use super::story::ICounter;
use super::world::{Reverted, World, account, birth, is};

/// Three who decide, of whom two are enough.
pub(super) const TEAM: [usize; 3] = [0, 1, 2];
pub(super) const STRANGER: usize = 5;

pub(super) fn two_of(team: &[usize]) -> String {
    let team: Vec<_> = team.iter().map(|who| is(account(*who))).collect();
    format!("OutOf(2,{})", team.join(","))
}

/// "A" with 1.0, where two of the team decide everything.
pub(super) fn world() -> (World, Code) {
    let mut world = World::new(&is(account(0)));
    world.define(&two_of(&TEAM)).expect("defined");
    let code = world.deploy("counter-v1");
    let first = version(&code, "1.0", birth());
    together(&mut world, &first);
    (world, code)
}

/// The first two of the team send it.
pub(super) fn together<C: SolCall<Return = Progress>>(world: &mut World, call: &C) {
    let first = world.send(account(0), call).expect("recorded").returned;
    let second = world.send(account(1), call).expect("executed").returned;
    assert!(!first.executed && second.executed);
}

pub(super) fn version(code: &Code, label: &str, step: Step) -> IRegistry::addVersionCall {
    IRegistry::addVersionCall {
        name: "A".into(),
        version: label.into(),
        code: code.clone(),
        step,
    }
}

pub(super) fn migration(code: &Code, label: &str, step: Step) -> IRegistry::migrateCall {
    let IRegistry::addVersionCall { name, version, .. } = version(code, label, step.clone());
    IRegistry::migrateCall {
        name,
        version,
        code: code.clone(),
        step,
    }
}

pub(super) fn policy(role: &str, expression: &str) -> IRegistry::setPolicyCall {
    IRegistry::setPolicyCall {
        name: "A".into(),
        role: role.into(),
        expression: expression.into(),
    }
}

pub(super) fn creation(n: u8, value: u64) -> IRegistry::createProxyCall {
    let value = U256::from(value);
    IRegistry::createProxyCall {
        name: "A".into(),
        version: "1.0".into(),
        kind: 0,
        salt: B256::repeat_byte(n),
        initData: ICounter::initializeCall { value }.abi_encode().into(),
    }
}

/// Both of them create an instance.
pub(super) fn create(world: &mut World, n: u8) -> Address {
    let call = creation(n, 7);
    world.send(account(0), &call).expect("recorded");
    let done = world.send(account(1), &call).expect("created").returned;
    assert!(done.progress.executed);
    done.proxy
}

pub(super) fn readiness(
    world: &World,
    action: B256,
) -> Result<IRegistry::readinessReturn, Reverted> {
    world.view(&IRegistry::readinessCall { action })
}

pub(super) fn policy_of(world: &World, role: &str) -> String {
    let role = role.into();
    let name = "A".into();
    world
        .view(&IRegistry::policyCall { name, role })
        .expect("set")
}
