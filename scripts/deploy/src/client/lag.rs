//! An endpoint may be several nodes, of which some lag behind. Reads never go back before a block or nonce already
//! seen: they wait until the endpoint has reached it.
//!
//! A node without old state refuses reads of a block after some seconds: a command that sends reads a block for a
//! [moment](super::moment) alone.

use super::{Backoff, ChainError, Client};
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::Address;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionReceipt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The time by which a node may lag.
const LAG_MAX: Duration = Duration::from_secs(30);
/// The time for which something is looked for that must be there.
const MISSING_MAX: Duration = Duration::from_secs(10);
/// First pause between two looks; doubled each time.
const PAUSE: Duration = Duration::from_millis(20);
/// Longest pause between two looks.
const PAUSE_LONGEST: Duration = Duration::from_secs(1);
/// A wait of which the reader is told.
const WORTH_REPORTING: Duration = Duration::from_secs(2);

/// The newest block at which the chain was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    block: AtomicU64,
    /// The key's first nonce that was not seen to be used.
    nonce: AtomicU64,
}

impl Seen {
    pub(super) fn receipt(&self, receipt: &TransactionReceipt, nonce: u64) {
        if let Some(block) = receipt.block_number {
            self.block.fetch_max(block, Ordering::Relaxed);
        }
        self.nonce
            .fetch_max(nonce.saturating_add(1), Ordering::Relaxed);
    }
}

impl Client {
    /// A client that accepts reorgs, and reads the newest state each time: for callers that read it again before each
    /// transaction.
    pub fn following(&self) -> Self {
        Self {
            seen: None,
            ..self.clone()
        }
    }

    /// The newest block, not older than what was seen of the chain; the one that is read, where that is
    /// one block. To a command it is the newest one for a moment.
    ///
    /// # Errors
    /// `Lagging` where the endpoint does not come so far; what it says.
    pub async fn newest_block(&self) -> Result<u64, ChainError> {
        if let Some(block) = self.pinned {
            return Ok(block);
        }
        if let Some(block) = self.moment() {
            return Ok(block);
        }
        let newest = self
            .caught_up("block", self.seen(|seen| &seen.block), async || {
                let newest = self.provider.get_block_number().await;
                newest.map_err(|error| self.error("eth_blockNumber", error))
            })
            .await?;
        if let Some(seen) = &self.seen {
            seen.block.store(newest, Ordering::Relaxed);
            self.moment.begin_at(newest);
        }
        Ok(newest)
    }

    /// The block that a command reads for a moment.
    fn moment(&self) -> Option<u64> {
        self.seen.as_ref().and_then(|_| self.moment.block())
    }

    /// Makes the next read be of the newest block then.
    pub fn read_anew(&self) {
        self.moment.end();
    }

    /// The nonce of the key's next transaction, not one that was seen to be used.
    pub(super) async fn next_nonce(&self, sender: Address) -> Result<u64, ChainError> {
        self.caught_up("nonce", self.seen(|seen| &seen.nonce), async || {
            self.nonce(sender, BlockNumberOrTag::Pending).await
        })
        .await
    }

    /// Waits for data that must exist because dependent data was already returned.
    ///
    /// # Errors
    /// [`ChainError::Unreachable`] where it does not appear; what the endpoint says.
    pub async fn sooner_or_later<T>(
        &self,
        what: &str,
        look: impl AsyncFn() -> Result<Option<T>, ChainError>,
    ) -> Result<T, ChainError> {
        let look = async || {
            self.read_anew();
            look().await
        };
        let found = Backoff::new(PAUSE, PAUSE_LONGEST).until(MISSING_MAX, look);
        let missing = || self.contradiction(format!("it does not have {what}"));
        found.await?.ok_or_else(missing)
    }

    /// Returns true if a transaction of this command was mined.
    pub(super) fn has_sent(&self) -> bool {
        self.seen(|seen| &seen.nonce) > 0
    }

    fn seen(&self, part: impl Fn(&Seen) -> &AtomicU64) -> u64 {
        let seen = self.seen.as_deref();
        seen.map_or(0, |seen| part(seen).load(Ordering::Relaxed))
    }

    /// Asks until what the endpoint says is not less than `least`.
    async fn caught_up(
        &self,
        what: &str,
        least: u64,
        look: impl AsyncFn() -> Result<u64, ChainError>,
    ) -> Result<u64, ChainError> {
        let begun = Instant::now();
        let (mut pauses, mut reported) = (Backoff::new(PAUSE, PAUSE_LONGEST), false);
        loop {
            let found = look().await?;
            if found >= least {
                return Ok(found);
            }
            if begun.elapsed() > LAG_MAX {
                return Err(ChainError::lagging(&self.endpoint, what, (least, found)));
            }
            if !reported && begun.elapsed() > WORTH_REPORTING {
                reported = true;
                let endpoint = &self.endpoint;
                self.progress.note(&format!(
                    "{endpoint} lags behind: it is at {what} {found}, and {least} was seen already"
                ));
            }
            pauses.pause().await;
        }
    }
}
