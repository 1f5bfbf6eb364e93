//! How long the bids of programs hold that are in the init cache. A bid is worth less every second. When
//! the cache is full, whoever pays as much as the smallest one is still worth takes its place.

use super::abi::ICacheManager::{cacheSizeCall, decayCall, getSmallestEntriesCall, queueSizeCall};
use super::chain::{ChainFacts, DAY};
use super::programs::Program;
use crate::assess::{Finding, Part, Severity};
use crate::client::{ChainError, Client};
use crate::ids::CodeHash;
use crate::text::duration;
use alloy::primitives::{Address, U256};
use serde::Serialize;

/// Entries that are asked for: what stands behind so many is not evicted soon.
const ENTRIES: u64 = 256;
/// Bytes that the manager counts for a small program.
const ENTRY_MIN: u64 = 4_096;
/// Days ahead in which an eviction is told of.
const AHEAD: u64 = 7;

/// The bid of a program that is in the cache.
#[derive(Debug, Clone, Serialize)]
pub struct CacheBid {
    /// The code.
    pub codehash: CodeHash,
    /// What it is.
    pub what: String,
    /// What it is worth now, in wei: whoever pays as much evicts it, if it is the smallest and there
    /// is no room.
    pub margin: U256,
    /// Seconds until it is worth nothing; `None` where bids do not decay.
    pub seconds_left: Option<u64>,
    /// Whether another program of the smallest size finds no room.
    pub is_full: bool,
}

/// The bids of these programs, as far as the chain's cache managers tell of any.
///
/// # Errors
/// What the chain says. A manager that takes no bids tells of none.
pub(super) async fn bids(
    client: &Client,
    chain: &ChainFacts,
    programs: &[Program],
) -> Result<Vec<CacheBid>, ChainError> {
    let mut all = Vec::new();
    if !programs.iter().any(|one| one.cached == Some(true)) {
        return Ok(all);
    }
    for manager in &chain.cache_managers {
        match of_manager(client, chain, *manager, programs).await {
            Ok(found) => all.extend(found),
            Err(ChainError::Refused { .. } | ChainError::UnexpectedAnswer { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

async fn of_manager(
    client: &Client,
    chain: &ChainFacts,
    manager: Address,
    programs: &[Program],
) -> Result<Vec<CacheBid>, ChainError> {
    let decay = client.call(manager, &decayCall {}).await?;
    let size = client.call(manager, &cacheSizeCall {}).await?;
    let used = client.call(manager, &queueSizeCall {}).await?;
    let call = getSmallestEntriesCall {
        k: U256::from(ENTRIES),
    };
    let entries = client.call(manager, &call).await?;
    let lost = U256::from(chain.time).saturating_mul(U256::from(decay));
    let is_full = used.saturating_add(ENTRY_MIN) > size;
    let bids = programs.iter().filter_map(|program| {
        let mut entries = entries.iter();
        let entry = entries.find(|one| one.code == program.codehash.0)?;
        let margin = U256::from(entry.bid).saturating_sub(lost);
        Some(CacheBid {
            codehash: program.codehash,
            what: program.title(),
            margin,
            seconds_left: (decay > 0).then(|| (margin / U256::from(decay)).saturating_to()),
            is_full,
        })
    });
    Ok(bids.collect())
}

/// Who loses the place soon.
pub(super) fn findings(bids: &[CacheBid]) -> Vec<Finding> {
    let is_ending = |bid: &&CacheBid| {
        let left = bid.seconds_left.filter(|left| *left < AHEAD * DAY);
        bid.is_full && (left.is_some() || bid.margin.is_zero())
    };
    let finding = |bid: &CacheBid| {
        Finding::named(Part::Code, Severity::Note, "EvictionAhead", format!("the {} can lose its place in the init cache", bid.what)).with(format!("a bid that is worth something for {AHEAD} days more, or room in the cache"), match bid.seconds_left {
            Some(left) if left > 0 => format!(
                "a full cache, and a bid worth {} wei, nothing in {}",
                bid.margin,
                duration(left)
            ),
            _ => "a full cache, and a bid that is worth nothing".to_owned(),
        }, "it runs all the same, for more gas; once it is evicted, doctor --fix --max-bid WEI bids anew")
    };
    bids.iter().filter(is_ending).map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_cache_evicts_and_only_bids_that_end_within_days_are_reported() {
        let bid = |margin: u64, seconds_left, is_full| CacheBid {
            codehash: CodeHash::ZERO,
            what: "proxy (A)".into(),
            margin: U256::from(margin),
            seconds_left,
            is_full,
        };
        let reported = |one: CacheBid| findings(&[one]).len() == 1;
        assert!(reported(bid(7, Some(AHEAD * DAY - 1), true)));
        assert!(reported(bid(0, None, true)) && reported(bid(0, Some(0), true)));
        assert!(!reported(bid(7, Some(AHEAD * DAY), true)));
        assert!(!reported(bid(7, None, true)), "it never decays");
        assert!(!reported(bid(0, Some(0), false)), "there is room");
    }
}
