//! `steps`.

use super::{best, found, ids};
use crate::assess::{Extent, Fact, Origin, Part, Severity};
use crate::checks::{Callers, Declared, Runs};
use crate::model::StepKind;
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
    let mut transition = best();
    transition.runs = super::step(StepKind::None);
    assert_eq!(ids(&transition), [""; 0]);
    let migration = step(stylus_layout::StepKind::Migration, "1.0", "2.0");
    transition.declared = Fact::of(Declared::Steps(vec![migration]), Origin::Build);
    assert_eq!(ids(&transition), ["migration-omitted"]);
    if let Some(old) = &mut transition.old {
        let mut document = old.known.value().expect("a document").clone();
        document.steps = Some(vec![step(stylus_layout::StepKind::Initializer, "", "1.0")]);
        old.known = Fact::of(document, Origin::Chain);
    }
    assert_eq!(ids(&transition), ["migration-omitted", "initializer-lost"]);
    // Role `create` still creates at the version whose code it is.
    transition.goes_back = true;
    assert!(!ids(&transition).iter().any(|id| id == "initializer-lost"));
}

#[test]
fn code_of_the_evm_has_no_migration_that_could_be_forgotten_and_none_of_the_framework() {
    let evm = Fact::of(Declared::OfEvm, Origin::Chain);
    let unknown = Fact::unknown("no section");
    for (declared, kind, extent) in [
        (&evm, StepKind::None, Some(Extent::Complete)),
        (&evm, StepKind::ForeignCall, Some(Extent::Complete)),
        (&evm, StepKind::Call, Some(Extent::Absent)),
        (&unknown, StepKind::None, Some(Extent::Absent)),
        (&unknown, StepKind::ForeignCall, None),
    ] {
        let mut transition = best();
        transition.declared = declared.clone();
        transition.runs = super::step(kind);
        assert_eq!(
            found(&transition).coverage.of(Part::Steps),
            extent,
            "{kind:?}"
        );
    }
}

#[test]
fn old_code_that_meets_migrated_data_needs_a_reverse_migration() {
    let mut transition = best();
    transition.goes_back = true;
    for (since, runs, expected) in [
        (StepKind::Complex, StepKind::None, Some(Severity::Danger)),
        (StepKind::Script, StepKind::None, Some(Severity::Danger)),
        (StepKind::Call, StepKind::None, Some(Severity::Warning)),
        (StepKind::Complex, StepKind::Script, None),
    ] {
        transition.migrated_since = vec![("2.0".into(), since)];
        transition.runs = super::step(runs);
        let all = found(&transition).findings;
        let told: Vec<_> = all
            .iter()
            .map(|one| (one.id.to_string(), one.severity))
            .collect();
        let expected = expected.map(|severity| ("migration-omitted".to_owned(), severity));
        assert_eq!(told, Vec::from_iter(expected), "{since:?} {runs:?}");
    }
    transition.runs = super::step(StepKind::None);
    transition.migrated_since.clear();
    assert_eq!(ids(&transition), [""; 0]);
}

#[test]
fn a_call_that_no_function_answers_is_told_where_the_functions_are_known() {
    let selector = |text: &str| alloy::primitives::keccak256(text)[..4].to_vec();
    let mut transition = best();
    transition.declared = Fact::of(Declared::OfEvm, Origin::Chain);
    let Callers::Of { new, .. } = &mut transition.callers else {
        panic!("callers");
    };
    let mut known = new.value().expect("it").clone();
    let function = alloy::json_abi::Function::parse("function migrate()").expect("a function");
    known
        .abi
        .functions
        .entry("migrate".into())
        .or_default()
        .push(function);
    **new = Fact::of(known, Origin::Chain);
    for (text, expected) in [("migrate()", &[][..]), ("migrat()", &["migration-omitted"])] {
        transition.runs = super::step(StepKind::ForeignCall);
        if let Runs::Step { data, .. } = &mut transition.runs {
            *data = selector(text).into();
        }
        assert_eq!(ids(&transition), expected, "{text}");
    }
}
