//! What was built before, by the hash of what it was made from and with. No path is part of it, so a
//! copy of the folder serves another checkout.

use super::code::Artifact;
use super::error::BuildError;
use super::info::BuildInfo;
use crate::interface::Callable;
use crate::own_file;
use crate::progress::Progress;
use alloy::primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};
use stylus_layout::{DeclaredStep, Layout};

/// Raised whenever this builder makes other bytes of the same sources, or reads another layout from them.
pub(super) const BUILDER: u32 = 7;

/// Digits of a key in the names of files.
const DIGITS: usize = 16;

/// A folder of artifacts.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
}

/// What lies beside an artifact.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    key: B256,
    wasm: B256,
    code: B256,
    /// Of the layout's file, if there is one.
    layout: Option<B256>,
    /// What the code declares.
    #[serde(default)]
    steps: Option<Vec<DeclaredStep>>,
    /// What callers can use, as the module shows it.
    #[serde(default)]
    interface: Option<Callable>,
    /// Of the file with the build information.
    info: B256,
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
        let file = own_file::open_or_create(&path)
            .map_err(|error| BuildError::file("create", &path)(error.into()))?;
        if file.try_lock().is_err() {
            progress.note("waiting for another build of contracts to end");
            file.lock().map_err(BuildError::file("lock", path))?;
        }
        Ok(file)
    }

    /// The artifact of `package` that was made from what `key` stands for, if it is there and whole.
    pub(super) fn load(&self, package: &str, key: B256) -> Option<Artifact> {
        let path = |ending: &str| self.path(package, key, ending);
        let record: Record =
            serde_json::from_slice(&own_file::read_bytes(&path("json")).ok()??).ok()?;
        let wasm = own_file::read_bytes(&path("wasm")).ok()??;
        let code = own_file::read_bytes(&path("code")).ok()??;
        let info = own_file::read_bytes(&path("build.json")).ok()??;
        let layout = match record.layout {
            Some(_) => Some(own_file::read(&path("layout.json")).ok()??),
            None => None,
        };
        let whole = record.key == key
            && record.wasm == keccak256(&wasm)
            && record.code == keccak256(&code)
            && record.info == keccak256(&info)
            && record.layout == layout.as_ref().map(keccak256);
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
            steps: record.steps,
            interface: record.interface,
            info: serde_json::from_slice::<BuildInfo>(&info).ok()?,
        })
    }

    /// Keeps an artifact, in files that begin with its package and the first digits of `key`:
    /// `.wasm`, `.code` (as on chain), `.layout.json` (where its storage keeps what), `.build.json`
    /// (what it was built from), `.json` (the record of the others).
    pub(super) fn store(&self, artifact: &Artifact, key: B256) -> Result<(), BuildError> {
        let path = |ending: &str| self.path(&artifact.name, key, ending);
        let info = serde_json::to_vec_pretty(&artifact.info).unwrap_or_default();
        let layout = artifact.layout.as_ref().map(Layout::to_json);
        let record = Record {
            key,
            wasm: keccak256(&artifact.wasm),
            code: keccak256(&artifact.code),
            layout: layout.as_ref().map(keccak256),
            steps: artifact.steps.clone(),
            interface: artifact.interface.clone(),
            info: keccak256(&info),
        };
        if let Some(layout) = &layout {
            write(&path("layout.json"), layout.as_bytes())?;
        }
        write(&path("build.json"), &info)?;
        let record = serde_json::to_vec(&record).unwrap_or_default();
        write(&path("wasm"), &artifact.wasm)?;
        write(&path("code"), &artifact.code)?;
        write(&path("json"), &record)
    }

    fn path(&self, package: &str, key: B256, ending: &str) -> PathBuf {
        let digits = hex::encode(key.get(..DIGITS / 2).unwrap_or_default());
        self.folder.join(format!("{package}-{digits}.{ending}"))
    }
}

fn write(path: &Path, content: &[u8]) -> Result<(), BuildError> {
    own_file::write(path, content).map_err(|error| BuildError::file("write", path)(error.into()))
}
