//! Whether the sources of the code are known.

use super::{Found, Stage, Way};
use crate::assess::{Origin, Part};
use crate::layout::LayoutError;

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    for one in &way.sources {
        let seen = one.about(Part::Source);
        found.coverage.add(match (way.stage, one.origin()) {
            // It is what one knows of registered code at this place.
            (Stage::Proposed | Stage::Registered, Origin::Chain) => seen.expected(),
            _ => seen,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::assess::{Extent, Fact, Origin, Part};
    use crate::checks::tests::{best, found};

    #[test]
    fn only_a_build_compares_sources() {
        for (source, extent) in [
            (Fact::of((), Origin::Build), Extent::Complete),
            (Fact::of((), Origin::Chain), Extent::Partial),
            (Fact::unknown("no hash"), Extent::Absent),
        ] {
            let mut way = best();
            way.sources = vec![source];
            assert_eq!(found(&way).coverage.of(Part::Source), Some(extent));
        }
    }
}
