//! Upgrades of instances that lag behind the current version. What happens never depends on
//! the gas that is left: a failure counts only where the instance had enough.

use alloc::{string::String, vec::Vec};

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    chain::{Fault, Reverts, call, emit},
    instances,
    lock::{self, Phase},
    parts::IFactory::upgradeLaggingCall,
    state::Definition,
};
use stylus_upgrades_host::context;
use stylus_upgrades_interface::{
    limits::ROLLOUT_GAS,
    proxy::IUpgradeabilityProxy::upgradeToCall,
    registry::IRegistry::{InstanceSkipped, InsufficientGas, rolloutCall, rolloutReturn},
};

/// Bytes of revert data that `InstanceSkipped` shows: a log of more could eat the gas.
const REASON_MAX: usize = 1_024;
/// Gas that goes between measuring what is left and the sub-call, rounded up.
const CALL_OVERHEAD: u64 = 5_000;

/// Handles exactly min(max, left) instances, each in a sub-call of its own.
pub(crate) fn some(call: &rolloutCall) -> Reverts<Vec<u8>> {
    lock::take()?;
    let definition = Definition::of(&call.name)?;
    let current = definition.label_of(definition.current);
    let turns = u32::from(call.max).min(instances::lagging(definition.id));
    let mut upgraded = 0;
    for _ in 0..turns {
        let Some(proxy) = instances::next_lagging(definition.id) else {
            break;
        };
        match upgrade_or_skip(&definition, proxy, &current)? {
            true => upgraded += 1,
            false => instances::rotate(definition.id),
        }
    }
    lock::set(Phase::Free);
    let left = u16::try_from(instances::lagging(definition.id)).unwrap_or(u16::MAX);
    Ok(rolloutCall::abi_encode_returns(&rolloutReturn {
        upgraded,
        left,
    }))
}

/// Upgrades every instance that lags behind, all or nothing. The lock is taken already.
pub(crate) fn all(call: &upgradeLaggingCall) -> Reverts<Vec<u8>> {
    let definition = Definition::load(call.definition).ok_or_else(|| Fault(Vec::new()))?;
    let current = definition.label_of(definition.current);
    for proxy in instances::all_lagging(definition.id) {
        upgrade(proxy, &current)?;
    }
    Ok(Vec::new())
}

/// Whether it was upgraded; a failure is reported if the instance had enough gas, and ends the
/// whole call otherwise.
fn upgrade_or_skip(definition: &Definition, proxy: Address, version: &str) -> Reverts<bool> {
    let left = context::gas_left().saturating_sub(CALL_OVERHEAD);
    let given = left - left / 64;
    let Err(Fault(mut reason)) = upgrade(proxy, version) else {
        return Ok(true);
    };
    if given < ROLLOUT_GAS {
        return Err(InsufficientGas {
            needed: ROLLOUT_GAS,
            left: given,
        }
        .into());
    }
    lock::set(Phase::Busy);
    reason.truncate(REASON_MAX);
    emit(&InstanceSkipped {
        definition: definition.id,
        proxy,
        reason: reason.into(),
    });
    Ok(false)
}

/// Has an instance upgrade itself.
fn upgrade(proxy: Address, version: &str) -> Reverts<()> {
    let order = upgradeToCall {
        version: String::from(version),
    };
    lock::set(Phase::Expected(proxy));
    call(proxy, &order.abi_encode(), &[0; 32])?;
    lock::set(Phase::Busy);
    Ok(())
}
