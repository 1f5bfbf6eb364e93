//! Words of the command line that may be a private key, typed in place of an id, a name or a path: nobody can tell. Until
//! the chain or a file has shown such a word it is repeated by its first and last digits alone: a hash stays
//! recognizable, a key stays secret.

use crate::secret::possible_keys;
use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};

/// Digits that are shown at each end.
const SHOWN: usize = 4;

/// Those that may be a key, in lower case, the longest first.
#[derive(Default)]
pub(super) struct TypedWords(Mutex<Vec<String>>);

impl TypedWords {
    /// Notes what may be a key in a word of the command line.
    pub(super) fn add(&self, word: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(possible_keys(word).map(str::to_ascii_lowercase));
        all.sort_by_key(|word| Reverse(word.len()));
    }

    /// The chain or a file has shown that number: neither it nor its beginning is a secret.
    pub(super) fn remove(&self, number: &str) {
        let number = number.to_ascii_lowercase();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|known| !number.contains(known.as_str()));
    }

    /// `text` with the ends alone of each of them.
    pub(super) fn abbreviate(&self, text: &str) -> String {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = text.to_owned();
        for word in all.iter() {
            let (first, rest) = word.split_at(SHOWN);
            let (_, last) = rest.split_at(rest.len() - SHOWN);
            while let Some(at) = out.to_ascii_lowercase().find(word) {
                out.replace_range(at..at + word.len(), &format!("{first}…{last}"));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";

    #[test]
    fn what_may_be_a_key_is_shown_by_its_ends_until_the_chain_shows_it() {
        let words = TypedWords::default();
        words.add("approve");
        words.add(&format!("--action=0x{}", KEY.to_uppercase()));
        for text in [KEY.to_owned(), KEY.to_uppercase(), format!("{KEY}{KEY}")] {
            let shown = words.abbreviate(&format!("no action 0x{text}"));
            assert!(shown.starts_with("no action 0xb6b1…0659"), "{shown}");
            assert!(!shown.to_lowercase().contains("5c8cb491"), "{shown}");
        }
        words.remove(&format!("0x{KEY}"));
        assert_eq!(words.abbreviate(KEY), KEY);
    }

    #[test]
    fn the_first_digits_of_what_the_chain_shows_are_no_secret() {
        let words = TypedWords::default();
        words.add(&format!("0x{}", &KEY[..50]));
        words.add(&KEY[1..]);
        words.remove(&format!("0x{}f", &KEY[..63]));
        assert_eq!(words.abbreviate(&KEY[..50]), KEY[..50]);
        assert_eq!(words.abbreviate(KEY), "b6b15…0659");
    }
}
