//! That a version which is reached by creation alone is compared with none before it.

use super::{Found, Runs, Way};
use crate::assess::{Evidence, Origin, Part};
use crate::layout::LayoutError;

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    let Way { to, current, .. } = way;
    let is_alone = way.old.is_none() && matches!(way.runs, Runs::Nothing);
    if is_alone && !current.is_empty() && current != to {
        let why =
            format!("{to} begins anew, so its functions were not compared with those of {current}");
        let some = Evidence::some(Part::Interface, Origin::NotKnown, why);
        found.coverage.add(some);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::assess::{Extent, Part};
    use crate::checks::Runs;
    use crate::checks::tests::{best, found};

    #[test]
    fn what_begins_anew_beside_a_current_version_is_compared_in_part() {
        for (current, extent) in [("", Extent::Complete), ("1.0", Extent::Partial)] {
            let mut way = best();
            (way.old, way.runs, way.current) = (None, Runs::Nothing, current.into());
            assert_eq!(found(&way).coverage.of(Part::Interface), Some(extent));
        }
    }
}
