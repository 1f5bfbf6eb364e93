//! `key`: where the key lies that signs, unless a flag or a variable says another.

use super::ManifestError;
use crate::keys::KeyPlace;
use crate::secret::redacted;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A key as it is written: `key = { account = "ana" }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    account: Option<String>,
    keystore: Option<PathBuf>,
    private_key_path: Option<PathBuf>,
    password_file: Option<PathBuf>,
    unlocked: Option<String>,
}

impl Written {
    /// Paths are relative to the manifest at `path`.
    pub(super) fn below(self, path: &Path) -> KeyPlace {
        let folder = path.parent().unwrap_or(Path::new(""));
        let below = |file: Option<PathBuf>| file.map(|file| folder.join(file));
        KeyPlace {
            account: self.account,
            keystore: below(self.keystore),
            private_key_path: below(self.private_key_path),
            password_file: below(self.password_file),
            unlocked: self.unlocked,
        }
    }
}

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
