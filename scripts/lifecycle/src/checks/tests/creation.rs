//! `creation`.

use super::{best, ids};
use crate::assess::{Fact, Origin};
use crate::checks::{Declared, Runs};
use alloy::primitives::Bytes;

#[test]
fn a_creation_of_which_nobody_knows_an_initializer_is_meant_by_name_or_not_checked() {
    let evm = Fact::of(Declared::OfEvm, Origin::Chain);
    for declared in [Fact::unknown("no section"), evm] {
        for (data, expected) in [(&b""[..], "initializer-omitted"), (b"1234", "absent:steps")] {
            let mut transition = best();
            (transition.old, transition.declared) = (None, declared.clone());
            transition.runs = Runs::Creation {
                data: Bytes::copy_from_slice(data),
                typed: String::new(),
            };
            assert_eq!(ids(&transition), [expected]);
        }
    }
}
