//! Upgrades of instances that lag behind the current version. What happens never depends on
//! the gas that is left: a failure counts only where the instance had enough. Nor does it depend on
//! what a calling contract has open (memory, which makes more of it dear; locks of other contracts):
//! a failure counts only where the transaction calls the registry itself.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    chain::{RevertData, Reverts, ask, call_with_gas, is_called_directly, this},
    errors, events, instances,
    lock::{self, Phase},
    state::Definition,
};
use stylus_upgrades_host::{context, storage};
use stylus_upgrades_interface::{
    ids::DefinitionId,
    limits::ROLLOUT_GAS,
    proxy::IUpgradeabilityProxy::{registryCall, upgradeToCall},
};

/// Bytes of revert data that `InstanceSkipped` shows: a log of more could eat the gas.
const REASON_MAX: usize = 1_024;
/// Gas that goes between measuring what is left and the sub-call, rounded up.
const CALL_OVERHEAD: u64 = 5_000;

/// Handles exactly min(max, left) instances, each in a sub-call of its own.
pub(crate) fn some(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    lock::take()?;
    let definition = Definition::of(arguments.bytes(0)?)?;
    let current = definition.label_of(definition.current);
    let attempts = arguments.u32(1, u16::MAX.into())?;
    let attempts = attempts.min(instances::lagging(definition.id));
    let mut upgraded = 0u32;
    for _ in 0..attempts {
        let Some(proxy) = instances::next_lagging(definition.id) else {
            break;
        };
        match upgrade_or_skip(&definition, proxy, &current)? {
            true => upgraded += 1,
            false => instances::rotate(definition.id),
        }
    }
    lock::set(Phase::Free);
    let left = instances::lagging(definition.id).min(u16::MAX.into());
    Ok(encode(&[], &[upgraded.into(), left.into()]))
}

/// Upgrades every instance that is older than what is current, all or nothing. The lock is taken already.
pub(crate) fn all(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let definition =
        Definition::load(DefinitionId(arguments.word(0)?)).ok_or_else(errors::nothing)?;
    let current = definition.label_of(definition.current);
    for proxy in instances::all_older(definition.id) {
        upgrade(proxy, &current)?;
    }
    Ok(Vec::new())
}

/// Whether it was upgraded; a failure is reported if the instance had enough gas and no contract
/// called `rollout`, and ends the whole call otherwise. An instance that is in the middle of a call did not fail: whoever called
/// `rollout` chose that moment, so nothing is said about it.
fn upgrade_or_skip(definition: &Definition, proxy: Address, version: &[u8]) -> Reverts<bool> {
    storage::flush(true); // what the attempt before stored is paid for before the gas is measured
    let left = context::gas_left().saturating_sub(CALL_OVERHEAD);
    let given = left - left / 64;
    let Err(RevertData(mut reason)) = upgrade(proxy, version) else {
        return Ok(true);
    };
    if given < ROLLOUT_GAS {
        return Err(errors::insufficient_gas(ROLLOUT_GAS, given));
    }
    lock::set(Phase::Busy);
    let in_progress = errors::upgrade_in_progress();
    if reason == in_progress.0 {
        // one that burns whatever it is given has left 1/64 by now, which has to last for what follows
        let half = context::gas_left() / 2;
        if order(proxy, version, half) == Err(in_progress) {
            if asks_us(proxy) {
                return Ok(false);
            }
            reason = errors::not_an_instance(proxy).0;
        }
    }
    if !is_called_directly() {
        return Err(RevertData(reason));
    }
    reason.truncate(REASON_MAX);
    events::instance_skipped(definition.id, proxy, &reason).emit();
    Ok(false)
}

/// Whether this registry is the one that an instance asks. Its code owns its storage and may have
/// given it another one, which can answer as an instance in the middle of a call does.
fn asks_us(proxy: Address) -> bool {
    let answer = ask(proxy, &registryCall::SELECTOR);
    answer.is_ok_and(|data| Reader::new(&data).address(0) == Ok(this()))
}

/// Has an instance upgrade itself. One that never came back to say so (its own code may have
/// given it another registry) was not upgraded, whatever it answers.
fn upgrade(proxy: Address, version: &[u8]) -> Reverts<()> {
    lock::set(Phase::Expected(proxy));
    order(proxy, version, u64::MAX)?;
    match lock::phase() {
        Phase::Busy => Ok(()),
        _ => Err(errors::not_an_instance(proxy)),
    }
}

/// Tells an instance to upgrade itself. Where the registry does not expect it, the instance refuses
/// by itself if it is in the middle of a call or was upgraded in this transaction already, and comes
/// to the registry's lock if it is not.
fn order(proxy: Address, version: &[u8], gas: u64) -> Reverts<Vec<u8>> {
    let order = encode(&upgradeToCall::SELECTOR, &[version.into()]);
    call_with_gas(proxy, &order, &[0; 32], gas)
}
