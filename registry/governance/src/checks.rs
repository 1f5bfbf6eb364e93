//! What can be refused before anybody approves a governed call. The same checks run again when it is executed.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    chain::{RevertData, Reverts},
    definition::Definition,
    errors, label,
    runnable::{self, same_code},
    version::{Code, Step, Version},
};
use stylus_upgrades_interface::{
    complex::IComplexMigration,
    ids::{CodeHash, StepKind as Kind},
    limits::STEP_DATA_MAX,
    parts::IParts::checkCallCall,
    reasons::invalid_step as reason,
};

use crate::{calls::Call, execute::hand_on};

/// Refuses what could not be executed now. Gives what the call returns after how far it is: nothing, or the address of
/// a proxy.
pub(crate) fn check(call: &Call<'_>, definition: &Definition) -> Reverts<Vec<u8>> {
    if call.needs_live() && definition.is_paused() {
        return Err(errors::definition_paused(&definition.name));
    }
    match call {
        Call::AddVersion {
            version,
            code,
            step,
            migrate,
            ..
        } => {
            label::check(version)?;
            if *migrate {
                becomes_current(definition, version, code, step)?;
            } else if definition.index_of(version).is_none() {
                first_step(definition, version, step)?;
            } else {
                return Err(errors::version_exists(&definition.name, version));
            }
            runs(code.implementation, code.codehash)?;
            script(step)
        }
        Call::AddStep { version, step, .. } => {
            another_step(definition, &definition.version(version)?, step)?;
            script(step)
        }
        Call::CreateDefinition { calldata }
        | Call::SetPolicy { calldata, .. }
        | Call::OfInstance { calldata, .. }
        | Call::Arrival { calldata, .. }
        | Call::CreateProxy { calldata, .. } => {
            let check = encode(&checkCallCall::SELECTOR, &[(*calldata).into()]);
            return hand_on::<checkCallCall>(&check);
        }
        Call::Pause { .. } if definition.is_paused() => {
            Err(errors::definition_paused(&definition.name))
        }
        Call::Pause { .. } => Ok(()),
        Call::Resume { version, .. } => resume(definition, version),
    }?;
    Ok(Vec::new())
}

/// `migrate` adds a version with a step from the current one, or takes one that is there with
/// that very code and step.
fn becomes_current(definition: &Definition, label: &[u8], code: &Code, step: &Step) -> Reverts<()> {
    let index = definition.index_of(label);
    if index.is_none() {
        first_step(definition, label, step)?;
    } else {
        let version = Version::load(definition.id, index);
        let identical = version.code == *code && version.steps().contains(step);
        if !identical || index < definition.current {
            return Err(errors::version_exists(&definition.name, label));
        }
    }
    if index != definition.current && step.from != definition.label_of(definition.current) {
        return Err(invalid(step, label, reason::NOT_FROM_CURRENT));
    }
    Ok(())
}

/// What was approved for another version than the current one resumes nothing.
fn resume(definition: &Definition, version: &[u8]) -> Reverts<()> {
    if !definition.is_paused() {
        return Err(errors::definition_not_paused(&definition.name));
    }
    let current = definition.label_of(definition.current);
    if current == version {
        Ok(())
    } else {
        Err(errors::version_not_current(version, &current))
    }
}

/// The step of a version that is being added.
fn first_step(definition: &Definition, version: &[u8], step: &Step) -> Reverts<()> {
    let refuse = |reason| Err(invalid(step, version, reason));
    if step.from.is_empty() || definition.versions == 0 {
        return if *step == Step::default() {
            Ok(())
        } else {
            refuse(reason::INITIAL_WITH_MIGRATION)
        };
    }
    if step.from == version {
        return refuse(reason::NOT_OLDER);
    }
    if definition.index_of(&step.from).is_none() {
        return refuse(reason::UNKNOWN_FROM);
    }
    shape(step, version)
}

/// A step into a version that is there.
fn another_step(definition: &Definition, version: &Version, step: &Step) -> Reverts<()> {
    let refuse = |reason| Err(invalid(step, &version.label, reason));
    let from = definition.index_of(&step.from);
    if from.is_none() {
        return refuse(reason::UNKNOWN_FROM);
    }
    if from >= version.index {
        return refuse(reason::NOT_OLDER);
    }
    if version.is_full() || version.incoming.contains(&from) {
        return refuse(reason::TOO_MANY_INCOMING_STEPS);
    }
    shape(step, &version.label)
}

/// Kind, script and data fit together.
fn shape(step: &Step, version: &[u8]) -> Reverts<()> {
    let refuse = |reason| Err(invalid(step, version, reason));
    let kind = step.kind;
    match kind {
        Kind::NONE | Kind::CALL | Kind::SCRIPT | Kind::COMPLEX | Kind::FOREIGN_CALL => {}
        _ => return refuse(reason::UNKNOWN_KIND),
    }
    let lacks_script = step.script.is_zero();
    if lacks_script && (kind.runs_script() || step.script_codehash != CodeHash::ZERO) {
        return refuse(reason::SCRIPT_MISMATCH);
    }
    let may_lack_data = matches!(kind, Kind::NONE | Kind::CALL);
    if (!may_lack_data && step.data.is_empty())
        || (kind == Kind::COMPLEX && !starts_migration(&step.data))
        || (kind == Kind::NONE && !step.data.is_empty())
    {
        return refuse(reason::DATA_MISMATCH);
    }
    if step.data.len() > STEP_DATA_MAX {
        return refuse(reason::DATA_TOO_LONG);
    }
    Ok(())
}

/// Whether it is the calldata of `startMigration` with a handler.
fn starts_migration(data: &[u8]) -> bool {
    data.len() == 36
        && data.starts_with(&IComplexMigration::startMigrationCall::SELECTOR)
        && Reader::arguments(data)
            .address(0)
            .is_ok_and(|handler| !handler.is_zero())
}

fn script(step: &Step) -> Reverts<()> {
    if step.script.is_zero() {
        return Ok(());
    }
    runs(step.script, step.script_codehash)
}

/// It can run, and it is what the caller says that it is.
fn runs(account: Address, codehash: CodeHash) -> Reverts<()> {
    runnable::check(account)?;
    same_code(account, codehash)
}

fn invalid(step: &Step, to: &[u8], reason: u8) -> RevertData {
    errors::invalid_step(&step.from, to, reason)
}
