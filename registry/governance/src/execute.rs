//! What each governed call does once it is approved. It was checked in this very call.

use alloc::string::String;

use alloy_sol_types::SolCall;
use stylus_registry_core::{
    authority::{self, role},
    chain::{Fault, Reverts, delegate, emit},
    instances,
    parts::IFactory::upgradeLaggingCall,
    state::{Definition, Version, parts},
};
use stylus_upgrades_interface::{
    limits::INSTANCES_AT_ONCE,
    registry::{
        Code,
        IRegistry::{self, CurrentChanged, DefinitionCreated, StepAdded, VersionAdded},
        Step,
    },
};

use crate::calls::Call;

/// Does it. `definition` is the one whose role was asked for.
pub(crate) fn execute(call: &Call, definition: Definition, calldata: &[u8]) -> Reverts<()> {
    match call {
        Call::CreateDefinition(call) => create_definition(call),
        Call::AddVersion(call) => {
            add_version(definition, &call.version, &call.code, &call.step);
            Ok(())
        }
        Call::AddStep(call) => {
            let mut version = definition.version(&call.version)?;
            add_step(&definition, &mut version, &call.step);
            Ok(())
        }
        Call::Migrate(call) => migrate(definition, call),
        Call::SetPolicy(call) => set_policy(definition, call),
        Call::CreateProxy(_) => to_factory(calldata),
    }
}

fn create_definition(call: &IRegistry::createDefinitionCall) -> Reverts<()> {
    let mut definition = Definition::new(&call.name);
    emit(&DefinitionCreated {
        definition: definition.id,
        name: definition.name.clone(),
    });
    for (role, expression) in [
        (role::MIGRATE, &call.migratePolicy),
        (role::POLICY, &call.policyPolicy),
        (role::CREATE, &call.createPolicy),
    ] {
        let policy = authority::check(expression)?;
        authority::set(&mut definition, role, expression, &policy);
    }
    definition.create();
    Ok(())
}

/// Adds the version; the first one becomes current.
fn add_version(mut definition: Definition, label: &str, code: &Code, step: &Step) -> Definition {
    let mut version = definition.add_version(label, code, step.from.is_empty());
    emit(&VersionAdded {
        definition: definition.id,
        version: String::from(label),
        implementation: code.implementation,
        codehash: code.codehash,
        layoutHash: code.layoutHash,
        sourceHash: code.sourceHash,
        sequence: definition.sequence,
    });
    add_step(&definition, &mut version, step);
    if definition.current == 0 {
        make_current(&mut definition, &version);
    }
    definition.save();
    definition
}

fn add_step(definition: &Definition, version: &mut Version, step: &Step) {
    let from = definition.index_of(&step.from);
    if from != 0 {
        version.add_way(from, step);
    }
    emit(&StepAdded {
        definition: definition.id,
        to: version.label.clone(),
        step: step.clone(),
    });
}

/// Adds the version if it is new, makes it current, and upgrades a handful of instances; more
/// are left to `rollout`.
fn migrate(mut definition: Definition, call: &IRegistry::migrateCall) -> Reverts<()> {
    if definition.index_of(&call.version) == 0 {
        definition = add_version(definition, &call.version, &call.code, &call.step);
    }
    let version = definition.version(&call.version)?;
    if version.index != definition.current {
        make_current(&mut definition, &version);
        definition.save();
    }
    let lagging = instances::lagging(definition.id);
    if (1..=INSTANCES_AT_ONCE).contains(&lagging) {
        let all = upgradeLaggingCall {
            definition: definition.id,
        };
        to_factory(&all.abi_encode())?;
    }
    Ok(())
}

/// Does not save the definition.
fn make_current(definition: &mut Definition, version: &Version) {
    instances::advance(definition.id, definition.current, version.index);
    definition.current = version.index;
    emit(&CurrentChanged {
        definition: definition.id,
        version: version.label.clone(),
        sequence: definition.sequence,
    });
}

fn set_policy(mut definition: Definition, call: &IRegistry::setPolicyCall) -> Reverts<()> {
    let policy = authority::check_change(&definition, &call.role, &call.expression)?;
    authority::set(&mut definition, &call.role, &call.expression, &policy);
    definition.sequence += 1;
    definition.save();
    Ok(())
}

/// Lets the factory do it, on this storage.
fn to_factory(calldata: &[u8]) -> Reverts<()> {
    let Some([_, factory]) = parts() else {
        return Err(Fault(alloc::vec::Vec::new()));
    };
    delegate(factory, calldata).map(|_| ())
}
