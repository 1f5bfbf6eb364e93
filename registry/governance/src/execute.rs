//! What each governed call does once it is approved. It was checked in this very call.

use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::encode,
    chain::{Reverts, delegate},
    definition::Definition,
    events,
    parts::part,
    queue,
    version::{Code, Step, Version},
};
use stylus_upgrades_interface::{
    limits::INSTANCES_AT_ONCE,
    parts::{
        self,
        IParts::{pauseOrResumeCall, upgradeOlderCall},
    },
    registry::IRegistry::{createProxyCall, transferProxyCall},
};

use crate::calls::Call;

/// Does it. `definition` is the one whose role was asked for.
pub(crate) fn execute(call: &Call<'_>, mut definition: Definition, calldata: &[u8]) -> Reverts<()> {
    match call {
        Call::AddVersion {
            version,
            code,
            step,
            migrate,
            ..
        } => {
            if definition.index_of(version).is_none() {
                add_version(&mut definition, version, code, step)?;
            }
            if *migrate {
                activate(&mut definition, version, step)?;
            }
            Ok(())
        }
        Call::AddStep { version, step, .. } => {
            let mut version = definition.version(version)?;
            add_step(&mut definition, &mut version, step);
            definition.save();
            Ok(())
        }
        // one part executes all of these
        Call::CreateDefinition { calldata }
        | Call::SetPolicy { calldata, .. }
        | Call::OfInstance { calldata, .. }
        | Call::Arrival { calldata, .. } => hand_on::<transferProxyCall>(calldata),
        Call::Pause { .. } => pause_or_resume(definition, true),
        Call::Resume { .. } => pause_or_resume(definition, false),
        Call::CreateProxy { .. } => hand_on::<createProxyCall>(calldata),
    }
}

/// Adds the version; the first one becomes current.
fn add_version(definition: &mut Definition, label: &[u8], code: &Code, step: &Step) -> Reverts<()> {
    let mut version = definition.add_version(label, code, step.from.is_empty());
    events::version_added(definition.id, label, code, definition.sequence).emit();
    add_step(definition, &mut version, step);
    if definition.current.is_none() {
        make_current(definition, &version);
    }
    definition.save();
    Ok(())
}

/// Does not save the definition.
fn add_step(definition: &mut Definition, version: &mut Version, step: &Step) {
    let from = definition.index_of(&step.from);
    if !from.is_none() {
        version.add_incoming(from, step);
    }
    definition.has_checks |= step.check().is_some();
    events::step_added(definition.id, &version.label, step).emit();
}

/// Makes the version current and upgrades a handful of instances; more are left to `rollout`.
fn activate(definition: &mut Definition, label: &[u8], step: &Step) -> Reverts<()> {
    let version = definition.version(label)?;
    if version.index != definition.current {
        make_current(definition, &version);
        definition.save();
    }
    // approvers ask for this version: instances that were rolled back are upgraded again
    let older = queue::older(definition.id);
    if (1..=INSTANCES_AT_ONCE).contains(&older) {
        let values = [definition.id.into(), step.kind.into()];
        let upgrade = encode(&upgradeOlderCall::SELECTOR, &values);
        hand_on::<upgradeOlderCall>(&upgrade)?;
    }
    Ok(())
}

/// Does not save the definition.
fn make_current(definition: &mut Definition, version: &Version) {
    queue::advance(definition.id, definition.current, version.index);
    definition.current = version.index;
    events::current_changed(definition.id, &version.label, definition.sequence).emit();
}

/// Pauses the definition, or resumes it, with its first instances; the others are left to `rollout`. A definition
/// that is paused already only has its first instances follow: those that could not before.
fn pause_or_resume(mut definition: Definition, pauses: bool) -> Reverts<()> {
    if definition.is_paused() != pauses {
        definition.pauses += 1;
        definition.save();
        queue::wait_all(&definition);
        let announce = if pauses {
            events::paused
        } else {
            events::resumed
        };
        announce(definition.id).emit();
    }
    if queue::waiting(definition.id) == 0 {
        return Ok(());
    }
    let first = encode(&pauseOrResumeCall::SELECTOR, &[definition.id.into()]);
    hand_on::<pauseOrResumeCall>(&first)
}

/// Lets the part that executes the call do it, on this storage.
pub(crate) fn hand_on<C: SolCall>(calldata: &[u8]) -> Reverts<()> {
    delegate(part(const { parts::executing(C::SELECTOR) }), calldata).map(|_| ())
}
