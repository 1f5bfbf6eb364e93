//! `expected`.

use super::{asking, found, ids};
use crate::assess::{Extent, Fact, Part};
use crate::checks::Callers;

#[test]
fn what_is_asked_is_compared_by_its_signature_and_not_by_its_selector() {
    let note = "function note234717() view returns (uint256)";
    let line = "nonzero note234717()";
    assert_eq!(ids(&asking(line, &[note])), [""; 0]);
    // It has the selector of the other function.
    let line = "nonzero backing21197()";
    let clash = asking(line, &[note]);
    assert_eq!(ids(&clash), ["expectation-lost:backing21197()"]);
    // A function of the framework's own implementations needs no declaration.
    let own = asking("unchanged implementationVersion()", &[note]);
    assert_eq!(ids(&own), [""; 0]);
}

#[test]
fn of_functions_that_nobody_knows_it_is_said_that_they_were_not_compared() {
    let mut transition = asking("nonzero root()", &[]);
    transition.callers = Callers::Same(Box::new(Fact::unknown("are not published")));
    let found = found(&transition);
    assert!(found.findings.is_empty());
    assert_eq!(found.coverage.of(Part::Interface), Some(Extent::Partial));
}
