//! `reserved`.

use super::{best, found};
use crate::assess::{Extent, Fact, Origin, Part};

#[test]
fn code_without_our_attributes_is_seen_in_part_and_what_proxies_answer_is_not_seen() {
    for (reserved, extent) in [
        (vec![], Extent::Partial),
        (vec!["upgradeTo"], Extent::Absent),
    ] {
        let mut transition = best();
        transition.reserved =
            Fact::doubted(reserved, Origin::Chain, "its constants were looked at");
        assert_eq!(
            found(&transition).coverage.of(Part::Interface),
            Some(extent)
        );
    }
}
