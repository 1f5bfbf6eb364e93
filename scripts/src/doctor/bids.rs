//! Bids for the init cache, at the chain's cache manager. A bid is spent, not deposited.

use super::abi::ICacheManager::{AlreadyCached, getMinBidCall, placeBidCall};
use super::chain::ChainFacts;
use super::programs::{Program, State, is_cached};
use crate::client::{ChainError, Client};
use crate::error::Report;
use crate::ids::{CodeHash, TxHash};
use crate::progress::Progress;
use alloy::primitives::{Address, U256};
use serde::Serialize;

/// A bid for a program that is not in the cache.
#[derive(Debug, Clone, Serialize)]
pub struct Bid {
    /// The code.
    pub codehash: CodeHash,
    /// An account that holds it.
    pub account: Address,
    /// What it is.
    pub what: String,
    /// The lowest bid that the cache manager takes now, in wei.
    pub wei: U256,
    /// Whether the bound allows it.
    pub within_bound: bool,
    /// The transaction; `None` where none was sent or needed.
    pub tx: Option<TxHash>,
    /// Why nothing came of it.
    pub error: Option<Report>,
}

impl Bid {
    /// A line for people.
    pub fn line(&self) -> String {
        let what = format!("{}, bid {} wei", self.what, self.wei);
        match (&self.error, self.tx, self.within_bound) {
            (Some(error), Some(tx), _) => format!("  ✗ {what}, {tx}: {}", error.message),
            (Some(error), None, _) => format!("  ✗ {what}: {}", error.message),
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
        let mut bid = Bid {
            codehash: program.codehash,
            account: program.address(),
            what: program.title(),
            wei: U256::ZERO,
            within_bound: false,
            tx: None,
            error: None,
        };
        match bid.ask(client, *manager, &mut left).await {
            Ok(()) => {}
            Err(ChainError::UnexpectedAnswer { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
        all.push(bid);
    }
    Ok(Some(all))
}

impl Bid {
    /// Asks for the lowest bid, and takes it out of what is left where that is enough.
    async fn ask(
        &mut self,
        client: &Client,
        manager: Address,
        left: &mut U256,
    ) -> Result<(), ChainError> {
        let call = getMinBidCall {
            program: self.account,
        };
        self.within_bound = false;
        match client.call(manager, &call).await {
            Ok(wei) => self.wei = U256::from(wei),
            Err(error @ ChainError::Refused { .. }) => {
                self.error = Some(Report::of(&error));
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        if let Some(rest) = left.checked_sub(self.wei) {
            (*left, self.within_bound) = (rest, true);
        }
        Ok(())
    }
}

/// Places them, as long as their sum is within the bound: what one takes the next one pays more for, so
/// each is asked for again. One that is refused does not keep the others from being placed; one that
/// is paid and brings nothing does.
///
/// # Errors
/// What concerns them all.
pub async fn place(
    client: &Client,
    chain: &ChainFacts,
    bids: &mut [Bid],
    most: U256,
    progress: &dyn Progress,
) -> Result<(), ChainError> {
    let Some(manager) = chain.cache_managers.last() else {
        return Ok(());
    };
    let mut left = most;
    let mut broken = None;
    if client.code(*manager).await?.is_empty() {
        broken = Some(Report::of(&ChainError::Missing {
            what: "cache manager",
            account: *manager,
        }));
    }
    for bid in bids.iter_mut().filter(|bid| bid.error.is_none()) {
        if let Some(report) = &broken {
            bid.error = Some(report.clone());
            continue;
        }
        bid.ask(client, *manager, &mut left).await?;
        if !bid.within_bound || bid.error.is_some() {
            continue;
        }
        let call = placeBidCall {
            program: bid.account,
        };
        let what = format!("cache {}", bid.what);
        progress.begin(&what);
        let sent = client.send(&what, *manager, &call, bid.wei).await;
        progress.end(&what);
        match sent {
            Ok(sent) => {
                bid.tx = Some(sent.tx);
                if !is_cached(client, bid.codehash).await? {
                    let report = Report::of(&ChainError::NotCached {
                        what: bid.what.clone(),
                        tx: sent.tx,
                    });
                    bid.error = Some(report.clone());
                    broken = Some(report);
                }
            }
            Err(error) if error.is_refused_as::<AlreadyCached>() => {
                if !is_cached(client, bid.codehash).await? {
                    bid.error = Some(Report::of(&error));
                }
            }
            Err(error @ ChainError::Refused { .. }) => bid.error = Some(Report::of(&error)),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
