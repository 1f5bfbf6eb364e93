//! The measured vectors of the original Stylus crates.

mod chain;
pub(crate) mod labels;
mod records;
mod schema;

use std::path::Path;

use records::{Activate, VectorsError};
use stylus_vm::{activate, activate_counting};

/// One record, with the ink used left open.
const RECORD: &str = r#"{"schema":1,"records":[{"name":"empty","wat":"(module (memory (export \"memory\") 1 1) (func (export \"user_entrypoint\") (param i32) (result i32) (i32.const 0)))","activation":{"ok":true,"footprint":1},"run":{"start_ink":10000,"outcome":"success","ink_used":INK,"min_stack_words":7}}]}"#;

fn run_file(text: &str) -> Result<records::Report, VectorsError> {
    records::run_file(text, activate)
}

/// Runs a file of the repository; every record must agree.
fn agrees(name: &str, records: usize) {
    agrees_as(name, records, activate);
}

fn agrees_as(name: &str, records: usize, activate: Activate) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let text = std::fs::read_to_string(folder.join(name)).expect("the file is in the repository");
    let report = records::run_file(&text, activate).expect("the file is of schema 1");
    assert_eq!(report.total, records, "{name}");
    assert_eq!(
        report.agreed,
        report.total,
        "{} disagreements:\n{}",
        report.disagreements.len(),
        report.disagreements.join("\n")
    );
}

#[test]
fn every_public_vector_agrees() {
    agrees("public.json", 518);
}

#[test]
fn every_vector_of_random_modules_agrees() {
    agrees("random.json", 535);
}

#[test]
fn every_vector_of_stylus_version_3_agrees() {
    agrees("v3.json", 174);
}

#[test]
fn counting_blocks_changes_no_vector() {
    agrees_as("public.json", 518, activate_counting);
    agrees_as("random.json", 535, activate_counting);
    agrees_as("v3.json", 174, activate_counting);
}

#[test]
fn a_wrong_number_is_reported_with_record_and_field() {
    let right = run_file(&RECORD.replace("INK", "2452")).expect("a file");
    assert_eq!(
        (right.agreed, right.total),
        (1, 1),
        "{:?}",
        right.disagreements
    );
    let wrong = run_file(&RECORD.replace("INK", "2453")).expect("a file");
    assert_eq!((wrong.agreed, wrong.total), (0, 1));
    assert_eq!(
        wrong.disagreements,
        ["empty: run.ink_used: expected 2453, found 2452"]
    );
    let shallow = run_file(&RECORD.replace("INK", "2452").replace(":7", ":8")).expect("a file");
    assert_eq!(
        shallow.disagreements,
        ["empty: run.min_stack_words: expected 8, found that less suffices"]
    );
}

#[test]
fn files_of_another_schema_are_refused() {
    assert!(matches!(
        run_file(r#"{"schema":2,"records":[]}"#),
        Err(VectorsError::Schema { found: 2 })
    ));
    assert!(matches!(run_file("[]"), Err(VectorsError::Json(_))));
}
