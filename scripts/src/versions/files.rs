//! The files of one version: what they hold, and how they are named.

use super::VersionsError;
use crate::ids::LayoutHash;
use crate::own_file;
use alloy::primitives::{B256, keccak256};
use std::path::Path;
use stylus_layout::{Document, Layout};

/// Bytes of a name in a path, at most.
const NAME_MAX: usize = 200;

/// The bytes whose hash the registry has: those of the document, or of the layout alone for versions
/// that were registered before documents existed.
pub(super) fn layout_bytes(document: &Document, hash: LayoutHash) -> Vec<u8> {
    let bare = Document::of_layout(document.layout.clone());
    let mut both = [document, &bare].into_iter();
    let found = both.find(|one| one.hash() == hash.0).unwrap_or(document);
    found.encode()
}

pub(super) fn document(path: &Path, hash: LayoutHash) -> Result<Document, VersionsError> {
    let bytes = whole(path, hash.into())?;
    let unreadable = |reason: String| VersionsError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    Document::decode(&bytes).or_else(|error| {
        let text = String::from_utf8_lossy(&bytes);
        match Layout::from_json(&text) {
            Ok(layout) => Ok(Document::of_layout(layout)),
            Err(_) => Err(unreadable(error.to_string())),
        }
    })
}

/// The file, which has to have that hash.
pub(super) fn whole(path: &Path, hash: B256) -> Result<Vec<u8>, VersionsError> {
    let tampered = |found: String| VersionsError::Tampered {
        path: path.to_owned(),
        expected: hash.to_string(),
        found,
    };
    let bytes = own_file::read_bytes(path)?.ok_or_else(|| tampered("no file".into()))?;
    match keccak256(&bytes) {
        found if found == hash => Ok(bytes),
        found => Err(tampered(found.to_string())),
    }
}

pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), VersionsError> {
    let is_there = own_file::read_bytes(path).is_ok_and(|there| there.as_deref() == Some(content));
    match is_there {
        true => Ok(()),
        false => Ok(own_file::write(path, content)?),
    }
}

pub(super) fn pretty(value: &impl serde::Serialize) -> String {
    // Text, numbers and lists: there is nothing that serde_json refuses.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// The folders in a folder, by their names in the file system, in order.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, VersionsError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(VersionsError::file("read", folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(VersionsError::file("read", folder))?;
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
pub(super) fn part(name: &str) -> Result<String, VersionsError> {
    let mut text = String::new();
    for (at, byte) in name.bytes().enumerate() {
        let is_plain = byte.is_ascii_alphanumeric() || b"_-+".contains(&byte);
        match is_plain || (byte == b'.' && at > 0) {
            true => text.push(char::from(byte)),
            false => text.push_str(&format!("%{byte:02X}")),
        }
    }
    match (1..=NAME_MAX).contains(&text.len()) {
        true => Ok(text),
        false => Err(VersionsError::Name { name: name.into() }),
    }
}
