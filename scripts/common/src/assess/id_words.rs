//! Texts of others as parts of an id: an id ends at a comma, and its subject begins after a colon.

use alloy::primitives::Address;

/// The path of members to a value, without keys, indices and word numbers: `prices["a]b"].high` and
/// `prices[5].high+1` give `prices.high`. A text key is in quotes, with a backslash before quotes of its own.
pub fn member_path(field: &str) -> String {
    let (mut name, mut letters) = (String::new(), field.chars());
    while let Some(letter) = letters.next() {
        if letter == '+' {
            break;
        }
        if letter != '[' {
            name.push(letter);
            continue;
        }
        let mut is_quoted = false;
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => drop(letters.next()),
                '"' => is_quoted = !is_quoted,
                ']' if !is_quoted => break,
                _ => {}
            }
        }
    }
    name
}

/// A version's label as a part of an id: a registry takes any text as a label, and an id ends at a comma. Other letters
/// than those of a usual label are written as in a URL, and so is the first one of a label that looks like an account.
pub(super) fn label_word(label: &str) -> String {
    let is_account = label.parse::<Address>().is_ok();
    let word = encoded(label, b"._-+");
    match word.split_at_checked(1) {
        Some((first, rest)) if is_account => {
            let byte = first.as_bytes().first().copied().unwrap_or_default();
            format!("%{byte:02x}{rest}")
        }
        _ => word,
    }
}

/// A name of the sources as a part of an id. Commas and parentheses stay in a signature alone. Spaces, control characters
/// and letters beyond ASCII are written as in a URL.
pub(super) fn name_word(name: &str) -> String {
    let is_signature = is_signature(name);
    let is_usual = |byte: u8| {
        byte.is_ascii_graphic() && byte != b'%' && (is_signature || !b",()".contains(&byte))
    };
    encoded_unless(name, is_usual)
}

/// Returns true if each parenthesis of a text is closed, and each comma stands in one.
fn is_signature(text: &str) -> bool {
    let mut depth = 0_u32;
    for byte in text.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return false,
            b')' => depth -= 1,
            b',' if depth == 0 => return false,
            _ => {}
        }
    }
    depth == 0
}

/// A text with all but letters, digits and these written as in a URL.
pub(super) fn encoded(text: &str, usual: &[u8]) -> String {
    encoded_unless(text, |byte| {
        byte.is_ascii_alphanumeric() || usual.contains(&byte)
    })
}

fn encoded_unless(text: &str, is_usual: impl Fn(u8) -> bool) -> String {
    let mut word = String::new();
    for byte in text.bytes() {
        if is_usual(byte) {
            word.push(char::from(byte));
        } else {
            word.push_str(&format!("%{byte:02x}"));
        }
    }
    word
}
