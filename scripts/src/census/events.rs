//! Values of an account's events: what a contract tells of its entries often has their keys.

use super::anchor::{Anchor, header};
use super::error::CensusError;
use super::record::Record;
use super::store::Store;
use crate::client::{BlockSpan, Client};
use crate::progress::Rate;
use alloy::primitives::{Address, B256, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, Log};
use std::time::Duration;

/// Blocks of the first page, and of a page at most.
const SPANS: (u64, u64) = (1 << 10, 1 << 20);
/// How long an answer is waited for before a shorter page is tried.
const ANSWER: Duration = Duration::from_secs(20);

/// Reads the events up to the block into the store, from where an earlier census had stopped.
pub(super) async fn read(
    client: &Client,
    account: Address,
    anchor: &Anchor,
    store: &Store,
) -> Result<(), CensusError> {
    // What an endpoint withheld, another one may have.
    let endpoint = keccak256(client.endpoint().to_string());
    let first = match store.events_read(endpoint)? {
        Some(hash) => behind(client, hash).await?,
        None => 0,
    };
    let last = anchor.block;
    let (mut next, mut span) = (first, BlockSpan::new(SPANS.0, SPANS.1));
    let rate = Rate::from(0);
    while next <= last {
        let end = last.min(next.saturating_add(span.blocks - 1));
        let client = match end == next {
            true => client,
            false => &client.bearing(Duration::ZERO, ANSWER),
        };
        let filter = Filter::new()
            .address(account)
            .from_block(next)
            .to_block(end);
        let logs = match client.provider().get_logs(&filter).await {
            Ok(logs) => logs,
            Err(error) if end == next => return Err(client.error("eth_getLogs", error).into()),
            Err(_) => {
                span.shorter(end - next + 1);
                continue;
            }
        };
        span.went_well(logs.len());
        let records: Vec<Vec<u8>> = logs.iter().map(record).collect();
        store.add_records(&records)?;
        next = end + 1;
        let (done, total) = (next - first, last - first + 1);
        let detail = format!("events, {}", rate.summary(done, total));
        client.progress().advance(done, total, "blocks", &detail);
    }
    match first <= last {
        true => store.set_events_read(anchor.block_hash, endpoint),
        false => Ok(()),
    }
}

/// The block behind one that events were read up to; the first one where that is no block of the chain any more.
async fn behind(client: &Client, hash: B256) -> Result<u64, CensusError> {
    let Some((read, _)) = header(client, hash.into()).await? else {
        return Ok(0);
    };
    let there = header(client, read.number.into()).await?;
    let is_there = there.is_some_and(|(_, there)| there == hash);
    Ok(if is_there { read.number + 1 } else { 0 })
}

fn record(log: &Log) -> Vec<u8> {
    let topics = log.topics().get(1..).unwrap_or_default();
    Record::of_abi(topics, &log.inner.data.data).to_bytes()
}
