//! The crate that a path lies in.

use std::io;
use std::path::{Path, PathBuf};

/// The nearest folder with Cargo.toml, at or above `folder`.
pub(super) fn nearest_crate(folder: &Path) -> io::Result<Option<PathBuf>> {
    let folder = std::fs::canonicalize(folder)?;
    let mut above = folder.ancestors();
    let nearest = above.find(|folder| folder.join("Cargo.toml").is_file());
    Ok(nearest.map(Path::to_owned))
}
