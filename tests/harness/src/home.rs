//! Where the framework's sources are.

use std::path::{Path, PathBuf};

/// The root of the repository: where this crate was built, or `STYLUS_UPGRADES_HOME`.
pub fn home() -> PathBuf {
    std::env::var_os("STYLUS_UPGRADES_HOME").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."),
        PathBuf::from,
    )
}

/// The folder `name` below the repository's `target`.
pub(crate) fn target(name: &str) -> PathBuf {
    home().join("target").join(name)
}
