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
//! | `collect` | slots by `debug_storageRangeAt` |
//! | `walk` | the trie from its root down, by `eth_getProof` |
//! | `store` | slots and keys on disk |
//! | `record`, `events`, `replayed_keys` | values that may be keys: of a file, of events, of blocks that changed the storage |
//! | `path`, `explain` | what each slot is, by a layout |
//! | `entries`, `entry_source` | the entries of a mapping, as items of a migration |
//! | `report`, `slot_difference` | what is told of it |
//! | `error` | why there is no census |

mod anchor;
mod collect;
mod entries;
mod entry_source;
mod error;
mod events;
mod explain;
mod path;
mod record;
mod replayed_keys;
mod report;
mod slot_difference;
mod store;
mod walk;

pub use anchor::{BlockSelector, HashOrigin, StorageAnchor};
pub use entry_source::find_entries;
pub use explain::{StorageExplanation, UnexplainedSlot};
pub use report::CensusReport;
pub use slot_difference::SlotDifference;
pub use store::StorageLeaf;
pub use stylus_upgrades_core::census::{FieldCount, Subject};
pub use walk::WalkOutcome;

use crate::client::{ChainError, Client};
use crate::own_file;
use crate::state_folder::state_folder;
use alloy::primitives::{Address, B256};
use alloy_trie::Nibbles;
use clap::Args;
use entries::MappingField;
use error::{is_reorganized, mismatch};
use explain::ExplanationInputs;
use std::collections::HashMap;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use store::CensusStore;
use stylus_layout::{Storage, TypeKind};
use stylus_upgrades_interface::slots;
use walk::{SlotsByHash, TrieWalk};

/// How a census is taken.
#[derive(Debug, Clone, Default, Args)]
pub struct CensusOptions {
    /// Keys of mappings, on lines: addresses, numbers, 0x…, "texts"; those of nested ones on one line
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Write every slot into this new file, a line of JSON each
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Find the slots by proofs, also where the endpoint lists them
    #[arg(long)]
    pub by_proofs: bool,
    /// Look for keys without carrying out again the blocks that changed the storage
    #[arg(long)]
    pub no_replay: bool,
    /// Where slots and keys are kept; in the state folder where none is given.
    #[arg(skip)]
    pub folder: Option<PathBuf>,
    /// Write the entries of a mapping into `out`, not every slot, and only if none is missing: `FIELD` their keys,
    /// `FIELD,value` the values after them too.
    #[arg(skip)]
    pub entries: Option<String>,
}

/// Takes a census at a block that was found.
///
/// # Errors
/// What the endpoint says or does not prove. What was collected by then is kept: the next run continues.
pub async fn take(
    client: &Client,
    anchor: StorageAnchor,
    subject: &Subject,
    options: &CensusOptions,
) -> Result<CensusReport, ChainError> {
    if let Some(path) = options.out.as_ref().filter(|path| path.exists()) {
        return Err(own_file::exists(path).into());
    }
    let what = format!("a census of {}", subject.proxy);
    client.progress().begin(&what);
    let path = store_path(client, subject.proxy, options.folder.clone()).await?;
    let store = CensusStore::open(&path)?;
    let taken = take_at(client, &anchor, subject, options, &store).await;
    client.progress().end("");
    let still = anchor.confirm_canonical(client).await;
    match still {
        Err(error) if is_reorganized(&error) => Err(error),
        still => taken.and_then(|census| still.map(|()| census)),
    }
}

/// The block at which a census that is kept proves that an instance stores nothing but what its layout explains.
/// None where there is no such census, or the storage has changed since.
///
/// # Errors
/// What the endpoint says or does not prove.
pub async fn find_proven_block(
    client: &Client,
    subject: &Subject,
) -> Result<Option<u64>, ChainError> {
    let path = store_path(client, subject.proxy, None).await?;
    let (Ok(layout), true) = (&subject.layout, path.is_file()) else {
        return Ok(None);
    };
    let anchor = StorageAnchor::find(client, subject.proxy, BlockSelector::default(), None).await?;
    let store = CensusStore::open(&path)?;
    if !is_whole(&store, &anchor)? {
        return Ok(None);
    }
    let mut inputs = ExplanationInputs::new(Storage::from(layout), &subject.versions);
    inputs.with_values = true;
    let explained = explain::explain(&store, &inputs, None)?;
    Ok((explained.left() == 0).then_some(anchor.block))
}

/// Returns where the slots of an account are kept between two runs.
async fn store_path(
    client: &Client,
    account: Address,
    folder: Option<PathBuf>,
) -> Result<PathBuf, ChainError> {
    let folder = folder
        .or_else(state_folder)
        .unwrap_or_else(|| std::env::temp_dir().join("stylus-upgrades"));
    let genesis = client.genesis().await?.unwrap_or_default();
    let name = format!("{}-{genesis:#x}-{account:#x}.redb", client.chain_id());
    Ok(folder.join("census").join(name))
}

async fn take_at(
    client: &Client,
    anchor: &StorageAnchor,
    subject: &Subject,
    options: &CensusOptions,
    store: &CensusStore,
) -> Result<CensusReport, ChainError> {
    let mut notes = Vec::new();
    let storage = match &subject.layout {
        Ok(layout) => Storage::from(layout),
        Err(why) => {
            notes.push(format!("the layout of its version is not known: {why}"));
            Storage::default()
        }
    };
    let asked = options.entries.as_ref();
    let mapping = asked
        .map(|asked| MappingField::find(&storage, asked))
        .transpose()?;
    if let Some(path) = &options.keys {
        record::read_file(path, |some| store.add_records(some))?;
    }
    let (method, corrects) =
        collect_slots(client, anchor, subject.proxy, options, store, &mut notes).await?;
    let mut implied = SlotsByHash::new();
    let walk = async |implied: &SlotsByHash| {
        let walk = TrieWalk {
            client,
            account: subject.proxy,
            anchor,
            store,
            implied,
            corrects,
            nodes: HashMap::new(),
            found: WalkOutcome::default(),
        };
        walk.run().await
    };
    let mut walked = walk(&implied).await?;
    events::read(client, subject.proxy, anchor, store).await?;
    let mut inputs = ExplanationInputs::new(storage, &subject.versions);
    let named = store.value(slots::IMPLEMENTATION)?.map(Address::from_word);
    if let (Some(named), Some(wanted)) = (named, subject.implementation)
        && named != wanted
    {
        notes.push(format!(
            "it runs the code at {named}, which is not that of {}: that layout does not count",
            subject.version
        ));
        inputs.storage = Storage::default();
    }
    let mut types = inputs.storage.types().iter();
    let has_keys = types.any(|ty| matches!(ty.kind, TypeKind::Mapping(_) | TypeKind::Lazy(_)));
    let (mut is_replayed, mut not_replayed) = (options.no_replay, Vec::new());
    let explained = loop {
        inputs.sought = walked.sought.clone();
        let mut explained = explain::explain(store, &inputs, None)?;
        // Slots that the layout implies lead to proofs of others.
        let before = implied.len();
        implied.append(&mut explained.implied);
        let lacks_keys = has_keys && (explained.left() > 0 || !walked.unreached.is_empty());
        if implied.len() > before {
            walked = walk(&implied).await?;
        } else if lacks_keys && !inputs.with_values {
            inputs.with_values = true;
        } else if lacks_keys && !is_replayed {
            let is_evm = subject.is_evm;
            not_replayed =
                replayed_keys::read(client, subject.proxy, anchor, is_evm, store).await?;
            is_replayed = true;
        } else {
            break explained;
        }
    };
    if corrects && walked.unreached.is_empty() && !is_whole(store, anchor)? {
        let what = format!("storage root of {}", subject.proxy);
        return Err(mismatch(client, what, anchor.block));
    }
    inputs.entries = mapping.as_ref();
    let complete = walked.is_whole();
    let lacks_nothing = complete && explained.left() == 0;
    if let Some(path) = &options.out
        && (lacks_nothing || options.entries.is_none())
    {
        write(path, store, &inputs)?;
    }
    if explained.left() > 0 {
        notes.extend(not_replayed);
    }
    notes.extend(explained.notes.iter().cloned());
    Ok(CensusReport {
        proxy: subject.proxy,
        version: subject.version.clone(),
        layout_origin: report::layout_origin(subject),
        anchor: anchor.clone(),
        method,
        complete,
        storage: explained,
        walk: walked,
        notes,
    })
}

/// Returns true if the slots that are there have the storage root.
fn is_whole(store: &CensusStore, anchor: &StorageAnchor) -> Result<bool, ChainError> {
    Ok(store.root(&Nibbles::new())? == anchor.storage_root)
}

/// Collects the slots. Returns the method, and true if proofs may correct what was listed.
async fn collect_slots(
    client: &Client,
    anchor: &StorageAnchor,
    proxy: Address,
    options: &CensusOptions,
    store: &CensusStore,
    notes: &mut Vec<String>,
) -> Result<(&'static str, bool), ChainError> {
    let collected = loop {
        if options.by_proofs {
            break Err("--by-proofs".into());
        }
        store.resume(anchor.block_hash, false)?;
        let is_resumed = store.count()? > 0;
        let collected = collect::collect(client, proxy, anchor, store).await?;
        let is_lie = collected == Ok(true) && !is_whole(store, anchor)?;
        if !is_lie || !is_resumed {
            break collected;
        }
        // Another endpoint, or another way, may have given what was there before.
        store.resume(B256::ZERO, false)?;
    };
    let why: String = match collected {
        // What differs is the endpoint's word against its own proofs.
        Ok(is_of_block) => return Ok((collect::METHOD, !is_of_block)),
        Err(why) => why,
    };
    if !options.by_proofs {
        notes.push(format!(
            "the endpoint does not list slots ({why}): they were found by proofs"
        ));
    }
    store.resume(anchor.block_hash, true)?;
    Ok(("eth_getProof", true))
}

/// Writes every slot, or the entries of a mapping, into a file: as a whole or not at all.
fn write(
    path: &Path,
    store: &CensusStore,
    inputs: &ExplanationInputs<'_>,
) -> Result<(), ChainError> {
    let failed = own_file::io("written", path);
    let folder = path.parent().unwrap_or(path).join(".");
    let file = tempfile::NamedTempFile::new_in(folder).map_err(&failed)?;
    let mut out = BufWriter::new(file);
    explain::explain(store, inputs, Some(&mut out))?;
    let file = out
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    file.persist_noclobber(path)
        .map_err(|error| failed(error.error))?;
    Ok(())
}
