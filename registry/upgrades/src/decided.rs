//! Governed calls about one instance: what the governance part asks before they are approved, and
//! hands on once they are. It has taken the lock.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    chain::{Reverts, call},
    errors, events,
    instances::Instance,
    lock::{self, Phase},
    state::Definition,
};
use stylus_upgrades_interface::{
    complex::IComplexMigration,
    ids::InstanceState,
    registry::IRegistry::{abortMigrationCall, adoptCall, handOverCall, setHandlerCall},
};

use crate::transfer;

/// Refuses what could not be executed now.
pub(crate) fn check(calldata: &[u8]) -> Reverts<Vec<u8>> {
    let (definition, proxy) = subject(calldata)?;
    let arguments = Reader::arguments(calldata);
    match calldata.first_chunk() {
        Some(&setHandlerCall::SELECTOR) => migrating(&definition, proxy, true).map(drop),
        Some(&abortMigrationCall::SELECTOR) => migrating(&definition, proxy, false).map(drop),
        Some(&adoptCall::SELECTOR) => transfer::check_adoption(&definition, proxy, arguments),
        Some(&handOverCall::SELECTOR) => {
            let instance = of(&definition, proxy)?;
            transfer::check_hand_over(&definition, instance, arguments.address(2)?)
        }
        _ => Err(errors::nothing()),
    }?;
    Ok(Vec::new())
}

/// Does it. It was checked in this very call.
pub(crate) fn execute(calldata: &[u8]) -> Reverts<Vec<u8>> {
    if lock::phase() != Phase::Busy {
        return Err(errors::nothing());
    }
    let (mut definition, proxy) = subject(calldata)?;
    let arguments = Reader::arguments(calldata);
    match calldata.first_chunk() {
        Some(&setHandlerCall::SELECTOR) => set_handler(&definition, proxy, arguments.address(2)?),
        Some(&abortMigrationCall::SELECTOR) => abort(&definition, proxy),
        Some(&adoptCall::SELECTOR) => transfer::adopt(&mut definition, proxy, arguments),
        _ => {
            let instance = of(&definition, proxy)?;
            transfer::hand_over(&mut definition, &instance, arguments.address(2)?)
        }
    }?;
    Ok(Vec::new())
}

/// The definition and the proxy that all of them begin with.
fn subject(calldata: &[u8]) -> Reverts<(Definition, Address)> {
    let arguments = Reader::arguments(calldata);
    Ok((Definition::of(arguments.bytes(0)?)?, arguments.address(1)?))
}

/// An instance of the definition.
fn of(definition: &Definition, proxy: Address) -> Reverts<Instance> {
    let instance = Instance::of(proxy)?;
    if instance.definition != definition.id {
        return Err(errors::not_an_instance(proxy));
    }
    Ok(instance)
}

/// One that is in a complex step; whichever way, or only forward.
fn migrating(definition: &Definition, proxy: Address, either_way: bool) -> Reverts<Instance> {
    let instance = of(definition, proxy)?;
    let state = instance.state;
    if state == InstanceState::MIGRATING || (either_way && state == InstanceState::TURNING_BACK) {
        Ok(instance)
    } else {
        Err(errors::not_migrating(proxy, state.0))
    }
}

/// Has the program of a complex migration take another handler.
fn set_handler(definition: &Definition, proxy: Address, handler: Address) -> Reverts<()> {
    let order = encode(
        &IComplexMigration::setHandlerCall::SELECTOR,
        &[handler.into()],
    );
    call(proxy, &order, &[0; 32])?;
    events::handler_changed(definition.id, proxy, handler).emit();
    Ok(())
}

/// Has the program of a complex migration turn back, if it can.
fn abort(definition: &Definition, proxy: Address) -> Reverts<()> {
    migrating(definition, proxy, false)?.turn_back(definition.current);
    let order = IComplexMigration::turnBackCall::SELECTOR;
    call(proxy, &order, &[0; 32]).map(drop)
}
