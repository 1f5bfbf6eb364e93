//! Whether callers find every function, event and error of the version before.

use super::{Callers, Found, Stage, Way};
use crate::assess::{Evidence, Fact, Finding, Origin, Part, Severity, Together};
use crate::interface::{Callable, compare};
use crate::layout::LayoutError;
use std::sync::Arc;

const PART: Part = Part::Interface;

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    if let Some(published) = &way.published {
        found.coverage.add(published.about(PART));
    }
    match &way.callers {
        Callers::None => {}
        Callers::Same(_) => found.coverage.seen(PART, Origin::Chain),
        Callers::Of { old, new } => compared(way, (old, new), found),
    }
    Ok(())
}

fn compared(way: &Way, (old, new): (&Fact<Callable>, &Fact<Callable>), found: &mut Found) {
    let (Some(before), Some(after)) = (old.value(), new.value()) else {
        let sides = [(&way.from, old), (&way.to, new)].into_iter();
        let missing = sides.filter(|(_, side)| side.value().is_none());
        let missing = missing.map(|(label, side)| format!("of {label} {}", side.why()));
        let why = format!(
            "the functions, events and errors {}: nobody compared what callers lose",
            missing.collect::<Vec<_>>().join(", ")
        );
        // Who registered it was asked.
        let origin = match way.stage {
            Stage::Proposed | Stage::Judged(_) => Origin::NotKnown,
            Stage::Registered => Origin::Remembered,
        };
        return found.coverage.add(Evidence::whole(PART, origin, why));
    };
    for (label, side) in [(&way.from, old), (&way.to, new)] {
        let doubt = match side.why() {
            "" => String::new(),
            why => format!("the interface of {label} is not proven: {why}"),
        };
        found
            .coverage
            .add(Evidence::whole(PART, side.origin(), doubt));
    }
    for why in before.unseen.iter().chain(&after.unseen) {
        let why = format!("not known of the interface: {why}");
        found
            .coverage
            .add(Evidence::some(PART, Origin::NotKnown, why));
    }
    let from = &way.from;
    let lost = compare(before, after);
    let words: Vec<&str> = lost.iter().map(|one| one.message.as_str()).collect();
    let together = Arc::new(Together {
        name: "InterfaceLost",
        message: format!(
            "callers of {from} would lose what they call: {}",
            words.join("; ")
        ),
        expected: format!("every function, event and error of {from} as it was"),
        found: None,
        next: "keep it".into(),
    });
    for one in &lost {
        let about = (one.id.clone(), one.about.as_deref().unwrap_or_default());
        let finding = Finding::of_several(PART, about, &one.message, &together);
        found.findings.push(match way.stage {
            Stage::Proposed | Stage::Judged(_) => finding,
            Stage::Registered => Finding {
                severity: Severity::Warning,
                ..finding
            },
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::assess::{Extent, Fact, Origin, Part, Severity};
    use crate::checks::tests::{best, found};
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
            let mut way = best();
            way.stage = stage;
            way.callers = Callers::Of {
                old: Fact::of(old.clone(), Origin::Chain).into(),
                new: Fact::of(Callable::default(), Origin::Build).into(),
            };
            let found = found(&way).findings;
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
            let mut way = best();
            way.stage = stage;
            way.callers = Callers::Of {
                old: Fact::unknown("are not kept").into(),
                new: Fact::of(Callable::default(), Origin::Build).into(),
            };
            assert_eq!(found(&way).coverage.of(Part::Interface), Some(extent));
        }
    }
}
