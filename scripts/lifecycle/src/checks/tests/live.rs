//! `live`.

use super::{best, ids};
use crate::assess::{Fact, Origin};
use crate::layout::{Dirty, Live};

#[test]
fn what_lies_under_a_new_field_refuses_by_its_name() {
    let dirty = Dirty {
        area: String::new(),
        field: "changes".into(),
        instance: None,
        slot: None,
        value: None,
        left_by: Some("old of 0.9".into()),
    };
    for (dirty, expected) in [(Vec::new(), None), (vec![dirty], Some("dirty:changes"))] {
        let mut transition = best();
        let notes = vec!["64 of 900".to_owned()];
        transition.live = Fact::of(Live { dirty, notes }, Origin::Chain);
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(ids(&transition), expected);
    }
}
