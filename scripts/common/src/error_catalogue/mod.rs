//! The catalogue of errors, `docs/errors.md`: a section for each name, and in it the words of a refusal.
//!
//! Lines such as `* next if {1} is 2: TEXT` at the end of a section are [`ErrorWords`]. All other lines are for people.

mod words;

pub use words::{EndpointError, ErrorWords, WordsField};

use crate::assess::error_name;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The page.
pub const PAGE: &str = include_str!("../../../../docs/errors.md");

/// The beginning of a section.
const HEADING: &str = "\n## ";
/// The words of each error that has any, by its name.
static WORDS: LazyLock<BTreeMap<&str, ErrorWords>> = LazyLock::new(|| {
    let all = sections().map(|(name, text)| (name, ErrorWords::read(text)));
    all.filter(|(_, words)| !words.is_empty()).collect()
});

/// Every name with its section, in the order of the page.
pub fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    let sections = PAGE.split(HEADING).skip(1);
    sections.filter_map(|section| {
        let (name, text) = section.split_once('\n')?;
        Some((name, text.trim()))
    })
}

/// The section of a name, in upper or lower case, or of the id of a finding. A kind without a section has that of its
/// family, its last word: `Removed` for `function-removed` and `event-removed`.
pub fn section(name: &str) -> Option<(&'static str, &'static str)> {
    let kind = name.split_once(':').map_or(name, |(kind, _)| kind);
    let family = kind.rsplit_once('-').map(|(_, word)| error_name(word));
    let of = |name: &str| sections().find(|(known, _)| known.eq_ignore_ascii_case(name));
    of(&error_name(kind)).or_else(|| of(&family?))
}

/// The words of an error of the framework, of the chain or of an endpoint.
pub fn error_words(name: &str) -> Option<&'static ErrorWords> {
    WORDS.get(name)
}

/// The meaning of a reason, as the section of an error lists it; empty if the section lists none.
pub fn reason_words(error: &str, reason: u8) -> String {
    let words = error_words(error).map(|words| words.reason(&reason.to_string()));
    words.unwrap_or_default()
}

/// The text of an error without arguments; empty if the section has none.
pub fn fixed_words(error: &str, field: WordsField) -> String {
    let words = error_words(error).map(|words| words.text(field, |_| None));
    words.unwrap_or_default()
}

/// The refusals of endpoints that are recognised by their words, in alphabetical order of their names.
pub fn endpoint_errors() -> impl Iterator<Item = EndpointError> {
    WORDS
        .iter()
        .filter_map(|(name, words)| words.of_endpoint(name))
}

#[cfg(test)]
mod tests;
