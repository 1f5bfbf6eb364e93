//! Checks of the storage: is it read as it was written, and is what is new of it empty?

use super::{Found, Runs, Stage, Transition};
use crate::assess::{Evidence, Finding, FindingId, FindingKind, Origin, Part, Together};
use crate::client::ChainError;
use crate::error::Report;
use crate::layout::{check_storage, first_by_hand, misplaced, require_publishable};
use crate::model::StepKind;
use std::sync::Arc;

/// Checks that the new version reads the storage of the one before as it was written.
pub(super) fn layouts(transition: &Transition, found: &mut Found) -> Result<(), ChainError> {
    let Some(pair) = transition.pair() else {
        return Ok(());
    };
    let compared = check_storage(&pair)?;
    found.findings.extend(compared.found.iter().cloned());
    found.coverage.merge(&compared.coverage);
    found.compared = Some(compared);
    Ok(())
}

/// Checks that somebody described the storage of code that takes none over: each later version is compared with it.
pub(super) fn described(transition: &Transition, found: &mut Found) {
    let is_new = !transition.goes_back && transition.stage != Stage::Registered;
    if !is_new || transition.old.is_some() {
        return;
    }
    let code = &transition.code;
    match transition.new.known.value() {
        Some(document) => found.findings.extend(first_by_hand(code, document)),
        None => {
            let why = transition.new.known.why();
            let why = format!("nobody described the storage of {code}: {why}");
            let absent = Evidence::whole(Part::Layout, Origin::NotKnown, why);
            found.coverage.add(absent);
        }
    }
}

/// Checks that the layout of the old storage is that of its code, or that of its sources with the SDK of this framework.
pub(super) fn older_sdk(transition: &Transition, found: &mut Found) {
    let together = Arc::new(Together {
        name: "OlderSdk",
        message: "stylus-sdk before 0.10 counts structs shorter than the layout that was given: what follows them may \
                  lie a slot earlier than it says"
            .into(),
        expected: "a program that was built with stylus-sdk 0.10".into(),
        found: None,
        next: "look at the version of stylus-sdk that the program was built with; if it is older, compare the live \
               slots with the layout (cast storage PROXY SLOT), and give the layout that they have"
            .into(),
    });
    for structure in &transition.counted_shorter {
        let id = FindingId::about(FindingKind::OlderSdk, structure);
        let says = format!("{structure}: a plain field comes before a struct or an array in it");
        let finding = Finding::of_several(Part::Layout, (id, structure), says, &together);
        found.findings.push(finding);
    }
}

/// Checks that the storage which the new version begins to use is empty on the live instances.
pub(super) fn live(transition: &Transition, found: &mut Found) {
    let Some(pair) = transition.pair() else {
        return;
    };
    // By the comparison of the layouts.
    let is_told = pair.old.known.value().is_none() || pair.new.known.value().is_none();
    let seen = transition.live.about(Part::LiveInstances);
    found.coverage.add(if is_told { seen.told() } else { seen });
    let Some(live) = transition.live.value() else {
        return;
    };
    for why in &live.notes {
        let some = Evidence::some(Part::LiveInstances, Origin::NotKnown, why);
        found.coverage.add(some);
    }
    let to = &transition.to;
    let together = Arc::new(Together {
        name: "DirtyField",
        message: format!(
            "new fields of {} {to} begin with values that an older version left there",
            transition.name
        ),
        expected: "zeros where the new version begins to use storage".into(),
        found: None,
        next: "put the field where nothing was, or clear it in a migration before; if its own migration sets it, \
               declare migrates = [\"dirty:FIELD\"] in Cargo.toml"
            .into(),
    });
    for dirty in &live.dirty {
        let (part, id) = (Part::LiveInstances, dirty.id());
        found.findings.push(match pair.why_migrated(part, &id) {
            Some(because) => because,
            None => Finding {
                found: Some(dirty.line()),
                ..Finding::of_several(part, (id, &dirty.field), dirty.line(), &together)
            },
        });
    }
}

/// Checks that the script, or the program of a complex migration, has each of its fields where one of both versions has it,
/// or where neither has any.
pub(super) fn fields(transition: &Transition, found: &mut Found) {
    let Runs::Step {
        kind,
        fields: Some(fields),
        ..
    } = &transition.runs
    else {
        return;
    };
    let Some(pair) = transition.pair() else {
        return;
    };
    let sides = [pair.old, pair.new].map(|side| side.known.value());
    let mut seen = |evidence: Evidence| {
        found.coverage.add(match transition.stage {
            Stage::Registered => evidence.expected(),
            Stage::Proposed | Stage::Judged(_) => evidence,
        });
    };
    let (Some(own), [Some(old), Some(new)]) = (fields.value(), sides) else {
        let why = match fields.value() {
            Some(_) => {
                "the fields of the code that migrates were not compared: the layout of a version is not known"
            }
            None => fields.why(),
        };
        return seen(Evidence::some(Part::Steps, Origin::NotKnown, why));
    };
    seen(fields.about(Part::Steps));
    let (from, to) = (transition.from.as_str(), transition.to.as_str());
    let code = match kind {
        StepKind::Complex => "program of the complex migration",
        _ => "script",
    };
    let together = Arc::new(Together {
        name: "ScriptMisreads",
        message: format!(
            "the {code} would misread the storage: fields of it lie on others of {from} or {to}"
        ),
        expected: format!(
            "each of its fields where {from} or {to} has it, or where neither has any"
        ),
        found: None,
        next: format!(
            "declare the fields of {from} in the {code} as {from} does, also those that it does not use"
        ),
    });
    let misplaced = misplaced(own, [(from, &old.layout), (to, &new.layout)]);
    for why in &misplaced.not_compared {
        seen(Evidence::some(Part::Steps, Origin::NotKnown, why));
    }
    for (field, says) in misplaced.found {
        let about = (
            FindingId::about(FindingKind::Insert, format!("script:{field}")),
            "",
        );
        let misread = Finding::of_several(Part::Steps, about, says, &together);
        found.findings.push(misread);
    }
}

/// Checks that the registry publishes a layout document of that size.
pub(super) fn document(transition: &Transition, found: &mut Found) {
    let too_large = transition.new.known.value().map(require_publishable);
    if let Some(Err(refused)) = too_large {
        let finding = Finding::refusal(Part::Layout, None, &Report::of(&refused));
        found.findings.push(finding);
    }
}
