//! `key` says where the signing key is. It is never the key itself.

use crate::error::Refusal;
use crate::secret::redacted;
use std::path::Path;

/// Refuses a manifest with a key in it: other people read manifests. One that cannot be read is
/// refused elsewhere.
///
/// # Errors
/// Where there is one. It is not repeated.
pub(super) fn require_no_secret(path: &Path, source: &str) -> Result<(), Refusal> {
    let Ok(table) = source.parse::<toml::Table>() else {
        return Ok(());
    };
    let networks = table.get("networks").and_then(toml::Value::as_table);
    let networks = networks.into_iter().flatten();
    let networks =
        networks.map(|(name, network)| (format!("networks.{name}.key"), network.get("key")));
    let top = ("key".to_owned(), table.get("key"));
    let holds_one = |key: &toml::Value| {
        let text = key.to_string();
        redacted(&text) != text
    };
    let mut keys = [top].into_iter().chain(networks);
    match keys.find(|(_, key)| key.is_some_and(holds_one)) {
        Some((entry, _)) => Err(Refusal::new(
            "ManifestSecret",
            format!(
                "{}: {entry} is a private key; it is not repeated here",
                path.display()
            ),
        )
        .with(
            "where the key is: { account = NAME }, { keystore = FILE }, \
             { private_key_path = FILE }, or { unlocked = ADDRESS } for an account that \
             the endpoint holds",
            "a private key in a file that others read",
            "take it out; if others may have read it, use another key",
        )
        .usage()),
        None => Ok(()),
    }
}
