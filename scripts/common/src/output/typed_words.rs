//! Words of 32 bytes on the command line. A private key that is typed in place of an action's id, or of a transaction's
//! hash, has the same form, so nobody can tell which it is. Until the chain has shown such a word it is repeated by its
//! first and last digits alone: a hash stays recognizable, a key stays secret.

use std::sync::{Mutex, PoisonError};

/// Hexadecimal digits of 32 bytes.
const DIGITS: usize = 64;
/// Digits that are shown at each end.
const SHOWN: usize = 4;

/// The words that the chain has not shown.
#[derive(Default)]
pub(super) struct TypedWords(Mutex<Vec<String>>);

impl TypedWords {
    /// Notes every number of 32 bytes in a word of the command line.
    pub(super) fn add(&self, word: &str) {
        let numbers = word.split(|c: char| !c.is_ascii_hexdigit());
        let numbers = numbers.filter(|digits| digits.len() == DIGITS);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(numbers.map(str::to_ascii_lowercase));
    }

    /// The chain has shown that number: it is no secret.
    pub(super) fn remove(&self, number: &str) {
        let digits = number.trim_start_matches("0x").to_ascii_lowercase();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|known| *known != digits);
    }

    /// `text` with the ends alone of each of them.
    pub(super) fn abbreviate(&self, text: &str) -> String {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = text.to_owned();
        for digits in all.iter() {
            let (first, rest) = digits.split_at(SHOWN);
            let (_, last) = rest.split_at(DIGITS - 2 * SHOWN);
            while let Some(at) = out.to_ascii_lowercase().find(digits) {
                out.replace_range(at..at + DIGITS, &format!("{first}…{last}"));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_key_is_shown_by_its_ends_until_the_chain_shows_it() {
        let key = "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
        let words = TypedWords::default();
        words.add("approve");
        words.add(&format!("--action=0x{}", key.to_uppercase()));
        for text in [key.to_owned(), key.to_uppercase(), format!("{key}{key}")] {
            let shown = words.abbreviate(&format!("no action 0x{text}"));
            assert!(shown.starts_with("no action 0xb6b1…0659"), "{shown}");
            assert!(!shown.to_lowercase().contains("5c8cb491"), "{shown}");
        }
        words.remove(&format!("0x{key}"));
        assert_eq!(words.abbreviate(key), key);
    }
}
