//! `key`: where the key lies that signs, unless a flag or a variable says another.

use crate::keys::KeyPlace;
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
        }
    }
}
