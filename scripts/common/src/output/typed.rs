//! The long words of the command line. An error repeats one by its ends alone: whatever it is, who typed it recognizes
//! it, and a log of errors does not have it.

use crate::secret::long_words;
use std::sync::{Mutex, PoisonError};

/// Characters that are shown at each end.
const SHOWN: usize = 4;
/// Characters that are shown where a command is to be typed: enough for the id of an action.
const BEGINNING: usize = 10;

/// The long words that were typed, in lower case.
#[derive(Default)]
pub(super) struct Typed(Mutex<Vec<String>>);

impl Typed {
    /// Notes the long words in an argument.
    pub(super) fn add(&self, argument: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(long_words(argument).map(str::to_ascii_lowercase));
    }

    /// `text` with the ends alone of each of them.
    pub(super) fn abbreviate(&self, text: &str) -> String {
        self.replace(text, |word| {
            let (first, rest) = word.split_at(SHOWN);
            let (_, last) = rest.split_at(rest.len() - SHOWN);
            format!("{first}…{last}")
        })
    }

    /// `text`, which may have commands, with the first digits alone of each of them: an id is found by these.
    pub(super) fn abbreviate_in_command(&self, text: &str) -> String {
        self.replace(text, |word| word.split_at(BEGINNING).0.to_owned())
    }

    fn replace(&self, text: &str, short: impl Fn(&str) -> String) -> String {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_typed = |word: &str| {
            let word = word.to_ascii_lowercase();
            all.iter().any(|typed| word.contains(typed))
        };
        let words = long_words(text).filter(|word| is_typed(word));
        words.fold(text.to_owned(), |shown, word| {
            shown.replace(word, &short(word))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORD: &str = "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";

    #[test]
    fn a_long_word_is_shown_by_its_ends_in_any_case_and_within_longer_ones() {
        let typed = Typed::default();
        typed.add("approve");
        typed.add(&format!("--action=0x{}", WORD.to_uppercase()));
        for text in [WORD.to_owned(), WORD.to_uppercase(), format!("{WORD}00")] {
            let shown = typed.abbreviate(&format!("no action 0x{text}, approve another"));
            assert!(
                shown.to_lowercase().starts_with("no action 0xb6b1…"),
                "{shown}"
            );
            assert!(shown.ends_with(", approve another"), "{shown}");
            assert!(!shown.to_lowercase().contains("5c8cb491"), "{shown}");
        }
        let other = WORD.replace("b6", "c7");
        assert_eq!(typed.abbreviate(&other), other);
    }

    #[test]
    fn a_command_has_the_first_digits_of_an_id() {
        let typed = Typed::default();
        typed.add(&format!("0x{WORD}"));
        let shown = typed.abbreviate_in_command(&format!("stylus-upgrades pending 0x{WORD}"));
        assert_eq!(shown, "stylus-upgrades pending 0xb6b15c8cb4");
    }
}
