//! Values of an account's events: what a contract tells of its entries often has their keys.

use super::anchor::{StorageAnchor, header};
use super::record::ValueRecord;
use super::store::CensusStore;
use crate::client::{BlockSpan, ChainError, Client};
use crate::registry::pages;
use alloy::primitives::{Address, B256};
use alloy::rpc::types::{Filter, Log};

/// Blocks of the first page, and of a page at most: few events are kept in memory at once.
const SPANS: (u64, u64) = (1 << 10, 1 << 20);

/// Reads the events up to the block into the store, from where an earlier census had stopped.
pub(super) async fn read(
    client: &Client,
    account: Address,
    anchor: &StorageAnchor,
    store: &CensusStore,
) -> Result<(), ChainError> {
    // What an endpoint withheld, another one may have.
    let mark = format!("events of {}", client.endpoint());
    let first = match store.state(&mark)? {
        Some(hash) => block_after(client, hash).await?,
        None => 0,
    };
    if first > anchor.block {
        return Ok(());
    }
    let keep = async |logs: Vec<Log>, _| {
        let records: Vec<Vec<u8>> = logs.iter().map(record).collect();
        store.add_records(&records).map(|()| true)
    };
    let filter = Filter::new().address(account);
    let span = BlockSpan::new(SPANS.0, SPANS.1);
    pages(client, &filter, (first, anchor.block), span, keep).await?;
    store.set_state(&mark, anchor.block_hash)
}

/// The block after one that events were read up to; the first one where that is no block of the chain any more.
async fn block_after(client: &Client, hash: B256) -> Result<u64, ChainError> {
    let Some((read, _)) = header(client, hash.into()).await? else {
        return Ok(0);
    };
    let there = header(client, read.number.into()).await?;
    let is_there = there.is_some_and(|(_, there)| there == hash);
    Ok(if is_there {
        read.number.saturating_add(1)
    } else {
        0
    })
}

fn record(log: &Log) -> Vec<u8> {
    let topics = log.topics().get(1..).unwrap_or_default();
    ValueRecord::from_abi(topics, &log.inner.data.data).to_bytes()
}
