//! Whether the registry's events are still those that a page was drawn from: asked once by a page, and
//! reported as they come.

use super::super::context::Context;
use crate::app_error::Error;
use crate::client::{ChainError, Client};
use crate::console::live::News;
use crate::console::request::PageRequest;
use crate::output::Outcome;
use crate::registry::{logs, logs_since};
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256, keccak256};
use alloy::providers::Provider;
use alloy::sol_types::SolValue;
use futures::stream::{Stream, unfold};
use std::time::Duration;

/// How often the chain is asked.
const PAUSE: Duration = Duration::from_millis(1_000);
/// Blocks before the first look that a reorganisation may take back.
const BEHIND: u64 = 64;
/// Looks without news behind which the connection is shown to be there.
const QUIET: u32 = 15;
/// Looks at a chain that is shorter than it was after which it is: nodes of one endpoint may lag.
const SHORTER: u32 = 5;

/// Blocks of which the events are looked through for one page, at most: whoever was away for longer is
/// shown a new one.
const AWAY_MAX: u64 = 10_000;

/// The newest block and its hash: a page that is drawn after that shows at least what happened until
/// then.
pub(super) async fn newest(client: &Client) -> Result<(u64, B256), ChainError> {
    match block(client, BlockNumberOrTag::Latest).await? {
        Some(found) => Ok(found),
        None => Err(client.contradiction("it has no newest block")),
    }
}

async fn block(
    client: &Client,
    which: BlockNumberOrTag,
) -> Result<Option<(u64, B256)>, ChainError> {
    let found = client.provider().get_block_by_number(which).await;
    let found = found.map_err(|error| client.error("eth_getBlockByNumber", error))?;
    Ok(found.map(|block| (block.header.number, block.header.hash)))
}

/// Answers `block=NUMBER&hash=HASH`: whether anything happened since that block, or the chain has
/// another one in its stead.
pub(super) async fn since(context: &Context, request: &PageRequest) -> Result<Outcome, Error> {
    let parsed = (
        request.value("block").parse(),
        request.value("hash").parse(),
    );
    let (Ok(number), Ok(hash)) = parsed else {
        return Err(Error::Usage {
            message: "this is no block".into(),
            expected: "block=NUMBER&hash=HASH".into(),
            found: request.value("block").chars().take(80).collect(),
            next: "open the page again".into(),
        });
    };
    let (client, registry) = (context.reader().await?, context.registry()?);
    let mut outcome = Outcome::default();
    outcome.field("changed", changed(&client, registry, number, hash).await?);
    Ok(outcome)
}

async fn changed(
    client: &Client,
    registry: Address,
    number: u64,
    hash: B256,
) -> Result<bool, ChainError> {
    let there = block(client, BlockNumberOrTag::Number(number)).await?;
    let newest = client.newest_block().await?;
    let away = newest.saturating_sub(number);
    if there != Some((number, hash)) || away > AWAY_MAX {
        return Ok(true);
    }
    if away == 0 {
        return Ok(false);
    }
    let logs = logs_since(client, registry, [None; 3], number + 1).await?;
    Ok(!logs.is_empty())
}

/// What is known since the page was opened.
struct Watch {
    context: Context,
    client: Option<(Client, Address)>,
    /// The first block that is looked at.
    from: u64,
    /// The newest block that was seen.
    height: u64,
    /// Looks in which the chain was shorter.
    shorter: u32,
    /// What the events were.
    seen: Option<B256>,
    is_gone: bool,
    quiet: u32,
}

/// News, as they come.
pub(super) fn of(context: Context) -> impl Stream<Item = News> {
    let watch = Watch {
        context,
        client: None,
        from: 0,
        height: 0,
        shorter: 0,
        seen: None,
        is_gone: false,
        quiet: 0,
    };
    unfold(watch, async |mut watch| {
        loop {
            if let Some(news) = watch.next().await {
                return Some((news, watch));
            }
            tokio::time::sleep(PAUSE).await;
        }
    })
}

impl Watch {
    async fn next(&mut self) -> Option<News> {
        let looked = self.look().await;
        let news = match (looked, self.is_gone) {
            (Err(error), false) => {
                self.is_gone = true;
                let document = self.context.output.failure_of(&error);
                let why = document
                    .get("error")
                    .and_then(|one| one["message"].as_str());
                Some(News::Gone(why.unwrap_or_default().to_owned()))
            }
            (Err(_), true) => None,
            (Ok(found), was_gone) => {
                self.is_gone = false;
                let before = self.seen.replace(found);
                match (was_gone, before) {
                    (true, _) => Some(News::Back),
                    (false, None) => Some(News::Ready),
                    (false, Some(before)) => (before != found).then_some(News::Changed),
                }
            }
        };
        self.quiet = match news {
            Some(_) => 0,
            None => self.quiet + 1,
        };
        if self.quiet >= QUIET {
            self.quiet = 0;
            return Some(News::Nothing);
        }
        news
    }

    /// A hash of the registry's events: new ones change it, and so does a reorganisation.
    async fn look(&mut self) -> Result<B256, Error> {
        let (client, registry) = match &self.client {
            Some(known) => known.clone(),
            None => {
                let client = self.context.reader().await?;
                let newest = client.newest_block().await?;
                self.from = newest.saturating_sub(BEHIND);
                let known = (client, self.context.registry()?);
                self.client = Some(known.clone());
                known
            }
        };
        // Not `newest_block` of the client: that waits until the chain is as long as it was.
        let newest = client.provider().get_block_number().await;
        let newest = newest.map_err(|error| client.error("eth_blockNumber", error))?;
        if let Some(seen) = self
            .seen
            .filter(|_| newest < self.height && self.shorter < SHORTER)
        {
            self.shorter += 1;
            return Ok(seen);
        }
        (self.height, self.shorter) = (newest, 0);
        let logs = logs(&client, registry, [None; 3], self.from, newest).await?;
        let all: Vec<(B256, u64)> = logs
            .iter()
            .map(|log| {
                let index = log.log_index.unwrap_or_default();
                (log.block_hash.unwrap_or_default(), index)
            })
            .collect();
        Ok(keccak256(all.abi_encode()))
    }
}
