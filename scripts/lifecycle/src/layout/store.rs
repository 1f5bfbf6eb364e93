//! Layout documents by their hash and builds by their code hash, in files beside the manifest. It is
//! a cache: the registry publishes the documents, and a file that does not have its hash is refused.

use super::error;
use crate::build::{Artifact, BuildInfo};
use crate::client::ChainError;
use crate::ids::{CodeHash, LayoutHash, SourceHash, TxHash};
use crate::interface::Callable;
use crate::own_file;
use alloy::primitives::{Address, B256, keccak256};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use stylus_layout::Document;

/// The folder's name.
pub const FOLDER: &str = crate::file_names::LAYOUTS;

/// The folder of builds in it.
const BUILDS: &str = "builds";
/// The folder of deployments.
const DEPLOYMENTS: &str = "deployments";

/// A folder of layouts and builds.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
    memory: Option<Memory>,
}

/// The files that a store would hold, kept in memory for as long as a command runs.
pub type Memory = Arc<Mutex<BTreeMap<PathBuf, Vec<u8>>>>;

/// A contract that was built on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// The package.
    pub name: String,
    /// keccak256 of its code on chain.
    pub codehash: CodeHash,
    /// Bytes on chain.
    pub code_bytes: usize,
    /// The hash of its layout; zero if unknown.
    pub layout_hash: LayoutHash,
    /// The hash of its sources; zero if unknown.
    pub source_hash: SourceHash,
    /// The sources and the tools of the build.
    pub build: BuildInfo,
    /// The interface for callers, and the parts that the sources did not show; none where nothing is known of it.
    pub interface: Option<Callable>,
}

/// The transaction that created an implementation: an explorer asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// The chain.
    pub chain_id: u64,
    /// The account that it created.
    pub address: Address,
    /// keccak256 of that account's code.
    pub codehash: CodeHash,
    /// The transaction.
    pub tx: TxHash,
    /// The tool that made the code, with its version.
    pub tool: String,
    /// The hash of the sources that is in the code.
    pub project_hash: B256,
}

impl From<&Artifact> for Build {
    fn from(artifact: &Artifact) -> Self {
        Self {
            name: artifact.name.clone(),
            codehash: artifact.codehash(),
            code_bytes: artifact.size(),
            layout_hash: artifact.layout_hash(),
            source_hash: artifact.source_hash(),
            build: artifact.info.clone(),
            interface: artifact.interface.clone(),
        }
    }
}

impl Store {
    /// The store beside the manifest in `folder`.
    pub fn beside(folder: &Path) -> Self {
        Self {
            folder: folder.join(FOLDER),
            memory: None,
        }
    }

    /// The same, which writes no file where there is a memory.
    #[must_use]
    pub fn writing_to(self, memory: Option<Memory>) -> Self {
        Self { memory, ..self }
    }

    /// Keeps what is known of an artifact, and the interface of its sources.
    ///
    /// # Errors
    /// Where it cannot be had.
    pub fn keep(&self, artifact: &Artifact, interface: Option<Callable>) -> Result<(), ChainError> {
        if let Some(document) = artifact.document() {
            self.keep_document(&document)?;
        }
        if artifact.info.source_hash.is_none() {
            return Ok(()); // a file of somebody else
        }
        let build = Build {
            interface,
            ..Build::from(artifact)
        };
        self.keep_of_code(BUILDS, artifact.codehash(), &build)
    }

    /// Keeps a document under its hash.
    ///
    /// # Errors
    /// Where it cannot be had.
    pub fn keep_document(&self, document: &Document) -> Result<LayoutHash, ChainError> {
        let bytes = document.encode();
        let hash = LayoutHash::of(&bytes);
        self.write(&self.file("", hash), &bytes)?;
        Ok(hash)
    }

    /// The document with that hash; `None` if it was never kept here.
    ///
    /// # Errors
    /// `LayoutTampered` if the file holds another one.
    pub fn document(&self, hash: LayoutHash) -> Result<Option<Document>, ChainError> {
        let path = self.file("", hash);
        let Some(bytes) = self.read(&path)? else {
            return Ok(None);
        };
        if LayoutHash::of(&bytes) != hash {
            return Err(error::tampered(&path, keccak256(&bytes)));
        }
        let document = Document::decode(&bytes);
        let document = document.map_err(|error| {
            error::unreadable(&path, error::Unreadable::Malformed(error.to_string()))
        });
        document.map(Some)
    }

    /// The build of the code with that hash; `None` if it was not built here.
    ///
    /// # Errors
    /// `LayoutTampered` if the file tells of other code.
    pub fn build(&self, codehash: CodeHash) -> Result<Option<Build>, ChainError> {
        self.of_code(BUILDS, codehash, |build: &Build| vec![build.codehash])
    }

    /// The file that the build of that code is kept in.
    pub fn build_file(&self, codehash: CodeHash) -> PathBuf {
        self.file(BUILDS, codehash)
    }

    /// Keeps a deployment; the last one of the same code on a chain counts.
    ///
    /// # Errors
    /// Where it cannot be had.
    pub fn keep_deployment(&self, deployment: &Deployment) -> Result<(), ChainError> {
        let mut all = self.deployments(deployment.codehash)?;
        all.retain(|other| other.chain_id != deployment.chain_id);
        all.push(deployment.clone());
        self.keep_of_code(DEPLOYMENTS, deployment.codehash, &all)
    }

    /// The deployments of that code from here.
    ///
    /// # Errors
    /// `LayoutTampered` if the file tells of other code.
    pub fn deployments(&self, codehash: CodeHash) -> Result<Vec<Deployment>, ChainError> {
        let of = |all: &Vec<Deployment>| all.iter().map(|deployment| deployment.codehash).collect();
        Ok(self.of_code(DEPLOYMENTS, codehash, of)?.unwrap_or_default())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads the file of the code with that hash; `of` names the code that the file tells of.
    ///
    /// # Errors
    /// `LayoutTampered` if the file tells of other code.
    fn of_code<T: DeserializeOwned>(
        &self,
        kind: &str,
        codehash: CodeHash,
        of: impl Fn(&T) -> Vec<CodeHash>,
    ) -> Result<Option<T>, ChainError> {
        let path = self.file(kind, codehash);
        let Some(bytes) = self.read(&path)? else {
            return Ok(None);
        };
        let Ok(kept) = serde_json::from_slice::<T>(&bytes) else {
            return Ok(None); // of another version of this program
        };
        match of(&kept).into_iter().find(|hash| *hash != codehash) {
            None => Ok(Some(kept)),
            Some(other) => Err(error::tampered(&path, other)),
        }
    }

    /// Keeps that of the code with that hash.
    fn keep_of_code(
        &self,
        kind: &str,
        codehash: CodeHash,
        kept: &impl Serialize,
    ) -> Result<(), ChainError> {
        let text = serde_json::to_string_pretty(kept).unwrap_or_default();
        self.write(&self.file(kind, codehash), text.as_bytes())
    }

    /// A file that nobody else can have written; `None` if there is none.
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, ChainError> {
        let known = self.memory.as_ref().and_then(|memory| {
            let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
            memory.get(path).cloned()
        });
        match known {
            Some(bytes) => Ok(Some(bytes)),
            None => own_file::read_bytes(path).map_err(|error| error::file("read", path, error)),
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), ChainError> {
        let Some(memory) = &self.memory else {
            return write(path, bytes);
        };
        let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.insert(path.to_owned(), bytes.to_owned());
        Ok(())
    }

    fn file(&self, kind: &str, hash: impl Display) -> PathBuf {
        self.folder.join(kind).join(format!("{hash}.json"))
    }
}

/// Writes beside and renames, so that nobody reads half a file. What is there already stays.
fn write(path: &Path, bytes: &[u8]) -> Result<(), ChainError> {
    if own_file::read_bytes(path).is_ok_and(|there| there.as_deref() == Some(bytes)) {
        return Ok(());
    }
    let refused = |error: std::io::Error| error::file("write", path, error);
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(refused)?;
    own_file::write(path, bytes).map_err(|error| refused(std::io::Error::other(error)))
}
