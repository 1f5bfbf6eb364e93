//! The form of an alias. An alias stands where an address stands, so it must not look like one, nor like a
//! word of policies, nor like another alias.

use crate::error::Refusal;
use crate::secret::redacted;
use std::path::Path;

/// The words in policies.
pub(super) const POLICY_WORDS: [&str; 6] = ["AND", "OR", "OutOf", "CALL", "AFTER", "NONE"];
/// Characters of an alias, at most.
const LENGTH_MAX: usize = 64;

/// Checks that `alias` of the manifest at `path` can be one.
///
/// # Errors
/// Where it cannot.
pub fn check_alias(path: &Path, alias: &str) -> Result<(), Refusal> {
    let Some(reason) = reason(alias) else {
        return Ok(());
    };
    let alias = redacted(alias);
    let shown = match &*alias {
        "" => "an empty name",
        alias => alias,
    };
    Err(Refusal::new(
        "ManifestAlias",
        format!("{}: {alias:?} cannot be an alias: {reason}", path.display()),
    )
    .with(
        "a letter, then letters, digits, '_', '-' or '.'; not an address, and not a word of the policy language",
        shown,
        "give it another name",
    )
    .usage())
}

/// Says why a word is no alias.
pub(super) fn reason(alias: &str) -> Option<&'static str> {
    let is_in_it = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_word = |word: &&str| word.eq_ignore_ascii_case(alias);
    let digits = alias.len() >= 40 && alias.bytes().all(|byte| byte.is_ascii_hexdigit());
    match () {
        () if alias.starts_with("0x") || alias.starts_with("0X") => {
            Some("it looks like an address")
        }
        () if digits => Some("it looks like an address"),
        () if POLICY_WORDS.iter().any(is_word) => Some("it is a word of the policy language"),
        () if !alias.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            Some("it does not begin with a letter")
        }
        () if !alias.chars().all(is_in_it) => Some("it has a character that is not allowed"),
        () if alias.len() > LENGTH_MAX => Some("it is too long"),
        () => None,
    }
}
