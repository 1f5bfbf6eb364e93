//! Logs of any range: asked for in one piece, and in smaller ones where the endpoint refuses.

use crate::client::{ChainError, Client};
use alloy::primitives::{Address, B256, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, Log};

/// Topics to look for, by position; `None` is any.
pub type Topics = [Option<B256>; 3];

/// keccak256 of a definition's name, as its events carry it.
pub fn definition_id(name: &str) -> B256 {
    keccak256(name)
}

/// All logs of `account` with these topics from block `from` to block `to`, in order. Where the
/// endpoint refuses a range, half of it is tried, down to a single block.
///
/// # Errors
/// What the endpoint says to a single block, or that it cannot be reached.
pub async fn logs(
    client: &Client,
    account: Address,
    topics: Topics,
    from: u64,
    to: u64,
) -> Result<Vec<Log>, ChainError> {
    let mut found = Vec::new();
    let mut start = from;
    let mut span = to.saturating_sub(from).saturating_add(1);
    while start <= to {
        let end = to.min(start.saturating_add(span - 1));
        match range(client, account, topics, start, end).await {
            Ok(logs) => {
                found.extend(logs);
                start = end.saturating_add(1);
                span = span.saturating_mul(2);
            }
            Err(ChainError::Rpc { .. }) if span > 1 => span = (end - start + 1).div_ceil(2).max(1),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// As [`logs`], over the whole chain up to now.
///
/// # Errors
/// As [`logs`].
pub async fn all_logs(
    client: &Client,
    account: Address,
    topics: Topics,
) -> Result<Vec<Log>, ChainError> {
    logs_since(client, account, topics, 0).await
}

/// As [`logs`], from that block up to now.
///
/// # Errors
/// As [`logs`].
pub async fn logs_since(
    client: &Client,
    account: Address,
    topics: Topics,
    from: u64,
) -> Result<Vec<Log>, ChainError> {
    let newest = client
        .provider()
        .get_block_number()
        .await
        .map_err(|error| client.error("eth_blockNumber", error))?;
    logs(client, account, topics, from, newest).await
}

async fn range(
    client: &Client,
    account: Address,
    topics: Topics,
    from: u64,
    to: u64,
) -> Result<Vec<Log>, ChainError> {
    let mut filter = Filter::new().address(account).from_block(from).to_block(to);
    for (slot, topic) in filter.topics.iter_mut().zip(topics) {
        if let Some(topic) = topic {
            *slot = topic.into();
        }
    }
    let mut logs = client
        .provider()
        .get_logs(&filter)
        .await
        .map_err(|error| client.error("eth_getLogs", error))?;
    let is_requested = |log: &Log| {
        let has = |(at, topic): (usize, &Option<B256>)| {
            topic.is_none_or(|topic| log.topics().get(at) == Some(&topic))
        };
        let is_in_range = |block| (from..=to).contains(&block);
        log.address() == account
            && topics.iter().enumerate().all(has)
            && log.block_number.is_none_or(is_in_range)
    };
    if let Some(other) = logs.iter().find(|log| !is_requested(log)) {
        let (block, by) = (other.block_number.unwrap_or_default(), other.address());
        return Err(client.contradiction(format!(
            "a log of {by} in block {block} among those of {account} from block {from} to {to}"
        )));
    }
    logs.sort_by_key(|log| (log.block_number, log.log_index));
    Ok(logs)
}
