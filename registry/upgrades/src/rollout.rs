//! Instances that are to follow their definition: `rollout`, which anybody calls, and what `migrate`, `pause` and
//! `resume` do at once with a few of them.
//!
//! What happens never depends on the gas that is left: a failure counts only where the instance had enough. In
//! `rollout` it does not depend either on what a calling contract has open (memory, which makes more of it dear;
//! locks of other contracts): a failure counts only where the transaction calls the registry itself.

use alloc::vec::Vec;

use alloy_sol_types::SolError;
use stylus_registry_core::{
    abi::{Reader, encode},
    adopted::{Adopted, Ownership},
    chain::{RevertData, Reverts, is_called_directly},
    definition::Definition,
    errors, events,
    instances::Instance,
    lock::{self, Phase},
    orders, queue, route,
    version::Version,
};
use stylus_upgrades_host::{context, storage};
use stylus_upgrades_interface::{
    ids::{DefinitionId, InstanceState, Order, StepKind},
    limits::{INSTANCES_AT_ONCE, PAUSE_GAS, ROLLOUT_GAS},
    migratable::IMigratable,
};

use crate::pause;

/// Bytes of revert data that `InstanceSkipped` shows: a log of more could eat the gas.
const REASON_MAX: usize = 1_024;
/// Gas that goes between measuring what is left and the sub-call, rounded up.
const CALL_OVERHEAD: u64 = 5_000;
/// Gas that must be left after a failure for another instance to be tried.
const RETRY_GAS: u64 = ROLLOUT_GAS + ROLLOUT_GAS / 63 + CALL_OVERHEAD + 1;

/// The outcome of an order to one instance.
enum Outcome {
    /// It obeyed.
    Done,
    /// It cannot be ordered in this moment, which the caller has chosen: a call of it is in progress, it has moved
    /// in this transaction, or it is adopted and a contract calls.
    NotNow(RevertData),
    /// It stays as it was.
    Failed(RevertData),
}

/// `rollout`: handles min(max, left) instances, each in a sub-call of its own.
pub(crate) fn rollout(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    lock::take()?;
    let definition = Definition::of(arguments.bytes(0)?)?;
    let max = arguments.u32(1, u16::MAX.into())?;
    let mut upgraded = 0u32;
    for _ in 0..max.min(queue::waiting(definition.id)) {
        let Some(proxy) = queue::next_waiting(definition.id) else {
            break;
        };
        let instance = Instance::of(proxy)?;
        match follow(&definition, instance)? {
            Outcome::Done => upgraded += 1,
            Outcome::NotNow(_) => queue::rotate(definition.id),
            Outcome::Failed(reason) if !is_called_directly() => return Err(reason),
            Outcome::Failed(reason) => {
                skip(&definition, &instance, reason);
                queue::rotate(definition.id);
            }
        }
    }
    lock::set(Phase::Free);
    let left = queue::waiting(definition.id).min(u16::MAX.into());
    Ok(encode(&[], &[upgraded.into(), left.into()]))
}

/// What `pause` and `resume` do at once: the first instances follow. One that cannot is named, and waits for
/// `rollout`. The lock is taken already.
pub(crate) fn pause_or_resume(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let definition = identified(arguments)?;
    for _ in 0..INSTANCES_AT_ONCE.min(queue::waiting(definition.id)) {
        let Some(proxy) = queue::next_waiting(definition.id) else {
            break;
        };
        let instance = Instance::of(proxy)?;
        match follow_pause(&definition, instance)? {
            Outcome::Done => {}
            Outcome::NotNow(reason) | Outcome::Failed(reason) => {
                skip(&definition, &instance, reason);
                queue::rotate(definition.id);
            }
        }
    }
    Ok(Vec::new())
}

/// What `migrate` does at once: every instance that is older than the current version is upgraded, but for those
/// that are still to be resumed. The first failure reverts the whole call, unless the instance has no path, does
/// not obey, or has marks that do not fit: what a weaker role or a former owner can do is no veto. Where the step says so, an instance that fails is left to
/// `rollout` instead, and so are those for which it leaves too little gas. The lock is taken already.
pub(crate) fn upgrade_older(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let definition = identified(arguments)?;
    let kind = StepKind(arguments.u8(1)?);
    let target = Version::load(definition.id, definition.current);
    let mut has_failed = false;
    for proxy in queue::all_older(definition.id) {
        let instance = Instance::of(proxy)?;
        if !instance.follows_pause(&definition) {
            continue;
        }
        let left = context::gas_left();
        let outcome = if !kind.skips_failing() {
            upgrade_or_revert(&definition, &instance, &target)?
        } else if has_failed && left < RETRY_GAS {
            // the one before may have burnt what it was given
            Outcome::NotNow(errors::insufficient_gas(RETRY_GAS, left))
        } else {
            upgrade(&definition, &instance)?
        };
        has_failed |= matches!(outcome, Outcome::Failed(_));
        if let Outcome::NotNow(reason) | Outcome::Failed(reason) = outcome {
            skip(&definition, &instance, reason);
        }
    }
    Ok(Vec::new())
}

/// The definition that another part names.
fn identified(arguments: Reader<'_>) -> Reverts<Definition> {
    Definition::load(DefinitionId(arguments.word(0)?)).ok_or_else(errors::nothing)
}

/// Has an instance follow its definition: it is paused or resumed if that is due, else upgraded.
fn follow(definition: &Definition, instance: Instance) -> Reverts<Outcome> {
    let is_due = !instance.follows_pause(definition);
    if is_due && !pause::needs_upgrade(definition, &instance) {
        follow_pause(definition, instance)
    } else {
        upgrade(definition, &instance)
    }
}

/// Pauses an instance whose definition is paused, or resumes it. One that is in that state already only changes
/// its list.
fn follow_pause(definition: &Definition, mut instance: Instance) -> Reverts<Outcome> {
    let is_paused = instance.state == InstanceState::PAUSED;
    if is_paused == definition.is_paused() {
        instance.set_paused(definition, is_paused);
        return Ok(Outcome::Done);
    }
    let order = if definition.is_paused() {
        Order::Pause
    } else {
        Order::Resume
    };
    attempt(definition, &instance, order, &[], PAUSE_GAS..=PAUSE_GAS)
}

/// Upgrades an instance to the current version.
fn upgrade(definition: &Definition, instance: &Instance) -> Reverts<Outcome> {
    let current = definition.label_of(definition.current);
    let gas = ROLLOUT_GAS..=u64::MAX;
    attempt(definition, instance, Order::Upgrade, &current, gas)
}

/// The same, where a failure of an instance that could be upgraded reverts the whole call.
fn upgrade_or_revert(
    definition: &Definition,
    instance: &Instance,
    target: &Version,
) -> Reverts<Outcome> {
    if let Err(reason) = orders::require_direct(instance) {
        return Ok(Outcome::NotNow(reason));
    }
    let order = Order::Upgrade;
    let Err(reason) = orders::order(definition, instance, order, &target.label, u64::MAX) else {
        return Ok(Outcome::Done);
    };
    lock::set(Phase::Busy);
    let has_path = route::find(definition, instance.version(), target).is_ok();
    let brought_its_marks = instance.arrived && is_about_marks(&reason);
    if has_path && obeys(instance, &reason) && !brought_its_marks {
        Err(reason)
    } else {
        Ok(Outcome::Failed(reason))
    }
}

/// Whether an instance that failed with that is known to obey this registry. What a relay answers about that shows
/// nothing: it is the relay that may have failed.
fn obeys(instance: &Instance, reason: &RevertData) -> bool {
    let obeys = match Adopted::of(instance) {
        Some(adopted) => adopted.ownership() == Ownership::Ours,
        None => instance.relay().is_none() && orders::asks_us(instance),
    };
    obeys && *reason != errors::instance_not_obeying(instance.proxy)
}

/// Whether an instance failed because its marks do not fit its version. Who had it before this registry may have left
/// them so.
fn is_about_marks(RevertData(reason): &RevertData) -> bool {
    let selectors = [
        IMigratable::AlreadyMigrated::SELECTOR,
        IMigratable::PredecessorMissing::SELECTOR,
    ];
    selectors
        .iter()
        .any(|selector| reason.starts_with(selector))
}

/// Orders an instance something, with at most so much gas. Where it fails, it must have been given at least so
/// much, or the whole call reverts.
fn attempt(
    definition: &Definition,
    instance: &Instance,
    order: Order,
    version: &[u8],
    gas: core::ops::RangeInclusive<u64>,
) -> Reverts<Outcome> {
    if let Err(reason) = orders::require_direct(instance) {
        return Ok(Outcome::NotNow(reason));
    }
    storage::flush(true); // what the attempt before stored is paid for before the gas is measured
    let left = context::gas_left().saturating_sub(CALL_OVERHEAD);
    let given = left - left / 64;
    let Err(reason) = orders::order(definition, instance, order, version, *gas.end()) else {
        return Ok(Outcome::Done);
    };
    if given < *gas.start() {
        return Err(errors::insufficient_gas(*gas.start(), given));
    }
    lock::set(Phase::Busy);
    if reason != errors::upgrade_in_progress() || instance.is_adopted() {
        return Ok(Outcome::Failed(reason));
    }
    // Asked while the registry does not expect it, an instance refuses by itself if a call of it is in progress;
    // else it comes to the registry's lock. One that burns what it is given has left 1/64 by now, which has to
    // last for what follows.
    let half = context::gas_left() / 2;
    let again = orders::send(instance, &orders::upgrade_to(version), &[0; 32], half);
    Ok(if again != Err(errors::upgrade_in_progress()) {
        Outcome::Failed(reason)
    } else if orders::asks_us(instance) {
        Outcome::NotNow(reason)
    } else {
        Outcome::Failed(errors::instance_not_obeying(instance.proxy))
    })
}

/// Says that an instance stays as it was.
fn skip(definition: &Definition, instance: &Instance, reason: RevertData) {
    let RevertData(mut reason) = reason;
    reason.truncate(REASON_MAX);
    events::instance_skipped(definition.id, instance.proxy, &reason).emit();
}
