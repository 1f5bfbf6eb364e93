//! The folder that contracts are built in: emptied and filled again for each build, with the files
//! of the source tree and nothing else.
//!
//! Cargo decides by the times of files what it compiles again, and does not watch all of them (a file that is gone, one
//! that a build script reads unseen). So the times say nothing here: all files have the same. What a package is
//! compiled from stands in its manifest ([`with_content`]), and cargo keeps that with what it compiled, for each choice
//! of features. A clock that was set back and a folder from elsewhere change nothing.

use super::error::BuildError;
use super::manifests::with_content;
use super::source::{Part, Reads, is_code};
use super::tree::{Entry, Tree, join};
use std::collections::BTreeSet;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The time of all files, after 1970: some programs take that itself for no time. Nothing was compiled before.
const OLD: Duration = Duration::from_secs(1);
/// The time of files that are compiled whatever was compiled before: early in 2038. Some file systems know no later
/// one.
const NEW: Duration = Duration::from_secs(0x7fff_0000);

/// The packages that are compiled whatever was compiled before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recompile {
    /// Nothing.
    Nothing,
    /// Everything but the framework's packages, whose content is known as that of a registry's.
    Sources,
    /// Everything.
    Everything,
}

/// The folder.
pub(super) struct Copy {
    folder: PathBuf,
}

impl Copy {
    /// The folder of contracts in `base`, where cargo's outputs go too.
    pub(super) fn in_folder(base: &Path) -> Self {
        Self {
            folder: base.join("source"),
        }
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Empties the folder and puts `tree` there. Cargo compiles what `recompile` says, and those `parts` that it
    /// has not compiled from the same content. A package may read any file of the copy, so its content is the whole
    /// tree. With `by_reads`, it is the tree without the files that [`Reads`] says the package does not read.
    pub(super) fn fill(
        &self,
        tree: &Tree,
        parts: &[Part],
        recompile: Recompile,
        by_reads: bool,
    ) -> Result<(), BuildError> {
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(BuildError::file("empty", &self.folder)(error));
            }
            _ => {}
        }
        let time = |path: &Path| {
            let above = parts.iter().filter(|part| path.starts_with(&part.place));
            let part = above.max_by_key(|part| part.place.components().count());
            let is_known = part.is_some_and(|part| matches!(part.reads, Reads::Own(_)));
            SystemTime::UNIX_EPOCH
                + match recompile {
                    Recompile::Nothing => OLD,
                    Recompile::Sources if is_known => OLD,
                    Recompile::Sources | Recompile::Everything => NEW,
                }
        };
        let whole = tree.hash();
        let mut manifests = BTreeSet::new();
        for part in parts {
            let place = join(&part.place, Path::new("Cargo.toml"));
            let path = self.folder.join(&place);
            if let Some(manifest) = tree.get(&place) {
                let content = match part.reads {
                    Reads::Own(hash) => hash,
                    Reads::OwnCode if by_reads => {
                        tree.hash_of(|path| !is_code(path) || path.starts_with(&part.place))
                    }
                    Reads::OwnCode | Reads::Any => whole,
                };
                let text = with_content(&path, &manifest.bytes, content)?;
                write(&path, &Entry::text(text, None), time(&place))?;
                manifests.insert(place);
            }
        }
        let others = tree
            .entries()
            .filter(|(path, _)| !manifests.contains(*path));
        for (path, entry) in others {
            write(&self.folder.join(path), entry, time(path))?;
        }
        Ok(())
    }
}

/// Writes a file that has that time.
fn write(path: &Path, entry: &Entry, time: SystemTime) -> Result<(), BuildError> {
    let refused = |error| BuildError::file("write", path)(error);
    let folder = path.parent().unwrap_or(path);
    let mut folders = DirBuilder::new();
    folders
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(refused)?;
    let mode = if entry.executable { 0o700 } else { 0o600 };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    let mut file = options.open(path).map_err(refused)?;
    file.write_all(&entry.bytes).map_err(refused)?;
    file.set_modified(time).map_err(refused)
}

#[cfg(test)]
mod tests;
