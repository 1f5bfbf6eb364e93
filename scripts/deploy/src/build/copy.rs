//! The folder that contracts are built in: emptied and filled anew for each build, with the files
//! of the source tree and nothing else.
//!
//! Cargo decides by the times of files what it compiles again, and does not watch all of them (a file
//! that is gone, one that a build script reads unseen). So it is decided here: of a package whose files
//! differ from those it was compiled from, all are new, and the files of the others have one and the same
//! old time.

use super::error::BuildError;
use super::source::{CONSTANTS, Part};
use super::tree::{Entry, Tree};
use alloy::primitives::B256;
use std::collections::BTreeMap;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Behind 1970: some programs take that itself for no time.
const AGE: Duration = Duration::from_secs(1);

/// The folder, and what was built in it.
pub(super) struct Copy {
    folder: PathBuf,
    record: PathBuf,
}

/// By place and name: what the outputs of a package were made from.
type Record = BTreeMap<String, B256>;

impl Copy {
    /// The folder of contracts in `base`, where cargo's outputs go too.
    pub(super) fn in_folder(base: &Path) -> Self {
        Self {
            folder: base.join("source"),
            record: base.join("source.json"),
        }
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Empties the folder and puts `tree` there. New to cargo are those `parts` that were built from other files, or
    /// all with `anew`.
    pub(super) fn fill(&self, tree: &Tree, parts: &[Part], anew: bool) -> Result<(), BuildError> {
        let mut record = self.read();
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(BuildError::file("empty", &self.folder)(error));
            }
            _ => {}
        }
        let mut new = vec![Path::new(CONSTANTS)];
        for part in parts {
            // Whether it will be built whole is known afterwards.
            let known = record.remove(&key(part));
            if anew || known != Some(part.hash) {
                new.push(&part.place);
            }
        }
        for (path, entry) in tree.entries() {
            let is_new = new.iter().any(|folder| path.starts_with(folder));
            write(&self.folder.join(path), entry, is_new)?;
        }
        self.keep(&record)
    }

    /// Every one of `parts` was built from what lies in the folder.
    pub(super) fn built(&self, parts: &[Part]) -> Result<(), BuildError> {
        let mut record = self.read();
        let built = parts.iter().map(|part| (key(part), part.hash));
        record.extend(built);
        self.keep(&record)
    }

    fn read(&self) -> Record {
        let bytes = std::fs::read(&self.record).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    fn keep(&self, record: &Record) -> Result<(), BuildError> {
        let bytes = serde_json::to_vec(record).unwrap_or_default();
        std::fs::write(&self.record, bytes).map_err(BuildError::file("write", &self.record))
    }
}

fn key(part: &Part) -> String {
    format!("{} {}", part.place.display(), part.name)
}

/// Writes a file, which may be new to cargo.
fn write(path: &Path, entry: &Entry, is_new: bool) -> Result<(), BuildError> {
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
    match is_new {
        true => Ok(()), // as it is
        false => file
            .set_modified(SystemTime::UNIX_EPOCH + AGE)
            .map_err(refused),
    }
}
