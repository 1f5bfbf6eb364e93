//! Pausing and resuming an instance with its definition.

use alloc::vec::Vec;

use stylus_registry_core::{
    chain::Reverts,
    definition::Definition,
    errors, events,
    instances::Instance,
    route::check_programs,
    version::{Step, Version},
};
use stylus_upgrades_interface::ids::{InstanceState, Order};

/// Notes that the instance is paused or resumed, and returns the path for that: none to pause, one step from its
/// version to itself to resume. Code that cannot run any more, or is not what was registered, is not resumed.
pub(crate) fn obey(
    instance: &mut Instance,
    definition: &Definition,
    order: Order,
) -> Reverts<Vec<(Version, Step)>> {
    let pauses = order == Order::Pause;
    let path = if pauses {
        Vec::new()
    } else {
        resumed(instance)
    };
    check_programs(&path)?;
    instance.set_paused(definition, pauses);
    let announce = if pauses {
        events::instance_paused
    } else {
        events::instance_resumed
    };
    announce(definition.id, instance.proxy).emit();
    Ok(path)
}

/// The path of an instance that is resumed.
fn resumed(instance: &Instance) -> Vec<(Version, Step)> {
    let version = Version::load(instance.definition, instance.version());
    let from = version.label.clone();
    let step = Step {
        from,
        ..Step::default()
    };
    alloc::vec![(version, step)]
}

/// Whether an instance cannot be resumed because its code cannot run any more, and there is a newer version: it
/// is upgraded instead.
pub(crate) fn needs_upgrade(definition: &Definition, instance: &Instance) -> bool {
    instance.state == InstanceState::PAUSED
        && !definition.is_paused()
        && instance.version() < definition.current
        && check_programs(&resumed(instance)).is_err()
}

/// Refuses what a paused definition does not do.
pub(crate) fn require_live(definition: &Definition) -> Reverts<()> {
    if definition.is_paused() {
        Err(errors::definition_paused(&definition.name))
    } else {
        Ok(())
    }
}

/// The same for an upgrade of an instance that is still to be resumed, unless the registry began it: that
/// resumes the instance.
pub(crate) fn require_live_with(
    definition: &Definition,
    instance: &Instance,
    by_registry: bool,
) -> Reverts<()> {
    require_live(definition)?;
    if instance.state != InstanceState::PAUSED {
        return Ok(());
    }
    if !by_registry {
        return Err(errors::definition_paused(&definition.name));
    }
    events::instance_resumed(definition.id, instance.proxy).emit();
    Ok(())
}
