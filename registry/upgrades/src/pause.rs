//! Pausing and resuming an instance with its definition.

use alloc::vec::Vec;

use stylus_registry_core::{
    chain::Reverts,
    definition::Definition,
    errors, events,
    instances::Instance,
    route::check_programs,
    version::{MigrationStep, RegisteredVersion},
};
use stylus_upgrades_interface::ids::Order;

/// Notes that the instance is paused or resumed, and returns the path for that: none to pause, one step from its
/// version to itself to resume. Code that cannot run any more, or is not what was registered, is not resumed.
pub(crate) fn obey(
    instance: &mut Instance,
    definition: &Definition,
    order: Order,
) -> Reverts<Vec<(RegisteredVersion, MigrationStep)>> {
    if order == Order::Pause {
        note(instance, definition);
        return Ok(Vec::new());
    }
    let path = resumed(instance);
    check_programs(&path)?;
    instance.resume();
    events::instance_resumed(definition.id, instance.proxy).emit();
    Ok(path)
}

/// Notes that the instance runs the stub from now on, and says so.
pub(crate) fn note(instance: &mut Instance, definition: &Definition) {
    instance.pause(definition);
    events::instance_paused(definition.id, instance.proxy).emit();
}

/// The path of an instance that is resumed.
fn resumed(instance: &Instance) -> Vec<(RegisteredVersion, MigrationStep)> {
    let version = RegisteredVersion::load(instance.definition, instance.version);
    let from = version.label.clone();
    let step = MigrationStep {
        from,
        ..MigrationStep::default()
    };
    alloc::vec![(version, step)]
}

/// Refuses what a paused definition does not do.
pub(crate) fn require_live(definition: &Definition) -> Reverts<()> {
    if definition.is_paused() {
        Err(errors::definition_paused(&definition.name))
    } else {
        Ok(())
    }
}
