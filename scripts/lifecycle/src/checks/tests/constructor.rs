//! `constructor`.

use super::{best, ids};
use crate::assess::{Fact, Origin};
use alloy::primitives::Address;

#[test]
fn a_constructor_that_anybody_could_run_is_refused_and_an_authors_word_is_none() {
    let proxy = vec![Address::with_last_byte(1)];
    for (open, expected) in [
        (Fact::of(Vec::new(), Origin::Chain), None),
        (Fact::of(proxy, Origin::Chain), Some("ConstructorOpen")),
        (
            Fact::of(Vec::new(), Origin::Annotation),
            Some("ConstructorOpen"),
        ),
        (Fact::unknown("no answer"), Some("ConstructorOpen")),
    ] {
        let mut transition = best();
        transition.open_to_constructor = open;
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(ids(&transition), expected);
    }
}
