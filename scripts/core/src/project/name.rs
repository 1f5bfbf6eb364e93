//! The name of a project: that of a folder, of a crate, and of a struct in Rust.

use crate::app_error::Error;
use crate::error::Refusal;

/// Letters of a name, at most.
const LENGTH_MAX: usize = 64;
/// Names of crates that every contract has.
const TAKEN: [&str; 4] = ["alloc", "core", "std", "test"];

/// Refuses a name that a project cannot have.
pub(super) fn check(name: &str) -> Result<(), Error> {
    let is_plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
    };
    let begins = name.starts_with(|first: char| first.is_ascii_lowercase());
    let is_word = syn::parse_str::<syn::Ident>(&name.replace('-', "_")).is_ok();
    let is_free = is_word && !TAKEN.contains(&name);
    if begins && is_free && name.bytes().all(is_plain) && name.len() <= LENGTH_MAX {
        return Ok(());
    }
    let refusal = Refusal::new(
        "ProjectName",
        format!("a project cannot be called {name:?}"),
    );
    let refusal = refusal.with(
        "at most 64 lower-case letters, digits, - and _, a letter first, not a keyword of Rust, such as my-note",
        format!("{name:?}"),
        "choose another name",
    );
    Err(refusal.usage().into())
}

/// `my-note` as `MyNote`.
pub(super) fn camel_case(name: &str) -> String {
    let words = name.split(['-', '_']);
    words
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_uppercase() + rest
        })
        .collect()
}
