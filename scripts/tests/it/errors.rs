//! The page of errors, compared with the names that the program can print and with the pages that beginners read.

use crate::prelude::*;
use std::collections::BTreeSet;
use stylus_upgrades::errors::sections;
use stylus_upgrades_test_support::sources_below;

/// Pages whose errors are all explained.
const PAGES: [&str; 3] = ["tutorial.md", "walkthrough.md", "operating.md"];
/// Words of these pages that the sources have as texts too, and that are no errors.
const NO_ERRORS: [&str; 3] = ["OutOf", "StorageLayout", "UpgradeabilityStorage"];

/// The texts of the sources that may be names of errors.
fn names_in_sources() -> BTreeSet<String> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeSet::new();
    for file in sources_below(scripts) {
        let place = file.strip_prefix(scripts).expect("below it").to_owned();
        let is_product = place.components().any(|one| one.as_os_str() == "src");
        if is_product && !place.starts_with("target") {
            let text = std::fs::read_to_string(&file).expect("a source");
            let texts = text.split('"').skip(1).step_by(2);
            names.extend(texts.filter(|text| is_name(text)).map(str::to_owned));
        }
    }
    names
}

/// Whether a word is written as the names of errors are.
fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_uppercase())
        && word.chars().any(|one| one.is_ascii_lowercase())
        && word.chars().all(|one| one.is_ascii_alphanumeric())
}

#[test]
fn the_program_can_print_every_error_that_is_explained() {
    let known = names_in_sources();
    assert!(known.len() > 200, "only {} names", known.len());
    let never: Vec<&str> = sections()
        .map(|(name, _)| name)
        .filter(|name| !known.contains(*name))
        .collect();
    assert!(never.is_empty(), "nothing prints these: {never:?}");
}

#[test]
fn every_error_that_a_beginner_reads_of_is_explained() {
    let known = names_in_sources();
    let explained: BTreeSet<&str> = sections().map(|(name, _)| name).collect();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let mut left = BTreeSet::new();
    let mut seen = 0;
    for page in PAGES {
        let text = std::fs::read_to_string(docs.join(page)).expect(page);
        let words = text.split(|one: char| !one.is_ascii_alphanumeric());
        // Of two words at least: a name of one is a word of the language too.
        let names = words.filter(|word| word.chars().skip(1).any(|one| one.is_ascii_uppercase()));
        for name in names.filter(|name| known.contains(*name) && !NO_ERRORS.contains(name)) {
            seen += 1;
            if !explained.contains(name) {
                left.insert(format!("{name} of {page}"));
            }
        }
    }
    assert!(seen >= 10, "only {seen} errors were seen");
    assert!(left.is_empty(), "{left:?}");
}
