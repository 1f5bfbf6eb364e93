//! Execution of each governed call once it is approved. It was checked in this very call.

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use stylus_registry_core::{
    chain::{Reverts, delegate},
    definition::{Definition, PauseState},
    events,
    parts::part,
    version::{MigrationStep, RegisteredVersion},
};
use stylus_upgrades_interface::{
    ids::VersionIndex,
    parts,
    registry::IRegistry::{
        addStepCall, addVersionCall, migrateCall, pauseCall, resumeCall, transferProxyCall,
    },
};

use crate::calls::{GovernedCall, VersionArguments};

/// Does it. `definition` is the one whose role was asked for.
pub(crate) fn execute(call: &GovernedCall<'_>, mut definition: Definition) -> Reverts<()> {
    match call.selector {
        addVersionCall::SELECTOR | migrateCall::SELECTOR => {
            let arguments = call.version()?;
            if definition.index_of(arguments.label).is_none() {
                add_version(&mut definition, &arguments);
            }
            if call.selector == migrateCall::SELECTOR {
                let version = definition.index_of(arguments.label);
                make_current(&mut definition, version, arguments.label);
            }
            definition.save();
        }
        addStepCall::SELECTOR => {
            let mut version = definition.version(call.label()?)?;
            add_step(
                &mut definition,
                &mut version,
                &MigrationStep::read(&call.arguments, 2)?,
            );
            definition.save();
        }
        pauseCall::SELECTOR => {
            definition.pause = PauseState::On;
            definition.save();
            events::paused(definition.id).emit();
            // the part that rolls out pauses those that it names; the others are left to `rollout`
            if !call.arguments.words(1)?.is_empty() {
                return hand_on::<pauseCall>(call.calldata).map(drop);
            }
        }
        resumeCall::SELECTOR => {
            definition.pause = PauseState::Off;
            definition.save();
            events::resumed(definition.id).emit();
        }
        // one part executes all of the others
        _ => return hand_on::<transferProxyCall>(call.calldata).map(drop),
    }
    Ok(())
}

/// Adds the version; the first one becomes current. Does not save the definition.
fn add_version(definition: &mut Definition, arguments: &VersionArguments<'_>) {
    let VersionArguments { label, code, step } = arguments;
    let mut version = definition.add_version(label, code, step.from.is_empty());
    events::version_added(definition.id, label, code, definition.sequence).emit();
    add_step(definition, &mut version, step);
    if definition.current.is_none() {
        make_current(definition, version.index, label);
    }
}

/// Adds a step into a version. Does not save the definition.
fn add_step(definition: &mut Definition, version: &mut RegisteredVersion, step: &MigrationStep) {
    let from = definition.index_of(&step.from);
    if !from.is_none() {
        version.add_incoming(from, step);
    }
    definition.has_checks |= step.check().is_some();
    events::step_added(definition.id, &version.label, step).emit();
}

/// Makes the version current, or the current one once more. It touches no instance. Does not save the definition.
fn make_current(definition: &mut Definition, version: VersionIndex, label: &[u8]) {
    definition.activate(version);
    events::current_changed(definition.id, label, definition.sequence).emit();
}

/// Lets the part that executes the call do it, on this storage.
pub(crate) fn hand_on<C: SolCall>(calldata: &[u8]) -> Reverts<Vec<u8>> {
    delegate(part(const { parts::executing(C::SELECTOR) }), calldata)
}
