//! Checks of what callers and the check of a step call.

use super::{Callers, Code, Declared, Found, Runs, Stage, Transition};
use crate::assess::{
    Evidence, Fact, Finding, FindingId, FindingKind, Origin, Part, Severity, Together,
};
use crate::functions::interfaces;
use crate::interface::{Callable, compare};
use crate::plan::reserved_in;
use std::collections::BTreeSet;
use std::sync::Arc;

const PART: Part = Part::Interface;

/// Checks that callers find every function, event and error of the version before.
pub(super) fn callers(transition: &Transition, found: &mut Found) {
    if let Some(published) = &transition.published {
        found.coverage.add(published.about(PART));
    }
    match &transition.callers {
        Callers::None => {}
        Callers::Same(_) => found.coverage.seen(PART, Origin::Chain),
        Callers::Of { old, new } => compared(transition, old, new, found),
    }
}

fn compared(
    transition: &Transition,
    old: &Fact<Callable>,
    new: &Fact<Callable>,
    found: &mut Found,
) {
    let (Some(before), Some(after)) = (old.value(), new.value()) else {
        let sides = [(&transition.from, old), (&transition.to, new)].into_iter();
        let missing = sides.filter(|(_, side)| side.value().is_none());
        let missing = missing.map(|(label, side)| format!("of {label} {}", side.why()));
        let why = format!(
            "the functions, events and errors {}: nobody compared what callers lose",
            missing.collect::<Vec<_>>().join(", ")
        );
        // Who registered it was asked.
        let origin = match transition.stage {
            Stage::Proposed | Stage::Judged(_) => Origin::NotKnown,
            Stage::Registered => Origin::Remembered,
        };
        return found.coverage.add(Evidence::whole(PART, origin, why));
    };
    for (label, side) in [(&transition.from, old), (&transition.to, new)] {
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
    let from = &transition.from;
    let lost = compare(before, after);
    let together = Arc::new(Together {
        name: "InterfaceLost",
        message: format!("callers of {from} would lose what they call"),
        expected: format!("every function, event and error of {from} as it was"),
        found: None,
        next: "keep it".into(),
    });
    let (notes, lost): (Vec<Finding>, Vec<Finding>) = lost
        .into_iter()
        .partition(|finding| finding.severity == Severity::Note);
    found.findings.extend(notes);
    for loss in &lost {
        let about = (loss.id.clone(), loss.about.as_deref().unwrap_or_default());
        let finding = Finding::of_several(PART, about, &loss.message, &together);
        found.findings.push(lost_at(transition.stage, finding));
    }
}

/// Lowers a finding about a registered transition to a warning: the loss was asked about at its registration.
fn lost_at(stage: Stage, finding: Finding) -> Finding {
    match stage {
        Stage::Proposed | Stage::Judged(_) => finding,
        Stage::Registered => Finding {
            severity: Severity::Warning,
            ..finding
        },
    }
}

/// Checks that the new version has the functions that the check of the step asks: any other function with the selector of
/// one, or a fallback, answers as well.
pub(super) fn expected(transition: &Transition, found: &mut Found) {
    let Runs::Step {
        expected: Some(expected),
        ..
    } = &transition.runs
    else {
        return;
    };
    let known = match &transition.callers {
        Callers::Of { new, .. } => new,
        Callers::Same(both) => both,
        Callers::None => return,
    };
    let to = &transition.to;
    let is_listed = known.value().is_some_and(|known| known.unseen.is_empty());
    if !(is_listed && known.is_proven() && expected.is_proven()) {
        let origin = if is_listed {
            known.origin().max(expected.origin())
        } else {
            Origin::NotKnown
        };
        let why = format!("whether {to} has the functions that the check of the step asks");
        found.coverage.add(Evidence::some(PART, origin, why));
    }
    let (Some(callable), Some(expected), true) = (known.value(), expected.value(), is_listed)
    else {
        return;
    };
    let own = callable
        .abi
        .functions()
        .map(|function| function.signature());
    let own: BTreeSet<String> = own.collect();
    let framework = &interfaces().implementation;
    let has = |signature: &str| own.contains(signature) || framework.has(signature);
    let asked = expected
        .all()
        .iter()
        .map(|expectation| expectation.getter.signature());
    let lost: BTreeSet<&str> = asked.filter(|signature| !has(signature)).collect();
    let words: Vec<&str> = lost.iter().copied().collect();
    let together = Arc::new(Together {
        name: "ExpectationLost",
        message: format!(
            "the check of the step calls functions that {to} does not have: {}",
            words.join(", ")
        ),
        expected: "getters of the new version".into(),
        found: None,
        next: "remove that expectation, or give the function back to the code".into(),
    });
    for signature in lost {
        let id = FindingId::about(FindingKind::ExpectationLost, signature);
        let says =
            format!("{signature} is no function of {to}, and the check of the step calls it");
        let finding = Finding::of_several(PART, (id, signature), says, &together);
        found.findings.push(lost_at(transition.stage, finding));
    }
}

/// Functions of the code that proxies answer themselves: nobody would ever reach them.
pub(super) fn reserved(transition: &Transition, found: &mut Found) {
    let why = transition.reserved.why();
    found
        .coverage
        .add(match transition.reserved.value().map(Vec::as_slice) {
            None => transition.reserved.about(PART),
            Some([]) if why.is_empty() => transition.reserved.about(PART),
            Some([]) => Evidence::some(PART, Origin::NotKnown, why),
            Some(found) => {
                let why = format!(
                    "it may answer {}, which the proxy answers itself; `plan` simulates it",
                    found.join(", ")
                );
                Evidence::whole(PART, Origin::NotKnown, why)
            }
        });
}

impl Code {
    /// Returns the functions that proxies answer themselves and this code may answer too.
    pub fn reserved(&self) -> Fact<Vec<&'static str>> {
        // The attributes of the framework looked for them.
        if let Some(Declared::Steps(_)) = self.declared.value() {
            return Fact::of(Vec::new(), self.origin());
        }
        match self.bytes.module() {
            Err(reason) => Fact::unknown(format!("its module cannot be read: {reason}")),
            Ok(module) => {
                let mut found = reserved_in(&self.bytes.code, module.as_deref());
                if let Some(listed) = self.listed_functions() {
                    found.retain(|reserved| listed.contains(*reserved));
                    return Fact::of(found, self.layout.origin());
                }
                Fact::doubted(
                    found,
                    self.origin(),
                    "it was built without the framework's attributes; its constants were looked at",
                )
            }
        }
    }

    /// The signatures of all functions that the code answers, if it was compiled here and no fallback answers other
    /// calls.
    fn listed_functions(&self) -> Option<BTreeSet<String>> {
        let document = self.layout.value()?;
        let known = Callable::of_document(document)?;
        let is_whole = self.layout.origin() == Origin::Build && known.unseen.is_empty();
        let is_listed = is_whole && known.abi.fallback.is_none();
        is_listed.then(|| {
            known
                .abi
                .functions()
                .map(|function| function.signature())
                .collect()
        })
    }
}

/// Notes if a version that is reached by creation alone is compared with none before it.
pub(super) fn begin(transition: &Transition, found: &mut Found) {
    let Transition { to, current, .. } = transition;
    let is_alone = transition.old.is_none() && matches!(transition.runs, Runs::Nothing);
    if is_alone && !current.is_empty() && current != to {
        let why = format!(
            "{to} begins from scratch, so its functions were not compared with those of {current}"
        );
        let some = Evidence::some(PART, Origin::NotKnown, why);
        found.coverage.add(some);
    }
}
