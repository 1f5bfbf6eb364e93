//! `setHandler` and `abortMigration`: a lost key does not leave an instance in its complex step.

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::encode, chain::Reverts, definition::Definition, errors, events, instances::Instance,
    orders::send,
};
use stylus_upgrades_interface::{complex::IComplexMigration, ids::InstanceState};

use crate::decided::instance;

/// An instance of the definition in a complex step; in either direction, or only forward.
pub(crate) fn migrating(
    definition: &Definition,
    proxy: Address,
    either_way: bool,
) -> Reverts<Instance> {
    let instance = instance(definition, proxy)?;
    let state = instance.state;
    if state == InstanceState::MIGRATING || (either_way && state == InstanceState::TURNING_BACK) {
        Ok(instance)
    } else {
        Err(errors::not_migrating(proxy, state.0))
    }
}

/// Has the program of a complex migration take another handler.
pub(crate) fn set(definition: &Definition, proxy: Address, handler: Address) -> Reverts<()> {
    let call = encode(
        &IComplexMigration::setHandlerCall::SELECTOR,
        &[handler.into()],
    );
    let instance = migrating(definition, proxy, true)?;
    send(&instance, &call, &[0; 32], u64::MAX)?;
    events::handler_changed(definition.id, proxy, handler).emit();
    Ok(())
}

/// Has the program of a complex migration turn back, if it can.
pub(crate) fn abort(definition: &Definition, proxy: Address) -> Reverts<()> {
    let mut instance = migrating(definition, proxy, false)?;
    instance.turn_back(definition.current);
    let call = IComplexMigration::turnBackCall::SELECTOR;
    send(&instance, &call, &[0; 32], u64::MAX).map(drop)
}
