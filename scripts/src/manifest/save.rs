//! Saving an address in a manifest: the rest of the file stays as it is, comments included.

use super::{Manifest, ManifestError};
use alloy::primitives::Address;
use std::path::Path;
use toml_edit::{DocumentMut, Item, Table, value};

impl Manifest {
    /// Saves the registry's address in the manifest at `path`, which is made if there is none.
    ///
    /// # Errors
    /// [`ManifestError::Differs`] where another registry stands there.
    pub fn save_registry(path: &Path, registry: Address) -> Result<(), ManifestError> {
        save(path, registry, "registry", DocumentMut::as_table_mut)
    }

    /// Saves an alias in the manifest at `path`, which is made if there is none.
    ///
    /// # Errors
    /// [`ManifestError::Differs`] where it stands for another address.
    pub fn save_alias(path: &Path, alias: &str, address: Address) -> Result<(), ManifestError> {
        save(path, address, alias, |document| {
            let aliases = document.entry("aliases").or_insert(Item::Table(Table::new()));
            aliases.as_table_mut().unwrap_or_else(|| {
                unreachable!("the manifest was parsed before, with [aliases] as a table")
            })
        })
    }
}

fn save(
    path: &Path,
    address: Address,
    entry: &str,
    table: impl FnOnce(&mut DocumentMut) -> &mut Table,
) -> Result<(), ManifestError> {
    let source = if path.exists() { read(path)? } else { String::new() };
    Manifest::parse(path, &source)?;
    let mut document: DocumentMut = source.parse().map_err(|_| ManifestError::Unreadable {
        path: path.to_owned(),
        reason: "it is no TOML".into(),
    })?;
    let table = table(&mut document);
    let held = table.get(entry).and_then(Item::as_str).map(str::to_owned);
    match held {
        Some(held) if held.parse() != Ok(address) => Err(ManifestError::Differs {
            path: path.to_owned(),
            entry: entry.to_owned(),
            offered: address,
            held,
        }),
        Some(_) => Ok(()),
        None => {
            table.insert(entry, value(address.to_string()));
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
