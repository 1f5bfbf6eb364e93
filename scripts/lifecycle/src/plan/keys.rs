//! Keys that entries of mappings may have: a slot is named by a key only if hashing the key gives
//! that slot, so a wrong candidate names nothing.

use super::error::PlanError;
use crate::names::Names;
use crate::simulation::Simulation;
use alloy::primitives::{Address, B256};
use std::collections::BTreeSet;

/// Candidates at most; nested mappings try every pair of them.
const MOST: usize = 256;
/// Small numbers that are tried.
const NUMBERS: u8 = 64;
/// Bytes of an ABI word.
const WORD: usize = 32;

/// What the plan has seen that may be a key: words of calldata and of events, accounts, and small
/// numbers.
pub(super) fn candidates(
    simulation: &Simulation,
    data: &[u8],
    names: &Names,
    proxies: &[Address],
) -> Result<Vec<B256>, PlanError> {
    let mut seen: Vec<B256> = arguments(data).collect();
    seen.extend(names.accounts().map(|account| account.into_word()));
    for proxy in proxies {
        seen.push(proxy.into_word());
        for log in simulation.logs(*proxy)? {
            seen.extend(log.topics().iter().skip(1));
            seen.extend(words(&log.data.data));
        }
    }
    Ok(with_numbers(seen))
}

/// The words of calldata behind the selector.
pub(super) fn arguments(calldata: &[u8]) -> impl Iterator<Item = B256> {
    words(calldata.get(4..).unwrap_or_default())
}

fn words(bytes: &[u8]) -> impl Iterator<Item = B256> {
    bytes.chunks_exact(WORD).map(B256::from_slice)
}

/// Each of these words once, and the small numbers, as many as are tried.
pub(super) fn with_numbers(mut seen: Vec<B256>) -> Vec<B256> {
    seen.extend((0..NUMBERS).map(B256::with_last_byte));
    let mut new = BTreeSet::new();
    seen.retain(|word| new.insert(*word));
    seen.truncate(MOST);
    seen
}
