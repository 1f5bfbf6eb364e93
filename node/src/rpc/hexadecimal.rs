//! Hexadecimal text as geth reads it, and its words for what it refuses.

/// The kind of value that a text may be.
#[derive(Clone, Copy)]
pub(super) enum HexKind {
    /// So many digits.
    Digits(usize),
    /// Bytes, any number of them.
    Bytes,
    /// A number of at most so many bits.
    Number(usize),
}

/// The words of geth for a text that does not begin with 0x.
pub(super) const NO_PREFIX: &str = "hex string without 0x prefix";

/// The text between quotation marks.
pub(super) fn quoted(json: &str) -> Option<&str> {
    json.strip_prefix('"')?.strip_suffix('"')
}

/// The digits of a text; an empty text has none.
pub(super) fn digits(text: &str) -> Option<&str> {
    match text {
        "" => Some(text),
        _ => text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")),
    }
}

/// Returns geth's words for a text that is not empty and that it cannot read, whatever its length is.
pub(super) fn misread(text: &str, kind: HexKind) -> Option<String> {
    /// Bits of a digit.
    const BITS: usize = 4;
    let Some(digits) = digits(text) else {
        return Some(NO_PREFIX.to_owned());
    };
    let words = match kind {
        HexKind::Number(_) if digits.is_empty() => "hex string \"0x\"".to_owned(),
        HexKind::Number(_) if digits.len() > 1 && digits.starts_with('0') => {
            "hex number with leading zero digits".to_owned()
        }
        HexKind::Number(bits) if digits.len() * BITS > bits => format!("hex number > {bits} bits"),
        HexKind::Digits(_) | HexKind::Bytes if !digits.len().is_multiple_of(2) => {
            "hex string of odd length".to_owned()
        }
        _ if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
            "invalid hex string".to_owned()
        }
        _ => return None,
    };
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_geth_reads_it() {
        let long = format!("0x{}", "1".repeat(17));
        for (kind, text, words) in [
            (HexKind::Number(64), "5", Some(NO_PREFIX)),
            (HexKind::Number(64), "0x", Some("hex string \"0x\"")),
            (HexKind::Number(64), "0x0", None),
            (HexKind::Number(64), "0X1f", None),
            (
                HexKind::Number(64),
                "0x01",
                Some("hex number with leading zero digits"),
            ),
            (HexKind::Number(64), &long, Some("hex number > 64 bits")),
            (HexKind::Number(256), &long, None),
            (HexKind::Number(64), "0xg", Some("invalid hex string")),
            (HexKind::Bytes, "0x", None),
            (HexKind::Bytes, "0x123", Some("hex string of odd length")),
            (HexKind::Bytes, "0x0g", Some("invalid hex string")),
        ] {
            assert_eq!(misread(text, kind).as_deref(), words, "{text}");
        }
    }
}
