use super::*;

#[test]
fn the_sections_are_in_order_and_each_says_what_helps() {
    let names: Vec<&str> = sections().map(|(name, _)| name).collect();
    assert!(names.len() >= 300, "{names:?}");
    assert!(names.is_sorted(), "{names:?}");
    for (name, text) in sections() {
        assert!(text.contains("\n\n"), "{name}: {text}");
    }
}

#[test]
fn a_name_is_found_in_any_case_and_by_its_id_and_others_are_not() {
    let found = |name| section(name).map(|(name, _)| name);
    assert_eq!(found("nokey"), Some("NoKey"));
    assert_eq!(found("migration-omitted"), Some("MigrationOmitted"));
    assert_eq!(found("arrival:0x12"), Some("Arrival"));
    assert_eq!(found("event-removed:Paid(uint256)"), Some("Removed"));
    assert_eq!(found("oz:delegatecall:run()"), Some("Oz"));
    assert_eq!(found("oz-allowed:delegatecall"), Some("OzAllowed"));
    assert_eq!(found("partial:source"), Some("Partial"));
    assert_eq!(found("No"), None);
}

#[test]
fn words_are_read_with_their_conditions_and_lines_that_go_on() {
    let words = ErrorWords::read(
        "Prose: with a colon.\n\n* a list: of prose\n* expected: a thing\n* next: do\n  this\n* next if {1} is 2: as NotAProxy\n\
         * next if {0} is empty: fill it",
    );
    let next = |arguments: [&str; 2]| {
        words.text(WordsField::Next, |at| {
            arguments.get(at).map(|text| (*text).to_owned())
        })
    };
    assert_eq!(next(["x", "1"]), "do this");
    assert_eq!(next(["", "1"]), "fill it");
    assert_eq!(next(["x", "2"]), "call it through a proxy");
    assert_eq!(words.text(WordsField::Found, |_| None), "");
    assert!(ErrorWords::read("* a list: of prose\n  next: nothing").is_empty());
}

#[test]
fn every_error_with_words_has_what_is_expected_and_what_helps() {
    assert!(WORDS.len() >= 70, "{:?}", WORDS.keys());
    for name in WORDS.keys() {
        for field in [WordsField::Expected, WordsField::Next] {
            let text = fixed_words(name, field);
            assert!(
                !text.is_empty() && !text.starts_with("as "),
                "{name}: {field:?} {text:?}"
            );
        }
    }
    assert_eq!(endpoint_errors().count(), 7);
}

#[test]
fn each_reason_has_words_of_its_own() {
    let reasons = [
        ("ImplementationNotRunnable", 8),
        ("InvalidLabel", 3),
        ("InvalidPolicy", 16),
        ("InvalidStep", 14),
    ];
    for (error, last) in reasons {
        let unknown = reason_words(error, 0);
        assert_eq!(unknown, "an unknown reason");
        assert_eq!(reason_words(error, last + 1), unknown, "{error}");
        // No step is refused for reason 11.
        for reason in (1..=last).filter(|reason| (error, *reason) != ("InvalidStep", 11)) {
            assert_ne!(reason_words(error, reason), unknown, "{error} {reason}");
        }
    }
}
