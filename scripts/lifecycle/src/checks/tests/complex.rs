//! `complex`.

use super::{best, ids};
use crate::assess::{Fact, Origin};
use crate::checks::{Ending, Runs};
use alloy::primitives::Address;

#[test]
fn a_program_that_nothing_continues_is_refused() {
    for (is_linked, is_there, expected) in [
        (true, true, None),
        (false, true, Some("ProgramOfOtherFramework")),
        (true, false, Some("ProgramCannotEnd")),
    ] {
        let mut transition = best();
        if let Runs::Step {
            program: Some(program),
            ..
        } = &mut transition.runs
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
        assert_eq!(ids(&transition), expected);
    }
}
