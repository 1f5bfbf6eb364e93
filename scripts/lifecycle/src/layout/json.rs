//! The JSON of a compiler.

use serde_json::Value;
use std::fmt;

/// The words of serde_json about values within values that it does not follow.
const TOO_DEEP: &str = "recursion limit exceeded";

/// The reason why bytes are no JSON that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotJson {
    /// Values lie within values, as expressions do in the sources, deeper than is followed.
    TooDeep,
    /// They are none, in words.
    Malformed(String),
}

impl NotJson {
    /// The advice about values that are nested too deep.
    pub(super) const ADVICE: &str = "store the inner part of the longest expression in its sources (more than about 40 \
                                     parentheses or operators within each other) in a variable, and compile it again";
}

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooDeep => f.write_str(
                "its AST nests more than 127 values within each other: an expression of its sources is too deep",
            ),
            Self::Malformed(why) => f.write_str(why),
        }
    }
}

/// Reads JSON.
///
/// # Errors
/// Why it is none.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, NotJson> {
    serde_json::from_slice(bytes).map_err(|error| {
        let says = error.to_string();
        if says.starts_with(TOO_DEEP) {
            NotJson::TooDeep
        } else {
            NotJson::Malformed(says)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_too_deep_is_told_from_what_is_malformed() {
        let within = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(parse(within(100).as_bytes()).is_ok());
        assert_eq!(parse(within(200).as_bytes()), Err(NotJson::TooDeep));
        let malformed = parse(b"[").expect_err("no end");
        assert!(matches!(malformed, NotJson::Malformed(_)), "{malformed:?}");
    }
}
