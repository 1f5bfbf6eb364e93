use super::{DIAGNOSTICS_MAX, errors, not_compiled};
use crate::error::Report;

#[test]
fn only_a_file_that_is_missing_brings_advice_on_sources() {
    let next = |diagnostics: &str| {
        let report = Report::of(&not_compiled("note", diagnostics));
        assert_eq!(report.headline(), "note does not compile:");
        (report.found, report.next.join("; "))
    };
    let (found, said) = next("error[E0599]: no method named `gets`\n --> src/lib.rs:1:1");
    assert_eq!(
        found.as_deref(),
        Some("error[E0599]: no method named `gets`")
    );
    assert!(!said.contains("sources"), "{said}");
    for missing in [
        "error: couldn't read `/source/outside.rs`",
        "error[E0583]: file not found for module `state`",
    ] {
        let (_, said) = next(missing);
        assert!(said.contains("sources = ["), "{said}");
    }
}

#[test]
fn errors_are_shown_whatever_warnings_follow_them() {
    let said = "   Compiling note v1.0.0\nerror[E0425]: no `Vec`\n --> src/lib.rs:1:1\n\n\
                warning: unused\n  = note: on by default\n\nerror: aborting\n";
    let said = said.lines().map(str::to_owned).collect();
    let shown = errors(said);
    assert_eq!(
        shown,
        [
            "error[E0425]: no `Vec`",
            " --> src/lib.rs:1:1",
            "",
            "error: aborting"
        ]
    );
    let found = errors(vec!["error: x".to_owned(); 200]).len();
    assert_eq!(found, DIAGNOSTICS_MAX);
}
