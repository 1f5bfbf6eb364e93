//! Text on one line, from any author: characters that drive a terminal, begin a line, change the
//! direction of the text or cannot be seen are shown as escapes (`\n`, `\u{1b}`, `\u{202e}`).

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with every such character as its escape.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unsafe(c) => {
                // Writing to a String does not fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A line that no runner of a forge takes for one of its commands: those begin with `::` after any
/// spaces, or hold `##[` or `##vso[` anywhere.
pub(super) fn without_commands(line: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(line);
    if let Some(rest) = line.trim_start().strip_prefix("::") {
        let (before, _) = line.split_at(line.len() - rest.len() - 2);
        out = Cow::Owned(format!("{before}\\u{{3a}}:{rest}"));
    }
    for (command, shown) in [("##[", "#\\u{23}["), ("##vso[", "#\\u{23}vso[")] {
        if out.contains(command) {
            out = Cow::Owned(out.replace(command, shown));
        }
    }
    out
}

/// `text` cut after `limit` characters, with the number of those that are left out.
pub fn shortened(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => Cow::Borrowed(text),
        Some((at, _)) => {
            let (kept, rest) = text.split_at(at);
            Cow::Owned(format!(
                "{kept}… ({} more characters)",
                rest.chars().count()
            ))
        }
    }
}

/// Returns true if a character must not reach a terminal as it is: controls (Cc), formats (Cf), separators
/// of lines and paragraphs, spaces other than the ordinary one, and what Unicode lists as
/// `Default_Ignorable_Code_Point`, which is not drawn at all.
pub(super) fn is_unsafe(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || c.is_whitespace()
        || matches!(u32::from(c),
            0xad | 0x34f | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890 | 0x891 | 0x8e2
            | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f
            | 0x2028..=0x202e | 0x2060..=0x206f | 0x2800 | 0x3164 | 0xfe00..=0xfe0f | 0xfeff
            | 0xffa0 | 0xfff0..=0xfffb | 0x110bd | 0x110cd | 0x13430..=0x1343f
            | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_or_cannot_be_seen_is_shown_as_its_escape() {
        let cases = [
            ("a\nb\r\tc", r"a\nb\r\tc"),
            ("\u{1b}[2K\u{7}", r"\u{1b}[2K\u{7}"),
            ("\u{85}\u{9b}31m\u{7f}", r"\u{85}\u{9b}31m\u{7f}"),
            ("\u{2028}x\u{2029}", r"\u{2028}x\u{2029}"),
            (
                "\u{202e}\u{2066}\u{61c}\u{200f}",
                r"\u{202e}\u{2066}\u{61c}\u{200f}",
            ),
            ("a\u{200b}b\u{feff}\u{ad}", r"a\u{200b}b\u{feff}\u{ad}"),
            ("\u{a0}\u{3000}\u{3164}", r"\u{a0}\u{3000}\u{3164}"),
            ("\u{e0041}\u{fe0f}", r"\u{e0041}\u{fe0f}"),
        ];
        for (raw, shown) in cases {
            assert_eq!(visible(raw), shown);
        }
    }

    #[test]
    fn ordinary_text_of_any_language_stays() {
        for text in ["a → b  ✓ …", "größer", "版本二", "версия", "נתון", "🚀"]
        {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn a_line_is_no_command_of_a_forges_runner() {
        for (line, shown) in [
            ("::error::x", "\\u{3a}:error::x"),
            ("  ::stop-commands::t", "  \\u{3a}:stop-commands::t"),
            ("a ##[error]x", "a #\\u{23}[error]x"),
            ("##vso[task.x]", "#\\u{23}vso[task.x]"),
            ("a::b: ::c # ## [", "a::b: ::c # ## ["),
            (":", ":"),
        ] {
            assert_eq!(without_commands(line), shown);
        }
    }

    #[test]
    fn what_is_left_out_is_counted() {
        assert_eq!(shortened("añb", 3), "añb");
        assert_eq!(shortened("añbcd", 2), "añ… (3 more characters)");
    }
}
