//! What each governed call does once it is approved. It was checked in this very call.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Value, encode},
    chain::{Reverts, delegate},
    definition::{Definition, Pause},
    events,
    parts::part,
    version::{Code, Step, Version},
};
use stylus_upgrades_interface::{
    parts::{self, IParts::pauseInstancesCall},
    registry::IRegistry::transferProxyCall,
};

use crate::calls::Call;

/// Does it. `definition` is the one whose role was asked for.
pub(crate) fn execute(call: &Call<'_>, mut definition: Definition) -> Reverts<()> {
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
                let version = definition.version(version)?;
                make_current(&mut definition, &version);
                definition.save();
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
        | Call::Arrival { calldata, .. }
        | Call::CreateProxy { calldata, .. } => hand_on::<transferProxyCall>(calldata).map(drop),
        Call::Pause { first, .. } => pause(definition, first),
        Call::Resume { .. } => {
            definition.pause = Pause::Off;
            definition.save();
            events::resumed(definition.id).emit();
            Ok(())
        }
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

/// Makes the version current, or the current one once more. It touches no instance. Does not save the definition.
fn make_current(definition: &mut Definition, version: &Version) {
    definition.activate(version.index);
    events::current_changed(definition.id, &version.label, definition.sequence).emit();
}

/// Pauses the definition, and the instances that were named; the others are left to `rollout`.
fn pause(mut definition: Definition, first: &[Address]) -> Reverts<()> {
    definition.pause = Pause::On;
    definition.save();
    events::paused(definition.id).emit();
    if first.is_empty() {
        return Ok(());
    }
    let first: Vec<_> = first.iter().copied().map(Value::from).collect();
    let values = [definition.id.into(), Value::Array(&first)];
    let call = encode(&pauseInstancesCall::SELECTOR, &values);
    hand_on::<pauseInstancesCall>(&call).map(drop)
}

/// Lets the part that executes the call do it, on this storage.
pub(crate) fn hand_on<C: SolCall>(calldata: &[u8]) -> Reverts<Vec<u8>> {
    delegate(part(const { parts::executing(C::SELECTOR) }), calldata)
}
