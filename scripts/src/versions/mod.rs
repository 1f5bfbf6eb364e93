//! What was registered, kept in a folder beside the manifest that belongs into version control:
//!
//! ```text
//! stylus-upgrades-versions/
//!   README.md
//!   NETWORK/NAME/VERSION/
//!     version.json   what the registry recorded, and the hashes of the files beside it
//!     code.bin       the bytes of the code, as they lie on chain
//!     layout.json    the layout document, if there is one
//!     abi.json       the interface that the module shows, if it was built here
//!     notes.json     which functions are steps, and what the sources did not show
//! ```
//!
//! The chain is the truth. `version.json` is written last and names the hash of every other file:
//! files that do not hash to what it says are refused.

mod error;
mod files;
mod kept;
mod lock;
mod record;

pub use error::VersionsError;
pub use kept::Kept;
pub use record::{Record, State, StepRecord};

use crate::ids::CodeHash;
use crate::interface::Callable;
use crate::own_file;
use alloy::json_abi::JsonAbi;
use alloy::primitives::{Address, B256};
use files::{document, layout_bytes, names, part, pretty, whole, write};
use kept::Notes;
use std::path::{Path, PathBuf};

/// The folder's name.
pub const FOLDER: &str = crate::file_names::VERSIONS;

const README: &str = include_str!("README.txt");
const RECORD: &str = "version.json";
const CODE: &str = "code.bin";
const LAYOUT: &str = "layout.json";
const ABI: &str = "abi.json";
const NOTES: &str = "notes.json";

/// The folder of what was registered.
#[derive(Debug, Clone)]
pub struct Versions {
    folder: PathBuf,
}

/// What writing a version did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was not there.
    New,
    /// It was there like this.
    Unchanged,
    /// It was there, and more is known of it now.
    Updated,
    /// Another version with that name was there: of another chain or registry.
    Replaced,
    /// Other code of the same registry was there: what was proposed before.
    Reproposed,
    /// What was there was not as it had been recorded.
    Mended,
}

impl Versions {
    /// The files that the interface of a version is read from, and the code that it belongs to.
    pub const INTERFACE: [&str; 3] = [ABI, NOTES, CODE];
    /// The file with its layout.
    pub const LAYOUT: &str = LAYOUT;
    /// The file with what the registry recorded.
    pub const RECORD: &str = RECORD;

    /// The folder beside the manifest in `folder`.
    pub fn beside(folder: &Path) -> Self {
        Self {
            folder: folder.join(FOLDER),
        }
    }

    /// Notes that what was proposed of a version has ended without being registered.
    ///
    /// # Errors
    /// [`VersionsError`].
    pub fn end(&self, network: &str, record: &Record) -> Result<(), VersionsError> {
        let place = self.place(network, &record.name, &record.version)?;
        let _lock = lock::exclusive(&self.folder)?;
        let path = place.join(RECORD);
        let Some(text) = own_file::read(&path)? else {
            return Ok(());
        };
        // Another process may have written it anew meanwhile.
        let mut found = Record::parse(&path, &text)?;
        if found == *record {
            found.state = State::Ended;
            write(&path, pretty(&found).as_bytes())?;
        }
        Ok(())
    }

    /// Keeps a version. What is there already stays; a record of other code is replaced. A proposal of
    /// what is registered changes nothing.
    ///
    /// Of several processes one writes at a time, and reads before what the others have written.
    ///
    /// # Errors
    /// [`VersionsError`].
    pub fn keep(&self, network: &str, kept: &Kept) -> Result<Written, VersionsError> {
        let Record { name, version, .. } = &kept.record;
        let place = self.place(network, name, version)?;
        std::fs::create_dir_all(&place).map_err(VersionsError::file("create", &place))?;
        let _lock = lock::exclusive(&self.folder)?;
        let before = match self.read_at(&place, name, version) {
            Ok(before) => before,
            // What was changed is written anew: this is what the chain says.
            Err(VersionsError::Tampered { .. } | VersionsError::Unreadable { .. }) => None,
            Err(error) => return Err(error),
        };
        let kept = &kept.behind(before.as_ref());
        if before.as_ref() == Some(kept) {
            return Ok(Written::Unchanged);
        }
        let record_file = place.join(RECORD);
        let written = match &before {
            Some(before) if before.is_same_code(kept) => Written::Updated,
            Some(before) if before.is_same_registry(kept) => Written::Reproposed,
            Some(_) => Written::Replaced,
            None if record_file.exists() => Written::Mended,
            None => Written::New,
        };
        if matches!(
            written,
            Written::Replaced | Written::Reproposed | Written::Mended
        ) {
            // Without it the other files are nothing: a run that is killed here leaves no lie.
            std::fs::remove_file(&record_file)
                .map_err(VersionsError::file("replace", &record_file))?;
        }
        let readme = self.folder.join("README.md");
        if own_file::read(&readme)?.is_none() {
            own_file::write(&readme, README.as_bytes())?;
        }
        write(&place.join(CODE), &kept.code)?;
        if let Some(document) = &kept.document {
            let bytes = layout_bytes(document, kept.record.layout_hash);
            write(&place.join(LAYOUT), &bytes)?;
        }
        if let Some(callable) = &kept.callable {
            write(&place.join(ABI), pretty(&callable.abi).as_bytes())?;
            let notes = pretty(&Notes::of(callable));
            write(&place.join(NOTES), notes.as_bytes())?;
        }
        write(&record_file, pretty(&kept.record).as_bytes())?;
        Ok(written)
    }

    /// A version as it was kept, `None` if it was not.
    ///
    /// # Errors
    /// [`VersionsError::Tampered`] if a file does not hash to what is recorded.
    pub fn read(
        &self,
        network: &str,
        name: &str,
        version: &str,
    ) -> Result<Option<Kept>, VersionsError> {
        let place = self.place(network, name, version)?;
        let _lock = lock::shared(&self.folder)?;
        self.read_at(&place, name, version)
    }

    /// A version as it was kept for whatever network. Where several networks have other code under
    /// that name, one of them has to be named.
    ///
    /// # Errors
    /// As [`Self::read`]; [`VersionsError::Ambiguous`].
    pub fn find(&self, name: &str, version: &str) -> Result<Option<(String, Kept)>, VersionsError> {
        let mut found: Option<(String, Kept)> = None;
        for network in self.networks()? {
            let Some(kept) = self.read(&network, name, version)? else {
                continue;
            };
            match &found {
                Some((other, first)) if first.record.codehash != kept.record.codehash => {
                    return Err(VersionsError::Ambiguous {
                        name: name.into(),
                        version: version.into(),
                        networks: [other.clone(), network],
                    });
                }
                Some(_) => {}
                None => found = Some((network, kept)),
            }
        }
        Ok(found)
    }

    /// The interface that is kept of a version of `name` with that code, on any network: good for
    /// names of functions, and no proof.
    ///
    /// # Errors
    /// [`VersionsError`].
    pub fn abi_of(&self, name: &str, codehash: CodeHash) -> Result<Option<JsonAbi>, VersionsError> {
        let kept = self.with_code(name, codehash)?.into_iter();
        let mut known = kept.filter_map(|(_, kept)| kept.callable);
        Ok(known.next().map(|callable| callable.abi))
    }

    /// The versions of `name` with that code, each with its network.
    ///
    /// # Errors
    /// [`VersionsError`].
    pub fn with_code(
        &self,
        name: &str,
        codehash: CodeHash,
    ) -> Result<Vec<(String, Kept)>, VersionsError> {
        let mut found = Vec::new();
        for network in self.networks()? {
            for version in self.versions(&network, name)? {
                let kept = self.read(&network, name, &version)?;
                let same = kept.filter(|kept| kept.record.codehash == codehash);
                found.extend(same.map(|kept| (network.clone(), kept)));
            }
        }
        Ok(found)
    }

    /// The versions of a definition that are kept for a network.
    ///
    /// # Errors
    /// [`VersionsError`].
    pub fn versions(&self, network: &str, name: &str) -> Result<Vec<String>, VersionsError> {
        let above = self.folder.join(part(network)?);
        let folder = above.join(part(name)?);
        for folder in [&self.folder, &above, &folder] {
            own_file::require_no_link(folder)?;
        }
        let mut versions = Vec::new();
        for entry in names(&folder)? {
            if let Some(text) = own_file::read(&folder.join(&entry).join(RECORD))? {
                versions.push(Record::parse(&folder.join(entry), &text)?.version);
            }
        }
        Ok(versions)
    }

    /// Versions of that network that were proposed, ended or not, and are not known to be registered:
    /// the records of one registry.
    ///
    /// # Errors
    /// [`VersionsError`].
    pub fn proposed(&self, network: &str, registry: Address) -> Result<Vec<Record>, VersionsError> {
        let mut records = self.records(network, registry)?;
        records.retain(|record| record.state != State::Registered);
        Ok(records)
    }

    /// The definitions of one registry of which a version is kept that it has.
    ///
    /// # Errors
    /// [`VersionsError`].
    pub fn definitions(
        &self,
        network: &str,
        registry: Address,
    ) -> Result<Vec<String>, VersionsError> {
        let records = self.records(network, registry)?.into_iter();
        let registered = records.filter(|record| record.state == State::Registered);
        let mut names: Vec<String> = registered.map(|record| record.name).collect();
        names.dedup();
        Ok(names)
    }

    /// The records of one registry on that network.
    fn records(&self, network: &str, registry: Address) -> Result<Vec<Record>, VersionsError> {
        let folder = self.folder.join(part(network)?);
        for folder in [&self.folder, &folder] {
            own_file::require_no_link(folder)?;
        }
        let mut records = Vec::new();
        for definition in names(&folder)? {
            let definition = folder.join(definition);
            for version in names(&definition)? {
                let path = definition.join(version).join(RECORD);
                let Some(text) = own_file::read(&path)? else {
                    continue;
                };
                let record = Record::parse(&path, &text)?;
                if record.registry == registry {
                    records.push(record);
                }
            }
        }
        Ok(records)
    }

    /// The networks for which anything is kept.
    ///
    /// # Errors
    /// [`VersionsError`].
    pub fn networks(&self) -> Result<Vec<String>, VersionsError> {
        own_file::require_no_link(&self.folder)?;
        names(&self.folder)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of one version, with no link on the way to it.
    ///
    /// # Errors
    /// [`VersionsError::Name`], [`VersionsError::Own`].
    pub fn place(
        &self,
        network: &str,
        name: &str,
        version: &str,
    ) -> Result<PathBuf, VersionsError> {
        let network = self.folder.join(part(network)?);
        let definition = network.join(part(name)?);
        let place = definition.join(part(version)?);
        for folder in [&self.folder, &network, &definition, &place] {
            own_file::require_no_link(folder)?;
        }
        Ok(place)
    }

    fn read_at(
        &self,
        place: &Path,
        name: &str,
        version: &str,
    ) -> Result<Option<Kept>, VersionsError> {
        let path = place.join(RECORD);
        let Some(text) = own_file::read(&path)? else {
            return Ok(None);
        };
        let record = Record::parse(&path, &text)?;
        if (record.name.as_str(), record.version.as_str()) != (name, version) {
            return Err(VersionsError::Tampered {
                path,
                expected: format!("{name} {version}"),
                found: format!("{} {}", record.name, record.version),
            });
        }
        let code = whole(&place.join(CODE), record.codehash.into())?;
        let document = match record.has_layout {
            true => Some(document(&place.join(LAYOUT), record.layout_hash)?),
            false => None,
        };
        let callable = match record.abi_hash {
            Some(hash) => {
                let abi = parsed(place.join(ABI), hash)?;
                let notes = match record.notes_hash {
                    Some(hash) => parsed(place.join(NOTES), hash)?,
                    None => Notes::unknown(),
                };
                let Notes { steps, unseen } = notes;
                Some(Callable { abi, steps, unseen })
            }
            None => None,
        };
        Ok(Some(Kept {
            record,
            code: code.into(),
            document,
            callable,
        }))
    }
}

/// A file of JSON, which has to have that hash.
fn parsed<T: serde::de::DeserializeOwned>(path: PathBuf, hash: B256) -> Result<T, VersionsError> {
    let bytes = whole(&path, hash)?;
    serde_json::from_slice(&bytes).map_err(|error| VersionsError::Unreadable {
        path,
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests;
