use super::{PlannedStep, check_creation, check_first, check_step};
use crate::assess::Finding;
use crate::error::Explain;
use alloy::primitives::{B256, Bytes, keccak256};
use stylus_layout::{DeclaredStep, StepKind};
use stylus_upgrades_interface::reasons::step;

fn declared(kind: StepKind, from: &str, to: &str, signature: &str) -> DeclaredStep {
    DeclaredStep {
        kind,
        from: from.into(),
        to: to.into(),
        signature: signature.into(),
        conditions: Vec::new(),
    }
}

const INITIALIZE: &str = "initialize(uint256,uint256)";

/// Version 2 of a counter: it can be created, or reached from version 1.
fn counter() -> Vec<DeclaredStep> {
    vec![
        declared(StepKind::Initializer, "", "2.0", INITIALIZE),
        declared(StepKind::Migration, "1.0", "2.0", "migrate(uint256)"),
    ]
}

/// Asserts that a refusal has that name, and that what it expected, found or says to do next begins so.
#[track_caller]
fn is(refused: Option<Finding>, name: &str, begins: &[(&str, &str)]) -> Finding {
    let refused = refused.expect("a refusal");
    assert_eq!(refused.name(), name, "{refused:?}");
    for (field, start) in begins {
        let said = match *field {
            "expected" => refused.expected(),
            "found" => refused.found(),
            _ => refused.next(),
        };
        assert!(
            said.is_some_and(|said| said.starts_with(start)),
            "{start}: {refused:?}"
        );
    }
    refused
}

/// A call with 1 for each argument.
fn calldata(signature: &str) -> Bytes {
    let mut data = keccak256(signature)[..4].to_vec();
    let count = match signature.ends_with("()") {
        true => 0,
        false => signature.matches(',').count() + 1,
    };
    (0..count).for_each(|_| data.extend(B256::with_last_byte(1)));
    data.into()
}

fn labels() -> Vec<String> {
    ["1.0", "2.0"].map(Into::into).to_vec()
}

/// A step between these versions, where each has code of its own.
fn planned<'a>(
    (from, to): (&'a str, &'a str),
    (same_code, labels): (&'a [String], &'a [String]),
    (kind, data): (u8, &'a Bytes),
) -> PlannedStep<'a> {
    PlannedStep {
        name: "A",
        from,
        same_code,
        to,
        labels,
        kind,
        data,
        typed: "",
        program: None,
    }
}

fn way(from: &str, to: &str, kind: u8, data: &Bytes) -> Option<Finding> {
    let same = [from.to_owned()];
    check_step(
        &counter(),
        &planned((from, to), (&same, &labels()), (kind, data)),
    )
}

fn creation(version: &str, data: &Bytes, typed: &str, labels: &[String]) -> Option<Finding> {
    check_creation(&counter(), ("A", version), (data, typed), labels)
}

#[test]
fn a_migration_that_the_code_declares_has_to_be_called() {
    let none = Bytes::new();
    let advice = "--call 'migrate(uint256)' UINT256; ";
    let expected = ("expected", "migrate(uint256)");
    let omitted = way("1.0", "2.0", step::NONE, &none);
    let omitted = is(omitted, "MigrationOmitted", &[expected, ("next", advice)]);
    let next = omitted.next().expect("advice");
    assert!(next.ends_with("--accept migration-omitted"), "{next}");
    let call = calldata("migrate(uint256)");
    assert_eq!(way("1.0", "2.0", step::CALL, &call), None);
    // A script is another migration than the one that is declared.
    assert!(way("1.0", "2.0", step::SCRIPT, &call).is_some());
}

#[test]
fn a_migration_under_other_labels_is_not_left_out_in_silence() {
    let none = Bytes::new();
    // A hotfix of version 1 that nobody declared a migration from.
    let omitted = way("1.1", "2.0", step::NONE, &none);
    is(omitted, "MigrationOmitted", &[("next", "give a --script")]);
    // The same code under another label, from the version that its migration leaves.
    assert!(way("1.0", "2", step::NONE, &none).is_some());
    // A hotfix of version 2 that still has the migration into it.
    assert_eq!(way("2.0", "2.1", step::NONE, &none), None);
}

#[test]
fn calldata_of_anything_else_is_refused_as_what_it_is() {
    let undeclared = |from: &str, data: &str| {
        let refused = way(from, "2.0", step::CALL, &calldata(data));
        is(refused, "MigrationUndeclared", &[])
    };
    let next = undeclared("1.0", "migrat(uint256)").next();
    assert_eq!(next.as_deref(), Some("--call 'migrate(uint256)' UINT256"));
    for (from, data, said) in [
        ("1.0", INITIALIZE, "the initializer of 2.0"),
        ("1.1", "migrate(uint256)", "the migration 1.0 → 2.0"),
    ] {
        let error = undeclared(from, data).to_string();
        assert!(error.contains(said), "{error}");
    }
    assert!(way("1.0", "2.0", step::CALL, &Bytes::from_static(&[1])).is_some());
}

#[test]
fn an_initializer_that_the_code_declares_has_to_be_called() {
    let created = |data: &Bytes, typed: &str| creation("2.0", data, typed, &labels());
    let advice = "--init 'initialize(uint256,uint256)' UINT256 UINT256; ";
    let omitted = created(&Bytes::new(), "");
    is(omitted, "InitializerOmitted", &[("next", advice)]);
    assert_eq!(created(&calldata(INITIALIZE), ""), None);
    // Mistyped, it is reported as an initializer.
    let mistyped = "initialise(uint256,uint256)";
    let data = calldata(mistyped);
    let error = is(created(&data, ""), "InitializerUndeclared", &[]).to_string();
    assert!(!error.contains("migration"), "{error}");
    let found = (
        "found",
        "the function initialise(uint256,uint256) (selector 0x",
    );
    let expected = ("expected", INITIALIZE);
    is(
        created(&data, mistyped),
        "InitializerUndeclared",
        &[found, expected],
    );
    // A migration where an initializer should be.
    let migration = created(&calldata("migrate(uint256)"), "");
    let error = migration.expect("undeclared").to_string();
    assert!(error.contains("the migration 1.0 → 2.0"), "{error}");
}

#[test]
fn code_under_another_label_says_where_its_initializer_runs() {
    let right = calldata(INITIALIZE);
    let none = Bytes::new();
    let refused = |data: &Bytes, labels: &[String]| {
        let error = creation("3.0", data, "", labels).expect("no initializer of 3.0");
        let said = [error.expected(), error.found(), error.next()];
        said.map(|one| one.expect("it is said"))
    };
    let way = "stylus-upgrades create-proxy A 2.0 --init 'initialize(uint256,uint256)' UINT256 \
               UINT256, then stylus-upgrades upgrade A";
    for data in [&right, &none] {
        let [expected, found, next] = refused(data, &labels());
        assert_ne!(expected, found);
        let created = expected.starts_with("an instance created at 2.0: ");
        assert!(
            created && next.contains(way) && next.contains("role migrate"),
            "{expected} {next}"
        );
    }
    // Where 2.0 was never registered there is no such way.
    let [expected, _, next] = refused(&right, &["3.0".to_owned()]);
    assert!(
        expected.starts_with("an initializer of 3.0; "),
        "{expected}"
    );
    assert!(!next.contains("rollout"), "{next}");
}

#[test]
fn a_first_version_under_a_label_that_the_initializer_is_not_for_is_refused() {
    let first = |label: &str| check_first(&counter(), ("A", label));
    assert_eq!(first("2.0"), None);
    let expected = ("expected", "an #[initializer(\"1.1\")]");
    let next = ("next", "register it as 2.0, or");
    let refused = is(first("1.1"), "InitializerOfOther", &[expected, next]);
    let next = refused.next().expect("advice");
    assert!(next.ends_with("--accept initializer-of-other"), "{next}");
    assert_eq!(check_first(&[], ("A", "1.1")), None);
}

#[test]
fn a_program_for_other_versions_is_refused() {
    let start = "startMigration(address)";
    let program = [declared(StepKind::Complex, "1.0", "2.0", start)];
    let (same, data, labels) = (["1.0".to_owned()], Bytes::new(), labels());
    let way = |to| PlannedStep {
        program: Some(&program),
        ..planned(("1.0", to), (&same, &labels), (step::COMPLEX, &data))
    };
    assert_eq!(check_step(&[], &way("2.0")), None);
    is(check_step(&[], &way("3.0")), "ProgramForOthers", &[]);
}

#[test]
fn a_definition_whose_labels_are_not_those_of_the_code_leaves_no_migration_out_in_silence() {
    let (labels, data) = (["v1".to_owned()], Bytes::new());
    let way = planned(("v1", "v2"), (&labels, &labels), (step::NONE, &data));
    let expected = "a migration v1 → v2; the code declares: migrate(uint256)";
    let omitted = check_step(&counter(), &way);
    is(omitted, "MigrationOmitted", &[("expected", expected)]);
}

#[test]
fn calldata_without_its_arguments_or_with_more_is_refused() {
    let call = calldata("migrate(uint256)");
    let init = calldata(INITIALIZE);
    let cut = |data: &Bytes, size: usize| -> Bytes {
        let mut data = data.to_vec();
        data.resize(4 + size, 0);
        data.into()
    };
    for size in [0, 31, 32, 33, 64] {
        let called = way("1.0", "2.0", step::CALL, &cut(&call, size));
        let created = creation("2.0", &cut(&init, 32 + size), "", &[]);
        if size == 32 {
            assert_eq!((called, created), (None, None));
            continue;
        }
        let next = ("next", "--call 'migrate(uint256)' UINT256");
        is(called, "StepArguments", &[next]);
        assert!(created.is_some(), "{size}");
    }
}
