//! Instances that follow their definition: `rollout`, which anybody calls, and those that `pause` names.
//!
//! Nothing is kept between calls: who calls names the proxies. One that fails stays as it was and is named by
//! `InstanceSkipped`, if it had enough gas; else the whole call reverts.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    chain::{RevertData, Reverts, delegate},
    definition::Definition,
    errors, events,
    instances::Instance,
    lock::{self, LockPhase},
    orders,
    parts::part,
};
use stylus_upgrades_interface::{
    ids::{InstanceState, Order},
    limits::PAUSE_PAGES,
    parts::{self, IParts::reserveMemoryCall},
};

/// Bytes of revert data that `InstanceSkipped` shows: a log of more could eat the gas.
const REASON_MAX: usize = 1_024;
/// Bytes of a page of Stylus memory.
const PAGE: usize = 65_536;

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
    lock::set(LockPhase::Free);
    Ok(encode(&[], &[moved.into()]))
}

/// Pauses the instances that `pause` names. One that left the definition meanwhile does not keep the others from
/// that. The lock is taken already.
pub(crate) fn pause_instances(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    require_memory()?;
    let definition = Definition::of(arguments.bytes(0)?)?;
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

/// Refuses to go on where whoever calls holds so much Stylus memory that an instance could not be paused with the gas
/// that it gets: the price of a page rises with all that were ever open in a transaction. What is taken here once is
/// paid for.
fn require_memory() -> Reverts<()> {
    let this = part(const { parts::executing(reserveMemoryCall::SELECTOR) });
    match delegate(this, &reserveMemoryCall::SELECTOR) {
        Ok(_) => Ok(()),
        Err(_) => Err(errors::not_supported(b"pause without free Stylus memory")),
    }
}

/// `reserveMemory`: takes that memory. The frame ends with it.
pub(crate) fn reserve_memory() -> Vec<u8> {
    core::hint::black_box(Vec::<u8>::with_capacity(PAUSE_PAGES * PAGE));
    Vec::new()
}

/// Returns the order that an instance has to execute to follow its definition, if any.
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

/// Orders an instance what is due, and returns whether it did that.
fn attempt(definition: &Definition, instance: &Instance, order: Order) -> Reverts<bool> {
    let attempted = match orders::require_direct(instance) {
        Ok(()) => orders::attempt(definition, instance, order)?,
        refused => refused,
    };
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
