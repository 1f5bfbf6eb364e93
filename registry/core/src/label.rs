//! Names, labels and roles: 1 to 64 bytes of printable ASCII without spaces.

use stylus_upgrades_interface::{limits::LABEL_MAX, reasons::label, registry::IRegistry};

/// Refuses what is no label, with the reason.
pub fn check(text: &str) -> Result<(), IRegistry::InvalidLabel> {
    let reason = if text.is_empty() {
        label::EMPTY
    } else if text.len() > LABEL_MAX {
        label::TOO_LONG
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        label::BAD_CHARACTER
    } else {
        return Ok(());
    };
    Err(IRegistry::InvalidLabel {
        label: text.into(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_to_64_printable_ascii_characters_without_spaces() {
        let reason = |text: &str| check(text).err().map(|error| error.reason);
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
