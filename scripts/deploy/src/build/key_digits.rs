//! The digits of a private key, as a file or a word has them.

/// Hexadecimal digits of a private key.
const DIGITS: usize = 64;

/// Returns true for the digits of a private key.
pub(super) fn is_private_key(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
