//! The name of a project: that of a folder, of a crate, and of a struct in Rust.

use crate::app_error::Error;
use crate::error::{Exit, Refusal};

/// Letters of a name, at most.
const LENGTH_MAX: usize = 64;
/// Names of crates that every contract has.
const TAKEN: [&str; 4] = ["alloc", "core", "std", "test"];

/// Whether a project can have that name.
pub(super) fn check(name: &str) -> Result<(), Error> {
    let refused = |reason: &str| {
        let refusal = Refusal::new(
            "ProjectName",
            format!("a project cannot be called {name:?}: {reason}"),
        );
        let expected = "small letters, digits, - and _, a letter first, such as my-note";
        let found = format!("{name:?}: {reason}");
        let refusal = refusal.with(expected, found, "choose another name");
        Error::from(refusal.exiting(Exit::Usage))
    };
    let mut letters = name.bytes();
    if !letters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase())
    {
        return Err(refused("it does not begin with a small letter"));
    }
    let is_plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
    };
    if !letters.all(is_plain) {
        return Err(refused("it has more than small letters, digits, - and _"));
    }
    if name.len() > LENGTH_MAX {
        return Err(refused("it is longer than 64 letters"));
    }
    let keyword = name.replace('-', "_");
    if TAKEN.contains(&name) || syn::parse_str::<syn::Ident>(&keyword).is_err() {
        return Err(refused("Rust uses that word"));
    }
    Ok(())
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
