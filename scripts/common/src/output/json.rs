//! The one JSON document of a command: exact for programs, and without a character that could
//! drive the terminal which shows it.

use super::visible::is_unsafe;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use std::io::{self, Write};

/// One line of JSON. Characters that a terminal must not get are written as `\uXXXX`; parsed, the
/// document is the same.
pub(super) fn line(document: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, Escaping);
    if document.serialize(&mut serializer).is_err() {
        // Values of this program serialize; an answer is owed anyway.
        return r#"{"error":{"name":"Output","message":"the answer cannot be written as JSON"}}"#
            .into();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// serde_json's compact form with escapes for what it leaves as it is.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_unsafe) {
            let (before, from) = rest.split_at(at);
            CompactFormatter.write_string_fragment(writer, before)?;
            let mut units = [0; 2];
            let mut chars = from.chars();
            for unit in chars.next().unwrap_or_default().encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = chars.as_str();
        }
        CompactFormatter.write_string_fragment(writer, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_document_is_one_line_without_unsafe_characters_and_parses_to_the_same() {
        let text = "a\n\u{1b}[2K\u{202e}\u{7f}\u{85}\u{200b}\u{e0041} \"→ é\"";
        let document = json!({ text: [text, {"b": 1.5}] });
        let line = line(&document);
        assert!(!line.contains(is_unsafe), "{line:?}");
        assert_eq!(serde_json::from_str::<Value>(&line).ok(), Some(document));
    }
}
