use super::{CheckFinding, CheckPart, Done, Level, annotation, kebab_case};
use crate::coverage::Extent;
use crate::error::Explain;
use std::path::Path;

#[test]
fn an_annotation_is_one_line_that_no_text_can_break_out_of() {
    let mut finding = CheckFinding::new("layout-reorder", Level::Error, "moved\r\n::error::100%");
    finding.next = Some("declare it".into());
    let place = Some((Path::new("/r/a,b:c/lib.rs"), 3));
    let line = annotation(&finding.at(place, Path::new("/r")));
    assert_eq!(
        line,
        "::error file=a%2Cb%3Ac/lib.rs,line=3,title=layout-reorder::moved%0D%0A::error::100%25%0Adeclare it"
    );
}

#[test]
fn what_was_not_done_is_refused_unless_it_is_named() {
    let mut done = Done::default();
    assert_eq!(done.absent_but(&[]), []);
    done.lower(CheckPart::Abi, Extent::Partial, "half");
    assert_eq!(done.absent_but(&[]), []);
    done.lower(CheckPart::Upgrade, Extent::Absent, "no endpoint");
    let absent = done.absent_but(&[CheckPart::Abi]);
    let next = absent.first().and_then(Explain::next);
    assert!(next.is_some_and(|next| next.ends_with("--allow-unchecked upgrade")));
    assert_eq!(done.absent_but(&[CheckPart::Upgrade]), []);
    let mut both = Done::default();
    both.lower(CheckPart::Upgrade, Extent::Absent, "no endpoint");
    both.lower_by(
        CheckPart::Abi,
        Extent::Absent,
        "not committed",
        Some("commit it"),
    );
    let absent = both.absent_but(&[]);
    assert_eq!(absent.len(), 2, "each is named at once");
    let next = absent.first().and_then(Explain::next);
    assert!(next.is_some_and(|next| next.starts_with("commit it; ")));
}

#[test]
fn a_code_is_the_name_of_the_error() {
    assert_eq!(kebab_case("MigrationOmitted"), "migration-omitted");
    let unchecked = super::Unchecked {
        part: CheckPart::Abi,
        why: "none is kept".into(),
        cure: "keep one",
    };
    let finding = CheckFinding::of("coverage", &unchecked);
    assert_eq!(finding.code, "coverage-unchecked");
    assert_eq!(finding.allowed("--x").level, Level::Warning);
}
