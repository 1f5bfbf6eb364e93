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

/// Version 2 of a counter: it can be created, or reached from version 1.
fn counter() -> Vec<DeclaredStep> {
    vec![
        declared(
            StepKind::Initializer,
            "",
            "2.0",
            "initialize(uint256,uint256)",
        ),
        declared(StepKind::Migration, "1.0", "2.0", "migrate(uint256)"),
    ]
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

fn way(from: &str, to: &str, kind: u8, data: &Bytes) -> Option<Finding> {
    let same = [from.to_owned()];
    let way = PlannedStep {
        name: "A",
        from,
        same_code: &same,
        to,
        labels: &labels(),
        kind,
        data,
        typed: "",
        program: None,
    };
    check_step(&counter(), &way)
}

#[test]
fn a_migration_that_the_code_declares_has_to_be_called() {
    let none = Bytes::new();
    let omitted = way("1.0", "2.0", step::NONE, &none).expect("omitted");
    assert_eq!(omitted.name(), "MigrationOmitted");
    assert_eq!(omitted.expected().as_deref(), Some("migrate(uint256)"));
    let next = omitted.next().expect("advice");
    assert!(
        next.starts_with("--call 'migrate(uint256)' <uint256>; "),
        "{next}"
    );
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
    let omitted = way("1.1", "2.0", step::NONE, &none).expect("omitted");
    assert!(
        omitted
            .next()
            .is_some_and(|next| next.starts_with("give a --script"))
    );
    // The same code under another label, from the version that its migration leaves.
    assert!(way("1.0", "2", step::NONE, &none).is_some());
    // A hotfix of version 2 that still has the migration into it.
    assert_eq!(way("2.0", "2.1", step::NONE, &none), None);
}

#[test]
fn calldata_of_anything_else_is_refused_as_what_it_is() {
    let other = calldata("migrat(uint256)");
    let error = way("1.0", "2.0", step::CALL, &other).expect("undeclared");
    assert_eq!(error.name(), "MigrationUndeclared");
    assert_eq!(
        error.next().as_deref(),
        Some("--call 'migrate(uint256)' <uint256>")
    );
    let initializer = calldata("initialize(uint256,uint256)");
    let error = way("1.0", "2.0", step::CALL, &initializer).expect("undeclared");
    assert!(
        error.to_string().contains("the initializer of 2.0"),
        "{error}"
    );
    let from_elsewhere = way("1.1", "2.0", step::CALL, &calldata("migrate(uint256)"));
    let error = from_elsewhere.expect("another pair of versions");
    assert!(
        error.to_string().contains("the migration 1.0 → 2.0"),
        "{error}"
    );
    assert!(way("1.0", "2.0", step::CALL, &Bytes::from_static(&[1])).is_some());
}

#[test]
fn an_initializer_that_the_code_declares_has_to_be_called() {
    let creation = |version: &str, data: &Bytes| {
        check_creation(&counter(), ("A", version), (data, ""), &labels())
    };
    let none = Bytes::new();
    let error = creation("2.0", &none).expect("omitted");
    assert_eq!(error.name(), "InitializerOmitted");
    let next = error.next().expect("advice");
    assert!(
        next.starts_with("--init 'initialize(uint256,uint256)' <uint256> <uint256>; "),
        "{next}"
    );
    let right = calldata("initialize(uint256,uint256)");
    assert_eq!(creation("2.0", &right), None);
    // Mistyped, it is reported as an initializer.
    let error = creation("2.0", &calldata("initialise(uint256,uint256)"));
    let error = error.expect("undeclared");
    assert_eq!(error.name(), "InitializerUndeclared");
    assert!(!error.to_string().contains("migration"), "{error}");
    let data = calldata("initialise(uint256,uint256)");
    let typed = (&data, "initialise(uint256,uint256)");
    let error = check_creation(&counter(), ("A", "2.0"), typed, &labels());
    let error = error.expect("undeclared");
    let found = error.found().expect("what was given");
    assert!(
        found.starts_with("the function initialise(uint256,uint256) (selector 0x"),
        "{found}"
    );
    let expected = error.expected().expect("what is declared");
    assert!(
        expected.starts_with("initialize(uint256,uint256)"),
        "{expected}"
    );
    // A migration where an initializer should be.
    let error = creation("2.0", &calldata("migrate(uint256)")).expect("undeclared");
    assert!(
        error.to_string().contains("the migration 1.0 → 2.0"),
        "{error}"
    );
}

#[test]
fn code_under_another_label_says_where_its_initializer_runs() {
    let right = calldata("initialize(uint256,uint256)");
    let none = Bytes::new();
    let refused = |data: &Bytes, labels: &[String]| {
        let refused = check_creation(&counter(), ("A", "3.0"), (data, ""), labels);
        let error = refused.expect("no initializer of 3.0");
        let said = [error.expected(), error.found(), error.next()];
        said.map(|one| one.expect("it is said"))
    };
    let way = "stylus-upgrades create-proxy A 2.0 --init 'initialize(uint256,uint256)' <uint256> \
               <uint256>, then stylus-upgrades upgrade A";
    for data in [&right, &none] {
        let [expected, found, next] = refused(data, &labels());
        assert_ne!(expected, found);
        assert!(
            expected.starts_with("an instance created at 2.0: "),
            "{expected}"
        );
        assert!(next.starts_with(way), "{next}");
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
    let error = first("1.1").expect("another label");
    assert_eq!(error.name(), "InitializerOfOther");
    let expected = error.expected().expect("what is expected");
    assert!(
        expected.starts_with("an #[initializer(\"1.1\")]"),
        "{expected}"
    );
    let next = error.next().expect("advice");
    assert!(
        next.starts_with("register it as 2.0, or")
            && next.ends_with("--accept initializer-of-other"),
        "{next}"
    );
    assert_eq!(check_first(&[], ("A", "1.1")), None);
}

#[test]
fn a_program_for_other_versions_is_refused() {
    let program = [declared(
        StepKind::Complex,
        "1.0",
        "2.0",
        "startMigration(address)",
    )];
    let (same, data, labels) = (["1.0".to_owned()], Bytes::new(), labels());
    let way = |to| PlannedStep {
        name: "A",
        from: "1.0",
        same_code: &same,
        to,
        labels: &labels,
        kind: step::COMPLEX,
        data: &data,
        typed: "",
        program: Some(&program),
    };
    assert_eq!(check_step(&[], &way("2.0")), None);
    let error = check_step(&[], &way("3.0")).expect("another version");
    assert_eq!(error.name(), "ProgramForOthers");
}

#[test]
fn a_definition_whose_labels_are_not_those_of_the_code_leaves_no_migration_out_in_silence() {
    let (labels, data) = (["v1".to_owned()], Bytes::new());
    let way = PlannedStep {
        name: "A",
        from: "v1",
        same_code: &labels,
        to: "v2",
        labels: &labels,
        kind: step::NONE,
        data: &data,
        typed: "",
        program: None,
    };
    let error = check_step(&counter(), &way).expect("omitted");
    assert_eq!(error.name(), "MigrationOmitted");
    let expected = error.expected().expect("what is expected");
    assert!(
        expected.starts_with("a migration v1 → v2; the code declares: migrate(uint256)"),
        "{expected}"
    );
}

#[test]
fn calldata_without_its_arguments_or_with_more_is_refused() {
    let call = calldata("migrate(uint256)");
    let creation = calldata("initialize(uint256,uint256)");
    for (least, most) in [(0, 32), (31, 33), (0, 64)] {
        for size in [least, most] {
            let cut = |data: &Bytes, size: usize| -> Bytes {
                let mut data = data.to_vec();
                data.resize(4 + size, 0);
                data.into()
            };
            let error = way("1.0", "2.0", step::CALL, &cut(&call, size));
            let data = cut(&creation, 32 + size);
            let other = check_creation(&counter(), ("A", "2.0"), (&data, ""), &[]);
            if size == 32 {
                assert_eq!((error, other), (None, None));
                continue;
            }
            let error = error.expect("no uint256 alone");
            assert_eq!(error.name(), "StepArguments");
            let next = error.next();
            assert_eq!(next.as_deref(), Some("--call 'migrate(uint256)' <uint256>"));
            assert!(other.is_some(), "{size}");
        }
    }
}
