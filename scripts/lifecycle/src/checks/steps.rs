//! Whether the way runs the migration that the code declares, and whether instances that are created at it can
//! still be initialized.

use super::{Declared, Found, Runs, Way};
use crate::assess::{Evidence, Finding, Origin, Part, Severity};
use crate::layout::LayoutError;
use crate::model::StepKind;
use crate::steps::{PlannedStep, check_step, lost_initializer};
use stylus_layout::StepKind as Declares;

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    let Runs::Step {
        kind,
        data,
        typed,
        program,
        expected: _,
    } = &way.runs
    else {
        return Ok(());
    };
    let Some(declared) = way.declared.value() else {
        if *kind != StepKind::ForeignCall {
            found.coverage.add(way.declared.about(Part::Steps));
        }
        return Ok(());
    };
    if (declared, kind) == (&Declared::OfEvm, &StepKind::Call) {
        let why =
            "code of the EVM cannot say that it is its migration; --foreign calls it all the same";
        let absent = Evidence::whole(Part::Steps, Origin::NotKnown, why);
        found.coverage.add(absent);
        return Ok(());
    }
    found.coverage.add(way.declared.about(Part::Steps));
    let declared = declared.steps();
    let program = program.as_ref().and_then(|one| one.declared.value());
    let planned = PlannedStep {
        name: &way.name,
        from: &way.from,
        same_code: &way.same_code,
        to: &way.to,
        labels: &way.labels,
        kind: kind.number(),
        data,
        typed,
        program: program.map(Vec::as_slice),
    };
    if let Some(mut refused) = check_step(declared, &planned) {
        let own = |one: &&_| is_migration_from(one, &way.from);
        let own = declared.iter().find(own);
        let name = own.and_then(|own| own.signature.split('(').next());
        refused.about = name.map(str::to_owned);
        found.findings.push(refused);
    }
    Ok(())
}

fn is_migration_from(one: &stylus_layout::DeclaredStep, from: &str) -> bool {
    one.kind == Declares::Migration && one.from == from
}

/// What keeps instances that are created at the new version from being initialized.
pub(super) fn initializer(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    let old = way.old.as_ref().and_then(|side| side.known.value());
    let old = old.and_then(|known| known.steps.as_ref());
    let (Some(old), Some(new)) = (old, way.declared.value()) else {
        return Ok(());
    };
    if let Some((message, name)) = lost_initializer(old, new.steps(), &way.to) {
        let id = "initializer-lost";
        found.findings.push(Finding {
            about: Some(name),
            ..Finding::named(Part::Steps, Severity::Warning, id, message)
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::assess::{Extent, Fact, Origin, Part};
    use crate::checks::tests::{best, found, ids};
    use crate::checks::{Declared, Runs};
    use crate::model::StepKind;
    use alloy::primitives::Bytes;
    use stylus_layout::DeclaredStep;

    #[test]
    fn a_declared_migration_that_does_not_run_is_refused_and_a_lost_initializer_is_said() {
        let step = |kind, from: &str, to: &str| DeclaredStep {
            kind,
            from: from.into(),
            to: to.into(),
            signature: "step()".into(),
            conditions: Vec::new(),
        };
        let mut way = best();
        way.runs = Runs::Step {
            kind: StepKind::None,
            data: Bytes::new(),
            typed: String::new(),
            program: None,
            expected: None,
        };
        assert_eq!(ids(&way), [""; 0]);
        let migration = step(super::Declares::Migration, "1.0", "2.0");
        way.declared = Fact::of(Declared::Steps(vec![migration]), Origin::Build);
        assert_eq!(ids(&way), ["migration-omitted"]);
        if let Some(old) = &mut way.old {
            let mut document = old.known.value().expect("a document").clone();
            document.steps = Some(vec![step(super::Declares::Initializer, "", "1.0")]);
            old.known = Fact::of(document, Origin::Chain);
        }
        assert_eq!(ids(&way), ["migration-omitted", "initializer-lost"]);
    }

    #[test]
    fn code_of_the_evm_has_no_migration_that_could_be_forgotten_and_none_that_could_be_ours() {
        let evm = Fact::of(Declared::OfEvm, Origin::Chain);
        for (declared, kind, extent) in [
            (&evm, StepKind::None, Some(Extent::Complete)),
            (&evm, StepKind::ForeignCall, Some(Extent::Complete)),
            (&evm, StepKind::Call, Some(Extent::Absent)),
            (
                &Fact::unknown("no section"),
                StepKind::None,
                Some(Extent::Absent),
            ),
            (&Fact::unknown("no section"), StepKind::ForeignCall, None),
        ] {
            let mut way = best();
            way.declared = declared.clone();
            way.runs = Runs::Step {
                kind,
                data: Bytes::new(),
                typed: String::new(),
                program: None,
                expected: None,
            };
            assert_eq!(found(&way).coverage.of(Part::Steps), extent, "{kind:?}");
        }
    }
}
