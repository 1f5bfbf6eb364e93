//! `callers`.

use super::{best, found};
use crate::assess::{Extent, Fact, Origin, Part, Severity};
use crate::checks::{Callers, Stage};
use crate::interface::Callable;
use alloy::json_abi::JsonAbi;

#[test]
fn what_callers_lose_refuses_a_new_way_and_warns_of_a_registered_one() {
    let abi = JsonAbi::parse(["function value() view returns (uint256)"]).expect("an ABI");
    let old = Callable {
        abi,
        ..Callable::default()
    };
    for (stage, severity) in [
        (Stage::Proposed, Severity::Danger),
        (Stage::Registered, Severity::Warning),
    ] {
        let mut transition = best();
        transition.stage = stage;
        transition.callers = Callers::Of {
            old: Fact::of(old.clone(), Origin::Chain).into(),
            new: Fact::of(Callable::default(), Origin::Build).into(),
        };
        let found = found(&transition).findings;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].id, *"function-removed:value()");
        assert_eq!(found[0].severity, severity);
    }
}

#[test]
fn who_registered_a_way_was_asked_what_nobody_knows_here() {
    for (stage, extent) in [
        (Stage::Proposed, Extent::Absent),
        (Stage::Registered, Extent::Partial),
    ] {
        let mut transition = best();
        transition.stage = stage;
        transition.callers = Callers::Of {
            old: Fact::unknown("are not kept").into(),
            new: Fact::of(Callable::default(), Origin::Build).into(),
        };
        assert_eq!(
            found(&transition).coverage.of(Part::Interface),
            Some(extent)
        );
    }
}
