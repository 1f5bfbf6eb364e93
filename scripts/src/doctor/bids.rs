//! Places in the init cache, which the chain's cache manager sells. A bid is spent, not deposited.

use super::abi::ICacheManager::{AlreadyCached, getMinBidCall, placeBidCall};
use super::chain::ChainFacts;
use super::programs::{Program, State};
use crate::client::{ChainError, Client};
use crate::error::Report;
use crate::progress::Progress;
use alloy::primitives::{Address, B256, U256};
use serde::Serialize;

/// A bid for a program that is not in the cache.
#[derive(Debug, Clone, Serialize)]
pub struct Bid {
    /// The code.
    pub codehash: B256,
    /// An account that holds it.
    pub account: Address,
    /// What it is.
    pub what: String,
    /// The lowest bid that the cache manager takes now, in wei.
    pub wei: U256,
    /// Whether the bound allows it.
    pub within_bound: bool,
    /// The transaction; `None` where none was sent or needed.
    pub tx: Option<B256>,
    /// Why nothing came of it.
    pub error: Option<Report>,
}

impl Bid {
    /// A line for people.
    pub fn line(&self) -> String {
        let what = format!("{}, bid {} wei", self.what, self.wei);
        match (&self.error, self.tx, self.within_bound) {
            (Some(error), _, _) => format!("  ✗ {what}: {}", error.message),
            (None, Some(tx), _) => format!("  ✓ {what}, {tx}"),
            (None, None, true) => format!("  ✓ {what}: cached by somebody else meanwhile"),
            (None, None, false) => format!("  · {what}: not placed, beyond --max-bid"),
        }
    }
}

/// The lowest bids for all of these that run and are not cached, those that fit the bound marked, in
/// their order. `None` where the chain has no cache manager that answers.
///
/// # Errors
/// What the chain says.
pub async fn offers(
    client: &Client,
    chain: &ChainFacts,
    programs: &[&Program],
    most: U256,
) -> Result<Option<Vec<Bid>>, ChainError> {
    let Some(manager) = chain.cache_managers.last() else {
        return Ok(None);
    };
    let mut left = most;
    let mut all = Vec::new();
    for program in programs {
        if !matches!(program.state, State::Active { .. }) || program.cached == Some(true) {
            continue;
        }
        let call = getMinBidCall {
            program: program.address(),
        };
        let wei = match client.call(*manager, &call).await {
            Ok(wei) => U256::from(wei),
            Err(ChainError::UnexpectedAnswer { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let within_bound = wei <= left;
        if within_bound {
            left -= wei;
        }
        all.push(Bid {
            codehash: program.codehash,
            account: program.address(),
            what: program.title(),
            wei,
            within_bound,
            tx: None,
            error: None,
        });
    }
    Ok(Some(all))
}

/// Places those that the bound allows. One that is refused does not keep the others from being placed.
///
/// # Errors
/// What concerns them all.
pub async fn place(
    client: &Client,
    chain: &ChainFacts,
    bids: &mut [Bid],
    progress: &dyn Progress,
) -> Result<(), ChainError> {
    let Some(manager) = chain.cache_managers.last() else {
        return Ok(());
    };
    for bid in bids.iter_mut().filter(|bid| bid.within_bound) {
        let call = placeBidCall {
            program: bid.account,
        };
        let what = format!("cache {}", bid.what);
        progress.begin(&what);
        let sent = client.send(&what, *manager, &call, bid.wei).await;
        progress.end(&what);
        match sent {
            Ok(sent) => bid.tx = Some(sent.tx),
            Err(error) if error.is_refused_as::<AlreadyCached>() => {}
            Err(error @ ChainError::Refused { .. }) => bid.error = Some(Report::of(&error)),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
