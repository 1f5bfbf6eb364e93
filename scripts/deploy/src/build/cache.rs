//! Artifacts of earlier builds, by the hash of their sources and tools. No path is part of it, so a
//! copy of the folder serves another checkout.

use super::code::Artifact;
use super::error::BuildError;
use crate::own_file;
use crate::progress::Progress;
use alloy::primitives::B256;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// Raised whenever this builder makes other bytes of the same sources, or reads another layout from them.
pub(super) const BUILDER: u32 = 14;

/// Digits of a key in the names of files.
const DIGITS: usize = 16;

/// A folder of artifacts.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
}

/// An artifact as it is kept.
#[derive(Serialize, Deserialize)]
struct Record {
    /// The hash of its sources and tools.
    key: B256,
    #[serde(flatten)]
    artifact: Artifact,
}

impl Cache {
    /// A cache in `folder`, which is made if need be.
    pub(super) fn open(folder: PathBuf) -> Result<Self, BuildError> {
        std::fs::create_dir_all(&folder).map_err(BuildError::file("create", &folder))?;
        Ok(Self { folder })
    }

    /// Waits until nobody else builds here, and says who does; lasts as long as the value does.
    pub(super) fn lock(&self, progress: &dyn Progress) -> Result<File, BuildError> {
        let path = self.folder.join(".lock");
        let mut file = own_file::open_or_create(&path)
            .map_err(|error| BuildError::file("create", &path)(std::io::Error::other(error)))?;
        if file.try_lock().is_err() {
            let holder = own_file::read_bytes(&path).ok().flatten();
            let holder = holder.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
            let holder = holder.map_or(String::new(), |pid: u32| format!(" (process {pid})"));
            progress.note(&format!(
                "waiting for another build of contracts{holder} to end"
            ));
            file.lock().map_err(BuildError::file("lock", &path))?;
        }
        let is_named = file
            .set_len(0)
            .and_then(|()| write!(file, "{}", std::process::id()));
        is_named.map_err(BuildError::file("write", path))?;
        Ok(file)
    }

    /// The artifact of `package` that was made from what `key` stands for, if it is there and whole.
    pub(super) fn load(&self, package: &str, key: B256) -> Option<Artifact> {
        let bytes = own_file::read_bytes(&self.path(package, key)).ok()??;
        let record: Record = serde_json::from_slice(&bytes).ok()?;
        let name = package.into();
        let artifact = record.artifact;
        (record.key == key).then_some(Artifact { name, ..artifact })
    }

    /// Keeps an artifact, in a file that is named after its package and the first digits of `key`.
    pub(super) fn store(&self, artifact: &Artifact, key: B256) -> Result<(), BuildError> {
        let artifact = artifact.clone();
        let path = self.path(&artifact.name, key);
        let text = serde_json::to_vec(&Record { key, artifact }).unwrap_or_default();
        own_file::write(&path, &text)
            .map_err(|error| BuildError::file("write", path)(std::io::Error::other(error)))
    }

    fn path(&self, package: &str, key: B256) -> PathBuf {
        let digits = hex::encode(key.get(..DIGITS / 2).unwrap_or_default());
        self.folder.join(format!("{package}-{digits}.json"))
    }
}
