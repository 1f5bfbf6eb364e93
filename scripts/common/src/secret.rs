//! Text that must not be printed: keys, and RPC URLs with their credentials.

use crate::text::words_of;
use serde::Deserialize;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// The text in a secret's place.
pub const HIDDEN: &str = "(hidden)";
/// Digits of an address.
const ADDRESS_DIGITS: usize = 40;

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

/// The words of a text that are longer than an address, without `0x`.
pub fn long_words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.map(|word| {
        word.strip_prefix("0x")
            .or(word.strip_prefix("0X"))
            .unwrap_or(word)
    });
    words.filter(|word| word.len() > ADDRESS_DIGITS)
}

/// `text` without URLs after their scheme, and without words longer than an address. For text that could not be
/// understood, so that nobody knows what it holds.
pub fn redacted(text: &str) -> String {
    let words = words_of(text, is_word);
    words
        .map(|(before, word)| format!("{before}{}", redacted_word(word)))
        .collect()
}

/// A line of TOML as it may be shown: its key or the name of its table, without any value.
pub fn without_values(line: &str) -> String {
    match line.split_once('=') {
        Some((key, _)) => format!("{}= {HIDDEN}", redacted(key)),
        None if line.contains(['"', '\'']) || !line.trim_start().starts_with('[') => HIDDEN.into(),
        None => redacted(line),
    }
}

/// Returns what is said about a line of TOML, without the values of that line and without other texts in
/// double quotes.
pub fn without_values_of(line: &str, message: &str) -> String {
    let value = line.split_once('=').map_or(line, |(_, value)| value);
    let mut out = message.to_owned();
    let texts = value.split(['"', '\'']).map(str::trim);
    for text in texts.filter(|text| text.len() > 2) {
        out = out.replace(text, HIDDEN);
    }
    if let (Some(first), Some(last)) = (out.find('"'), out.rfind('"'))
        && last > first + 1
    {
        out.replace_range(first + 1..last, HIDDEN);
    }
    redacted(&out)
}

fn is_word(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '"' | '\'' | '`' | ',')
}

fn redacted_word(word: &str) -> String {
    if let Some(at) = word.find("://") {
        let (scheme, _) = word.split_at(at + 3);
        return format!("{scheme}{HIDDEN}");
    }
    long_words(word).fold(word.to_owned(), |shown, key| shown.replace(key, HIDDEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_keys_are_hidden_and_the_rest_stays() {
        let key = "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
        let cases = [
            (
                r#"rpc = "https://u:p@host/v2/key?a=b" # mine"#.to_owned(),
                r#"rpc = "https://(hidden)" # mine"#,
            ),
            (
                format!("--private-keyy=0x{key} deploy"),
                "--private-keyy=0x(hidden) deploy",
            ),
            (format!("key = '{key}'"), "key = '(hidden)'"),
            (
                format!("0x{} {}f,{key}{key}", &key[1..], key.to_uppercase()),
                "0x(hidden) (hidden),(hidden)",
            ),
            (key.replace("c8cb", "c8ob"), "(hidden)"),
            (
                "git:8d93517651d00d472c9e2ee89aded075e5089c57".to_owned(),
                "git:8d93517651d00d472c9e2ee89aded075e5089c57",
            ),
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
    fn a_line_of_toml_is_shown_without_its_values() {
        for (line, shown) in [
            ("rpc = \"hunter2\"", "rpc = (hidden)"),
            ("rpc = 'hunter2' # mine", "rpc = (hidden)"),
            ("rpc = hunter2", "rpc = (hidden)"),
            ("a = { key = \"hunter2\" }", "a = (hidden)"),
            ("hunter2\"\"\"", "(hidden)"),
            ("  \"hunter2\",", "(hidden)"),
            ("[aliases", "[aliases"),
            ("chain_id = 4_2", "chain_id = (hidden)"),
        ] {
            assert_eq!(without_values(line), shown);
            let message = format!("invalid: {line} is not it");
            let said = without_values_of(line, &message);
            assert!(!said.contains("hunter2"), "{said}");
        }
        let said = without_values_of("a = 1", "invalid type: string \"hunter2\", expected u64");
        assert_eq!(said, "invalid type: string \"(hidden)\", expected u64");
        let said = without_values_of("regstry = 1", "unknown field `regstry`");
        assert_eq!(said, "unknown field `regstry`");
    }

    #[test]
    fn a_secret_is_not_shown_by_debug_output() {
        let secret: Secret = "0xkey".parse().unwrap_or_else(|never| match never {});
        assert_eq!(format!("{secret:?}"), HIDDEN);
    }
}
