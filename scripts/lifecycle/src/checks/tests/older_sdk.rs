//! `older_sdk`.

use super::{best, ids};
use crate::assess::Severity;
use crate::checks::check;

#[test]
fn a_struct_that_an_older_sdk_counts_shorter_is_a_danger_that_can_be_accepted() {
    let mut transition = best();
    transition.counted_shorter = ["Tally".to_owned()].into();
    assert_eq!(ids(&transition), ["older-sdk:Tally"]);
    let found = check(&transition).expect("layouts").findings;
    let it = found.first().expect("a finding");
    assert_eq!(it.severity, Severity::Danger);
    assert!(it.id.is_acceptable(), "{it:?}");
}
