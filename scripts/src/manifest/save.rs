//! Saving an address in a manifest: the rest of the file stays as it is, comments included.

use super::{Manifest, ManifestError};
use crate::own_file;
use alloy::primitives::Address;
use std::path::Path;
use toml_edit::{DocumentMut, Item, Table, TableLike, value};

/// Bytes that an entry takes, with its table: an alias, an address and what stands around them.
const ENTRY: usize = 256;

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

    /// Whether a registry could be saved, as far as can be known before there is one.
    ///
    /// # Errors
    /// [`ManifestError::Taken`] where one stands there; what keeps the file from being written.
    pub fn require_no_registry(path: &Path) -> Result<(), ManifestError> {
        let source = own_file::read(path)?.unwrap_or_default();
        match Self::parse(path, &source)?.registry {
            None => require_writable(path, &source),
            Some(held) => Err(ManifestError::Taken {
                path: path.to_owned(),
                alias: "registry".into(),
                held: held.to_string(),
            }),
        }
    }

    /// Whether an address could be saved under that alias, as far as can be known before there is
    /// the address.
    ///
    /// # Errors
    /// As [`Self::save_alias`]; [`ManifestError::Taken`] where the alias has an address; what keeps
    /// the file from being written.
    pub fn require_free(path: &Path, alias: &str) -> Result<(), ManifestError> {
        let source = own_file::read(path)?.unwrap_or_default();
        with(path, &source, Address::ZERO, Some("aliases"), alias).map_err(
            |error| match error {
                ManifestError::Differs {
                    path, entry, held, ..
                } => ManifestError::Taken {
                    path,
                    alias: entry,
                    held,
                },
                other => other,
            },
        )?;
        require_writable(path, &source)
    }
}

/// Whether the manifest could be written with one entry more.
fn require_writable(path: &Path, source: &str) -> Result<(), ManifestError> {
    let with_room = [source.as_bytes(), &[b' '; ENTRY]].concat();
    Ok(own_file::try_write(path, &with_room)?)
}

/// Sets `entry` of the document, or of a table in it, unless it is set already.
fn save(
    path: &Path,
    address: Address,
    table: Option<&str>,
    entry: &str,
) -> Result<(), ManifestError> {
    let source = own_file::read(path)?.unwrap_or_default();
    if let Some(saved) = with(path, &source, address, table, entry)? {
        own_file::write(path, saved.as_bytes())?;
    }
    Ok(())
}

/// The manifest with that entry; `None` if it stands there already.
fn with(
    path: &Path,
    source: &str,
    address: Address,
    table: Option<&str>,
    entry: &str,
) -> Result<Option<String>, ManifestError> {
    Manifest::parse(path, source)?;
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
        Some(_) => Ok(None),
        None => {
            entries.insert(entry, value(address.to_string()));
            let saved = document.to_string();
            Manifest::parse(path, &saved)?;
            Ok(Some(saved))
        }
    }
}
