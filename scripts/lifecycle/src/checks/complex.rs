//! How a complex migration ends: its program was linked to UpgradeabilityStorage, which goes on from there. Where
//! that is not on the chain, a contract that began would stay paused.

use super::{Found, Runs, Way};
use crate::assess::{Evidence, Finding, Origin, Part, Severity};
use crate::layout::LayoutError;

/// Why the steps of a complex migration are checked in part only.
const PROGRAM_UNKNOWN: &str =
    "code on the chain does not say between which versions its complex migration leads";

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
    let refused = |name, message| Finding::named(Part::Steps, Severity::Danger, name, message);
    found.findings.push(match (ending.is_linked, ending.is_there) {
        (true, true) => return Ok(()),
        (false, _) => refused(
            "ProgramOfOtherFramework",
            "the program of the complex migration was not linked to this framework: nobody knows how it ends",
        )
        .with(
            format!("a program that names UpgradeabilityStorage at {storage}"),
            "no such address in its code",
            "build it with this program; if it belongs to another framework: --framework-from",
        ),
        (true, false) => refused(
            "ProgramCannotEnd",
            "the complex migration could not end: UpgradeabilityStorage is not on this chain",
        )
        .with(
            format!("code at {storage}, which its program was linked to"),
            "an account without code",
            "stylus-upgrades registry deploy puts it there; or build the program with the framework of this registry \
             (--framework-from)",
        ),
    });
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
