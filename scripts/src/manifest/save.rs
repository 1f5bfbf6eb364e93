//! Saving an address in a manifest: the rest of the file stays as it is, comments included.

use super::{Manifest, ManifestError};
use alloy::primitives::Address;
use std::path::Path;
use toml_edit::{DocumentMut, Item, Table, TableLike, value};

impl Manifest {
    /// Saves the registry's address in the manifest at `path`, which is made if there is none.
    ///
    /// # Errors
    /// [`ManifestError::Differs`] where another registry stands there.
    pub fn save_registry(path: &Path, registry: Address) -> Result<(), ManifestError> {
        save(path, registry, None, "registry")
    }

    /// Saves an alias in the manifest at `path`, which is made if there is none.
    ///
    /// # Errors
    /// [`ManifestError::Differs`] where it stands for another address.
    pub fn save_alias(path: &Path, alias: &str, address: Address) -> Result<(), ManifestError> {
        save(path, address, Some("aliases"), alias)
    }
}

/// Sets `entry` of the document, or of a table in it, unless it is set already.
fn save(
    path: &Path,
    address: Address,
    table: Option<&str>,
    entry: &str,
) -> Result<(), ManifestError> {
    let source = if path.exists() {
        read(path)?
    } else {
        String::new()
    };
    Manifest::parse(path, &source)?;
    let unreadable = || ManifestError::Unreadable {
        path: path.to_owned(),
        reason: "its tables are not what they should be".into(),
    };
    let mut document: DocumentMut = source.parse().map_err(|_| unreadable())?;
    let entries: &mut dyn TableLike = match table {
        None => document.as_table_mut(),
        Some(table) => document
            .entry(table)
            .or_insert(Item::Table(Table::new()))
            .as_table_like_mut()
            .ok_or_else(unreadable)?,
    };
    let held = entries.get(entry).and_then(Item::as_str).map(str::to_owned);
    match held {
        Some(held) if held.parse() != Ok(address) => Err(ManifestError::Differs {
            path: path.to_owned(),
            entry: entry.to_owned(),
            offered: address,
            held,
        }),
        Some(_) => Ok(()),
        None => {
            entries.insert(entry, value(address.to_string()));
            let saved = document.to_string();
            Manifest::parse(path, &saved)?;
            write(path, &saved)
        }
    }
}

fn read(path: &Path) -> Result<String, ManifestError> {
    std::fs::read_to_string(path).map_err(|error| ManifestError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

/// Writes the whole file or none of it.
fn write(path: &Path, text: &str) -> Result<(), ManifestError> {
    let new = path.with_extension("toml.new");
    std::fs::write(&new, text)
        .and_then(|()| std::fs::rename(&new, path))
        .map_err(|error| ManifestError::Unwritable {
            path: path.to_owned(),
            reason: error.to_string(),
        })
}
