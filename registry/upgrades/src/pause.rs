//! Pausing and resuming instances: the registry orders an upgrade to no version, and the instance
//! stays on the pause stub, or goes back to the code of the version that it is at.

use alloc::vec::Vec;

use stylus_registry_core::{
    chain::Reverts,
    errors, events,
    instances::Instance,
    lock::{self, Phase},
    state::{Definition, Step, Version},
};
use stylus_upgrades_interface::ids::InstanceState;

use crate::upgrade::{check_programs, encoded};

/// Pauses the calling instance or resumes it, whichever its definition asks for. Code that cannot
/// run any more, or is not what was registered, is not resumed.
pub(crate) fn switch(mut instance: Instance, definition: &Definition) -> Reverts<Vec<u8>> {
    let path = switched(&mut instance, definition)?;
    lock::set(Phase::Busy);
    Ok(encoded(&path))
}

/// Notes that it is paused or resumed. The path has the code that it is resumed with.
pub(crate) fn switched(
    instance: &mut Instance,
    definition: &Definition,
) -> Reverts<Vec<(Version, Step)>> {
    let path = if definition.is_paused() {
        Vec::new()
    } else {
        back(instance)
    };
    check_programs(&path)?;
    instance.set_paused(definition, definition.is_paused());
    let announce = if definition.is_paused() {
        events::instance_paused
    } else {
        events::instance_resumed
    };
    announce(definition.id, instance.proxy).emit();
    Ok(path)
}

/// Back to the code of the version that an instance is at.
fn back(instance: &Instance) -> Vec<(Version, Step)> {
    let version = Version::load(instance.definition, instance.version());
    let from = version.label.clone();
    let step = Step {
        from,
        ..Step::default()
    };
    alloc::vec![(version, step)]
}

/// Whether an instance cannot be resumed because its code cannot run any more, and there is a newer
/// version: it is upgraded as it is.
pub(crate) fn is_cut_off(definition: &Definition, instance: &Instance) -> bool {
    instance.state == InstanceState::PAUSED
        && !definition.is_paused()
        && instance.version() < definition.current
        && check_programs(&back(instance)).is_err()
}

/// Refuses what a paused definition does not do.
pub(crate) fn require_live(definition: &Definition) -> Reverts<()> {
    if definition.is_paused() {
        Err(errors::definition_paused(&definition.name))
    } else {
        Ok(())
    }
}

/// The same for an instance that is still to be resumed, unless the registry upgrades it: that
/// resumes it.
pub(crate) fn require_live_with(
    definition: &Definition,
    instance: &Instance,
    ours: bool,
) -> Reverts<()> {
    require_live(definition)?;
    if instance.state != InstanceState::PAUSED {
        return Ok(());
    }
    if !ours {
        return Err(errors::definition_paused(&definition.name));
    }
    events::instance_resumed(definition.id, instance.proxy).emit();
    Ok(())
}
