//! The slots of an account by `debug_storageRangeAt`, page after page in the order of their hashes. An endpoint
//! has the state before a transaction, so the next block is asked for, before its first one.

use super::anchor::{StorageAnchor, header};
use super::store::{CensusStore, StorageLeaf};
use crate::client::{ChainError, Client};
use crate::kill_point::{self, Phase};
use alloy::primitives::{Address, B256, keccak256};
use alloy::providers::Provider;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The method that pages of slots are asked with.
pub(super) const METHOD: &str = "debug_storageRangeAt";
/// Slots of a page.
const PAGE: usize = 65_536;
/// Slots that are collected, at most: what an endpoint lists without end fills no disk.
const SLOTS_MAX: u64 = 1 << 24;
/// The position of collecting when it is done.
const DONE: B256 = B256::repeat_byte(0xff);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoragePage {
    storage: BTreeMap<B256, StorageEntry>,
    next_key: Option<B256>,
}

#[derive(Debug, Deserialize)]
struct StorageEntry {
    /// The slot; nodes that do not keep the preimages of hashes leave it out.
    key: Option<B256>,
    value: B256,
}

/// Collects the slots into the store, from where an earlier run had stopped. Returns true if the endpoint lists those
/// of the block: while no block is after it they are those of the block before. Or why the endpoint does not have them.
pub(super) async fn collect(
    client: &Client,
    account: Address,
    anchor: &StorageAnchor,
    store: &CensusStore,
) -> Result<Result<bool, String>, ChainError> {
    let after = header(client, anchor.block.saturating_add(1).into()).await?;
    // The block itself is confirmed at the end.
    let after = after.filter(|(after, _)| after.parent_hash == anchor.block_hash);
    let block = after.as_ref().map_or(anchor.block_hash, |(_, hash)| *hash);
    let mut cursor = store.resume(anchor.block_hash, false)?.unwrap_or_default();
    let first = cursor;
    while cursor != DONE {
        let params = (block, 0, account, cursor, PAGE);
        let page = client.provider().raw_request(METHOD.into(), params).await;
        let page = match page.map_err(|error| client.error(METHOD, error)) {
            // Another endpoint may have given what is there.
            Err(ChainError::Rpc(error)) if cursor == first => {
                return Ok(Err(error.words()));
            }
            page => page?,
        };
        let (leaves, next) = read(client, cursor, page)?;
        store.add(&leaves, next)?;
        kill_point::at(Phase::Gathered);
        let count = store.count()?;
        if count > SLOTS_MAX {
            let found = format!("{count} slots, and more without end");
            return Err(client.contradiction(found));
        }
        client.progress().tick(&format!("{count} slots"));
        cursor = next;
    }
    Ok(Ok(after.is_some()))
}

/// The slots of a page, and where the next one begins.
fn read(
    client: &Client,
    first: B256,
    page: StoragePage,
) -> Result<(Vec<StorageLeaf>, B256), ChainError> {
    let begin = page.storage.keys().next();
    let end = page.storage.keys().next_back();
    let proceeds = |next| end.is_some_and(|end| next >= *end && next > first);
    if begin.is_some_and(|begin| *begin < first) || !page.next_key.is_none_or(proceeds) {
        let found = format!("an empty page of slots from {first} on, or one that goes back");
        return Err(client.contradiction(found));
    }
    let mut leaves = Vec::with_capacity(page.storage.len());
    for (hash, StorageEntry { key, value }) in page.storage {
        if key.is_some_and(|slot| keccak256(slot) != hash) {
            return Err(client.contradiction(format!("a slot at {hash} that has another hash")));
        }
        if !value.is_zero() {
            let slot = key;
            leaves.push(StorageLeaf { hash, value, slot });
        }
    }
    Ok((leaves, page.next_key.unwrap_or(DONE)))
}
