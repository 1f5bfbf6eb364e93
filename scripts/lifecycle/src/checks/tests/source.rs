//! `source`.

use super::{best, found};
use crate::assess::{Extent, Fact, Origin, Part};

#[test]
fn only_a_build_compares_sources() {
    for (source, extent) in [
        (Fact::of((), Origin::Build), Extent::Complete),
        (Fact::of((), Origin::Chain), Extent::Partial),
        (Fact::unknown("no hash"), Extent::Absent),
    ] {
        let mut transition = best();
        transition.sources = vec![source];
        assert_eq!(found(&transition).coverage.of(Part::Source), Some(extent));
    }
}
