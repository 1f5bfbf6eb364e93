//! Whether the new version has the functions that the check of the step asks: any other function with the selector of
//! one, or a fallback, answers as well.

use super::{Callers, Found, Runs, Stage, Way};
use crate::assess::{Evidence, Finding, FindingId, Origin, Part, Severity, Together};
use crate::functions::interfaces;
use crate::layout::LayoutError;
use std::collections::BTreeSet;
use std::sync::Arc;

const PART: Part = Part::Interface;

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    let Runs::Step {
        expected: Some(expected),
        ..
    } = &way.runs
    else {
        return Ok(());
    };
    let known = match &way.callers {
        Callers::Of { new, .. } => new,
        Callers::Same(both) => both,
        Callers::None => return Ok(()),
    };
    let to = &way.to;
    let is_listed = known.value().is_some_and(|known| known.unseen.is_empty());
    if !(is_listed && known.is_proven() && expected.is_proven()) {
        let origin = match is_listed {
            true => known.origin().max(expected.origin()),
            false => Origin::NotKnown,
        };
        let why = format!("whether {to} has the functions that the check of the step asks");
        found.coverage.add(Evidence::some(PART, origin, why));
    }
    let (Some(callable), Some(expected), true) = (known.value(), expected.value(), is_listed)
    else {
        return Ok(());
    };
    let own = callable.abi.functions().map(|one| one.signature());
    let own: BTreeSet<String> = own.collect();
    let framework = &interfaces().implementation;
    let has = |signature: &str| own.contains(signature) || framework.has(signature);
    let asked = expected.all().iter().map(|one| one.getter.signature());
    let lost: BTreeSet<&str> = asked.filter(|signature| !has(signature)).collect();
    let words: Vec<&str> = lost.iter().copied().collect();
    let together = Arc::new(Together {
        name: "ExpectationLost",
        message: format!(
            "the check of the step asks what is no function of {to}: {}",
            words.join(", ")
        ),
        expected: "getters of the new version".into(),
        found: None,
        next: "remove that expectation, or give the function back to the code".into(),
    });
    for signature in lost {
        let id = FindingId::new(format!("expectation-lost:{signature}"));
        let says = format!("{signature} is no function of {to}, and the check of the step asks it");
        let finding = Finding::of_several(PART, (id, signature), says, &together);
        found.findings.push(match way.stage {
            Stage::Proposed | Stage::Judged(_) => finding,
            Stage::Registered => Finding {
                severity: Severity::Warning,
                ..finding
            },
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::assess::{Extent, Fact, Origin, Part};
    use crate::checks::tests::{best, found, ids};
    use crate::checks::{Callers, Runs, Way};
    use crate::expect::Expectations;
    use crate::interface::Callable;
    use crate::model::StepKind;
    use alloy::json_abi::JsonAbi;
    use alloy::primitives::Bytes;

    /// A way with a check that asks `line`, into code with these functions.
    fn asking(line: &str, functions: &[&str]) -> Way {
        let all = vec![line.parse().expect("an expectation")];
        let expected = Expectations::new(all).expect("a check");
        let mut way = best();
        way.runs = Runs::Step {
            kind: StepKind::None,
            data: Bytes::new(),
            typed: String::new(),
            program: None,
            expected: Some(Fact::of(expected, Origin::Chain)),
        };
        let abi = JsonAbi::parse(functions.iter().copied()).expect("an ABI");
        way.callers = Callers::Same(Box::new(Fact::of(
            Callable {
                abi,
                ..Callable::default()
            },
            Origin::Chain,
        )));
        way
    }

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
        assert_eq!(
            ids(&asking("unchanged implementationVersion()", &[note])),
            [""; 0]
        );
    }

    #[test]
    fn of_functions_that_nobody_knows_it_is_said_that_they_were_not_compared() {
        let mut way = asking("nonzero root()", &[]);
        way.callers = Callers::Same(Box::new(Fact::unknown("are not published")));
        let found = found(&way);
        assert!(found.findings.is_empty());
        assert_eq!(found.coverage.of(Part::Interface), Some(Extent::Partial));
    }
}
