//! Names, labels and roles: 1 to 64 bytes of printable ASCII without spaces.

use stylus_upgrades_interface::{limits::LABEL_MAX, reasons::label};

use crate::{chain::Reverts, errors};

/// Refuses what is no label, with the reason.
pub fn check(text: &[u8]) -> Reverts<()> {
    match reason(text) {
        Some(reason) => Err(errors::invalid_label(text, reason)),
        None => Ok(()),
    }
}

fn reason(text: &[u8]) -> Option<u8> {
    if text.is_empty() {
        Some(label::EMPTY)
    } else if text.len() > LABEL_MAX {
        Some(label::TOO_LONG)
    } else if !text.iter().all(u8::is_ascii_graphic) {
        Some(label::BAD_CHARACTER)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_to_64_printable_ascii_characters_without_spaces() {
        let reason = |text: &str| reason(text.as_bytes());
        assert_eq!(reason("2.0"), None);
        assert_eq!(reason("!~"), None);
        assert_eq!(reason(&"x".repeat(64)), None);
        assert_eq!(reason(""), Some(label::EMPTY));
        assert_eq!(reason(&"x".repeat(65)), Some(label::TOO_LONG));
        assert_eq!(reason("a b"), Some(label::BAD_CHARACTER));
        assert_eq!(reason("a\n"), Some(label::BAD_CHARACTER));
        assert_eq!(reason("é"), Some(label::BAD_CHARACTER));
        assert_eq!(reason("\u{7f}"), Some(label::BAD_CHARACTER));
    }
}
