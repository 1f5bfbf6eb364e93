//! The folder that contracts are built in: emptied and filled anew for each build, with the files
//! of the source tree and nothing else.
//!
//! Cargo decides by the times of files what it compiles again, and does not watch all of them (a file
//! that is gone, one that a build script reads unseen). So it is decided here: all files of a package have the time
//! since which they are what they are. What was compiled before that, with whatever features, is compiled again.

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

/// Behind 1970: some programs take that itself for no time. What lies in no package has that time: where it changes,
/// the package that declares it is another.
const AGE: Duration = Duration::from_secs(1);

/// The folder, and what lies in it.
pub(super) struct Copy {
    folder: PathBuf,
    record: PathBuf,
}

/// By place and name: the files of a package, and since when they are these.
pub(super) type Record = BTreeMap<String, (B256, SystemTime)>;

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

    /// Empties the folder and puts `tree` there. New to cargo are those `parts` that had other files before, or all with
    /// `anew`. The caller keeps the returned record after the build succeeds. Until then no record of `parts` is there,
    /// so that an interrupted build is made anew.
    pub(super) fn fill(
        &self,
        tree: &Tree,
        parts: &[Part],
        anew: bool,
    ) -> Result<Record, BuildError> {
        let mut record = self.read();
        let mut others = record.clone();
        others.retain(|known, _| parts.iter().all(|part| key(part) != *known));
        self.keep(&others)?;
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(BuildError::file("empty", &self.folder)(error));
            }
            _ => {}
        }
        let (now, old) = (SystemTime::now(), SystemTime::UNIX_EPOCH + AGE);
        let mut times = BTreeMap::from([(Path::new(CONSTANTS), now)]);
        for part in parts {
            let known = record
                .get(&key(part))
                .filter(|(hash, _)| !anew && *hash == part.hash);
            let since = known.map_or(now, |(_, since)| *since);
            record.insert(key(part), (part.hash, since));
            times.insert(&part.place, since);
        }
        for (path, entry) in tree.entries() {
            // A package may lie in the folder of another, as in that of the contract in the root.
            let since = path.ancestors().find_map(|folder| times.get(folder));
            write(&self.folder.join(path), entry, *since.unwrap_or(&old))?;
        }
        Ok(record)
    }

    fn read(&self) -> Record {
        let bytes = std::fs::read(&self.record).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Keeps the record of [`fill`](Self::fill).
    pub(super) fn keep(&self, record: &Record) -> Result<(), BuildError> {
        let bytes = serde_json::to_vec(record).unwrap_or_default();
        std::fs::write(&self.record, bytes).map_err(BuildError::file("write", &self.record))
    }
}

fn key(part: &Part) -> String {
    format!("{} {}", part.place.display(), part.name)
}

/// Writes a file that is what it is since then.
fn write(path: &Path, entry: &Entry, since: SystemTime) -> Result<(), BuildError> {
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
    file.set_modified(since).map_err(refused)
}

#[cfg(test)]
mod tests;
