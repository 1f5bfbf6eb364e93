//! The endpoint's data about transactions, and the wait for a receipt. A transaction that it has dropped is sent again.

use super::error::NONCE_TAKEN;
use super::rejection::Rejection;
use super::unmined::UnminedTransaction;
use super::value_left::Payload;
use super::{Backoff, ChainError, Client, Sent};
use crate::error::{Exit, Refusal};
use crate::ids::TxHash;
use alloy::consensus::Transaction as _;
use alloy::eips::BlockNumberOrTag;
use alloy::network::TransactionResponse;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{Transaction, TransactionReceipt};
use std::cmp::Ordering;
use std::fmt::Display;
use std::time::{Duration, Instant};

/// The time for which a receipt is waited for.
pub(super) const RECEIPT_TIMEOUT: Duration = Duration::from_secs(120);
/// First pause between two looks for a receipt; doubled each time.
pub(super) const RECEIPT_PAUSE: Duration = Duration::from_millis(5);
/// Longest pause between two looks for a receipt.
pub(super) const RECEIPT_PAUSE_LONGEST: Duration = Duration::from_secs(1);
/// Consecutive polls without the transaction and with its nonce used, after which it is given up.
pub(super) const LOST_LOOKS: u32 = 2;

impl Client {
    /// Somebody's transaction that was mined.
    pub async fn mined(&self, tx: TxHash, what: &str) -> Result<Sent, ChainError> {
        let receipt = self.receipt(what, tx, None).await?;
        let found = self.known(tx).await?;
        let payload = Payload {
            to: receipt.to,
            input: found.as_ref().map(|found| found.input()),
            value: found.as_ref().map_or(U256::ZERO, |found| found.value()),
        };
        let fee = self.cost(&receipt);
        Ok(Sent::new(what, &payload, (receipt, fee)))
    }

    /// The input of a transaction that was sent to `account`; `None` if it was sent
    /// elsewhere.
    pub async fn input_to(
        &self,
        account: Address,
        tx: TxHash,
    ) -> Result<Option<Bytes>, ChainError> {
        let found = self.known(tx).await?;
        let found = found.filter(|found| found.to() == Some(account));
        Ok(found.map(|found| found.input().clone()))
    }

    /// The wei that a mined transaction sent.
    pub async fn value_of(&self, tx: TxHash) -> Result<U256, ChainError> {
        let found = self.known(tx).await?;
        let found = found.ok_or_else(|| self.transaction_not_found(tx))?;
        Ok(found.value())
    }

    /// Reads who sent a transaction; `None` where the endpoint does not have it.
    ///
    /// # Errors
    /// What the endpoint says.
    pub async fn sender_of(&self, tx: TxHash) -> Result<Option<Address>, ChainError> {
        Ok(self.known(tx).await?.map(|found| found.from()))
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

    /// The receipt of a transaction, if the endpoint has one now; what is read next is of a block that has it. A far
    /// endpoint is asked for the newest block in the same request.
    async fn receipt_and_block(
        &self,
        tx: TxHash,
    ) -> Result<Option<TransactionReceipt>, ChainError> {
        let block = async {
            if self.is_far && self.seen.is_some() {
                self.provider.get_block_number().await.ok()
            } else {
                None
            }
        };
        let (receipt, newest) = futures::join!(self.receipt_now(tx), block);
        let receipt = receipt?;
        if let Some(receipt) = &receipt {
            self.read_anew();
            if let Some(block) = newest.filter(|block| Some(*block) >= receipt.block_number) {
                self.moment.begin_at(block);
            }
        }
        Ok(receipt)
    }

    /// Waits for a receipt, and ends where another transaction has used up the nonce of its sender. An endpoint may be
    /// several nodes, some of which lag behind, so it has to say so several times, and must not know
    /// the transaction itself. One that the endpoint has dropped is sent again as it was.
    pub(super) async fn receipt(
        &self,
        what: &str,
        tx: TxHash,
        own: Option<&UnminedTransaction>,
    ) -> Result<TransactionReceipt, ChainError> {
        let begun = Instant::now();
        let mut pauses = Backoff::new(RECEIPT_PAUSE, RECEIPT_PAUSE_LONGEST);
        let (mut lost_looks, mut is_dropped) = (0, false);
        while begun.elapsed() < RECEIPT_TIMEOUT {
            if let Some(receipt) = self.receipt_and_block(tx).await? {
                return Ok(receipt);
            }
            if let Some(own) = own
                && pauses.is_longest()
            {
                let next = self.nonce(own.sender, BlockNumberOrTag::Latest).await?;
                let is_gone = !self.is_known(tx).await?;
                match next.cmp(&own.nonce) {
                    Ordering::Equal if is_gone => {
                        if !std::mem::replace(&mut is_dropped, true) {
                            let note = format!("{what} was dropped: sending it again");
                            self.progress.note(&note);
                        }
                        match self.broadcast(what, &own.signed).await {
                            Err(error) if Rejection::of(&error).is_none() => return Err(error),
                            _ => {}
                        }
                    }
                    Ordering::Greater if is_gone => lost_looks += 1,
                    // If reorgs are possible, an earlier transaction was dropped; otherwise the node lags.
                    Ordering::Less if self.seen.is_none() => {
                        let reached = self.nonce(own.sender, BlockNumberOrTag::Pending).await?;
                        if is_gone || reached < own.nonce {
                            lost_looks += 1
                        } else {
                            lost_looks = 0
                        }
                    }
                    _ => lost_looks = 0,
                }
                if lost_looks > LOST_LOOKS && next > own.nonce {
                    self.forget(tx);
                    let found = "another transaction of this key was mined in its place";
                    return Err(ChainError::nonce_taken(what, own.sender, own.nonce, found));
                }
                // It stays in the journal: the next run looks for it.
                if lost_looks > LOST_LOOKS {
                    return Err(given_up(what, own));
                }
            }
            pauses.pause().await;
        }
        Err(no_receipt(what, tx))
    }

    /// The error that no block of the chain has a transaction.
    pub fn transaction_not_found(&self, tx: TxHash) -> ChainError {
        let chain = self.chain_id;
        let message = format!("no block of chain {chain} has the transaction {tx}");
        let refusal = Refusal::new("TransactionNotFound", message).with(
            format!("a mined transaction of chain {chain}"),
            "none with that hash",
            "check the hash, and that --rpc-url or --network name its chain; try again if it waits to be mined",
        );
        refusal.into()
    }

    /// Returns true if the endpoint has the transaction, mined or not.
    pub(super) async fn is_known(&self, tx: TxHash) -> Result<bool, ChainError> {
        Ok(self.known(tx).await?.is_some())
    }

    /// The transaction as the endpoint has it, mined or not.
    pub(super) async fn known(&self, tx: TxHash) -> Result<Option<Transaction>, ChainError> {
        let found = self.provider.get_transaction_by_hash(tx.0).await;
        let found = found.map_err(|error| self.error("eth_getTransactionByHash", error))?;
        Ok(found.filter(|found| found.tx_hash() == tx.0))
    }
}

/// A transaction was sent and no receipt came in time.
pub(super) fn no_receipt(what: &str, tx: impl Display) -> ChainError {
    let seconds = RECEIPT_TIMEOUT.as_secs();
    let refusal = Refusal::new(
        "NoReceipt",
        format!("no receipt for {tx} ({what}) after {seconds} s"),
    )
    .with(
        format!("a receipt within {seconds} s"),
        format!("{tx}, not mined: it may still be"),
        "run the same command with the same key again: it looks for that transaction before it sends anything",
    );
    refusal.exiting(Exit::Chain).into()
}

/// A transaction is not waited for any longer, because what its key had sent before it is undone. It may wait in a
/// queue, and is mined once the nonces before it are used.
fn given_up(what: &str, own: &UnminedTransaction) -> ChainError {
    let (tx, sender, nonce) = (own.tx, own.sender, own.nonce);
    let message = format!(
        "{what} is not mined, and may still be: the chain went back before nonce {nonce} of {sender}, which {tx} has"
    );
    let refusal = Refusal::new(NONCE_TAKEN, message).with(
        "the transactions that this key sent before it",
        "the chain went back",
        format!(
            "run the same command with the same key again: it looks for {tx} before it sends anything. Until the \
             nonces before {nonce} are used it cannot be mined"
        ),
    );
    refusal.exiting(Exit::Chain).into()
}
