//! Whether the registry's events are still those that a page was drawn from: asked once by a page, and
//! reported as they come.

use super::super::context::Context;
use crate::app_error::Error;
use crate::client::{BEHIND, ChainError, Client};
use crate::console::live::News;
use crate::console::page::Head;
use crate::console::request::PageRequest;
use crate::registry::logs;
use crate::text::utc;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use futures::stream::{Stream, unfold};
use serde::Serialize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{error::Elapsed, timeout};

/// How often the chain is asked.
const PAUSE: Duration = Duration::from_millis(1_000);
/// How long the newest block is waited for.
const ANSWER: Duration = Duration::from_secs(4);
/// How long the events of the blocks since are waited for.
const EVENTS: Duration = Duration::from_secs(20);
/// Looks without news behind which the connection is shown to be there.
const QUIET: u32 = 15;
/// Looks at a chain that is shorter than it was after which it is: nodes of one endpoint may lag.
const SHORTER: u32 = 5;

/// Blocks of which the events are looked through for one page, at most: whoever was away for longer is
/// shown a new one.
const AWAY_MAX: u64 = 10_000;

/// The newest block: a page that is drawn after that shows at least what happened until then.
pub(super) async fn newest(client: &Client) -> Result<Head, ChainError> {
    match block(client, BlockNumberOrTag::Latest).await? {
        Some(found) => Ok(found),
        None => Err(client.contradiction("it has no newest block")),
    }
}

async fn block(client: &Client, which: BlockNumberOrTag) -> Result<Option<Head>, ChainError> {
    let found = client.provider().get_block_by_number(which).await;
    let found = found.map_err(|error| client.error("eth_getBlockByNumber", error))?;
    Ok(found.map(|block| Head {
        number: block.header.number,
        hash: block.header.hash,
        time: block.header.timestamp,
    }))
}

/// Answers `block=NUMBER&hash=HASH`: whether anything happened since that block, or the chain has
/// another one in its stead.
pub(super) async fn since(context: &Context, request: &PageRequest) -> Result<Since, Error> {
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
    let client = context.reader().await?;
    let registry = context.verified(&client, context.registry()?).await?;
    Ok(Since {
        changed: changed(&client, registry, number, hash).await?,
    })
}

/// Whether a page shows what the chain says no more.
#[derive(Serialize)]
pub(super) struct Since {
    changed: bool,
}

async fn changed(
    client: &Client,
    registry: Address,
    number: u64,
    hash: B256,
) -> Result<bool, ChainError> {
    let there = block(client, BlockNumberOrTag::Number(number)).await?;
    let newest = newest(client).await?.number;
    let away = newest.saturating_sub(number);
    let is_there = there.is_some_and(|one| (one.number, one.hash) == (number, hash));
    if !is_there || away > AWAY_MAX {
        return Ok(true);
    }
    if away == 0 {
        return Ok(false);
    }
    let logs = logs(client, registry, [&[]; 3], number + 1, newest).await?;
    Ok(!logs.is_empty())
}

/// What is known since the page was opened.
struct Watch {
    context: Context,
    client: Option<(Client, Address)>,
    /// Looks in which the chain was shorter.
    shorter: u32,
    seen: Option<Seen>,
    is_gone: bool,
    quiet: u32,
    /// When the endpoint answered last.
    answered: Option<SystemTime>,
}

/// What was seen of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    /// The newest block.
    head: Head,
    /// The registry's events of the blocks before it: block, its hash, place in it.
    events: Vec<(u64, B256, u64)>,
}

impl Seen {
    /// The first block that the next look is at. It moves with the chain.
    fn from(&self) -> u64 {
        self.head.number.saturating_sub(BEHIND)
    }

    /// The events from that block on.
    fn events_from(&self, from: u64) -> impl Iterator<Item = &(u64, B256, u64)> {
        self.events.iter().filter(move |(block, ..)| *block >= from)
    }

    /// Whether nothing has happened but blocks.
    fn is_same(&self, now: &Self) -> bool {
        let from = self.from();
        self.events_from(from).eq(now.events_from(from))
    }
}

/// News, as they come.
pub(super) fn of(context: Context) -> impl Stream<Item = News> {
    let watch = Watch {
        context,
        client: None,
        shorter: 0,
        seen: None,
        is_gone: false,
        quiet: 0,
        answered: None,
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
            (Err(why), false) => {
                self.is_gone = true;
                Some(News::Gone(why))
            }
            (Err(_), true) => None,
            (Ok(looked), was_gone) => {
                self.is_gone = false;
                self.answered = Some(SystemTime::now());
                match (was_gone, looked) {
                    (true, _) => Some(News::Back),
                    (false, Looked::First) => Some(News::Ready),
                    (false, Looked::Changed) => Some(News::Changed),
                    (false, Looked::Same) => None,
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

    /// Compares the chain with what was seen of it. An endpoint that takes questions and does not answer is
    /// gone, as one is that cannot be reached.
    async fn look(&mut self) -> Result<Looked, String> {
        let looked = async {
            let head = timeout(ANSWER, self.head()).await?;
            Ok::<_, Elapsed>(match head {
                Ok(head) => timeout(EVENTS, self.compare(head)).await?,
                Err(error) => Err(error),
            })
        };
        let error = match looked.await {
            Ok(Ok(looked)) => return Ok(looked),
            Ok(Err(error)) => error,
            Err(_) => return Err(self.unanswered()),
        };
        Err(self.context.output.without_secrets(&error.to_string()))
    }

    fn unanswered(&self) -> String {
        let since = self
            .answered
            .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        match since {
            Some(since) => format!("no answer from the endpoint since {}", utc(since.as_secs())),
            None => format!("no answer from the endpoint within {} s", ANSWER.as_secs()),
        }
    }

    async fn head(&mut self) -> Result<(Client, Address, Head), Error> {
        let (client, registry) = match &self.client {
            Some(known) => known.clone(),
            None => {
                let client = self.context.reader().await?;
                let unverified = self.context.registry()?;
                let known = (
                    client.clone(),
                    self.context.verified(&client, unverified).await?,
                );
                self.client = Some(known.clone());
                known
            }
        };
        let head = newest(&client).await?;
        Ok((client, registry, head))
    }

    async fn compare(
        &mut self,
        (client, registry, head): (Client, Address, Head),
    ) -> Result<Looked, Error> {
        let Some(before) = &self.seen else {
            self.seen =
                Some(read(&client, registry, head, head.number.saturating_sub(BEHIND)).await?);
            return Ok(Looked::First);
        };
        let there = match head.number < before.head.number {
            true => None,
            false => block(&client, BlockNumberOrTag::Number(before.head.number)).await?,
        };
        // A node that lags does not have the block.
        if there.is_none() && self.shorter < SHORTER {
            self.shorter += 1;
            return Ok(Looked::Same);
        }
        self.shorter = 0;
        let away = head.number.saturating_sub(before.head.number);
        let is_kept = there == Some(before.head) && away <= AWAY_MAX;
        let from = match is_kept {
            true => before.from(),
            false => head.number.saturating_sub(BEHIND),
        };
        let now = read(&client, registry, head, from).await?;
        let is_same = is_kept && before.is_same(&now);
        self.seen = Some(now);
        Ok(match is_same {
            true => Looked::Same,
            false => Looked::Changed,
        })
    }
}

/// What a look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looked {
    /// It was the first one.
    First,
    /// Nothing new.
    Same,
    /// The registry has other events, or the chain other blocks.
    Changed,
}

/// The registry's events from that block to the newest one.
async fn read(
    client: &Client,
    registry: Address,
    head: Head,
    from: u64,
) -> Result<Seen, ChainError> {
    let logs = logs(client, registry, [&[]; 3], from, head.number).await?;
    let events = logs.iter().map(|log| {
        let index = log.log_index.unwrap_or_default();
        let block = log.block_number.unwrap_or_default();
        (block, log.block_hash.unwrap_or_default(), index)
    });
    Ok(Seen {
        head,
        events: events.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(number: u64, blocks: &[u64]) -> Seen {
        let hash = B256::ZERO;
        Seen {
            head: Head {
                number,
                hash,
                time: 0,
            },
            events: blocks.iter().map(|block| (*block, hash, 0)).collect(),
        }
    }

    #[test]
    fn the_range_moves_with_the_chain_and_events_that_leave_it_are_no_news() {
        let mut before = seen(1_000, &[940, 990]);
        for number in 1_001..2_000 {
            let from = before.from();
            assert_eq!(number - from, BEHIND + 1);
            let kept: Vec<u64> = [940, 990].into_iter().filter(|one| *one >= from).collect();
            let now = seen(number, &kept);
            assert!(before.is_same(&now), "{number}");
            before = now;
        }
        assert!(!before.is_same(&seen(2_000, &[1_999])), "a new event");
        assert!(!seen(9, &[8]).is_same(&seen(10, &[])), "one is gone");
    }
}
