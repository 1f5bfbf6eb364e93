//! The folder that contracts are built in: emptied and filled anew for each build, with the files
//! of the source tree and nothing else.
//!
//! Cargo decides by the times of files what it compiles again, and does not watch all of them (a file
//! that is gone, one that a build script reads unseen). So it is decided here: of a package whose files
//! differ from those it was compiled from, every output is removed, and the files of the others have one
//! and the same old time.

use super::error::BuildError;
use super::source::{CONSTANTS, Part};
use super::toolchain::TARGET;
use super::tree::{Entry, Tree};
use alloy::primitives::B256;
use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Folders of cargo's outputs by package.
const OUTPUTS: [&str; 2] = [".fingerprint", "build"];
/// Hexadecimal digits behind a package's name in them.
const DIGITS: usize = 16;

/// Behind 1970: some programs take that itself for no time.
const AGE: Duration = Duration::from_secs(1);

/// The folder, and what was built in it.
pub(super) struct Copy {
    folder: PathBuf,
    target: PathBuf,
    record: PathBuf,
}

/// By place and name: what the outputs of a package were made from.
type Record = BTreeMap<String, B256>;

impl Copy {
    /// The folder of contracts in `base`, and cargo's outputs in `base`.
    pub(super) fn in_folder(base: &Path) -> Self {
        Self {
            folder: base.join("source"),
            target: base.to_owned(),
            record: base.join("source.json"),
        }
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Empties the folder and puts `tree` there. Removes the outputs of those `parts` that were
    /// built from other files, or of all with `anew`.
    pub(super) fn fill(&self, tree: &Tree, parts: &[Part], anew: bool) -> Result<(), BuildError> {
        let mut record = self.read();
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(BuildError::file("empty", &self.folder)(error));
            }
            _ => {}
        }
        for (path, entry) in tree.entries() {
            write(&self.folder.join(path), entry, path.starts_with(CONSTANTS))?;
        }
        for part in parts {
            if anew || record.get(&key(part)) != Some(&part.hash) {
                self.remove_outputs(&part.name)?;
            }
            // Whether it will be built whole is known afterwards.
            record.remove(&key(part));
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

    /// Removes what cargo compiled of packages of that name, for contracts and for this machine.
    fn remove_outputs(&self, name: &str) -> Result<(), BuildError> {
        for profile in [self.target.join(TARGET), self.target.clone()] {
            for kind in OUTPUTS {
                let folder = profile.join(super::manifests::CONTRACT).join(kind);
                for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                    if is_output_of(&entry.file_name().to_string_lossy(), name) {
                        let path = entry.path();
                        std::fs::remove_dir_all(&path)
                            .map_err(BuildError::file("remove", &path))?;
                    }
                }
            }
        }
        Ok(())
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

/// Whether a folder's name is a package's with a hash behind it.
fn is_output_of(folder: &str, name: &str) -> bool {
    folder
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('-'))
        .is_some_and(|hash| hash.len() == DIGITS && hash.chars().all(|c| c.is_ascii_hexdigit()))
}

/// Writes a file, which may be new to cargo.
fn write(path: &Path, entry: &Entry, is_new: bool) -> Result<(), BuildError> {
    let refused = |source| BuildError::File {
        action: "write",
        path: path.to_owned(),
        source,
    };
    let folder = path.parent().unwrap_or(path);
    let mut folders = DirBuilder::new();
    folders
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(refused)?;
    match entry {
        Entry::Link(to) => std::os::unix::fs::symlink(to, path).map_err(refused),
        Entry::File { bytes, executable } => {
            let mode = if *executable { 0o700 } else { 0o600 };
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(mode);
            let mut file: File = options.open(path).map_err(refused)?;
            file.write_all(bytes).map_err(refused)?;
            match is_new {
                true => Ok(()), // as it is
                false => file
                    .set_modified(SystemTime::UNIX_EPOCH + AGE)
                    .map_err(refused),
            }
        }
    }
}
