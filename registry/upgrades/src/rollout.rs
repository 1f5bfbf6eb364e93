//! Instances that wait, to be upgraded, paused or resumed. What happens never depends on
//! the gas that is left: a failure counts only where the instance had enough. Nor does it depend on
//! what a calling contract has open (memory, which makes more of it dear; locks of other contracts):
//! a failure counts only where the transaction calls the registry itself.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    authority::{Stored, role},
    chain::{RevertData, Reverts, ask, call_with_gas, is_called_directly, sender, this},
    errors, events,
    instances::Instance,
    lock::{self, Phase},
    queue,
    state::Definition,
};
use stylus_upgrades_host::{context, storage};
use stylus_upgrades_interface::{
    adopted::is_adopted,
    ids::{DefinitionId, InstanceState},
    instance::IInstanceRegistry::upgradeAdoptedCall,
    limits::{INSTANCES_AT_ONCE, PAUSE_GAS, ROLLOUT_GAS},
    proxy::IUpgradeabilityProxy::{registryCall, upgradeToCall},
};

use crate::pause;

/// Bytes of revert data that `InstanceSkipped` shows: a log of more could eat the gas.
const REASON_MAX: usize = 1_024;
/// Gas that goes between measuring what is left and the sub-call, rounded up.
const CALL_OVERHEAD: u64 = 5_000;

/// What an attempt with an instance is given.
struct Attempt<'a> {
    /// The version that it is upgraded to; empty where it is paused or resumed.
    version: &'a [u8],
    /// Gas of the sub-call, at most.
    most: u64,
    /// Gas that it must have been given for its failure to count.
    needed: u64,
}

/// Handles exactly min(max, left) instances, each in a sub-call of its own.
pub(crate) fn some(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    lock::take()?;
    let definition = Definition::of(arguments.bytes(0)?)?;
    let current = definition.label_of(definition.current);
    let upgrade = Attempt {
        version: &current,
        most: u64::MAX,
        needed: ROLLOUT_GAS,
    };
    let attempts = arguments.u32(1, u16::MAX.into())?;
    let attempts = attempts.min(queue::waiting(definition.id));
    let mut upgraded = 0u32;
    for _ in 0..attempts {
        let Some(proxy) = queue::next_waiting(definition.id) else {
            break;
        };
        let done = match out_of_line(&definition, proxy)? {
            Some(instance) if !pause::is_cut_off(&definition, &instance) => {
                bring_in_line(&definition, instance)
            }
            _ => try_once(&definition, proxy, &upgrade),
        };
        match done? {
            Done::Yes => upgraded += 1,
            Done::No => queue::rotate(definition.id),
            Done::BelowAContract(reason) => return Err(reason),
        }
    }
    lock::set(Phase::Free);
    let left = queue::waiting(definition.id).min(u16::MAX.into());
    Ok(encode(&[], &[upgraded.into(), left.into()]))
}

/// Pauses or resumes the first instances, right behind the definition. One that fails does not keep
/// the others running, whoever calls: it waits for `rollout`. The lock is taken already.
pub(crate) fn first(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let definition = identified(arguments)?;
    for _ in 0..INSTANCES_AT_ONCE.min(queue::waiting(definition.id)) {
        let Some(proxy) = queue::next_waiting(definition.id) else {
            break;
        };
        let done = bring_in_line(&definition, Instance::of(proxy)?)?;
        if !matches!(done, Done::Yes) {
            queue::rotate(definition.id);
        }
    }
    Ok(Vec::new())
}

/// Upgrades every instance that is older than what is current, all or nothing, but for those that
/// are still to be resumed. The lock is taken already.
pub(crate) fn all(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let definition = identified(arguments)?;
    let current = definition.label_of(definition.current);
    for proxy in queue::all_older(definition.id) {
        if out_of_line(&definition, proxy)?.is_none() {
            order_expected(&definition, proxy, &current, u64::MAX)?;
        }
    }
    Ok(Vec::new())
}

/// Whether whoever calls may move adopted proxies: not a contract that the policy does not name, which
/// may act in the middle of a call of one, unnoticed by it.
fn may_move_adopted(definition: &Definition) -> bool {
    let names = |stored: Stored| stored.bit(sender()) != 0;
    is_called_directly() || Stored::of(definition, role::MIGRATE).is_ok_and(names)
}

/// The definition that another part names.
fn identified(arguments: Reader<'_>) -> Reverts<Definition> {
    Definition::load(DefinitionId(arguments.word(0)?)).ok_or_else(errors::nothing)
}

/// The instance, if it is still to be paused or resumed.
fn out_of_line(definition: &Definition, proxy: Address) -> Reverts<Option<Instance>> {
    if definition.pauses == 0 {
        return Ok(None);
    }
    let instance = Instance::of(proxy)?;
    Ok(Some(instance).filter(|instance| !instance.is_in_line(definition)))
}

/// Pauses an instance whose definition is paused, or resumes it. One that was neither paused nor
/// resumed since only joins its list again.
fn bring_in_line(definition: &Definition, mut instance: Instance) -> Reverts<Done> {
    let is_paused = instance.state == InstanceState::PAUSED;
    if is_paused == definition.is_paused() {
        instance.set_paused(definition, is_paused);
        return Ok(Done::Yes);
    }
    let attempt = Attempt {
        version: &[],
        most: PAUSE_GAS,
        needed: PAUSE_GAS,
    };
    try_once(definition, instance.proxy, &attempt)
}

/// What came of an attempt.
enum Done {
    /// It is done.
    Yes,
    /// The instance stays as it was.
    No,
    /// The same, but a contract called, so that it does not count. It failed with that.
    BelowAContract(RevertData),
}

/// Tries to upgrade an instance. A failure is reported if the instance had enough gas and no contract
/// called, and ends the whole call if it had not. An instance that is in the middle of a call did not
/// fail: whoever called chose that moment, so nothing is said about it.
fn try_once(definition: &Definition, proxy: Address, attempt: &Attempt<'_>) -> Reverts<Done> {
    let version = attempt.version;
    let is_adopted = is_adopted(Instance::of(proxy)?.kind);
    storage::flush(true); // what the attempt before stored is paid for before the gas is measured
    let left = context::gas_left().saturating_sub(CALL_OVERHEAD);
    let given = left - left / 64;
    let done = order_expected(definition, proxy, version, attempt.most);
    let Err(RevertData(mut reason)) = done else {
        return Ok(Done::Yes);
    };
    if given < attempt.needed {
        return Err(errors::insufficient_gas(attempt.needed, given));
    }
    lock::set(Phase::Busy);
    let in_progress = errors::upgrade_in_progress();
    if reason == in_progress.0 && !is_adopted {
        // one that burns whatever it is given has left 1/64 by now, which has to last for what follows
        let half = context::gas_left() / 2;
        if order(proxy, version, half) == Err(in_progress) {
            if asks_us(proxy) {
                return Ok(Done::No);
            }
            reason = errors::not_an_instance(proxy).0;
        }
    }
    if !is_called_directly() {
        return Ok(Done::BelowAContract(RevertData(reason)));
    }
    reason.truncate(REASON_MAX);
    events::instance_skipped(definition.id, proxy, &reason).emit();
    Ok(Done::No)
}

/// Whether this registry is the one that an instance asks. Its code owns its storage and may have
/// given it another one, which can answer as an instance in the middle of a call does.
pub(crate) fn asks_us(proxy: Address) -> bool {
    let answer = ask(proxy, &registryCall::SELECTOR);
    answer.is_ok_and(|data| Reader::new(&data).address(0) == Ok(this()))
}

/// Has an instance upgrade itself; pauses or resumes it where `version` is empty. One that never came back
/// to say so (its own code may have given it another registry) was not upgraded, whatever it answers.
/// Whoever calls has to be allowed to move an adopted one: it would not notice that it is in the middle
/// of a call. That it is paused, or goes on with the code that it had, changes nothing in its storage.
pub(crate) fn order_expected(
    definition: &Definition,
    proxy: Address,
    version: &[u8],
    gas: u64,
) -> Reverts<()> {
    let moves = !version.is_empty() && is_adopted(Instance::of(proxy)?.kind);
    if moves && !may_move_adopted(definition) {
        return Err(errors::upgrade_in_progress());
    }
    lock::set(Phase::Expected(proxy));
    order(proxy, version, gas)?;
    match lock::phase() {
        Phase::Busy => Ok(()),
        _ => Err(errors::not_an_instance(proxy)),
    }
}

/// Tells an instance to upgrade itself; of an adopted one the registry tells that itself. Where the registry
/// does not expect it, the instance refuses by itself if it is in the middle of a call or was upgraded in
/// this transaction already, and comes to the registry's lock if it is not.
fn order(proxy: Address, version: &[u8], gas: u64) -> Reverts<Vec<u8>> {
    let (to, order) = if is_adopted(Instance::of(proxy)?.kind) {
        let values = [proxy.into(), version.into()];
        (this(), encode(&upgradeAdoptedCall::SELECTOR, &values))
    } else {
        (proxy, encode(&upgradeToCall::SELECTOR, &[version.into()]))
    };
    call_with_gas(to, &order, &[0; 32], gas)
}
