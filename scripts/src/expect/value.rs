//! The word that a getter is to answer, as people write it.

use super::{ExpectError, Part};
use crate::address;
use alloy::primitives::{B256, I256, U256, hex};
use std::fmt;
use std::str::FromStr;

/// A word, and how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    text: String,
    /// What the chain compares with.
    pub word: B256,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Value {
    type Err = ExpectError;

    /// A number, `true` or `false`, an address, or 32 bytes.
    fn from_str(text: &str) -> Result<Self, ExpectError> {
        let bad = || Part::Value.refused(text, "it has another form");
        if let Ok(is_true) = text.parse::<bool>() {
            let word = B256::with_last_byte(is_true.into());
            return Ok(Self::of(word, text));
        }
        if address::is_address(text) {
            let account = address::parse(text).map_err(|_| bad())?;
            return Ok(Self::of(account.into_word(), account));
        }
        if text.starts_with("0x") {
            let word = text.parse::<B256>().map_err(|_| bad())?;
            return Ok(Self::of(word, format!("0x{}", hex::encode(word))));
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad());
        }
        if text.starts_with('-') {
            let number = I256::from_dec_str(text).map_err(|_| bad())?;
            return Ok(Self::of(number.into_raw().into(), number));
        }
        let number = U256::from_str_radix(text, 10).map_err(|_| bad())?;
        Ok(Self::of(number.into(), number))
    }
}

impl Value {
    fn of(word: B256, text: impl fmt::Display) -> Self {
        let text = text.to_string();
        Self { text, word }
    }
}

/// A difference, with its sign: `+5` or `-5`.
pub(super) fn delta(text: &str) -> Result<I256, ExpectError> {
    let bad = || Part::Difference.refused(text, "it has another form");
    let digits = text.strip_prefix(['+', '-']).ok_or_else(bad)?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_number.then(|| I256::from_dec_str(text.trim_start_matches('+')));
    number.and_then(Result::ok).ok_or_else(bad)
}
