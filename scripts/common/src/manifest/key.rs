//! `key` says where the key lies that signs, and is never the key.

use super::ManifestError;
use crate::secret::redacted;
use std::path::Path;

/// Refuses a manifest with a key in it: other people read manifests. One that cannot be read is
/// refused elsewhere.
///
/// # Errors
/// [`ManifestError::Secret`], which does not repeat it.
pub(super) fn require_no_secret(path: &Path, source: &str) -> Result<(), ManifestError> {
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
        Some((entry, _)) => Err(ManifestError::Secret {
            path: path.to_owned(),
            entry,
        }),
        None => Ok(()),
    }
}
