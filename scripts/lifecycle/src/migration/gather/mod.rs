//! The tokens of an ERC-721 collection and their owners, gathered from its `Transfer` events: page
//! after page of blocks into a store on disk, which the next run continues from.
//!
//! Pages are kept only while the chain's blocks are the ones that they were read from; where they are
//! not any more, everything is gathered again.

mod store;

use self::store::{Moved, Store};
use super::items::Items;
use crate::client::{BlockAnswer, BlockSpan, ChainError, Client};
use crate::kill_point::{self, Phase};
use crate::progress::Rate;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, Log};
use std::path::Path;
use std::time::Duration;

alloy::sol! {
    /// ERC-721. (ERC-20's has the same first topic and one topic less.)
    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);
}

/// Blocks of the first page: few, because how dense the events are is not known yet.
const FIRST_SPAN: u64 = 16;
/// Blocks of a page, at most. Endpoints that bound what they answer refuse longer ones themselves.
const SPAN_MAX: u64 = 1 << 20;
/// The time for an answer before a shorter page is tried.
const ANSWER: Duration = Duration::from_secs(20);
/// Looks in a row that find another block in the place of the last one that was read, before all is gathered again.
const OTHER_LOOKS: u32 = 3;
/// Pause between two of them.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// The events of one collection.
struct Events<'a> {
    client: &'a Client,
    collection: Address,
    /// A block that the chain had already when the migration was looked at.
    begun: u64,
}

/// Gathers what `collection` has emitted from block `from`, not after its creation, to the newest one, which is not
/// before `begun`, into the store at `path`, from where an earlier run had stopped. Gives its tokens in the order of
/// their ids, each with its owner.
///
/// # Errors
/// Where the store cannot be kept; trouble with the chain. The next run continues.
pub async fn gather(
    client: &Client,
    collection: Address,
    (from, begun): (u64, u64),
    path: &Path,
) -> Result<Items, ChainError> {
    let events = Events {
        client,
        collection,
        begun,
    };
    let store = Store::open(path, from)?;
    client
        .progress()
        .begin(&format!("gathering the tokens of {collection}"));
    let gathered = events.read_into(&store, from).await;
    let count = store.count()?;
    client
        .progress()
        .end(&format!("gathered {count} tokens of {collection}"));
    gathered?;
    store.items()
}

impl Events<'_> {
    async fn read_into(&self, store: &Store, from: u64) -> Result<(), ChainError> {
        let mut span = BlockSpan::new(FIRST_SPAN, SPAN_MAX);
        let mut rate = None;
        loop {
            let start = self.next(store, from).await?;
            let (newest, _) = self.block(BlockNumberOrTag::Latest).await?;
            if newest < self.begun {
                let found = format!("{newest} for the newest block, after block {}", self.begun);
                return Err(self.client.contradiction(found));
            }
            if start > newest {
                return Ok(());
            }
            let end = newest.min(start.saturating_add(span.blocks - 1));
            let (_, hash) = self.block(end.into()).await?;
            let logs = match self.logs(start, end).await {
                Ok(logs) => logs,
                Err(error) if end == start => return Err(error),
                Err(_) => {
                    span.shorter(end - start + 1);
                    continue;
                }
            };
            span.went_well(logs.len());
            if self.block(end.into()).await?.1 != hash {
                continue; // a reorganization while it was read
            }
            if self.next(store, from).await? != start {
                continue; // the same, in front of this page
            }
            store.add(&moved(&logs), (end, hash))?;
            kill_point::at(Phase::Gathered);
            let tokens = store.count()?;
            let done = (end - from).saturating_add(1);
            let total = (newest - from).saturating_add(1);
            let rate = *rate.get_or_insert_with(|| Rate::from(start - from));
            let detail = format!("{}, {tokens} tokens", rate.summary(done, total));
            self.client
                .progress()
                .advance(done, total, "blocks", &detail);
        }
    }

    /// The block after what was read, as long as the last one is still the chain's; else the first one.
    async fn next(&self, store: &Store, from: u64) -> Result<u64, ChainError> {
        let Some((block, hash)) = store.last_page()? else {
            return Ok(from);
        };
        // One node of several may lag, or follow another branch for a while.
        for look in 0..OTHER_LOOKS {
            if look > 0 {
                tokio::time::sleep(LOOK_PAUSE).await;
            }
            if self.block(block.into()).await?.1 == hash {
                return Ok(block.saturating_add(1));
            }
        }
        self.client.progress().note(&format!(
            "block {block} is another one now: gathering from scratch"
        ));
        store.clear()?;
        Ok(from)
    }

    async fn logs(&self, start: u64, end: u64) -> Result<Vec<Log>, ChainError> {
        let filter = Filter::new()
            .address(self.collection)
            .event_signature(<Transfer as alloy::sol_types::SolEvent>::SIGNATURE_HASH)
            .from_block(start)
            .to_block(end);
        // Where no shorter page is left to be tried, trouble is borne.
        let client = if start == end {
            self.client
        } else {
            &self.client.bearing(Duration::ZERO, ANSWER)
        };
        let logs = client.provider().get_logs(&filter).await;
        logs.map_err(|error| client.error("eth_getLogs", error))
    }

    /// Number and hash of a block; zero if there is none, which no page then agrees with.
    async fn block(&self, at: BlockNumberOrTag) -> Result<(u64, B256), ChainError> {
        let found = BlockAnswer::head(self.client, at).await?;
        Ok(found.map_or_else(Default::default, |block| (block.number.to(), block.hash)))
    }
}

fn moved(logs: &[Log]) -> Vec<Moved> {
    let moves = logs.iter().filter_map(|log| {
        let event = log.log_decode::<Transfer>().ok()?;
        let data = event.inner.data;
        Some(Moved {
            token: data.tokenId.into(),
            to: data.to,
        })
    });
    moves.collect()
}
