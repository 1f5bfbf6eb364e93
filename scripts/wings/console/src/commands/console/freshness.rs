//! Finds out whether the registry's events are still those that a page was drawn from, and whether the endpoint
//! answers: pages ask every few seconds.

use crate::app_error::Error;
use crate::console::request::PageRequest;
use crate::context::Context;
use crate::registry::logs;
use alloy::primitives::B256;
use serde::Serialize;
use std::time::Duration;
use tokio::time::timeout;

/// The time for which the chain is waited for.
const ANSWER: Duration = Duration::from_secs(10);
/// Maximum number of blocks whose events are searched for one page. A page that is older is drawn
/// again.
const AWAY_MAX: u64 = 10_000;

/// Answers `block=NUMBER&hash=HASH&due=SECONDS`: whether anything happened since that block, or another block replaced
/// it, or the delay is over that the page shows. Without a block, whether the chain answers.
pub(crate) async fn check(context: &Context, request: &PageRequest) -> PageFreshness {
    let (block, hash) = (request.value("block"), request.value("hash"));
    let seen = block.parse().ok().zip(hash.parse().ok());
    let due = request.value("due").parse().ok();
    let answer = timeout(ANSWER, is_changed(context, seen, due)).await;
    let gone = match &answer {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("no answer within {} s", ANSWER.as_secs())),
    };
    let changed = matches!(answer, Ok(Ok(true)));
    PageFreshness { changed, gone }
}

/// The state of a page since it was drawn: out of date or not.
#[derive(Serialize)]
pub(crate) struct PageFreshness {
    changed: bool,
    /// The reason why that is not known: the endpoint does not answer.
    gone: Option<String>,
}

async fn is_changed(
    context: &Context,
    seen: Option<(u64, B256)>,
    due: Option<u64>,
) -> Result<bool, Error> {
    let client = &context.reader().await?;
    let Some((number, hash)) = seen else {
        return Ok(false);
    };
    let there = client.block_hash(number).await?;
    let newest = client.newest_block().await?;
    let away = newest.saturating_sub(number);
    if there != Some(hash) || away > AWAY_MAX {
        return Ok(true);
    }
    // The end of a delay has no event.
    if let Some(due) = due
        && due <= client.next_block_time().await?
    {
        return Ok(true);
    }
    if away == 0 {
        return Ok(false);
    }
    // Drawing the page again verifies it.
    let registry = context.registry()?.address();
    let logs = logs(client, registry, [&[]; 3], number + 1, newest).await?;
    Ok(!logs.is_empty())
}
