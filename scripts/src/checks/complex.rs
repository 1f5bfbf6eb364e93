//! How a complex migration ends: its program was linked to UpgradeabilityStorage, which goes on from there. Where
//! that is not on the chain, a contract that began would stay paused.

use super::{Found, Runs, Way};
use crate::assess::{Evidence, Finding, Origin, Part};
use crate::error::Report;
use crate::layout::LayoutError;
use crate::steps::{PROGRAM_UNKNOWN, StepsError};

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    let Runs::Step {
        program: Some(program),
        ..
    } = &way.runs
    else {
        return Ok(());
    };
    found.coverage.add(match program.declared.value() {
        Some(_) => program.declared.about(Part::Steps),
        None => Evidence::some(Part::Steps, Origin::NotKnown, PROGRAM_UNKNOWN),
    });
    found.coverage.add(program.ending.about(Part::Steps));
    let Some(ending) = program.ending.value() else {
        return Ok(());
    };
    let storage = ending.storage;
    let refused = match (ending.is_linked, ending.is_there) {
        (true, true) => return Ok(()),
        (false, _) => StepsError::ProgramOfOtherFramework { storage },
        (true, false) => StepsError::ProgramCannotEnd { storage },
    };
    let finding = Finding::refusal(Part::Steps, None, &Report::of(&refused));
    found.findings.push(finding);
    Ok(())
}
