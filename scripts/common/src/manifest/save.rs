//! Saving an address in a manifest: the rest of the file stays as it is, comments included.

use super::{Manifest, unreadable, unusable};
use crate::error::Refusal;
use crate::own_file;
use alloy::primitives::Address;
use std::path::Path;
use toml_edit::{DocumentMut, InlineTable, Item, Table, value};

/// Bytes that an entry takes, with its table: an alias, an address and what stands around them.
const ENTRY: usize = 256;

/// An entry that is saved.
#[derive(Clone, Copy)]
pub enum Entry<'a> {
    /// The registry, and at the top the chain that it is on.
    Registry {
        /// The chain.
        chain_id: u64,
        /// The block in which it was created, where that is known: nothing of it is in earlier ones.
        block: Option<u64>,
    },
    /// An alias.
    Alias(&'a str),
}

impl Entry<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Registry { .. } => "registry",
            Self::Alias(alias) => alias,
        }
    }
}

impl Manifest {
    /// Saves an address in the manifest at `path`, which is made if there is none: in the table of
    /// `network` where one is named; else above the tables, a registry with the chain that it is on,
    /// unless the manifest names that already.
    ///
    /// # Errors
    /// Where another address stands there.
    pub fn save(
        path: &Path,
        network: Option<&str>,
        entry: Entry<'_>,
        address: Address,
    ) -> Result<(), Refusal> {
        let source = own_file::read(path).map_err(unusable)?.unwrap_or_default();
        match with(path, &source, network, entry, address)? {
            Some(saved) => own_file::write(path, saved.as_bytes()).map_err(unusable),
            None => Ok(()),
        }
    }

    /// Requires that an address could be saved, as far as can be known before there is the address.
    ///
    /// # Errors
    /// Where one stands there; what keeps the file from being written.
    pub fn require_free(
        path: &Path,
        network: Option<&str>,
        entry: Entry<'_>,
    ) -> Result<(), Refusal> {
        let source = own_file::read(path).map_err(unusable)?.unwrap_or_default();
        with(path, &source, network, entry, Address::ZERO)?;
        let with_room = [source.as_bytes(), &[b' '; ENTRY]].concat();
        own_file::try_write(path, &with_room).map_err(unusable)
    }
}

/// The manifest with that entry; `None` if it stands there already. An alias that stands at the top
/// holds on every network, so none of them gets another address under it.
fn with(
    path: &Path,
    source: &str,
    network: Option<&str>,
    entry: Entry<'_>,
    address: Address,
) -> Result<Option<String>, Refusal> {
    let manifest = Manifest::parse(path, source)?;
    let manifest = match network {
        Some(name) => manifest.on(name)?,
        None => manifest,
    };
    let is_alias = matches!(entry, Entry::Alias(_));
    let held = match entry {
        Entry::Alias(alias) => manifest.aliases.get(alias).copied(),
        Entry::Registry { .. } => manifest.registry,
    };
    match held {
        Some(held) if held == address => return Ok(None),
        Some(held) => {
            let entry = entry.name();
            let offered = if address.is_zero() {
                format!("no {entry}")
            } else {
                address.to_string()
            };
            return Err(Refusal::new(
                "ManifestDiffers",
                format!("{} has another {entry}", path.display()),
            )
            .with(
                offered,
                held.to_string(),
                if is_alias {
                    format!("remove {entry} there, save under another name, or leave --save out")
                } else {
                    "it is there already; for another one remove it there, or leave --save out"
                        .into()
                },
            )
            .usage());
        }
        None => {}
    }
    let malformed = || unreadable(path, "its tables do not have the expected form");
    let mut document: DocumentMut = source.parse().map_err(|_| malformed())?;
    let networks = network.map(|name| ["networks", name]);
    let tables = networks.into_iter().flatten();
    let tables = tables.chain(is_alias.then_some("aliases"));
    let mut table = document.as_item_mut();
    for name in tables {
        table = below(table, name).ok_or_else(malformed)?;
    }
    let entries = table.as_table_like_mut().ok_or_else(malformed)?;
    if let (Entry::Registry { chain_id, .. }, None, None) = (entry, network, manifest.chain_id) {
        let number = i64::try_from(chain_id).map_err(|_| malformed())?;
        entries.insert("chain_id", value(number));
    }
    entries.insert(entry.name(), value(address.to_string()));
    if let Entry::Registry { block, .. } = entry {
        let block = block.map(i64::try_from).transpose();
        if let Some(block) = block.map_err(|_| malformed())? {
            entries.insert("registry_block", value(block));
        }
    }
    let saved = document.to_string();
    Manifest::parse(path, &saved)?;
    Ok(Some(saved))
}

/// The table of that name in a table, made if there is none.
fn below<'a>(table: &'a mut Item, name: &str) -> Option<&'a mut Item> {
    let empty = if table.is_inline_table() {
        value(InlineTable::new())
    } else {
        Item::Table(Table::new())
    };
    Some(table.as_table_like_mut()?.entry(name).or_insert(empty))
}
