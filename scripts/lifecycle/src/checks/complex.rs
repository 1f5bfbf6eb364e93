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

#[cfg(test)]
mod tests {
    use crate::assess::{Fact, Origin};
    use crate::checks::tests::{best, ids};
    use crate::checks::{Ending, Runs};
    use alloy::primitives::Address;

    #[test]
    fn a_program_that_nothing_goes_on_behind_is_refused() {
        for (is_linked, is_there, expected) in [
            (true, true, None),
            (false, true, Some("ProgramOfOtherFramework")),
            (true, false, Some("ProgramCannotEnd")),
        ] {
            let mut way = best();
            if let Runs::Step {
                program: Some(program),
                ..
            } = &mut way.runs
            {
                let storage = Address::ZERO;
                let ending = Ending {
                    storage,
                    is_linked,
                    is_there,
                };
                program.ending = Fact::of(ending, Origin::Chain);
            }
            let expected: Vec<&str> = expected.into_iter().collect();
            assert_eq!(ids(&way), expected);
        }
    }
}
