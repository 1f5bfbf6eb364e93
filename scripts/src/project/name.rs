//! The name of a project: that of a folder, of a crate, and of a struct in Rust.

use super::error::ProjectError;

/// Letters of a name, at most.
const LENGTH_MAX: usize = 64;
/// Names that cargo or rustc refuse, or that would hide what the contract's source uses.
const TAKEN: [&str; 30] = [
    "abstract",
    "alloc",
    "box",
    "build",
    "core",
    "crate",
    "deps",
    "example",
    "examples",
    "fn",
    "option",
    "proof",
    "proc-macro",
    "result",
    "router",
    "self",
    "some",
    "std",
    "storage",
    "stylus-sdk",
    "stylus-upgradeable",
    "string",
    "struct",
    "super",
    "target",
    "test",
    "tests",
    "upgrade-tests",
    "vec",
    "vm",
];

/// Whether a project can have that name.
pub(super) fn check(name: &str) -> Result<(), ProjectError> {
    let refused = |reason| ProjectError::Name {
        name: name.into(),
        reason,
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
        return Err(refused(
            "Rust, cargo or the contract's source use that word",
        ));
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
