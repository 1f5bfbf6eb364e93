//! Whether the registry's events are still those that a page was drawn from, and whether the endpoint answers:
//! pages ask every few seconds.

use super::super::context::Context;
use crate::app_error::Error;
use crate::client::{ChainError, Client};
use crate::console::page::Head;
use crate::console::request::PageRequest;
use crate::registry::logs;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::B256;
use alloy::providers::Provider;
use serde::Serialize;
use std::time::Duration;
use tokio::time::timeout;

/// How long the chain is waited for.
const ANSWER: Duration = Duration::from_secs(10);
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
/// another one in its stead. Without a block, whether the chain answers.
pub(super) async fn since(context: &Context, request: &PageRequest) -> Since {
    let (block, hash) = (request.value("block"), request.value("hash"));
    let seen = block.parse().ok().zip(hash.parse().ok());
    let looked = timeout(ANSWER, changed(context, seen)).await;
    let (changed, gone) = match looked {
        Ok(Ok(changed)) => (changed, None),
        Ok(Err(error)) => {
            let error = context.output.without_secrets(&error.to_string());
            (false, Some(error))
        }
        Err(_) => {
            let seconds = ANSWER.as_secs();
            (false, Some(format!("no answer within {seconds} s")))
        }
    };
    Since { changed, gone }
}

/// Whether a page shows what the chain says no more.
#[derive(Serialize)]
pub(super) struct Since {
    changed: bool,
    /// Why nobody knows: the endpoint does not answer.
    gone: Option<String>,
}

async fn changed(context: &Context, seen: Option<(u64, B256)>) -> Result<bool, Error> {
    let client = &context.reader().await?;
    let Some((number, hash)) = seen else {
        return Ok(false);
    };
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
    // Who draws the page again verifies it.
    let registry = context.registry()?.address();
    let logs = logs(client, registry, [&[]; 3], number + 1, newest).await?;
    Ok(!logs.is_empty())
}
