//! Checks before anybody approves a governed call. The same checks run again when it is executed.

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    chain::{RevertData, Reverts},
    definition::Definition,
    errors, label,
    runnable::check_code,
    version::{MigrationStep, RegisteredVersion},
};
use stylus_upgrades_interface::{
    complex::IComplexMigration,
    ids::{CodeHash, StepKind as Kind},
    limits::STEP_DATA_MAX,
    parts::IParts::checkCallCall,
    reasons::invalid_step as reason,
    registry::IRegistry::{addStepCall, addVersionCall, migrateCall, pauseCall, resumeCall},
};

use crate::{
    calls::{GovernedCall, VersionArguments},
    execute::hand_on,
};

/// Refuses what could not be executed now. Gives what the call returns after how far it is: nothing, or the address of
/// a proxy.
pub(crate) fn check(call: &GovernedCall<'_>, definition: &Definition) -> Reverts<Vec<u8>> {
    if call.needs_live() && definition.is_paused() {
        return Err(errors::definition_paused(&definition.name));
    }
    match call.selector {
        addVersionCall::SELECTOR | migrateCall::SELECTOR => {
            let version = call.version()?;
            label::check(version.label)?;
            if call.selector == migrateCall::SELECTOR {
                becomes_current(definition, &version)?;
            } else if definition.index_of(version.label).is_none() {
                first_step(definition, version.label, &version.step)?;
            } else {
                return Err(errors::version_exists(&definition.name, version.label));
            }
            check_code(version.code.implementation, version.code.codehash)?;
            script(&version.step)
        }
        addStepCall::SELECTOR => {
            let step = MigrationStep::read(&call.arguments, 2)?;
            another_step(definition, &definition.version(call.label()?)?, &step)?;
            script(&step)
        }
        pauseCall::SELECTOR if definition.is_paused() => {
            Err(errors::definition_paused(&definition.name))
        }
        pauseCall::SELECTOR => Ok(()),
        resumeCall::SELECTOR => resume(definition, call.label()?),
        _ => {
            let check = encode(&checkCallCall::SELECTOR, &[call.calldata.into()]);
            return hand_on::<checkCallCall>(&check);
        }
    }?;
    Ok(Vec::new())
}

/// `migrate` adds a version with a step from the current one, or takes one that is there with
/// that very code and step.
fn becomes_current(definition: &Definition, version: &VersionArguments<'_>) -> Reverts<()> {
    let (label, step) = (version.label, &version.step);
    let index = definition.index_of(label);
    if index.is_none() {
        first_step(definition, label, step)?;
    } else {
        let found = RegisteredVersion::load(definition.id, index);
        let from = definition.index_of(&step.from);
        let known = match found.incoming.iter().position(|index| *index == from) {
            Some(position) => found.incoming_step(position, step.from.clone()) == *step,
            None => found.initial && *step == MigrationStep::default(),
        };
        if found.code != version.code || !known || index < definition.current {
            return Err(errors::version_exists(&definition.name, label));
        }
    }
    if index != definition.current && definition.index_of(&step.from) != definition.current {
        return Err(invalid(step, label, reason::NOT_FROM_CURRENT));
    }
    Ok(())
}

/// Checks a resumption: an approval for another version than the current one resumes nothing.
fn resume(definition: &Definition, version: &[u8]) -> Reverts<()> {
    if !definition.is_paused() {
        return Err(errors::definition_not_paused(&definition.name));
    }
    if definition.index_of(version) == definition.current {
        Ok(())
    } else {
        let current = definition.label_of(definition.current);
        Err(errors::version_not_current(version, &current))
    }
}

/// The step of a version that is being added.
fn first_step(definition: &Definition, version: &[u8], step: &MigrationStep) -> Reverts<()> {
    let refuse = |reason| Err(invalid(step, version, reason));
    if step.from.is_empty() || definition.versions == 0 {
        return if *step == MigrationStep::default() {
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
fn another_step(
    definition: &Definition,
    version: &RegisteredVersion,
    step: &MigrationStep,
) -> Reverts<()> {
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
fn shape(step: &MigrationStep, version: &[u8]) -> Reverts<()> {
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

/// Returns true if it is the calldata of `startMigration` with a handler.
fn starts_migration(data: &[u8]) -> bool {
    data.len() == 36
        && data.starts_with(&IComplexMigration::startMigrationCall::SELECTOR)
        && Reader::arguments(data)
            .address(0)
            .is_ok_and(|handler| !handler.is_zero())
}

fn script(step: &MigrationStep) -> Reverts<()> {
    if step.script.is_zero() {
        return Ok(());
    }
    check_code(step.script, step.script_codehash)
}

fn invalid(step: &MigrationStep, to: &[u8], reason: u8) -> RevertData {
    errors::invalid_step(&step.from, to, reason)
}
