//! Transactions of one key that are on their way, several at once with consecutive nonces: signed, noted in the
//! journal and sent as a single one is ([`Client::offer`]). Each
//! one's outcome is found out from the chain: mined, failed, or lost, because another transaction
//! took its nonce or a reorganisation undid it.

use super::submit::{Fees, Offered, RECEIPT_TIMEOUT, Rejection, no_receipt};
use super::{Backoff, ChainError, Client};
use crate::ids::TxHash;
use crate::kill_point::{self, Phase};
use alloy::eips::BlockNumberOrTag;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How often it is looked whether the first one on its way is still known.
const CHECK_PAUSE: Duration = Duration::from_secs(1);
/// How long an estimate of the fees holds.
const FEES_HOLD: Duration = Duration::from_secs(5);
/// First pause between two looks at the chain; doubled while nothing happens.
const PAUSE_FIRST: Duration = Duration::from_millis(2);
/// Longest pause between two looks at the chain.
const PAUSE_LONGEST: Duration = Duration::from_millis(200);
/// How long the receipt of a transaction is looked for whose nonce is used up.
const RECEIPT_MAX: Duration = Duration::from_secs(1);
/// Pause between two looks for it.
const RECEIPT_PAUSE: Duration = Duration::from_millis(50);

/// What became of a transaction.
pub enum TxOutcome {
    /// It went through.
    Done(Box<TransactionReceipt>),
    /// It failed.
    Failed {
        /// Its receipt.
        receipt: Box<TransactionReceipt>,
        /// Whether it looks as if it had run out of gas.
        out_of_gas: bool,
    },
    /// Another one took its nonce, or it was undone.
    Lost,
}

/// What became of a transaction, and what it was to do.
pub struct SettledTx<L> {
    /// What it is called.
    pub what: String,
    /// What it carried.
    pub load: L,
    /// What became of it.
    pub outcome: TxOutcome,
}

/// How sending went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendResult {
    /// The chain has it.
    Accepted,
    /// Somebody else sends with this key: its outcome will show.
    NonceConflict,
    /// It is larger than the endpoint takes, and was not sent.
    TooLarge,
}

/// A transaction that is on its way.
struct PendingTx<L> {
    what: String,
    load: L,
    gas: u64,
    nonce: u64,
    tx: TxHash,
    /// As it was sent.
    raw: Bytes,
    since: Instant,
}

/// Transactions of one key that are on their way, each with what it carries.
pub struct Window<L> {
    client: Client,
    sender: Address,
    pending: VecDeque<PendingTx<L>>,
    /// The nonce of the next one.
    nonce: u64,
    /// Nonces below this one were seen to be used up.
    used: u64,
    fees: Option<(Instant, Fees)>,
    checked: Instant,
    pauses: Backoff,
}

impl<L: Copy> Window<L> {
    /// None yet. [`Self::clear_nonces`] comes before the first one. `what` needs the key.
    pub fn new(client: &Client, what: &str) -> Result<Self, ChainError> {
        Ok(Self {
            sender: client.sender(what)?,
            client: client.clone(),
            pending: VecDeque::new(),
            nonce: 0,
            used: 0,
            fees: None,
            checked: Instant::now(),
            pauses: Backoff::new(PAUSE_FIRST, PAUSE_LONGEST),
        })
    }

    /// How many are on their way.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// What those on their way carry.
    pub fn loads(&self) -> impl Iterator<Item = &L> {
        self.pending.iter().map(|pending_tx| &pending_tx.load)
    }

    /// Waits until nothing of this key waits for a block: what an earlier run sent, or another
    /// one sends.
    ///
    /// # Errors
    /// Where something waits too long; what the endpoint says.
    pub async fn clear_nonces(&mut self) -> Result<(), ChainError> {
        let mut since = (Instant::now(), None);
        let mut pauses = Backoff::new(PAUSE_FIRST, PAUSE_LONGEST);
        let latest = loop {
            let latest = self.count(BlockNumberOrTag::Latest).await?;
            if self.count(BlockNumberOrTag::Pending).await? <= latest {
                break latest;
            }
            if since.1 != Some(latest) {
                since = (Instant::now(), Some(latest));
            }
            if since.0.elapsed() >= RECEIPT_TIMEOUT {
                let what = format!("the transaction with nonce {latest} of {}", self.sender);
                return Err(no_receipt("an earlier transaction of this key", what));
            }
            pauses.pause().await;
        };
        // What was on its way is mined, or gone.
        for entry in self.client.in_flight() {
            self.client.forget(entry.tx);
        }
        self.pending.clear();
        (self.nonce, self.used) = (latest, latest);
        Ok(())
    }

    /// Signs, notes and sends one.
    pub async fn send(
        &mut self,
        what: String,
        request: TransactionRequest,
        gas: u64,
        load: L,
    ) -> Result<SendResult, ChainError> {
        let request = request.with_gas_limit(gas).with_from(self.sender);
        let fees = self.fees().await?;
        let Offered {
            tx,
            raw,
            fees,
            refused,
        } = self.client.offer(&what, request, self.nonce, fees).await?;
        let result = match refused {
            None => SendResult::Accepted,
            Some((Some(Rejection::Nonce | Rejection::Replacement), _)) => SendResult::NonceConflict,
            Some((Some(Rejection::TooLarge), _)) => return Ok(SendResult::TooLarge),
            Some((_, error)) => return Err(error),
        };
        if let Some((_, held)) = &mut self.fees {
            *held = fees;
        }
        self.pending.push_back(PendingTx {
            what,
            load,
            gas,
            nonce: self.nonce,
            tx,
            raw,
            since: Instant::now(),
        });
        self.nonce += 1;
        self.pauses.restart();
        self.checked = Instant::now();
        Ok(result)
    }

    /// Those whose outcome is known, in order.
    pub async fn settle(&mut self) -> Result<Vec<SettledTx<L>>, ChainError> {
        let used = self.count(BlockNumberOrTag::Latest).await?;
        if used < self.used {
            let progress = self.client.progress();
            progress.note("the chain went back: looking again at what is there");
            self.used = used;
            let lost = std::mem::take(&mut self.pending).into_iter();
            let lost = lost.map(|one| self.settled(one, TxOutcome::Lost));
            return Ok(lost.collect());
        }
        let mut settled = Vec::new();
        while let Some(front) = self.pending.front()
            && front.nonce < used
        {
            kill_point::at(Phase::Mined);
            let gas = front.gas;
            let outcome = match self.receipt(front.tx).await? {
                None => TxOutcome::Lost,
                Some(receipt) if receipt.status() => TxOutcome::Done(Box::new(receipt)),
                Some(receipt) => TxOutcome::Failed {
                    // A frame that runs out leaves 1/64 to each one around it.
                    out_of_gas: receipt.gas_used >= gas - gas / 16,
                    receipt: Box::new(receipt),
                },
            };
            if let Some(front) = self.pending.pop_front() {
                settled.push(self.settled(front, outcome));
            }
        }
        self.used = used;
        if settled.is_empty() {
            self.revive().await?;
        } else {
            self.pauses.restart();
            self.checked = Instant::now();
        }
        Ok(settled)
    }

    /// Lets time pass while nothing happens.
    pub async fn wait(&mut self) {
        self.pauses.pause().await;
    }

    fn settled(&self, one: PendingTx<L>, outcome: TxOutcome) -> SettledTx<L> {
        self.client.forget(one.tx);
        SettledTx {
            what: one.what,
            load: one.load,
            outcome,
        }
    }

    /// The first one on its way, looked after: all are sent again as they were if the endpoint has dropped it.
    async fn revive(&mut self) -> Result<(), ChainError> {
        let Some(front) = self.pending.front() else {
            return Ok(());
        };
        if self.checked.elapsed() < CHECK_PAUSE {
            return Ok(());
        }
        self.checked = Instant::now();
        if front.since.elapsed() >= RECEIPT_TIMEOUT {
            return Err(no_receipt(&front.what, front.tx));
        }
        if self.count(BlockNumberOrTag::Pending).await? > front.nonce {
            return Ok(());
        }
        let note = format!("{} was dropped: sending it again", front.what);
        self.client.progress().note(&note);
        for one in &self.pending {
            match self.client.broadcast(&one.what, &one.raw).await {
                Err(error) if Rejection::of(&error).is_none() => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// The receipt of a transaction whose nonce is used up; `None` if it was not mined.
    async fn receipt(&self, tx: TxHash) -> Result<Option<TransactionReceipt>, ChainError> {
        let pauses = Backoff::new(RECEIPT_PAUSE, RECEIPT_PAUSE);
        let look = async || self.client.receipt_now(tx).await;
        pauses.until(RECEIPT_MAX, look).await
    }

    async fn fees(&mut self) -> Result<Fees, ChainError> {
        if let Some((since, fees)) = self.fees
            && since.elapsed() < FEES_HOLD
        {
            return Ok(fees);
        }
        let fees = self.client.fees().await?;
        self.fees = Some((Instant::now(), fees));
        Ok(fees)
    }

    async fn count(&self, at: BlockNumberOrTag) -> Result<u64, ChainError> {
        self.client.nonce(self.sender, at).await
    }
}
