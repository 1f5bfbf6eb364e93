//! Text that must not be printed: keys, and RPC URLs with their credentials.

use serde::Deserialize;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// What stands in a secret's place.
pub const HIDDEN: &str = "(hidden)";
/// Digits of a private key in hexadecimal.
const KEY_DIGITS: usize = 64;

/// Text that no debug output shows.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Text that is secret from now on.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// `text` without what looks like a secret: URLs behind their scheme, and hexadecimal numbers of
/// the length of a private key or more. For text that could not be understood, so that nobody knows
/// what it holds.
pub fn redacted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|c| !is_word(c)).unwrap_or(from.len()));
        out.push_str(before);
        out.push_str(&redacted_word(word));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn is_word(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '"' | '\'' | '`' | ',')
}

fn redacted_word(word: &str) -> String {
    if let Some(at) = word.find("://") {
        let (scheme, _) = word.split_at(at + 3);
        return format!("{scheme}{HIDDEN}");
    }
    let longest = word
        .split(|c: char| !c.is_ascii_hexdigit())
        .max_by_key(|digits| digits.len())
        .unwrap_or_default();
    if longest.len() >= KEY_DIGITS {
        return word.replace(longest, HIDDEN);
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_keys_are_hidden_and_the_rest_stays() {
        let key = "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
        let cases = [
            (
                r#"rpc = "https://u:p@host/v2/key?a=b" # ours"#.to_owned(),
                r#"rpc = "https://(hidden)" # ours"#,
            ),
            (
                format!("--private-keyy=0x{key} deploy"),
                "--private-keyy=0x(hidden) deploy",
            ),
            (format!("key = '{key}'"), "key = '(hidden)'"),
            (
                "Admin = \"0x2222222222222222222222222222222222222222\"".to_owned(),
                "Admin = \"0x2222222222222222222222222222222222222222\"",
            ),
        ];
        for (text, shown) in cases {
            assert_eq!(redacted(&text), shown);
        }
    }

    #[test]
    fn a_secret_is_not_shown_by_debug_output() {
        let secret: Secret = "0xkey".parse().unwrap_or_else(|never| match never {});
        assert_eq!(format!("{secret:?}"), HIDDEN);
    }
}
