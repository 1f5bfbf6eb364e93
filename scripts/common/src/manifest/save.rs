//! Saving an address in a manifest: the rest of the file stays as it is, comments included.

use super::{Manifest, ManifestError};
use crate::own_file;
use alloy::primitives::Address;
use std::path::Path;
use toml_edit::{DocumentMut, InlineTable, Item, Table, value};

/// Bytes that an entry takes, with its table: an alias, an address and what stands around them.
const ENTRY: usize = 256;

/// Where in a manifest an address is saved.
struct Location<'a> {
    /// The table of that network; none is the top.
    network: Option<&'a str>,
    entry: Entry<'a>,
}

/// What is saved.
#[derive(Clone, Copy)]
enum Entry<'a> {
    /// The registry, and at the top the chain that it is on.
    Registry { chain_id: u64 },
    /// An alias.
    Alias(&'a str),
}

impl Manifest {
    /// Saves the registry's address in the manifest at `path`, which is made if there is none: in
    /// the table of `network` where one is named; else above the tables, with the chain that it is
    /// on, unless the manifest names that already.
    ///
    /// # Errors
    /// [`ManifestError::Differs`] where another registry stands there.
    pub fn save_registry(
        path: &Path,
        network: Option<&str>,
        (chain_id, registry): (u64, Address),
    ) -> Result<(), ManifestError> {
        let entry = Entry::Registry { chain_id };
        save(path, &Location { network, entry }, registry)
    }

    /// Saves an alias in the manifest at `path`, as [`Self::save_registry`] does.
    ///
    /// # Errors
    /// [`ManifestError::Differs`] where it stands for another address.
    pub fn save_alias(
        path: &Path,
        network: Option<&str>,
        alias: &str,
        address: Address,
    ) -> Result<(), ManifestError> {
        let entry = Entry::Alias(alias);
        save(path, &Location { network, entry }, address)
    }

    /// Whether a registry could be saved, as far as can be known before there is one.
    ///
    /// # Errors
    /// [`ManifestError::HasRegistry`] where one stands there; what keeps the file from being written.
    pub fn require_no_registry(path: &Path, network: Option<&str>) -> Result<(), ManifestError> {
        let source = own_file::read(path)?.unwrap_or_default();
        match seen_from(path, &source, network)?.registry {
            None => require_writable(path, &source),
            Some(held) => Err(ManifestError::HasRegistry {
                path: path.to_owned(),
                held,
            }),
        }
    }

    /// Whether an address could be saved under that alias, as far as can be known before there is
    /// the address.
    ///
    /// # Errors
    /// As [`Self::save_alias`]; [`ManifestError::Taken`] where the alias has an address; what keeps
    /// the file from being written.
    pub fn require_free(
        path: &Path,
        network: Option<&str>,
        alias: &str,
    ) -> Result<(), ManifestError> {
        let source = own_file::read(path)?.unwrap_or_default();
        let location = Location {
            network,
            entry: Entry::Alias(alias),
        };
        with(path, &source, &location, Address::ZERO).map_err(|error| match error {
            ManifestError::Differs {
                path, entry, held, ..
            } => ManifestError::Taken {
                path,
                alias: entry,
                held,
            },
            other => other,
        })?;
        require_writable(path, &source)
    }
}

/// The manifest as it holds on that network.
fn seen_from(path: &Path, source: &str, network: Option<&str>) -> Result<Manifest, ManifestError> {
    let manifest = Manifest::parse(path, source)?;
    match network {
        Some(name) => manifest.on(name),
        None => Ok(manifest),
    }
}

/// Whether the manifest could be written with one entry more.
fn require_writable(path: &Path, source: &str) -> Result<(), ManifestError> {
    let with_room = [source.as_bytes(), &[b' '; ENTRY]].concat();
    Ok(own_file::try_write(path, &with_room)?)
}

/// Sets the entry, unless it is set already.
fn save(path: &Path, location: &Location<'_>, address: Address) -> Result<(), ManifestError> {
    let source = own_file::read(path)?.unwrap_or_default();
    if let Some(saved) = with(path, &source, location, address)? {
        own_file::write(path, saved.as_bytes())?;
    }
    Ok(())
}

/// The manifest with that entry; `None` if it stands there already. An alias that stands at the top
/// holds on every network, so none of them gets another address under it.
fn with(
    path: &Path,
    source: &str,
    location: &Location<'_>,
    address: Address,
) -> Result<Option<String>, ManifestError> {
    let manifest = seen_from(path, source, location.network)?;
    let (entry, held) = match location.entry {
        Entry::Alias(alias) => (alias, manifest.aliases.get(alias).copied()),
        Entry::Registry { .. } => ("registry", manifest.registry),
    };
    match held {
        Some(held) if held == address => return Ok(None),
        Some(held) => {
            return Err(ManifestError::Differs {
                path: path.to_owned(),
                entry: entry.to_owned(),
                offered: address,
                held: held.to_string(),
            });
        }
        None => {}
    }
    let unreadable = || ManifestError::Unreadable {
        path: path.to_owned(),
        reason: "its tables are not what they should be".into(),
    };
    let mut document: DocumentMut = source.parse().map_err(|_| unreadable())?;
    let networks = location.network.map(|name| ["networks", name]);
    let tables = networks.into_iter().flatten();
    let is_alias = matches!(location.entry, Entry::Alias(_));
    let tables = tables.chain(is_alias.then_some("aliases"));
    let mut table = document.as_item_mut();
    for name in tables {
        table = below(table, name).ok_or_else(unreadable)?;
    }
    let entries = table.as_table_like_mut().ok_or_else(unreadable)?;
    if let (Entry::Registry { chain_id }, None, None) =
        (location.entry, location.network, manifest.chain_id)
    {
        let number = i64::try_from(chain_id).map_err(|_| unreadable())?;
        entries.insert("chain_id", value(number));
    }
    entries.insert(entry, value(address.to_string()));
    let saved = document.to_string();
    Manifest::parse(path, &saved)?;
    Ok(Some(saved))
}

/// The table of that name in a table, made if there is none.
fn below<'a>(table: &'a mut Item, name: &str) -> Option<&'a mut Item> {
    let empty = match table.is_inline_table() {
        true => value(InlineTable::new()),
        false => Item::Table(Table::new()),
    };
    Some(table.as_table_like_mut()?.entry(name).or_insert(empty))
}
