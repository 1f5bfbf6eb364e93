//! `described`.

use super::{best, ids, step};
use crate::assess::Fact;
use crate::checks::{Built, Callers, Runs, Stage, Transition};
use crate::model::StepKind;

/// Code that takes over no storage, and whose layout nobody knows.
fn undescribed() -> Transition {
    let mut transition = best();
    (transition.old, transition.runs, transition.callers) = (None, Runs::Nothing, Callers::None);
    transition.new.known = Fact::unknown("the contract declares none");
    transition
}

#[test]
fn code_that_nobody_described_is_refused_to_each_who_decides_about_it() {
    let built = Built {
        document: false,
        code: false,
        program: false,
    };
    for stage in [Stage::Proposed, Stage::Judged(built)] {
        let mut transition = undescribed();
        transition.stage = stage;
        assert_eq!(ids(&transition), ["absent:layout"], "{stage:?}");
        transition.published = Some(Fact::unknown("nobody knows its functions"));
        transition.audit = Some(Fact::unknown("nobody searched its sources"));
        let all = ["absent:layout", "absent:interface", "absent:code"];
        assert_eq!(ids(&transition), all, "{stage:?}");
    }
}

#[test]
fn what_was_decided_or_is_compared_is_not_asked_again() {
    let mut transition = undescribed();
    transition.stage = Stage::Registered;
    assert_eq!(ids(&transition), [""; 0]);
    let mut transition = undescribed();
    transition.goes_back = true;
    assert_eq!(ids(&transition), [""; 0]);
    let mut transition = best();
    transition.runs = step(StepKind::None);
    transition.new.known = Fact::unknown("the contract declares none");
    transition.new.hash = transition.old.as_ref().expect("one").hash;
    assert_eq!(ids(&transition), [""; 0]);
}
