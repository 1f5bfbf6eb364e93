//! The registry's paged views, page after page until the last.

use crate::client::{ChainError, Client};
use crate::ids::ActionId;
use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use std::ops::Range;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Entries asked for in one call.
const PAGE: u32 = 50;

/// The labels of a definition's versions in order of registration.
pub async fn labels(
    client: &Client,
    registry: Address,
    name: &str,
) -> Result<Vec<String>, ChainError> {
    whole(client, registry, |start| abi::versionsCall {
        name: name.into(),
        start,
        count: PAGE,
    })
    .await
}

/// The proxies of a definition's instances in order of creation.
pub async fn proxies(
    client: &Client,
    registry: Address,
    name: &str,
) -> Result<Vec<Address>, ChainError> {
    whole(client, registry, |start| abi::instancesCall {
        name: name.into(),
        start,
        count: PAGE,
    })
    .await
}

/// As [`labels`], those at some positions alone.
pub async fn labels_in(
    client: &Client,
    registry: Address,
    name: &str,
    range: Range<usize>,
) -> Result<Vec<String>, ChainError> {
    piece(client, registry, range, |start, count| abi::versionsCall {
        name: name.into(),
        start,
        count,
    })
    .await
}

/// As [`proxies`], those at some positions alone.
pub async fn proxies_in(
    client: &Client,
    registry: Address,
    name: &str,
    range: Range<usize>,
) -> Result<Vec<Address>, ChainError> {
    piece(client, registry, range, |start, count| abi::instancesCall {
        name: name.into(),
        start,
        count,
    })
    .await
}

/// The open actions of a definition; of the registry itself if `name` is empty.
pub async fn open_actions(
    client: &Client,
    registry: Address,
    name: &str,
) -> Result<Vec<ActionId>, ChainError> {
    let words = whole(client, registry, |start| abi::pendingCall {
        name: name.into(),
        start,
        count: PAGE,
    })
    .await?;
    Ok(words.into_iter().map(ActionId).collect())
}

/// Every entry of the view that `page` asks from a start on.
async fn whole<C: SolCall<Return = Vec<T>>, T>(
    client: &Client,
    registry: Address,
    page: impl Fn(u32) -> C,
) -> Result<Vec<T>, ChainError> {
    let mut all = Vec::new();
    loop {
        let start = u32::try_from(all.len()).unwrap_or(u32::MAX);
        let found = client.call(registry, &page(start)).await?;
        let is_last = found.len() < PAGE as usize;
        all.extend(found);
        if is_last {
            return Ok(all);
        }
    }
}

/// The entries at some positions of the view that `page` asks for so many from a start on.
async fn piece<C: SolCall<Return = Vec<T>>, T>(
    client: &Client,
    registry: Address,
    range: Range<usize>,
    page: impl Fn(u32, u32) -> C,
) -> Result<Vec<T>, ChainError> {
    let mut all = Vec::new();
    while all.len() < range.len() {
        let start = u32::try_from(range.start + all.len()).unwrap_or(u32::MAX);
        let left = u32::try_from(range.len() - all.len()).unwrap_or(u32::MAX);
        let found = client.call(registry, &page(start, left.min(PAGE))).await?;
        let is_last = found.len() < left.min(PAGE) as usize;
        all.extend(found);
        if is_last {
            break;
        }
    }
    Ok(all)
}
