//! What was built before: artifacts beside a stamp of what they were made from.

use super::code::Artifact;
use super::error::BuildError;
use super::info::BuildInfo;
use crate::progress::Progress;
use alloy::primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};
use stylus_layout::Layout;

/// Raised whenever this builder makes other bytes of the same sources.
pub(super) const BUILDER: u32 = 2;

/// A folder of artifacts. Every artifact belongs to one stamp.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
}

/// What lies beside an artifact.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    stamp: B256,
    wasm: B256,
    code: B256,
    /// Of the layout's file, if there is one.
    layout: Option<B256>,
    /// Of the file with the build information.
    info: B256,
    /// Sources that rustc read outside the folders that the stamp covers, with their hashes.
    further: Vec<(PathBuf, B256)>,
}

impl Cache {
    /// A cache in `folder`, which is made if need be.
    pub(super) fn open(folder: PathBuf) -> Result<Self, BuildError> {
        std::fs::create_dir_all(&folder).map_err(BuildError::file("create", &folder))?;
        Ok(Self { folder })
    }

    /// Waits until nobody else builds here, and says so; lasts as long as the value does.
    pub(super) fn lock(&self, progress: &dyn Progress) -> Result<File, BuildError> {
        let path = self.folder.join(".lock");
        let file = File::create(&path).map_err(BuildError::file("create", &path))?;
        if file.try_lock().is_err() {
            progress.note("waiting for another build of contracts to end");
            file.lock().map_err(BuildError::file("lock", path))?;
        }
        Ok(file)
    }

    /// The artifact of `package`, if it was made from what `stamp` stands for and is whole.
    pub(super) fn load(&self, key: &str, package: &str, stamp: B256) -> Option<Artifact> {
        let record: Record =
            serde_json::from_slice(&std::fs::read(self.path(key, "json")).ok()?).ok()?;
        let wasm = std::fs::read(self.path(key, "wasm")).ok()?;
        let code = std::fs::read(self.path(key, "code")).ok()?;
        let info = std::fs::read(self.path(key, "build.json")).ok()?;
        let layout = match record.layout {
            Some(_) => Some(std::fs::read_to_string(self.path(key, "layout.json")).ok()?),
            None => None,
        };
        let whole = record.stamp == stamp
            && record.wasm == keccak256(&wasm)
            && record.code == keccak256(&code)
            && record.info == keccak256(&info)
            && record.layout == layout.as_ref().map(keccak256)
            && record
                .further
                .iter()
                .all(|(path, hash)| hash_of(path) == Some(*hash));
        if !whole {
            return None;
        }
        let layout = match layout {
            Some(text) => Some(Layout::from_json(&text).ok()?),
            None => None,
        };
        Some(Artifact {
            name: package.into(),
            wasm: wasm.into(),
            code: code.into(),
            layout,
            info: serde_json::from_slice::<BuildInfo>(&info).ok()?,
        })
    }

    /// Keeps an artifact: `<key>.wasm`, `<key>.code` (as on chain), `<key>.layout.json` (where its
    /// storage keeps what), `<key>.build.json` (what it was built from), `<key>.json` (its record).
    /// `further` are the sources that the stamp does not cover.
    pub(super) fn store(
        &self,
        key: &str,
        artifact: &Artifact,
        stamp: B256,
        further: Vec<PathBuf>,
    ) -> Result<(), BuildError> {
        let further = further
            .into_iter()
            .filter_map(|path| Some((path.clone(), hash_of(&path)?)))
            .collect();
        let (wasm, code) = (keccak256(&artifact.wasm), keccak256(&artifact.code));
        let info = serde_json::to_vec_pretty(&artifact.info).unwrap_or_default();
        let layout = artifact.layout.as_ref().map(Layout::to_json);
        let record = Record {
            stamp,
            wasm,
            code,
            layout: layout.as_ref().map(keccak256),
            info: keccak256(&info),
            further,
        };
        if let Some(layout) = &layout {
            write(&self.path(key, "layout.json"), layout.as_bytes())?;
        }
        write(&self.path(key, "build.json"), &info)?;
        let record = serde_json::to_vec(&record).unwrap_or_default();
        write(&self.path(key, "wasm"), &artifact.wasm)?;
        write(&self.path(key, "code"), &artifact.code)?;
        write(&self.path(key, "json"), &record)
    }

    /// Keeps a plain file, unless it has that content already (its age may matter to cargo).
    pub(super) fn file(&self, name: &str, content: &[u8]) -> Result<PathBuf, BuildError> {
        let path = self.folder.join(name);
        if !std::fs::read(&path).is_ok_and(|old| old == content) {
            write(&path, content)?;
        }
        Ok(path)
    }

    fn path(&self, key: &str, ending: &str) -> PathBuf {
        self.folder.join(format!("{key}.{ending}"))
    }
}

fn write(path: &Path, content: &[u8]) -> Result<(), BuildError> {
    std::fs::write(path, content).map_err(BuildError::file("write", path))
}

fn hash_of(path: &Path) -> Option<B256> {
    Some(keccak256(std::fs::read(path).ok()?))
}
