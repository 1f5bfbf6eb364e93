//! The measured vectors of the original Stylus crates.

use stylus_vm::vectors::run_file;

#[test]
fn every_public_vector_agrees() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/public.json"
    );
    let text =
        std::fs::read_to_string(path).expect("tests/vectors/public.json is in the repository");
    let report = run_file(&text).expect("the file is of schema 1");
    assert!(report.total > 0);
    assert_eq!(
        report.agreed,
        report.total,
        "{} disagreements:\n{}",
        report.disagreements.len(),
        report.disagreements.join("\n")
    );
}
