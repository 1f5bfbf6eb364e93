//! A census: every slot of an instance at one block, proven to be all of them, and what each one is.
//!
//! ```text
//! block hash → header → state root → account proof → storage root ┐
//! debug_storageRangeAt, or a walk by eth_getProof → slots → root ─┴→ equal: these are all
//! layout of the version, the framework's slots, keys → hashes of slots → what each one is
//! ```
//!
//! | module | holds |
//! |---|---|
//! | `anchor` | the block, and the account's storage root in it |
//! | `proof` | proofs of an account, nodes of its trie |
//! | `collect` | slots by `debug_storageRangeAt` |
//! | `walk` | the trie from its root down, by `eth_getProof` |
//! | `store` | slots and keys on disk |
//! | `record`, `events`, `replayed` | values that may be keys: of a file, of events, of blocks that changed the storage |
//! | `key`, `path`, `explain` | what each slot is, by a layout |
//! | `entries` | the entries of a mapping, as items of a migration |
//! | `report` | what is told of it |
//! | `error` | why there is no census |

mod anchor;
mod collect;
mod entries;
mod error;
mod events;
mod explain;
mod key;
mod path;
mod proof;
mod record;
mod replayed;
mod report;
mod store;
mod walk;

pub use anchor::{Anchor, HashOrigin, Wanted};
pub use entries::Entries;
pub use error::CensusError;
pub use explain::{Explained, FieldCount, Unexplained};
pub use report::{Census, Method};
pub use walk::{SlotDifference, Walked};

use crate::client::Client;
use crate::inspect::framework_slots;
use crate::own_file::FileError;
use crate::state_folder::state_folder;
use alloy::primitives::{Address, B256};
use alloy_trie::Nibbles;
use collect::Collected;
use entries::Mapping;
use explain::By;
use std::collections::{HashMap, HashSet};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use store::Store;
use stylus_layout::Layout;
use stylus_upgrades_interface::slots;
use walk::Walk;

/// How a census is taken.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A file of values that may be keys.
    pub keys: Option<PathBuf>,
    /// A file that every slot is written to, a line each.
    pub out: Option<PathBuf>,
    /// Only by proofs, whatever else the endpoint has.
    pub by_proofs: bool,
    /// Without carrying out blocks again for keys.
    pub no_replay: bool,
    /// Where slots and keys are kept; in the state folder where none is given.
    pub folder: Option<PathBuf>,
    /// Write the entries of a mapping into `out`, not every slot; only if none is missing.
    pub entries: Option<Entries>,
}

/// What is counted.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The instance.
    pub proxy: Address,
    /// The layout of its version, or why it is not known.
    pub layout: Result<Layout, String>,
    /// The labels of its definition's versions.
    pub versions: Vec<String>,
    /// Whether its code is run by the EVM.
    pub is_evm: bool,
}

/// Takes a census at a block that was found.
///
/// # Errors
/// [`CensusError`]. What was collected by then is kept: the next run goes on.
pub async fn take(
    client: &Client,
    anchor: Anchor,
    subject: &Subject,
    options: &Options,
) -> Result<Census, CensusError> {
    let what = format!("a census of {}", subject.proxy);
    client.progress().begin(&what);
    let path = place(client, subject.proxy, options.folder.clone()).await?;
    let store = Store::open(&path)?;
    let taken = of_block(client, &anchor, subject, options, &store).await;
    client.progress().end("");
    let still = anchor.confirm_canonical(client).await;
    match (taken, still) {
        (_, Err(error @ CensusError::Reorganized { .. })) => Err(error),
        (taken, still) => {
            let (method, walk, mut notes, storage) = taken?;
            still?;
            notes.extend(storage.notes.iter().cloned());
            Ok(Census {
                proxy: subject.proxy,
                anchor,
                method,
                complete: walk.is_whole(),
                storage,
                walk,
                notes,
            })
        }
    }
}

/// The block at which a census that is kept proves that an instance stores nothing but what its layout explains.
/// None where there is no such census, or the storage has changed since.
///
/// # Errors
/// [`CensusError`].
pub async fn proven(client: &Client, subject: &Subject) -> Result<Option<u64>, CensusError> {
    let path = place(client, subject.proxy, None).await?;
    let (Ok(layout), true) = (&subject.layout, path.is_file()) else {
        return Ok(None);
    };
    let anchor = Anchor::find(client, subject.proxy, Wanted::default(), None).await?;
    let store = Store::open(&path)?;
    if !is_whole(&store, &anchor)? {
        return Ok(None);
    }
    let by = By {
        layout,
        framework: &framework(&subject.versions),
        with_values: true,
        entries: None,
        sought: HashSet::new(),
    };
    let explained = explain::explain(&store, &by, None)?;
    Ok((explained.left() == 0).then_some(anchor.block))
}

/// Where the slots of an account are kept between two runs.
async fn place(
    client: &Client,
    account: Address,
    folder: Option<PathBuf>,
) -> Result<PathBuf, CensusError> {
    let folder = folder
        .or_else(state_folder)
        .unwrap_or_else(|| std::env::temp_dir().join("stylus-upgrades"));
    let genesis = client.genesis().await?.unwrap_or_default();
    let name = format!("{}-{genesis:#x}-{account:#x}.redb", client.chain_id());
    Ok(folder.join("census").join(name))
}

type Taken = (Method, Walked, Vec<String>, Explained);

async fn of_block(
    client: &Client,
    anchor: &Anchor,
    subject: &Subject,
    options: &Options,
    store: &Store,
) -> Result<Taken, CensusError> {
    let mapping = match (&options.entries, &subject.layout) {
        (Some(asked), Ok(layout)) => Some(Mapping::find(layout, asked)?),
        _ => None,
    };
    if let Some(path) = &options.keys {
        record::of_file(path, |some| store.add_records(some))?;
    }
    let mut notes = Vec::new();
    let (method, corrects) =
        slots_of(client, anchor, subject.proxy, options, store, &mut notes).await?;
    let walk = async || {
        let walk = Walk {
            client,
            account: subject.proxy,
            anchor,
            store,
            corrects,
            nodes: HashMap::new(),
            found: Walked::default(),
        };
        walk.run().await
    };
    let mut walked = walk().await?;
    events::read(client, subject.proxy, anchor, store).await?;
    let nothing = Layout::default();
    let framework = framework(&subject.versions);
    let mut by = By {
        layout: match &subject.layout {
            Ok(layout) => layout,
            Err(why) => {
                notes.push(format!("the layout of its version is not known: {why}"));
                &nothing
            }
        },
        framework: &framework,
        with_values: false,
        entries: None,
        sought: HashSet::new(),
    };
    // Slots that the layout implies lead to proofs of others.
    let explain = async |by: &mut By<'_>, walked: &mut Walked| loop {
        by.sought = walked.sought.clone();
        let explained = explain::explain(store, by, None)?;
        if !store.add_implied(&explained.implied)? {
            return Ok::<_, CensusError>(explained);
        }
        *walked = walk().await?;
    };
    let has_mappings = by
        .layout
        .types
        .values()
        .any(|kind| kind.encoding == "mapping" || kind.label.starts_with("lazy "));
    let lacks_keys = |explained: &Explained, walked: &Walked| {
        has_mappings && (explained.left() > 0 || !walked.unreached.is_empty())
    };
    let mut explained = explain(&mut by, &mut walked).await?;
    if lacks_keys(&explained, &walked) {
        by.with_values = true;
        explained = explain(&mut by, &mut walked).await?;
    }
    if lacks_keys(&explained, &walked) && !options.no_replay {
        let why = replayed::read(client, subject.proxy, anchor, subject.is_evm, store).await?;
        explained = explain(&mut by, &mut walked).await?;
        if explained.left() > 0 {
            notes.extend(why);
        }
    }
    if corrects && walked.unreached.is_empty() && !is_whole(store, anchor)? {
        return Err(CensusError::Proof {
            endpoint: client.endpoint().to_string(),
            what: format!("storage root of {}", subject.proxy),
            number: anchor.block,
        });
    }
    by.entries = mapping.as_ref();
    let lacks_nothing = walked.is_whole() && explained.left() == 0;
    if let Some(path) = &options.out
        && (lacks_nothing || options.entries.is_none())
    {
        write(path, |out| explain::explain(store, &by, Some(out)))?;
    }
    Ok((method, walked, notes, explained))
}

/// Whether the slots that are there have the storage root.
fn is_whole(store: &Store, anchor: &Anchor) -> Result<bool, CensusError> {
    Ok(store.root(&Nibbles::new())? == anchor.storage_root)
}

/// Collects the slots, and says whether proofs may correct what was said.
async fn slots_of(
    client: &Client,
    anchor: &Anchor,
    proxy: Address,
    options: &Options,
    store: &Store,
    notes: &mut Vec<String>,
) -> Result<(Method, bool), CensusError> {
    let collected = match options.by_proofs {
        true => Collected::Unavailable("--by-proofs".into()),
        false => collect::collect(client, proxy, anchor, store).await?,
    };
    Ok(match collected {
        // What differs is the endpoint's word against its own proofs.
        Collected::AtBlock => (Method::Range, false),
        Collected::Before => (Method::Range, true),
        Collected::Unavailable(why) => {
            if !options.by_proofs {
                notes.push(format!(
                    "the endpoint does not list slots ({why}): they were found by proofs"
                ));
            }
            store.go_on(anchor.block_hash, true)?;
            (Method::Proofs, true)
        }
    })
}

/// What the framework and the SDK keep beside a contract's own storage.
fn framework(versions: &[String]) -> Vec<(String, B256)> {
    let all = framework_slots(versions).into_iter();
    let mut all: Vec<(String, B256)> = all.map(|(name, slot, _)| (name, slot)).collect();
    all.push(("beacon (ERC-1967)".into(), slots::BEACON));
    all.push(("constructed (SDK)".into(), slots::CONSTRUCTED));
    all
}

/// Writes a file as a whole or not at all.
fn write<T>(
    path: &Path,
    work: impl FnOnce(&mut dyn Write) -> Result<T, CensusError>,
) -> Result<T, CensusError> {
    let failed = |source| FileError::Io {
        action: "written",
        path: path.to_owned(),
        source,
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    let mut out = BufWriter::new(file);
    let done = work(&mut out)?;
    let file = out
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(done)
}
