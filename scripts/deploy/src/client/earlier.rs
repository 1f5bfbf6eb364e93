//! Transactions that an earlier run left on their way: they are waited for before anything new is sent.

use super::receipt::{
    LOST_LOOKS, RECEIPT_PAUSE, RECEIPT_PAUSE_LONGEST, RECEIPT_TIMEOUT, no_receipt,
};
use super::value_left::Payload;
use super::{Backoff, ChainError, Client, Sent};
use crate::journal::{InFlight, Journal};
use alloy::consensus::Transaction as _;
use alloy::eips::BlockNumberOrTag;
use alloy::network::TransactionResponse;
use alloy::primitives::Address;
use alloy::rpc::types::Transaction;
use std::time::Instant;

impl Client {
    /// Returns what may still be on its way, as the journal has it.
    pub(super) fn in_flight(&self) -> Vec<InFlight> {
        let journal = self.journal.as_ref();
        journal.map_or_else(Vec::new, |journal| journal.in_flight())
    }

    /// Waits until this key has no pending transaction, then clears the journal: its entries are mined or dropped by
    /// then. A transaction that waits in a queue, after a nonce that nothing uses, stays in the journal: it may still
    /// be mined.
    ///
    /// # Errors
    /// Where something waits too long; what the endpoint says.
    pub async fn clear(&self, what: &str) -> Result<(), ChainError> {
        let sender = self.sender(what)?;
        let mut since = (Instant::now(), None);
        let mut pauses = Backoff::new(RECEIPT_PAUSE, RECEIPT_PAUSE_LONGEST);
        loop {
            let latest = self.nonce(sender, BlockNumberOrTag::Latest).await?;
            if self.nonce(sender, BlockNumberOrTag::Pending).await? <= latest {
                break;
            }
            if since.1 != Some(latest) {
                since = (Instant::now(), Some(latest));
            }
            if since.0.elapsed() >= RECEIPT_TIMEOUT {
                let tx = format!("the transaction with nonce {latest} of {sender}");
                return Err(no_receipt("an earlier transaction of this key", tx));
            }
            pauses.pause().await;
        }
        for entry in self.in_flight() {
            let known = self.known(entry.tx).await?;
            if known.is_none_or(|known| known.block_number.is_some()) {
                self.forget(entry.tx);
            }
        }
        Ok(())
    }

    /// Waits for what an earlier run had sent and not reported; returns it. What the endpoint does
    /// not know stays in the journal while its nonce is free: the endpoint may lag, and otherwise the
    /// next transaction takes that nonce, so that only one of the two can ever be mined.
    pub async fn settle(&self) -> Result<Vec<Sent>, ChainError> {
        let Some(journal) = &self.journal else {
            return Ok(Vec::new());
        };
        let open = self.in_flight();
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let sender = self.sender("looking for an earlier run")?;
        self.progress()
            .begin("waiting for what an earlier run has sent");
        let found = self.settle_all(journal, sender, open).await;
        self.progress().end("");
        found
    }

    /// Like [`Self::settle`], for these entries of the journal.
    async fn settle_all(
        &self,
        journal: &Journal,
        sender: Address,
        mut open: Vec<InFlight>,
    ) -> Result<Vec<Sent>, ChainError> {
        let mut found = Vec::new();
        // A nonce that is used up says that one with it was mined; which one, a node that lags does
        // not say at once.
        for look in 0..=LOST_LOOKS {
            let next = self.nonce(sender, BlockNumberOrTag::Latest).await?;
            let mut unknown = Vec::new();
            for entry in open {
                match self.known(entry.tx).await? {
                    // A nonce before its own is free: it waits for a transaction that nobody sends but this key.
                    Some(known)
                        if known.block_number.is_none()
                            && entry.nonce
                                > self.nonce(sender, BlockNumberOrTag::Pending).await? =>
                    {
                        unknown.push(entry);
                    }
                    Some(known) => found.extend(self.outcome_of(journal, entry, known).await?),
                    None if look == LOST_LOOKS && entry.nonce < next => journal.settled(entry.tx),
                    None => unknown.push(entry),
                }
            }
            open = unknown;
            if open.iter().all(|one| one.nonce >= next) {
                break;
            }
            tokio::time::sleep(RECEIPT_PAUSE_LONGEST).await;
        }
        Ok(found)
    }

    /// Reads what became of an earlier run's transaction that the endpoint knows; `None` if it failed, or if another
    /// account sent it: then the journal is wrong, and its line is ignored. Target and calldata are read from the
    /// chain.
    async fn outcome_of(
        &self,
        journal: &Journal,
        entry: InFlight,
        known: Transaction,
    ) -> Result<Option<Sent>, ChainError> {
        let (expected, found) = (self.sender(&entry.what)?, known.from());
        if found != expected {
            journal.settled(entry.tx);
            journal.print(&format!(
                "warning: the journal of {expected} names {}, which {found} sent: it is left out",
                entry.tx
            ));
            return Ok(None);
        }
        self.may_be_sent(entry.tx);
        let receipt = self.receipt(&entry.what, entry.tx, None).await?;
        if let Some(seen) = &self.seen {
            seen.receipt(&receipt, entry.nonce);
            self.newest_block().await?;
        }
        if !receipt.status() {
            journal.settle_rivals(entry.tx);
            journal.settled(entry.tx);
            journal.print(&format!(
                "a transaction of an earlier run reverted; it changed nothing: {} ({})",
                entry.what, entry.tx
            ));
            return Ok(None);
        }
        journal.included(entry.tx);
        let payload = Payload {
            to: known.to(),
            input: Some(known.input()),
            value: known.value(),
        };
        let fee = self.cost(&receipt);
        Ok(Some(Sent::new(&entry.what, &payload, (receipt, fee))))
    }
}
