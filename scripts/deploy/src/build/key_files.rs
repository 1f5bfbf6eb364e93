//! Files that look like keys. Every file of a package is copied, hashed and readable for whatever
//! runs in the build: a key has no place among them.
//!
//! Such a file is refused and not left out. A script that reads it would fail or do something else silently, and
//! nobody without the key could build the same. The override is in `Cargo.toml` and not on the command line, because
//! everyone who builds the same sources needs it.

use super::error::BuildError;
use super::key_digits::is_private_key;
use super::package::Package;
use super::tree::{Tree, normal};
use crate::error::Refusal;
use serde_json::Value;
use std::path::Path;

/// Files of environment variables, and the endings of those that are there to be shown.
const ENVIRONMENT: &str = ".env";
const SHOWN: [&str; 4] = ["example", "sample", "template", "dist"];
/// Bytes of a file with a key, at most.
const KEY_MAX: usize = 64 << 10;

/// Refuses a file that looks like a key, unless the package's manifest names it as public.
///
/// # Errors
/// `LooksLikeKey`.
pub(super) fn require_none(package: &Package, files: &Tree) -> Result<(), BuildError> {
    let public = package.declared("public-files");
    let public = public
        .iter()
        .map(|named| normal(&package.folder.join(named)));
    let public: Vec<_> = public.collect();
    for (place, entry) in files.entries() {
        let path = entry.from.as_deref().unwrap_or(place);
        if let Some(what) = looks_like(path, &entry.bytes)
            && !public.iter().any(|public| public == path)
        {
            let named = path.strip_prefix(&package.folder).unwrap_or(path);
            let named = named.display().to_string();
            let message = format!(
                "{} lies among the sources and looks like a key",
                path.display()
            );
            let refusal = Refusal::new("LooksLikeKey", message).with(
                "no key in the folder of a crate: every file there is copied, hashed into the source hash, and \
                 readable by code that the build runs",
                what,
                format!(
                    "move it out of the crate, to ../ for example; if it is no key, say so in Cargo.toml: \
                     [package.metadata.stylus-upgrades] public-files = [{named:?}]"
                ),
            );
            return Err(refusal.usage().into());
        }
    }
    Ok(())
}

/// Returns the kind of key that a file looks like.
fn looks_like(path: &Path, bytes: &[u8]) -> Option<&'static str> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ending = name.strip_prefix(ENVIRONMENT);
    if ending.is_some_and(|ending| match ending.strip_prefix('.') {
        Some(ending) => !SHOWN.contains(&ending),
        None => ending.is_empty(),
    }) {
        return Some("a file of environment variables, which hold keys");
    }
    if bytes.len() > KEY_MAX {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?.trim();
    if is_private_key(text) {
        return Some("64 hexadecimal digits and nothing else, as a private key");
    }
    let first = text.lines().next().unwrap_or_default();
    if first.starts_with("-----BEGIN ") && first.ends_with("PRIVATE KEY-----") {
        return Some("a private key in PEM");
    }
    if text.starts_with('{') && is_keystore(text) {
        return Some("an encrypted keystore");
    }
    None
}

fn is_keystore(text: &str) -> bool {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
        return false;
    };
    fields
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("crypto") && !value["ciphertext"].is_null())
}

#[cfg(test)]
mod tests {
    use super::looks_like;
    use std::path::Path;

    #[test]
    fn keys_are_known_by_what_they_look_like() {
        let digits = "b6".repeat(32);
        let keystore = r#"{"crypto":{"cipher":"aes-128-ctr","ciphertext":"00"},"version":3}"#;
        let pem = "-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n";
        for (name, text) in [
            ("key", digits.clone()),
            ("key.txt", format!("  0x{}\n", digits.to_uppercase())),
            (".env", "RPC=1".into()),
            (".env.local", String::new()),
            ("UTC--2026", keystore.into()),
            ("UTC--2026", keystore.replace("crypto", "Crypto")),
            ("server", pem.into()),
        ] {
            let found = looks_like(Path::new(name), text.as_bytes());
            assert!(found.is_some(), "{name}: {text}");
        }
        for (name, text) in [
            ("lib.rs", "pub fn key() {}".to_owned()),
            ("hash.txt", format!("{digits} file")),
            ("hash.txt", digits[1..].to_owned()),
            (".env.example", "RPC=".into()),
            (".envrc", "use flake".into()),
            ("abi.json", r#"{"crypto": "none"}"#.into()),
            ("cert.pem", "-----BEGIN CERTIFICATE-----\n".into()),
        ] {
            let found = looks_like(Path::new(name), text.as_bytes());
            assert_eq!(found, None, "{name}: {text}");
        }
    }
}
