//! Waiting for the receipt of a transaction that was sent.

use super::{Backoff, ChainError, Client};
use crate::ids::TxHash;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::Address;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionReceipt;
use std::time::{Duration, Instant};

/// How long a receipt is waited for.
const RECEIPT_TIMEOUT: Duration = Duration::from_secs(120);
/// First pause between two looks for a receipt; doubled each time.
const RECEIPT_PAUSE: Duration = Duration::from_millis(5);
/// Longest pause between two looks for a receipt.
pub(super) const RECEIPT_PAUSE_LONGEST: Duration = Duration::from_secs(1);
/// Looks, one after the other, at which a transaction was nowhere and its nonce used up, before it is
/// given up.
pub(super) const LOST_LOOKS: u32 = 2;

impl Client {
    /// Waits for a receipt.
    pub(super) async fn receipt(
        &self,
        what: &str,
        tx: TxHash,
    ) -> Result<TransactionReceipt, ChainError> {
        self.receipt_unless(what, tx, async || Ok(None)).await
    }

    /// As [`Self::receipt`], and ends where another transaction has used up the nonce.
    pub(super) async fn receipt_of(
        &self,
        what: &str,
        tx: TxHash,
        sender: Address,
        nonce: u64,
    ) -> Result<TransactionReceipt, ChainError> {
        self.receipt_unless(what, tx, async || {
            let next = self.nonce(sender, BlockNumberOrTag::Latest).await?;
            Ok((next > nonce).then(|| ChainError::NonceTaken {
                what: what.into(),
                sender,
                nonce,
                found: "another transaction of this key was mined in its place".into(),
            }))
        })
        .await
    }

    /// The receipt of a transaction, if the endpoint has one now.
    pub async fn receipt_now(&self, tx: TxHash) -> Result<Option<TransactionReceipt>, ChainError> {
        let found = self.provider.get_transaction_receipt(tx.0).await;
        let found = found.map_err(|error| self.error("eth_getTransactionReceipt", error))?;
        match &found {
            Some(other) if other.transaction_hash != tx.0 => {
                let other = other.transaction_hash;
                Err(self.contradiction(format!("the receipt of {other} for {tx}")))
            }
            _ => Ok(found),
        }
    }

    /// Waits for a receipt; `lost` says, once in a while, why none can come any more. An endpoint may be
    /// several nodes, some of which lag behind, so it has to say so several times, and must not know
    /// the transaction itself.
    async fn receipt_unless(
        &self,
        what: &str,
        tx: TxHash,
        lost: impl AsyncFn() -> Result<Option<ChainError>, ChainError>,
    ) -> Result<TransactionReceipt, ChainError> {
        let begun = Instant::now();
        let mut pauses = Backoff::new(RECEIPT_PAUSE, RECEIPT_PAUSE_LONGEST);
        let mut lost_looks = 0;
        while begun.elapsed() < RECEIPT_TIMEOUT {
            if let Some(receipt) = self.receipt_now(tx).await? {
                return Ok(receipt);
            }
            if pauses.is_longest() {
                match lost().await? {
                    Some(error) if !self.is_known(tx).await? => {
                        lost_looks += 1;
                        if lost_looks > LOST_LOOKS {
                            self.forget(tx);
                            return Err(error);
                        }
                    }
                    _ => lost_looks = 0,
                }
            }
            pauses.pause().await;
        }
        Err(ChainError::NoReceipt {
            what: what.into(),
            tx,
            seconds: RECEIPT_TIMEOUT.as_secs(),
        })
    }
}
