//! `begin`.

use super::{best, found};
use crate::assess::{Extent, Part};
use crate::checks::Runs;

#[test]
fn what_begins_from_scratch_beside_a_current_version_is_compared_in_part() {
    for (current, extent) in [("", Extent::Complete), ("1.0", Extent::Partial)] {
        let mut transition = best();
        (transition.old, transition.runs, transition.current) =
            (None, Runs::Nothing, current.into());
        assert_eq!(
            found(&transition).coverage.of(Part::Interface),
            Some(extent)
        );
    }
}
