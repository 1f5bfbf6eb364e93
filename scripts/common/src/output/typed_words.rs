//! Words of the command line that may be a private key, typed in place of an id, a name or a path: nobody can tell.
//! Until the chain or a file has shown such a word it is repeated by its first and last digits alone: a hash stays
//! recognizable, a key stays secret.

use super::secrets::{KEY_DIGITS, SearchedRequest, replaced};
use crate::secret::possible_keys;
use alloy::primitives::Address;
use alloy::signers::local::PrivateKeySigner;
use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};

/// Digits that are shown at each end.
const SHOWN: usize = 4;
/// Calldata and what is packed in it have their values at multiples of four bytes: the digits of these.
const STEP: usize = 8;
/// As many zeros in a row stand in calldata, and in no key.
const PADDING: &str = "00000000";

/// Where a word was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypedAs {
    /// In place of an id, a name or a path.
    Name,
    /// In a call, or as a number: it is shown in full.
    Value,
}

/// What was typed and may be a key, in lower case, the longest first.
#[derive(Default)]
pub(super) struct TypedWords(Mutex<Vec<(TypedAs, String)>>);

impl TypedWords {
    /// Notes what may be a key in a word of the command line.
    pub(super) fn add(&self, kind: TypedAs, word: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(possible_keys(word).map(|word| (kind, word.to_ascii_lowercase())));
        all.sort_by_key(|(_, word)| Reverse(word.len()));
    }

    /// The chain or a file has shown that number: neither it nor its beginning is a secret.
    pub(super) fn remove(&self, number: &str) {
        let number = number.to_ascii_lowercase();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(_, known)| !number.contains(known));
    }

    /// None of them is a key.
    pub(super) fn clear(&self) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.clear();
    }

    /// The private keys of these accounts in them.
    pub(super) fn keys_of(&self, accounts: &[Address]) -> Vec<String> {
        if accounts.is_empty() {
            return Vec::new();
        }
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = all.iter().flat_map(|(_, word)| {
            let starts = (0..word.len()).step_by(STEP);
            starts.filter_map(move |at| word.get(at..at + KEY_DIGITS))
        });
        let is_known = |part: &&str| {
            let key = part.parse::<PrivateKeySigner>().ok();
            key.is_some_and(|key| accounts.contains(&key.address()))
        };
        let keys = parts.filter(|part| !part.contains(PADDING));
        keys.filter(is_known).map(str::to_owned).collect()
    }

    /// The first of them that a request carries as a text, such as a name or a label; its ends alone.
    pub(super) fn in_request(&self, request: &SearchedRequest<'_>) -> Option<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = names(&all).find(|word| request.holds_as_text(word));
        found.map(ends)
    }

    /// `text` with the ends alone of each of them.
    pub(super) fn abbreviate(&self, text: &str) -> String {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names(&all).fold(text.to_owned(), |text, word| {
            replaced(text, word, &ends(word))
        })
    }
}

fn names(all: &[(TypedAs, String)]) -> impl Iterator<Item = &str> {
    let names = all.iter().filter(|(kind, _)| *kind == TypedAs::Name);
    names.map(|(_, word)| word.as_str())
}

fn ends(word: &str) -> String {
    let (first, rest) = word.split_at(SHOWN);
    let (_, last) = rest.split_at(rest.len() - SHOWN);
    format!("{first}…{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";

    #[test]
    fn what_may_be_a_key_is_shown_by_its_ends_until_the_chain_shows_it() {
        let words = TypedWords::default();
        words.add(TypedAs::Name, "approve");
        words.add(TypedAs::Name, &format!("--action=0x{}", KEY.to_uppercase()));
        for text in [KEY.to_owned(), KEY.to_uppercase(), format!("{KEY}{KEY}")] {
            let shown = words.abbreviate(&format!("no action 0x{text}"));
            assert!(shown.starts_with("no action 0xb6b1…0659"), "{shown}");
            assert!(!shown.to_lowercase().contains("5c8cb491"), "{shown}");
        }
        words.remove(&format!("0x{KEY}"));
        assert_eq!(words.abbreviate(KEY), KEY);
    }

    #[test]
    fn a_request_carries_a_word_as_a_text_and_not_as_a_number() {
        let words = TypedWords::default();
        let typed = KEY.to_uppercase();
        words.add(TypedAs::Name, &format!("0x{typed}"));
        let call = format!("0x{}00", hex::encode(format!("v-{typed}")));
        let searched = |request: &str| words.in_request(&SearchedRequest::of(request));
        assert_eq!(searched(&call).as_deref(), Some("b6b1…0659"));
        assert_eq!(searched(&format!("0x{KEY}")), None);
        words.remove(&typed);
        assert_eq!(searched(&call), None);
    }

    #[test]
    fn the_first_digits_of_what_the_chain_shows_are_no_secret() {
        let words = TypedWords::default();
        words.add(TypedAs::Name, &format!("0x{}", &KEY[..50]));
        words.add(TypedAs::Name, &KEY[1..]);
        words.remove(&format!("0x{}f", &KEY[..63]));
        assert_eq!(words.abbreviate(&KEY[..50]), KEY[..50]);
        assert_eq!(words.abbreviate(KEY), "b6b15…0659");
    }
}
