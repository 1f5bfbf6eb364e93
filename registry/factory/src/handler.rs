//! `setHandler` and `abortMigration`: a lost key does not leave an instance in its complex step.

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::encode, chain::Reverts, definition::Definition, errors, events, instances::Instance,
    orders::send,
};
use stylus_upgrades_interface::{complex::IComplexMigration, ids::InstanceState};

/// Refuses to change the handler of an instance outside of a complex step.
pub(crate) fn check_handler(instance: &Instance) -> Reverts<()> {
    if instance.is_migrating() {
        Ok(())
    } else {
        Err(errors::not_migrating(instance.proxy, instance.state.0))
    }
}

/// Refuses to abort what is no complex step that goes forward.
pub(crate) fn check_abort(instance: &Instance) -> Reverts<()> {
    if instance.state == InstanceState::MIGRATING {
        Ok(())
    } else {
        Err(errors::not_migrating(instance.proxy, instance.state.0))
    }
}

/// Has the program of a complex migration take another handler.
pub(crate) fn set(
    definition: &Definition,
    mut instance: Instance,
    handler: Address,
) -> Reverts<()> {
    let call = encode(
        &IComplexMigration::setHandlerCall::SELECTOR,
        &[handler.into()],
    );
    instance.change_handler();
    send(&instance, &call, &[0; 32], u64::MAX)?;
    events::handler_changed(definition.id, instance.proxy, handler).emit();
    Ok(())
}

/// Has the program of a complex migration turn back, if it can.
pub(crate) fn abort(definition: &Definition, mut instance: Instance) -> Reverts<()> {
    instance.turn_back(definition);
    let call = IComplexMigration::turnBackCall::SELECTOR;
    send(&instance, &call, &[0; 32], u64::MAX).map(drop)
}
