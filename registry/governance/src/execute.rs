//! What each governed call does once it is approved. It was checked in this very call.

use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::encode,
    authority::{self, role},
    beacon,
    chain::{Reverts, delegate},
    events, queue,
    state::{Code, Definition, Step, Version, part},
};
use stylus_upgrades_interface::{
    limits::INSTANCES_AT_ONCE,
    parts::{
        self,
        IParts::{pauseOrResumeCall, upgradeLaggingCall},
    },
    registry::IRegistry::{createProxyCall, handOverCall},
};

use crate::calls::Call;

/// Does it. `definition` is the one whose role was asked for.
pub(crate) fn execute(call: &Call<'_>, mut definition: Definition, calldata: &[u8]) -> Reverts<()> {
    match call {
        Call::CreateDefinition { name, policies } => create_definition(name, policies),
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
                activate(&mut definition, version)?;
            }
            Ok(())
        }
        Call::AddStep { version, step, .. } => {
            let mut version = definition.version(version)?;
            add_step(&definition, &mut version, step);
            Ok(())
        }
        Call::SetPolicy {
            role, expression, ..
        } => set_policy(definition, role, expression),
        // one part executes all of these
        Call::OfInstance { calldata, .. } | Call::Adopt { calldata, .. } => {
            hand_on::<handOverCall>(calldata)
        }
        Call::Pause { .. } => pause(definition),
        Call::CreateProxy { .. } => hand_on::<createProxyCall>(calldata),
    }
}

fn create_definition(name: &[u8], policies: &[&[u8]; 3]) -> Reverts<()> {
    let mut definition = Definition::new(name);
    events::definition_created(definition.id, name).emit();
    let roles = [role::MIGRATE, role::POLICY, role::CREATE];
    for (role, expression) in roles.into_iter().zip(policies) {
        let policy = authority::check(expression)?;
        authority::set(&mut definition, role, expression, &policy);
    }
    definition.create();
    Ok(())
}

/// Adds the version; the first one becomes current.
fn add_version(definition: &mut Definition, label: &[u8], code: &Code, step: &Step) -> Reverts<()> {
    let mut version = definition.add_version(label, code, step.from.is_empty());
    events::version_added(definition.id, label, code, definition.sequence).emit();
    add_step(definition, &mut version, step);
    if definition.current.is_none() {
        make_current(definition, &version)?;
    }
    definition.save();
    Ok(())
}

fn add_step(definition: &Definition, version: &mut Version, step: &Step) {
    let from = definition.index_of(&step.from);
    if !from.is_none() {
        version.add_way(from, step);
    }
    events::step_added(definition.id, &version.label, step).emit();
}

/// Makes the version current and upgrades a handful of instances; more are left to `rollout`.
fn activate(definition: &mut Definition, label: &[u8]) -> Reverts<()> {
    let version = definition.version(label)?;
    if version.index != definition.current {
        make_current(definition, &version)?;
        definition.save();
    }
    // approvers ask for this version: those that they called back from it come along again
    let older = queue::older(definition.id);
    if (1..=INSTANCES_AT_ONCE).contains(&older) {
        let all = encode(&upgradeLaggingCall::SELECTOR, &[definition.id.into()]);
        hand_on::<upgradeLaggingCall>(&all)?;
    }
    Ok(())
}

/// Does not save the definition.
fn make_current(definition: &mut Definition, version: &Version) -> Reverts<()> {
    queue::advance(definition.id, definition.current, version.index);
    definition.current = version.index;
    events::current_changed(definition.id, &version.label, definition.sequence).emit();
    beacon::point(definition)
}

fn set_policy(mut definition: Definition, role: &[u8], expression: &[u8]) -> Reverts<()> {
    let policy = authority::check(expression)?;
    definition.sequence += 1;
    authority::set(&mut definition, role, expression, &policy);
    definition.save();
    Ok(())
}

/// Pauses the definition, or resumes it, with its first instances; the others are left to `rollout`.
fn pause(mut definition: Definition) -> Reverts<()> {
    definition.pauses += 1;
    definition.save();
    queue::wait_all(&definition);
    let announce = if definition.is_paused() {
        events::paused
    } else {
        events::resumed
    };
    announce(definition.id).emit();
    beacon::point(&definition)?;
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
