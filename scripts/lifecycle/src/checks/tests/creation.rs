//! `creation`.

use super::{best, ids};
use crate::assess::{Fact, Origin};
use crate::checks::{Declared, Runs};
use crate::layout::{Audit, Initializer, Initializers};
use alloy::primitives::{Bytes, U256};
use std::collections::BTreeSet;

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

#[test]
fn a_creation_that_runs_an_initializer_of_the_sources_is_checked() {
    let initializer = Initializer {
        name: "Box.initialize".into(),
        selector: Some((*b"1234").into()),
        number: Some(U256::ONE),
        id: 1,
        runs: BTreeSet::new(),
        counter: None,
    };
    let audit = Audit {
        initializers: Initializers(vec![initializer]),
        ..Audit::default()
    };
    for (data, absent) in [(b"1234", None), (b"4321", Some("absent:steps"))] {
        let mut transition = best();
        (transition.old, transition.declared) = (None, Fact::of(Declared::OfEvm, Origin::Chain));
        transition.audit = Some(Fact::of(audit.clone(), Origin::Chain));
        transition.runs = Runs::Creation {
            data: Bytes::copy_from_slice(data),
            typed: String::new(),
        };
        assert_eq!(ids(&transition), Vec::from_iter(absent));
    }
}
