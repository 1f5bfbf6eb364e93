//! Instances that follow their definition: `rollout`, which anybody calls, and those that `pause` names.
//!
//! Nothing is kept between calls: who calls names the proxies. One that fails stays as it was and is named by
//! `InstanceSkipped`. That never depends on the gas that is left: a failure counts only where the instance had enough.

use alloc::vec::Vec;

use alloy_primitives::Address;
use stylus_registry_core::{
    abi::{Reader, encode},
    chain::{RevertData, Reverts},
    definition::Definition,
    errors, events,
    instances::Instance,
    lock::{self, Phase},
    orders,
};
use stylus_upgrades_interface::{
    ids::{DefinitionId, InstanceState, Order},
    limits::{PAUSE_GAS, ROLLOUT_GAS},
};

/// Bytes of revert data that `InstanceSkipped` shows: a log of more could eat the gas.
const REASON_MAX: usize = 1_024;

/// `rollout`: each of these instances does what is due.
pub(crate) fn rollout(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    lock::take()?;
    let definition = Definition::of(arguments.bytes(0)?)?;
    let mut moved = 0u16;
    for proxy in arguments.addresses(1)? {
        let instance = Instance::within(&definition, proxy)?;
        if let Some(order) = due(&definition, &instance)
            && attempt(&definition, &instance, order)?
        {
            moved = moved.saturating_add(1);
        }
    }
    lock::set(Phase::Free);
    Ok(encode(&[], &[moved.into()]))
}

/// Pauses the instances that `pause` names. One that left the definition meanwhile does not keep the others from
/// that. The lock is taken already.
pub(crate) fn pause_instances(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let id = DefinitionId(arguments.word(0)?);
    let definition = Definition::load(id).ok_or_else(errors::nothing)?;
    for proxy in arguments.addresses(1)? {
        match Instance::within(&definition, proxy) {
            Ok(instance) if due(&definition, &instance) == Some(Order::Pause) => {
                attempt(&definition, &instance, Order::Pause)?;
            }
            Ok(_) => {}
            Err(reason) => skip(&definition, proxy, reason),
        }
    }
    Ok(Vec::new())
}

/// What an instance has to do to follow its definition, if anything.
fn due(definition: &Definition, instance: &Instance) -> Option<Order> {
    let is_live = instance.state == InstanceState::LIVE;
    if instance.version.is_none() || instance.is_migrating() {
        None
    } else if definition.is_paused() {
        is_live.then_some(Order::Pause)
    } else if !is_live && !instance.resumes_with_upgrade(definition) {
        Some(Order::Resume)
    } else {
        let follows = instance.version < definition.current && !instance.is_held(definition);
        follows.then_some(Order::Upgrade)
    }
}

/// Orders an instance what is due, and returns whether it did that. Where it fails it must have had enough gas, or the
/// whole call reverts.
fn attempt(definition: &Definition, instance: &Instance, order: Order) -> Reverts<bool> {
    if let Err(reason) = orders::require_direct(instance) {
        skip(definition, instance.proxy, reason);
        return Ok(false);
    }
    let current = definition.label_of(definition.current);
    let (version, gas): (&[u8], _) = match order {
        Order::Upgrade => (&current, u64::MAX),
        _ => (&[], PAUSE_GAS),
    };
    let needed = match order {
        Order::Upgrade => {
            orders::gas_before(ROLLOUT_GAS, orders::hops(definition, instance, order))
        }
        _ => orders::gas_before(PAUSE_GAS, 1),
    };
    let attempted = orders::attempt(definition, instance, order, version, gas, needed)?;
    let Err(reason) = attempted else {
        return Ok(true);
    };
    skip(definition, instance.proxy, reason);
    Ok(false)
}

/// Says that an instance stays as it was.
fn skip(definition: &Definition, proxy: Address, RevertData(mut reason): RevertData) {
    reason.truncate(REASON_MAX);
    events::instance_skipped(definition.id, proxy, &reason).emit();
}
