//! The registered versions, kept in a folder beside the manifest that belongs into version control:
//!
//! ```text
//! stylus-upgrades-versions/
//!   README.md
//!   NETWORK/NAME/VERSION/
//!     version.json   what the registry recorded, and which of the files below are there
//!     code.bin       the bytes of the code, as they lie on chain
//!     fragment-1.bin those of each of its fragments, in order, where it is not in one piece
//!     layout.json    the layout document, if there is one: storage, steps and interface
//! ```
//!
//! The chain is the truth. `version.json` is written last and has the hashes of the other files:
//! what does not hash to them is refused. Only commands that registered a version write here.

mod record;

pub use record::Record;

use crate::error::Refusal;
use crate::ids::CodeHash;
use crate::interface::Callable;
use crate::own_file;
use crate::program_code::{CodeBytes, fragments as fragments_of};
use alloy::primitives::{B256, Bytes, keccak256};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use stylus_layout::Document;

/// The file of a fragment, counted from 1.
fn fragment_file(number: usize) -> String {
    format!("fragment-{number}.bin")
}

/// The folder's name.
pub const FOLDER: &str = crate::file_names::VERSIONS;

const README: &str = include_str!("README.txt");
const RECORD: &str = "version.json";
const CODE: &str = "code.bin";
const LAYOUT: &str = "layout.json";
/// The name of a refusal of what cannot be the name of a folder.
const NAME: &str = "VersionName";
const UNREADABLE: &str = "VersionsUnreadable";
const TAMPERED: &str = "VersionsTampered";
/// Bytes of a name in a path, at most.
const NAME_MAX: usize = 200;

/// The folder of what was registered.
#[derive(Debug, Clone)]
pub struct Versions {
    folder: PathBuf,
}

/// A version with everything that is kept of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The record of what the registry recorded.
    pub record: Record,
    /// Its code as it lies on chain, with that of its fragments.
    pub code: CodeBytes,
    /// Its layout document.
    pub document: Option<Document>,
}

impl Kept {
    /// A version with its files. A document that is not the recorded one is left out.
    pub fn new(mut record: Record, code: CodeBytes, document: Option<Document>) -> Self {
        let document = document.filter(|one| one.hash() == record.layout_hash.0);
        record.has_layout = document.is_some();
        record.fragments = code.fragments.iter().map(CodeHash::of).collect();
        Self {
            record,
            code,
            document,
        }
    }

    /// Returns what callers can use, as its document says.
    pub fn callable(&self) -> Option<Callable> {
        self.document.as_ref().and_then(Callable::of_document)
    }

    /// Errors unless the registry has that code hash for this version.
    ///
    /// # Errors
    /// Where it has another one.
    pub fn require_codehash(&self, codehash: CodeHash) -> Result<(), Refusal> {
        if self.record.codehash == codehash {
            Ok(())
        } else {
            Err(Refusal::new(
                "VersionsDiffer",
                format!(
                    "what is kept of {} {} is not what the registry has",
                    self.record.name, self.record.version
                ),
            )
            .with(
                format!("code with the hash {codehash}, which the registry has"),
                format!("code with the hash {}", self.record.codehash),
                "it is of another chain or registry: remove its folder, and register or \
                 migrate again to keep it",
            ))
        }
    }
}

impl Versions {
    /// The files on which a comparison rests.
    pub const COMPARED: [&str; 3] = [RECORD, LAYOUT, CODE];

    /// The folder beside the manifest in `folder`.
    pub fn beside(folder: &Path) -> Self {
        Self {
            folder: folder.join(FOLDER),
        }
    }

    /// Keeps a version. Says whether anything had to be written: what is there like this stays, and anything else of
    /// its registry under its name is replaced.
    ///
    /// # Errors
    /// If the code is not that of the record, or another registry's version is kept under its name; what keeps the
    /// files from being written.
    pub fn keep(&self, network: &str, kept: &Kept) -> Result<bool, Refusal> {
        let Record { name, version, .. } = &kept.record;
        let place = self.place(network, name, version)?;
        require_hash(
            &place.join(CODE),
            &kept.code.code,
            kept.record.codehash.into(),
        )?;
        if let Ok(Some(before)) = record(&place.join(RECORD)) {
            require_registry(&place, &before, &kept.record)?;
        }
        match self.read(network, name, version) {
            Ok(Some(before)) if before == *kept => return Ok(false),
            // What was changed is rewritten: this is what the chain says.
            Ok(_) => {}
            Err(error) if error.is(TAMPERED) || error.is(UNREADABLE) => {}
            Err(error) => return Err(error),
        }
        std::fs::create_dir_all(&place).map_err(own_file::io("created", &place))?;
        let record = place.join(RECORD);
        // Without it the other files are nothing: a run that is killed here leaves no lie.
        match std::fs::remove_file(&record) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(own_file::io("replaced", &record)(error));
            }
            _ => {}
        }
        let readme = self.folder.join("README.md");
        if own_file::read(&readme)?.is_none() {
            own_file::write(&readme, README.as_bytes())?;
        }
        own_file::write(&place.join(CODE), &kept.code.code)?;
        for (number, fragment) in (1..).zip(&kept.code.fragments) {
            own_file::write(&place.join(fragment_file(number)), fragment)?;
        }
        if let Some(document) = &kept.document {
            own_file::write(&place.join(LAYOUT), &document.encode())?;
        }
        // Text, numbers and flags: there is nothing that serde_json refuses.
        let mut text = serde_json::to_string_pretty(&kept.record).unwrap_or_default();
        text.push('\n');
        own_file::write(&record, text.as_bytes())?;
        Ok(true)
    }

    /// A version as it was kept, `None` if it was not.
    ///
    /// # Errors
    /// If a file does not hash to what is recorded.
    pub fn read(&self, network: &str, name: &str, version: &str) -> Result<Option<Kept>, Refusal> {
        let place = self.place(network, name, version)?;
        let path = place.join(RECORD);
        let Some(record) = record(&path)? else {
            return Ok(None);
        };
        if (record.name.as_str(), record.version.as_str()) != (name, version) {
            let found = format!("{} {}", record.name, record.version);
            return Err(tampered(&path, format!("{name} {version}"), found));
        }
        let code = whole(&place.join(CODE), record.codehash.into())?.into();
        let fragments = (1..).zip(&record.fragments);
        let fragments = fragments.map(|(number, hash)| {
            let bytes = whole(&place.join(fragment_file(number)), (*hash).into())?;
            Ok(Bytes::from(bytes))
        });
        let code = CodeBytes {
            code,
            fragments: fragments.collect::<Result<_, Refusal>>()?,
        };
        let named = fragments_of(&code.code).len();
        if named != code.fragments.len() {
            let found = format!("{} fragments", code.fragments.len());
            return Err(tampered(&path, format!("{named} fragments"), found));
        }
        let document = if record.has_layout {
            let path = place.join(LAYOUT);
            let bytes = whole(&path, record.layout_hash.into())?;
            let document = Document::decode(&bytes);
            Some(document.map_err(|error| unreadable(&path, &error))?)
        } else {
            None
        };
        Ok(Some(Kept {
            record,
            code,
            document,
        }))
    }

    /// A version as it was kept for whatever network. Where several networks have other code under
    /// that name, one of them has to be named.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn find(&self, name: &str, version: &str) -> Result<Option<(String, Kept)>, Refusal> {
        let mut found: Option<(String, Kept)> = None;
        for network in names(&self.folder)? {
            let Some(kept) = self.read(&network, name, version)? else {
                continue;
            };
            match &found {
                Some((other, first)) if first.record.codehash != kept.record.codehash => {
                    return Err(Refusal::new(
                        "VersionAmbiguous",
                        format!("{name} {version} is another program on {other} than on {network}"),
                    )
                    .with(
                        "one program with that name",
                        format!("{other} and {network}"),
                        format!("name the network: NETWORK/{name}@{version}"),
                    )
                    .usage());
                }
                Some(_) => {}
                None => found = Some((network, kept)),
            }
        }
        Ok(found)
    }

    /// Returns what was recorded of every version that is kept, in the order of networks, names and versions.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn records(&self) -> Result<Vec<Record>, Refusal> {
        let mut folders = vec![self.folder.clone()];
        for _ in ["network", "definition", "version"] {
            let mut below = Vec::new();
            for folder in folders {
                below.extend(names(&folder)?.into_iter().map(|name| folder.join(name)));
            }
            folders = below;
        }
        let records = folders.iter().map(|place| record(&place.join(RECORD)));
        records.filter_map(Result::transpose).collect()
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of one version, with no link on the way to it.
    ///
    /// # Errors
    /// Where the name cannot be that of a folder, or there is a link.
    pub fn place(&self, network: &str, name: &str, version: &str) -> Result<PathBuf, Refusal> {
        let mut place = self.folder.clone();
        own_file::require_no_link(&place)?;
        for name in [network, name, version] {
            place.push(part(name)?);
            own_file::require_no_link(&place)?;
        }
        Ok(place)
    }
}

fn unreadable(path: &Path, reason: &impl ToString) -> Refusal {
    let reason = reason.to_string();
    Refusal::new(
        UNREADABLE,
        format!("{} cannot be read: {reason}", path.display()),
    )
    .with(
        "a file as this version of the program writes it",
        reason,
        "take the file from version control again",
    )
}

/// A file is not what was recorded: a hash, a name.
fn tampered(path: &Path, expected: String, found: String) -> Refusal {
    Refusal::new(
        TAMPERED,
        format!("{} does not hold what was registered", path.display()),
    )
    .with(
        expected,
        found,
        "take the folder from version control again, or remove it and run the command \
         that registered the version",
    )
}

/// Refuses to replace what another registry recorded.
fn require_registry(place: &Path, before: &Record, new: &Record) -> Result<(), Refusal> {
    let of = |one: &Record| format!("registry {} on chain {}", one.registry, one.chain_id);
    if of(before) == of(new) {
        return Ok(());
    }
    let (expected, found, place) = (of(new), of(before), place.display());
    let message = format!("{place} keeps this version of {found}, and this one is of {expected}");
    Err(Refusal::new("VersionsOfOther", message).with(
        expected,
        found,
        format!(
            "remove {place} if nobody needs what it keeps, or name another network (--network) for this registry"
        ),
    ))
}

fn record(path: &Path) -> Result<Option<Record>, Refusal> {
    let Some(text) = own_file::read(path)? else {
        return Ok(None);
    };
    let record = serde_json::from_str(&text).map_err(|error| unreadable(path, &error))?;
    Ok(Some(record))
}

/// The file, which has to have that hash.
fn whole(path: &Path, hash: B256) -> Result<Vec<u8>, Refusal> {
    let bytes = own_file::read_bytes(path)?.unwrap_or_default();
    require_hash(path, &bytes, hash)?;
    Ok(bytes)
}

fn require_hash(path: &Path, bytes: &[u8], hash: B256) -> Result<(), Refusal> {
    match keccak256(bytes) {
        found if found == hash => Ok(()),
        found => Err(tampered(path, hash.to_string(), found.to_string())),
    }
}

/// The folders in a folder, by their names in the file system, in order.
fn names(folder: &Path) -> Result<Vec<String>, Refusal> {
    own_file::require_no_link(folder)?;
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(own_file::io("read", folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(own_file::io("read", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        own_file::require_no_link(&entry.path())?;
        if entry.path().is_dir() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// A name as part of a path: letters, digits and `._-+` as they are, every other byte as `%XX`.
fn part(name: &str) -> Result<String, Refusal> {
    let mut text = String::new();
    for (at, byte) in name.bytes().enumerate() {
        let is_plain = byte.is_ascii_alphanumeric() || b"_-+".contains(&byte);
        if is_plain || (byte == b'.' && at > 0) {
            text.push(char::from(byte))
        } else {
            text.push_str(&format!("%{byte:02X}"))
        }
    }
    if (1..=NAME_MAX).contains(&text.len()) {
        Ok(text)
    } else {
        Err(
            Refusal::new(NAME, format!("{name:?} cannot be the name of a folder"))
                .with(
                    "a name of 1 to 200 bytes",
                    format!("{name:?}"),
                    "choose a shorter name",
                )
                .usage(),
        )
    }
}

#[cfg(test)]
mod tests;
