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
