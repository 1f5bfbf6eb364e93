//! The word that a getter is to answer, as people write it.

use super::getter::word;
use super::syntax;
use crate::client::show;
use crate::error::Refusal;
use alloy::primitives::{B256, I256};
use std::fmt;
use std::str::FromStr;

/// A word, and how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    text: String,
    /// The word that the chain compares with.
    pub word: B256,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Value {
    type Err = Refusal;

    /// A number, `true` or `false`, an address, or 32 bytes.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let kinds = if is_number(text.strip_prefix('-').unwrap_or(text)) {
            &["uint256", "int256"][..]
        } else {
            &["bool", "address", "bytes32"]
        };
        let value = kinds.iter().find_map(|kind| word(kind, text));
        let form = "a value is a number, true, false, an address, or 0x and 64 digits";
        let value = value.ok_or_else(|| syntax(text, form))?;
        Ok(Self {
            text: show(&value),
            word: value.as_word().unwrap_or_default(),
        })
    }
}

/// A difference, with its sign: `+5` or `-5`.
pub(super) fn delta(text: &str) -> Result<I256, Refusal> {
    let digits = text
        .strip_prefix(['+', '-'])
        .filter(|digits| is_number(digits));
    let number = digits.and_then(|_| I256::from_dec_str(text.trim_start_matches('+')).ok());
    number.ok_or_else(|| syntax(text, "a difference is + or -, and a number"))
}

fn is_number(digits: &str) -> bool {
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
